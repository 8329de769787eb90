// SPDX-License-Identifier: Apache-2.0

/// How the texts of tokens become one text again (`decoder` of tokenizer.json).
///
/// Works on bytes, so that a token may hold part of a character.
indirect enum Decoder: Sendable {
    case byteLevel
    case wordPiece(prefix: [UInt8], cleansUp: Bool)
    /// The sign for a space is one again; those of the first token fall away where one was put in front of the text.
    case metaspace(replacement: [UInt8], strips: Bool)
    case byteFallback
    case fuse
    case strip(content: [UInt8], start: Int, stop: Int)
    case replace([UInt8], with: [UInt8])
    case endOfWord(suffix: [UInt8])
    case sequence([Decoder])

    /// Rewrites all tokens of a text; joined, they are the text.
    func decode(_ tokens: [[UInt8]]) -> [[UInt8]] {
        switch self {
        case .byteLevel: [tokens.flatMap { ByteAlphabet.bytes(of: $0) ?? $0 }.repaired]
        case .wordPiece(let prefix, let cleansUp):
            tokens.enumerated().map { index, token in
                let joined = index == 0 ? token : Self.continued(token, prefix)
                return cleansUp ? Self.cleanedUp(joined) : joined
            }
        case .metaspace(let sign, let strips):
            tokens.enumerated().map { index, token in token.replacing(sign, with: index == 0 && strips ? [] : [0x20]) }
        case .byteFallback: Self.joinedBytes(tokens)
        case .fuse: [Array(tokens.joined())]
        case .strip(let content, let start, let stop): tokens.map { Self.stripped($0, content, start, stop) }
        case .replace(let pattern, let content): tokens.map { $0.replacing(pattern, with: content) }
        case .endOfWord(let suffix):
            tokens.enumerated().map { index, token in
                token.replacing(suffix, with: index == tokens.count - 1 ? [] : [0x20])
            }
        case .sequence(let parts): parts.reduce(tokens) { $1.decode($0) }
        }
    }

    /// The bytes one token adds to a text that has begun.
    func bytes(of token: [UInt8]) -> [UInt8] {
        switch self {
        case .byteLevel: ByteAlphabet.bytes(of: token) ?? token
        case .wordPiece(let prefix, let cleansUp):
            cleansUp ? Self.cleanedUp(Self.continued(token, prefix)) : Self.continued(token, prefix)
        case .metaspace(let sign, _): token.replacing(sign, with: [0x20])
        case .byteFallback: Self.byte(of: token).map { [$0] } ?? token
        // What these do at a text's start or end is no matter of one token.
        case .fuse, .strip: token
        case .replace(let pattern, let content): token.replacing(pattern, with: content)
        case .endOfWord(let suffix): token.replacing(suffix, with: [0x20])
        case .sequence(let parts): parts.reduce(token) { $1.bytes(of: $0) }
        }
    }

    /// How many times as long as its tokens a text can become, where that is many times.
    var growth: Int {
        switch self {
        case .replace(let pattern, let content): max(1, (content.count + pattern.count - 1) / max(pattern.count, 1))
        case .sequence(let parts): parts.reduce(1) { min($0 * min($1.growth, 1 << 20), 1 << 20) }
        default: 1
        }
    }

    private static func continued(_ token: [UInt8], _ prefix: [UInt8]) -> [UInt8] {
        token.starts(with: prefix) ? Array(token[prefix.count...]) : [0x20] + token
    }

    /// Takes back the spaces that splitting put around punctuation, the same list in the same order as the reference.
    private static func cleanedUp(_ token: [UInt8]) -> [UInt8] {
        guard token.contains(0x20) else { return token }
        return cleanups.reduce(token) { $0.replacing($1.0, with: $1.1) }
    }

    private static let cleanups: [([UInt8], [UInt8])] = [
        (" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"), (" 'm", "'m"),
        (" do not", " don't"), (" 's", "'s"), (" 've", "'ve"), (" 're", "'re"),
    ].map { (Array($0.0.utf8), Array($0.1.utf8)) }

    /// The byte of a token like `<0x0A>`.
    private static func byte(of token: [UInt8]) -> UInt8? {
        guard token.count == 6, token.starts(with: Array("<0x".utf8)), token[5] == UInt8(ascii: ">") else { return nil }
        return UInt8(String(decoding: token[3..<5], as: UTF8.self), radix: 16)
    }

    /// Runs of byte tokens as text, each byte as U+FFFD if they are none.
    private static func joinedBytes(_ tokens: [[UInt8]]) -> [[UInt8]] {
        var result: [[UInt8]] = []
        var pending: [UInt8] = []
        func settle() {
            if String(validating: pending, as: UTF8.self) != nil {
                if !pending.isEmpty { result.append(pending) }
            } else {
                result += Array(repeating: [0xEF, 0xBF, 0xBD], count: pending.count)
            }
            pending = []
        }
        for token in tokens {
            if let byte = byte(of: token) {
                pending.append(byte)
            } else {
                settle()
                result.append(token)
            }
        }
        settle()
        return result
    }

    private static func stripped(_ token: [UInt8], _ content: [UInt8], _ start: Int, _ stop: Int) -> [UInt8] {
        guard !content.isEmpty else { return token }
        var lower = 0
        var upper = token.count
        for _ in 0..<start {
            guard token.hasBytes(content, at: lower) else { break }
            lower += content.count
        }
        for _ in 0..<stop {
            guard upper - content.count >= lower, token.hasBytes(content, at: upper - content.count) else { break }
            upper -= content.count
        }
        return Array(token[lower..<upper])
    }
}

extension [UInt8] {
    /// With each part that is not UTF-8 as U+FFFD.
    var repaired: [UInt8] {
        String(validating: self, as: UTF8.self) != nil ? self : Array(String(decoding: self, as: UTF8.self).utf8)
    }

    /// With every occurrence of `pattern`, from left to right, replaced.
    func replacing(_ pattern: [UInt8], with content: [UInt8]) -> [UInt8] {
        guard !pattern.isEmpty, count >= pattern.count else { return self }
        var result: [UInt8] = []
        var position = 0
        while position < count {
            if hasBytes(pattern, at: position) {
                result += content
                position += pattern.count
            } else {
                result.append(self[position])
                position += 1
            }
        }
        return result
    }
}
