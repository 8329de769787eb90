// SPDX-License-Identifier: Apache-2.0

/// GPT-2's way to split a text, as a state machine.
///
/// The expression is
/// `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`.
struct GPT2Splitter {
    static let pattern = #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#
    /// Without the last branch the gaps between matches are what that branch would match.
    static let shortPattern = #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)"#

    private let classes = CharacterClasses.shared

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
        if text[start] == UInt8(ascii: "'") {
            let length = contraction(text, start + 1, limit)
            if length > 0 { return start + 1 + length }
        }
        let body = text[start] == 0x20 && start + 1 < limit ? start + 1 : start
        let (value, length) = text.scalar(at: body)
        let kind = classes[value].intersection(.splitting)
        if kind.contains(.space) { return classes.whitespaceEnd(text, from: start, limit: limit) }
        return classes.runEnd(text, from: body + length, limit: limit) { $0 == kind }
    }

    @inline(__always)
    private func contraction(_ text: [UInt8], _ start: Int, _ limit: Int) -> Int {
        guard start < limit else { return 0 }
        let next = start + 1 < limit ? text[start + 1] : 0
        switch text[start] {
        case UInt8(ascii: "s"), UInt8(ascii: "t"), UInt8(ascii: "m"), UInt8(ascii: "d"): return 1
        case UInt8(ascii: "r"), UInt8(ascii: "v"): return next == UInt8(ascii: "e") ? 2 : 0
        case UInt8(ascii: "l"): return next == UInt8(ascii: "l") ? 2 : 0
        default: return 0
        }
    }
}

extension CharacterClass {
    /// The classes that tell the branches of the splitters' expressions apart.
    static let splitting: CharacterClass = [.letter, .number, .space]
}

extension CharacterClasses {
    /// The end of the run of code points whose classes, out of letter, number and space, are as asked.
    @inline(__always)
    func runEnd(_ text: [UInt8], from start: Int, limit: Int, while matches: (CharacterClass) -> Bool) -> Int {
        var position = start
        while position < limit {
            let (value, length) = text.scalar(at: position)
            guard matches(self[value].intersection(.splitting)) else { break }
            position += length
        }
        return position
    }

    /// The end of `\s+(?!\S)|\s+` at white space: the last of a run is left to the word that follows it.
    func whitespaceEnd(_ text: [UInt8], from start: Int, limit: Int) -> Int {
        let end = runEnd(text, from: start, limit: limit) { $0.contains(.space) }
        guard end < limit else { return end }
        let last = text.start(before: end)
        return last > start ? last : end
    }
}
