// SPDX-License-Identifier: Apache-2.0

/// What `Split` splits by: a text, or one of the expressions for which there is a state machine.
enum SplitPattern: Sendable {
    case literal([UInt8])
    case gpt2
    /// Without the last branch, which only tells matches from gaps: `\s+` in front of a word.
    case gpt2WithGaps
    case qwen2
    case llama3
    /// `\p{N}{1,n}`, the longest runs first.
    case digits(atMost: Int)
    /// `[\p{P}\$\+<=>\^~\|]+` and `[0-9][0-9][0-9]`, which GGUF files use that name no way of splitting.
    case symbols
    case digitTriples

    init?(expression: String) {
        switch expression {
        case GPT2Splitter.pattern: self = .gpt2
        case GPT2Splitter.shortPattern: self = .gpt2WithGaps
        case Qwen2Splitter.pattern: self = .qwen2
        case Qwen2Splitter.llama3Pattern: self = .llama3
        case #"\p{N}"#: self = .digits(atMost: 1)
        case #"\p{N}{1,3}"#: self = .digits(atMost: 3)
        case #"\p{N}+"#: self = .digits(atMost: .max)
        default: return nil
        }
    }

    /// The matches and the gaps between them, which cover `text[piece]` in order.
    func parts(_ text: [UInt8], _ piece: Range<Int>) -> [SplitBehavior.Part] {
        var pieces: [Range<Int>] = []
        switch self {
        case .gpt2: GPT2Splitter().split(text, piece, into: &pieces)
        case .gpt2WithGaps:
            GPT2Splitter().split(text, piece, into: &pieces)
            return pieces.map { ($0, !Self.isSpaceBeforeWord(text, $0, in: piece)) }
        case .qwen2: Qwen2Splitter(maximumDigits: 1).split(text, piece, into: &pieces)
        case .llama3: Qwen2Splitter(maximumDigits: 3).split(text, piece, into: &pieces)
        case .literal(let literal):
            return Self.parts(text, piece) { text.hasBytes(literal, at: $0) ? literal.count : 0 }
        case .digits(let most):
            let classes = CharacterClasses.shared
            return Self.runs(text, piece, most) { classes[$0].contains(.number) }
        case .symbols:
            let classes = CharacterClasses.shared
            let others = Set("$+<=>^~|".unicodeScalars.map(\.value))
            return Self.runs(text, piece, .max) { classes[$0].contains(.punctuation) || others.contains($0) }
        case .digitTriples:
            return Self.parts(text, piece) { start in
                guard start + 3 <= piece.upperBound else { return 0 }
                return text[start..<start + 3].allSatisfy { $0 >= 0x30 && $0 <= 0x39 } ? 3 : 0
            }
        }
        return pieces.map { ($0, true) }
    }

    private static func isSpaceBeforeWord(_ text: [UInt8], _ range: Range<Int>, in piece: Range<Int>) -> Bool {
        let classes = CharacterClasses.shared
        guard range.upperBound < piece.upperBound else { return false }
        return classes[text.scalar(at: text.start(before: range.upperBound)).value].contains(.space)
            && !classes[text.scalar(at: range.upperBound).value].contains(.space)
    }

    private static func runs(
        _ text: [UInt8],
        _ piece: Range<Int>,
        _ most: Int,
        _ matches: (UInt32) -> Bool
    ) -> [SplitBehavior.Part] {
        parts(text, piece) { start in
            var position = start
            var count = 0
            while position < piece.upperBound, count < most {
                let (value, length) = text.scalar(at: position)
                guard matches(value) else { break }
                position += length
                count += 1
            }
            return position - start
        }
    }

    /// Finds matches from left to right; `matchLength` gives how many bytes match at a position, or 0.
    private static func parts(
        _ text: [UInt8],
        _ piece: Range<Int>,
        _ matchLength: (Int) -> Int
    ) -> [SplitBehavior.Part] {
        var parts: [SplitBehavior.Part] = []
        var start = piece.lowerBound
        var position = start
        while position < piece.upperBound {
            let length = matchLength(position)
            if length > 0, position + length <= piece.upperBound {
                if start < position { parts.append((start..<position, false)) }
                parts.append((position..<position + length, true))
                position += length
                start = position
            } else {
                position += text.scalar(at: position).length
            }
        }
        if start < position { parts.append((start..<position, false)) }
        return parts
    }
}
