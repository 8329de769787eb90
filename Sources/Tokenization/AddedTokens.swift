// SPDX-License-Identifier: Apache-2.0

/// A token that is looked for in the text itself, outside the model (`added_tokens` of tokenizer.json).
struct AddedToken: Sendable {
    var id: Int32
    var text: String
    /// Found only where no word character stands beside it.
    var singleWord = false
    /// Takes the white space on its left, or right, with it.
    var stripsLeft = false
    var stripsRight = false
    /// Looked for after the normalizer, in its own normalised spelling.
    var isNormalized = false
    var isSpecial = false
}

/// Finds added tokens: those that are not normalised in the text as it is, the others after normalising.
struct AddedTokens: Sendable {
    enum Segment {
        case token(Int32)
        case text([UInt8])
    }

    let byID: [Int32: AddedToken]
    private let plain: TokenMatcher
    private let normalized: TokenMatcher
    private let normalizer: Normalizer?
    /// The spelling that decoding uses, where normalising changed it.
    let normalizedSpellings: [Int32: [UInt8]]

    init(_ tokens: [AddedToken], normalizer: Normalizer?) throws(TokenizationError) {
        self.normalizer = normalizer
        byID = Dictionary(tokens.map { ($0.id, $0) }) { $1 }
        var spellings: [Int32: [UInt8]] = [:]
        var plain: [(AddedToken, [UInt8])] = []
        var normalized: [(AddedToken, [UInt8])] = []
        var written = 0
        var spelled = 0
        for token in tokens {
            let text = Array(token.text.utf8)
            guard token.isNormalized else {
                plain.append((token, text))
                continue
            }
            let spelling = try normalizer?.applied(to: text) ?? text
            if spelling != text { spellings[token.id] = spelling }
            written += text.count
            spelled += spelling.count
            guard spelled <= written * 16 + 1 << 20 else {
                throw TokenizationError(
                    .limitExceeded,
                    "the normalizer makes more than \(spelled) bytes of the added tokens",
                    key: "added_tokens"
                )
            }
            if !spelling.isEmpty { normalized.append((token, spelling)) }
        }
        normalizedSpellings = spellings
        self.plain = TokenMatcher(plain)
        self.normalized = TokenMatcher(normalized)
    }

    /// Cuts a text into added tokens and normalised text.
    func segments(
        of text: [UInt8],
        matching: Tokenizer.AddedTokenMatching
    ) throws(TokenizationError) -> [Segment] {
        guard matching != .none else { return [.text(try normalizer?.applied(to: text) ?? text)] }
        var segments: [Segment] = []
        for segment in plain.segments(of: text, matching: matching) {
            guard case .text(let part) = segment else {
                segments.append(segment)
                continue
            }
            let normal = try normalizer?.applied(to: part) ?? part
            segments += normalized.segments(of: normal, matching: matching)
        }
        return segments
    }

    /// Cuts a text that may be trusted into added tokens and the text between them, as it was written.
    func spelledOut(in text: [UInt8]) -> [Segment] {
        plain.segments(of: text, matching: .all).flatMap { segment in
            if case .text(let part) = segment { normalized.segments(of: part, matching: .all) } else { [segment] }
        }
    }
}

/// Finds the longest of some tokens from the left.
struct TokenMatcher: Sendable {
    private let table: ByteStringTable
    private let tokens: [AddedToken]
    /// Which lengths occur, and which bytes begin a token.
    private let lengths: [Bool]
    private let begins: [Bool]

    init(_ tokens: [(token: AddedToken, spelling: [UInt8])]) {
        var table = ByteStringTable(capacity: tokens.count)
        var lengths = [Bool](repeating: false, count: (tokens.map(\.spelling.count).max() ?? 0) + 1)
        var begins = [Bool](repeating: false, count: 256)
        for (index, entry) in tokens.enumerated() {
            _ = table.insert(entry.spelling, value: Int32(index))
            lengths[entry.spelling.count] = true
            if let first = entry.spelling.first { begins[Int(first)] = true }
        }
        self.table = table
        self.lengths = lengths
        self.begins = begins
        self.tokens = tokens.map(\.token)
    }

    func segments(of text: [UInt8], matching: Tokenizer.AddedTokenMatching) -> [AddedTokens.Segment] {
        var segments: [AddedTokens.Segment] = []
        let classes = CharacterClasses.shared
        var taken = 0
        var position = 0
        while position < text.count {
            guard begins[Int(text[position])], let (token, length) = longest(text, at: position) else {
                position += 1
                continue
            }
            var start = position
            var end = position + length
            position = end
            if matching == .nonSpecial, token.isSpecial { continue }
            if token.singleWord, touchesWord(text, start, end, classes) { continue }
            while token.stripsLeft, start > taken {
                let last = text.start(before: start)
                guard last >= taken, classes[text.scalar(at: last).value].contains(.whitespace) else { break }
                start = last
            }
            while token.stripsRight, end < text.count {
                let (value, length) = text.scalar(at: end)
                guard classes[value].contains(.whitespace) else { break }
                end += length
            }
            // The white space that the token before took is no longer this one's.
            if token.stripsLeft { start = max(start, taken) }
            defer { taken = end }
            guard start < end else { continue }
            if taken < start { segments.append(.text(Array(text[taken..<start]))) }
            segments.append(.token(token.id))
        }
        if taken == 0 { return text.isEmpty ? [] : [.text(text)] }
        if taken < text.count { segments.append(.text(Array(text[taken...]))) }
        return segments
    }

    private func longest(_ text: [UInt8], at start: Int) -> (AddedToken, Int)? {
        var hash = table.startHash
        var found: (AddedToken, Int)?
        for length in 1..<max(lengths.count, 1) where start + length <= text.count {
            hash = table.extend(hash, with: text[start + length - 1])
            if lengths[length], let index = table.find(text, start..<start + length, hash: hash) {
                found = (tokens[Int(index)], length)
            }
        }
        return found
    }

    private func touchesWord(_ text: [UInt8], _ start: Int, _ end: Int, _ classes: CharacterClasses) -> Bool {
        if start > 0, classes[text.scalar(at: text.start(before: start)).value].contains(.word) { return true }
        return end < text.count && classes[text.scalar(at: end).value].contains(.word)
    }
}
