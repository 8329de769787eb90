// SPDX-License-Identifier: Apache-2.0

/// Qwen2's and Llama 3's way to split a text, as a state machine.
///
/// The expression is `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}|` (Llama 3: `\p{N}{1,3}`)
/// `| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`.
struct Qwen2Splitter {
    static let pattern =
        #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
    static let llama3Pattern =
        #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#

    /// How many digits stand together: 1 for Qwen2, 3 for Llama 3.
    let maximumDigits: Int
    private let classes = CharacterClasses.shared

    init(maximumDigits: Int) { self.maximumDigits = maximumDigits }

    /// Adds the pieces of `text[range]`, which cover it.
    func split(_ text: [UInt8], _ range: Range<Int>, into pieces: inout [Range<Int>]) {
        var position = range.lowerBound
        while position < range.upperBound {
            let end = end(text, from: position, limit: range.upperBound)
            pieces.append(position..<end)
            position = end
        }
    }

    @inline(__always)
    private func end(_ text: [UInt8], from start: Int, limit: Int) -> Int {
        let first = text[start]
        if first == UInt8(ascii: "'") {
            let length = contraction(text, start + 1, limit)
            if length > 0 { return start + 1 + length }
        }
        let (value, length) = text.scalar(at: start)
        let kind = classes[value].intersection(.splitting)
        if kind == .letter { return letters(text, from: start + length, limit) }
        if kind == .number { return digits(text, from: start + length, limit) }
        var next: CharacterClass = .space
        if start + length < limit {
            next = classes[text.scalar(at: start + length).value].intersection(.splitting)
            if next == .letter, !Self.isLineBreak(first) { return letters(text, from: start + length, limit) }
        }
        if kind.isEmpty || first == 0x20 && next.isEmpty { return symbols(text, from: start + length, limit) }
        return space(text, from: start, limit)
    }

    @inline(__always)
    private func letters(_ text: [UInt8], from start: Int, _ limit: Int) -> Int {
        classes.runEnd(text, from: start, limit: limit) { $0 == .letter }
    }

    private func digits(_ text: [UInt8], from start: Int, _ limit: Int) -> Int {
        var position = start
        for _ in 1..<max(maximumDigits, 1) where position < limit {
            let (value, length) = text.scalar(at: position)
            guard classes[value].contains(.number) else { break }
            position += length
        }
        return position
    }

    private func symbols(_ text: [UInt8], from start: Int, _ limit: Int) -> Int {
        var position = classes.runEnd(text, from: start, limit: limit) { $0.isEmpty }
        while position < limit, Self.isLineBreak(text[position]) { position += 1 }
        return position
    }

    /// `\s*[\r\n]+|\s+(?!\S)|\s+`: to the last line break of the run, if it has one.
    private func space(_ text: [UInt8], from start: Int, _ limit: Int) -> Int {
        let end = classes.runEnd(text, from: start, limit: limit) { $0.contains(.space) }
        var position = end
        while position > start {
            if Self.isLineBreak(text[position - 1]) { return position }
            position -= 1
        }
        return classes.whitespaceEnd(text, from: start, limit: limit)
    }

    private static func isLineBreak(_ byte: UInt8) -> Bool { byte == 0x0A || byte == 0x0D }

    private func contraction(_ text: [UInt8], _ start: Int, _ limit: Int) -> Int {
        guard start < limit else { return 0 }
        let next = start + 1 < limit ? text[start + 1] | 0x20 : 0
        switch text[start] | 0x20 {
        case UInt8(ascii: "s"), UInt8(ascii: "t"), UInt8(ascii: "m"), UInt8(ascii: "d"): return 1
        case UInt8(ascii: "r"), UInt8(ascii: "v"): return next == UInt8(ascii: "e") ? 2 : 0
        case UInt8(ascii: "l"): return next == UInt8(ascii: "l") ? 2 : 0
        // U+017F, the long s, is an s without regard to case.
        case 0xC5 | 0x20: return text[start] == 0xC5 && start + 1 < limit && text[start + 1] == 0xBF ? 2 : 0
        default: return 0
        }
    }
}
