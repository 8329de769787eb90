// SPDX-License-Identifier: Apache-2.0

/// A line of extracted text, or a piece of a very long one.
struct ExtractedLine: Equatable {
    /// What the line is to a passage.
    enum Kind: Equatable {
        /// Running text: lines join, sentences are found across them.
        case prose
        /// A list item or table row: a unit by itself.
        case row
        /// The row that names a table's columns; rows follow it.
        case columns
        /// A line of code: not cut at sentences.
        case code
        /// Nothing to read: blank lines, rules, the underline of a heading.
        case separator
        /// A heading of a level from 0 (the document's title) to 6.
        case heading(level: Int, title: String)
    }

    var text: String
    var kind: Kind
    /// Whether a line feed follows in the extracted text.
    var endsLine = true
    /// Where it stands in the source.
    var place = SourcePlace()
}

/// Where something stands in its source, as far as the format tells.
package struct SourcePlace: Equatable, Sendable {
    /// The page, slide or sheet, the first being 1.
    package var page: Int?
    /// Milliseconds from the beginning.
    package var time: Int?
    /// The byte of the file from which on it stands there as UTF-8, as it is.
    package var offset: Int?
}

/// Turns the lines of a file into extracted lines; the text of both is the same for plain text, Markdown and code.
protocol LineReader {
    mutating func read(_ text: String, endsLine: Bool, place: SourcePlace) -> [ExtractedLine]
    mutating func finish() -> [ExtractedLine]
    /// The title that the file gives itself.
    var title: String? { get }
}

extension LineReader {
    var title: String? { nil }
}

/// Cuts UTF-8 into lines: `\r\n` and `\r` end a line as `\n` does, NUL and a byte-order mark are dropped, and a line
/// longer than the limit comes in pieces.
struct LineSplitter {
    private var line: [UInt8] = []
    private var afterReturn = false
    private var isFirst = true
    private var start = 0  // the byte with which the line begins
    private var dropped = 0  // bytes of the line that were left out
    private static let limit = 16_384

    /// A line, or a piece of one; `offset` is the byte with which it begins, nil where it is not the bytes as they were.
    typealias Emit = (_ text: String, _ endsLine: Bool, _ offset: Int?) -> Void

    mutating func split(_ bytes: some Sequence<UInt8>, _ emit: Emit) {
        for byte in bytes {
            if byte == 0x0A, afterReturn {
                afterReturn = false
                start += 1
                continue
            }
            afterReturn = byte == 0x0D
            if byte == 0x0A || byte == 0x0D {
                take(line.count, endsLine: true, emit)
            } else if byte != 0 {
                line.append(byte)
                if line.count > Self.limit { take(cut(), endsLine: false, emit) }
            } else {
                dropped += 1
            }
        }
    }

    mutating func finish(_ emit: Emit) {
        if !line.isEmpty { take(line.count, endsLine: false, emit) }
    }

    /// Where a long line may be cut: after its last space, else before its last character.
    private func cut() -> Int {
        let tail = line.index(line.startIndex, offsetBy: Self.limit / 2)
        if let space = line[tail...].lastIndex(of: 0x20) { return space + 1 }
        var end = line.count - 1
        while end > tail, line[end] & 0xC0 == 0x80 { end -= 1 }
        return end
    }

    private mutating func take(_ count: Int, endsLine: Bool, _ emit: Emit) {
        var part = line[..<count]
        var offset = dropped == 0 ? start : nil
        if isFirst, part.starts(with: [0xEF, 0xBB, 0xBF]) {
            part = part.dropFirst(3)
            offset = offset.map { $0 + 3 }
        }
        isFirst = false
        start += count + dropped + (endsLine ? 1 : 0)
        dropped = 0
        let text = String(decoding: part, as: UTF8.self)
        line.removeFirst(count)
        emit(text, endsLine, offset)
    }
}
