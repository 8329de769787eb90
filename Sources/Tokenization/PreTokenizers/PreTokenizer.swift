// SPDX-License-Identifier: Apache-2.0

/// A text and the pieces of it that the model will see.
struct SplitText {
    var text: [UInt8]
    var pieces: [Range<Int>]

    init(_ text: [UInt8]) {
        self.text = text
        pieces = text.isEmpty ? [] : [0..<text.count]
    }
}

/// How a text is split before the model sees it (`pre_tokenizer` of tokenizer.json).
indirect enum PreTokenizer: Sendable {
    case bert
    case byteLevel(addsPrefixSpace: Bool, splits: Bool)
    case split(SplitPattern, SplitBehavior, inverted: Bool)
    case digits(individual: Bool)
    case punctuation(SplitBehavior)
    case whitespace
    case whitespaceSplit
    /// A sign for each space, one in front of the text, and a piece from each sign to the next.
    case metaspace(replacement: [UInt8], prepends: Bool, splits: Bool)
    case sequence([PreTokenizer])

    /// Whether the model is to see bytes, each as one symbol.
    var isByteLevel: Bool {
        switch self {
        case .byteLevel: true
        case .sequence(let parts): parts.contains { $0.isByteLevel }
        default: false
        }
    }

    func apply(to split: inout SplitText) {
        let classes = CharacterClasses.shared
        switch self {
        case .bert:
            Self.separate(&split, .removed) { classes[$0].contains(.whitespace) }
            Self.separate(&split, .isolated) { classes[$0].contains(.bertPunctuation) }
        case .byteLevel(let addsPrefixSpace, let splits):
            if addsPrefixSpace { Self.addPrefixSpaces(&split) }
            guard splits else { return }
            let splitter = GPT2Splitter()
            Self.divide(&split) { splitter.split($0, $1, into: &$2) }
        case .split(let pattern, let behavior, let inverted):
            Self.divide(&split) { text, piece, pieces in
                let parts = pattern.parts(text, piece)
                pieces += behavior.pieces(inverted ? parts.map { ($0.range, !$0.isDelimiter) } : parts)
            }
        case .digits(let individual):
            Self.separate(&split, individual ? .isolated : .contiguous) { classes[$0].contains(.numeric) }
        case .punctuation(let behavior):
            Self.separate(&split, behavior) { classes[$0].contains(.bertPunctuation) }
        case .whitespace:
            Self.divide(&split) { text, piece, pieces in Self.words(text, piece, classes, into: &pieces) }
        case .whitespaceSplit:
            Self.separate(&split, .removed) { classes[$0].contains(.whitespace) }
        case .metaspace(let replacement, let prepends, let splits):
            Self.markSpaces(&split, replacement, prepends: prepends, splits: splits)
        case .sequence(let parts):
            for part in parts { part.apply(to: &split) }
        }
    }

    /// Replaces each piece by those that `splitting` adds for it.
    private static func divide(
        _ split: inout SplitText,
        _ splitting: ([UInt8], Range<Int>, inout [Range<Int>]) -> Void
    ) {
        var pieces: [Range<Int>] = []
        pieces.reserveCapacity(split.pieces.count == 1 ? split.text.count / 4 : split.pieces.count)
        for piece in split.pieces { splitting(split.text, piece, &pieces) }
        split.pieces = pieces
    }

    /// Splits by single code points.
    private static func separate(_ split: inout SplitText, _ behavior: SplitBehavior, by isDelimiter: (UInt32) -> Bool)
    {
        divide(&split) { text, piece, pieces in
            var parts: [SplitBehavior.Part] = []
            var start = piece.lowerBound
            var position = start
            while position < piece.upperBound {
                let (value, length) = text.scalar(at: position)
                if isDelimiter(value) {
                    if start < position { parts.append((start..<position, false)) }
                    parts.append((position..<position + length, true))
                    start = position + length
                }
                position += length
            }
            if start < position { parts.append((start..<position, false)) }
            pieces += behavior.pieces(parts)
        }
    }

    /// `\w+|[^\w\s]+`.
    private static func words(
        _ text: [UInt8],
        _ piece: Range<Int>,
        _ classes: CharacterClasses,
        into pieces: inout [Range<Int>]
    ) {
        var start = piece.lowerBound
        var previous: CharacterClass = .whitespace
        var position = start
        while position < piece.upperBound {
            let (value, length) = text.scalar(at: position)
            let word = classes[value].intersection(.word)
            let kind = word.isEmpty ? classes[value].intersection(.whitespace) : word
            if kind != previous {
                if previous != .whitespace, start < position { pieces.append(start..<position) }
                start = position
                previous = kind
            }
            position += length
        }
        if previous != .whitespace, start < position { pieces.append(start..<position) }
    }

    private static func markSpaces(_ split: inout SplitText, _ sign: [UInt8], prepends: Bool, splits: Bool) {
        var text: [UInt8] = []
        text.reserveCapacity(split.text.count + split.text.count / 2 + split.pieces.count * sign.count)
        var pieces: [Range<Int>] = []
        for piece in split.pieces {
            let start = text.count
            if prepends, split.text[piece.lowerBound] != 0x20, !split.text.hasBytes(sign, at: piece.lowerBound) {
                text += sign
            }
            for position in piece {
                if split.text[position] == 0x20 { text += sign } else { text.append(split.text[position]) }
            }
            guard splits else {
                pieces.append(start..<text.count)
                continue
            }
            var begin = start
            var position = start + 1
            while position < text.count {
                if text.hasBytes(sign, at: position) {
                    pieces.append(begin..<position)
                    begin = position
                }
                position += 1
            }
            pieces.append(begin..<text.count)
        }
        split.text = text
        split.pieces = pieces
    }

    /// Puts a space in front of every piece that has none.
    private static func addPrefixSpaces(_ split: inout SplitText) {
        var text: [UInt8] = []
        text.reserveCapacity(split.text.count + split.pieces.count)
        for index in split.pieces.indices {
            let start = text.count
            if split.text[split.pieces[index].lowerBound] != 0x20 { text.append(0x20) }
            text += split.text[split.pieces[index]]
            split.pieces[index] = start..<text.count
        }
        split.text = text
    }
}
