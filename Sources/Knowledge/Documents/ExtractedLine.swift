// SPDX-License-Identifier: Apache-2.0

/// A line of extracted text, or a piece of a very long one.
struct ExtractedLine: Equatable {
    /// What the line is to a passage.
    enum Kind: Equatable {
        /// Running text: lines join, sentences are found across them.
        case prose
        /// A list item or table row: a unit by itself.
        case row
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
}

/// Turns the lines of a file into extracted lines; the text of both is the same for plain text and Markdown.
protocol LineReader {
    mutating func read(_ text: String, endsLine: Bool) -> [ExtractedLine]
    mutating func finish() -> [ExtractedLine]
}

/// Cuts UTF-8 into lines: `\r\n` and `\r` end a line as `\n` does, NUL and a byte-order mark are dropped, and a line
/// longer than the limit comes in pieces.
struct LineSplitter {
    private var line: [UInt8] = []
    private var afterReturn = false
    private var isFirst = true
    private static let limit = 16_384

    mutating func split(_ bytes: [UInt8], _ emit: (String, _ endsLine: Bool) -> Void) {
        for byte in bytes {
            if byte == 0x0A, afterReturn {
                afterReturn = false
                continue
            }
            afterReturn = byte == 0x0D
            if byte == 0x0A || byte == 0x0D {
                emit(take(line.count), true)
            } else if byte != 0 {
                line.append(byte)
                if line.count > Self.limit { emit(take(cut()), false) }
            }
        }
    }

    mutating func finish(_ emit: (String, _ endsLine: Bool) -> Void) {
        if !line.isEmpty { emit(take(line.count), false) }
    }

    /// Where a long line may be cut: after its last space, else before its last character.
    private func cut() -> Int {
        let tail = line.index(line.startIndex, offsetBy: Self.limit / 2)
        if let space = line[tail...].lastIndex(of: 0x20) { return space + 1 }
        var end = line.count - 1
        while end > tail, line[end] & 0xC0 == 0x80 { end -= 1 }
        return end
    }

    private mutating func take(_ count: Int) -> String {
        var part = line[..<count]
        if isFirst, part.starts(with: [0xEF, 0xBB, 0xBF]) { part = part.dropFirst(3) }
        isFirst = false
        let text = String(decoding: part, as: UTF8.self)
        line.removeFirst(count)
        return text
    }
}
