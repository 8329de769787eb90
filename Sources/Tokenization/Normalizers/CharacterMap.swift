// SPDX-License-Identifier: Apache-2.0

/// What single characters of a text become: SentencePiece's `precompiled_charsmap`, as Hugging Face applies it, or a
/// list of code points.
struct CharacterMap: Sendable {
    private enum Replacements: Sendable {
        case trie(DoubleArray)
        case scalars([UInt32: [UInt8]])
    }

    private let replacements: Replacements
    /// What each ASCII character becomes; nil where it stays.
    private let ascii: [[UInt8]?]
    /// A grapheme cluster of so many bytes is looked up as a whole.
    private static let longestCluster = 5

    /// Reads a `precompiled_charsmap`.
    ///
    /// - Throws: `TokenizationError` if its parts do not lie in it.
    init(precompiled bytes: [UInt8], key: String) throws(TokenizationError) {
        self.init(.trie(try DoubleArray(bytes, key: key)))
    }

    /// Replaces single code points; a letter and its mark become one first, as the entries of `nmt_nfkc` have it.
    init(scalars: [UInt32: [UInt32]]) { self.init(.scalars(scalars.mapValues { [UInt8](scalars: $0) })) }

    private init(_ replacements: Replacements) {
        self.replacements = replacements
        ascii = (0..<0x80).map { Self.replacement(of: CollectionOfOne(UInt8($0)), in: replacements) }
    }

    func applied(to text: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(text.count + text.count / 8)
        var position = 0
        while position < text.count {
            var end = position + 1
            while end < text.count, !isBoundary(text, end) { end += 1 }
            if end == position + 1 {
                let byte = text[position]
                if let replacement = ascii[Int(byte & 0x7F)] { result += replacement } else { result.append(byte) }
            } else {
                append(text[position..<end], to: &result)
            }
            position = end
        }
        return result
    }

    /// Two ASCII characters are two clusters, whatever stands around them; CR LF is one.
    @inline(__always)
    private func isBoundary(_ text: [UInt8], _ position: Int) -> Bool {
        text[position] < 0x80 && text[position - 1] < 0x80 && !(text[position] == 0x0A && text[position - 1] == 0x0D)
    }

    private func append(_ text: ArraySlice<UInt8>, to result: inout [UInt8]) {
        for cluster in String(decoding: text, as: UTF8.self) {
            let bytes = cluster.utf8
            if bytes.count <= Self.longestCluster, let whole = Self.replacement(of: bytes, in: replacements) {
                result += whole
                continue
            }
            for scalar in cluster.unicodeScalars {
                let part = UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter
                if let replacement = Self.replacement(of: part, in: replacements) {
                    result += replacement
                } else {
                    result += part
                }
            }
        }
    }

    private static func replacement(of part: some Collection<UInt8>, in replacements: Replacements) -> [UInt8]? {
        switch replacements {
        case .trie(let trie): trie.replacement(of: part)
        case .scalars(let map): replacement(of: Array(part).scalars, in: map)
        }
    }

    /// What the shortest beginning that is an entry becomes: a code point, or a pair that one decomposes into.
    private static func replacement(of scalars: [UInt32], in map: [UInt32: [UInt8]]) -> [UInt8]? {
        guard let first = scalars.first else { return nil }
        if let found = map[first] { return found }
        let pair = Array(scalars.prefix(2))
        let composed = Normalization.shared.composed(pair)
        guard composed.count == 1, Normalization.shared.decomposed(composed) == pair else { return nil }
        return map[composed[0]] ?? [UInt8](scalars: composed)
    }
}

/// A double-array trie (Aoe 1989, in the layout of darts-clone) from the beginnings of texts to what replaces them.
private struct DoubleArray: Sendable {
    private let units: [UInt32]
    /// The replacements, each ended by a NUL.
    private let texts: [UInt8]

    init(_ bytes: [UInt8], key: String) throws(TokenizationError) {
        func malformed(_ message: String) -> TokenizationError { TokenizationError(.malformed, message, key: key) }
        guard bytes.count >= 4 else { throw malformed("a character map of \(bytes.count) bytes") }
        func unit(_ start: Int) -> UInt32 {
            UInt32(bytes[start]) | UInt32(bytes[start + 1]) << 8 | UInt32(bytes[start + 2]) << 16
                | UInt32(bytes[start + 3]) << 24
        }
        let length = Int(unit(0))
        guard length % 4 == 0, length >= 4, length <= bytes.count - 4 else {
            throw malformed("a trie of \(length) bytes in a character map of \(bytes.count)")
        }
        units = stride(from: 4, to: 4 + length, by: 4).map(unit)
        texts = Array(bytes[(4 + length)...])
        guard String(validating: texts, as: UTF8.self) != nil else {
            throw malformed("the character map's replacements are not UTF-8")
        }
    }

    /// What the shortest entry that `text` begins with becomes.
    func replacement(of text: some Collection<UInt8>) -> [UInt8]? {
        var place = Self.offset(units[0])
        for byte in text {
            place ^= Int(byte)
            // NUL would be the leaf of the text so far.
            guard byte != 0, place < units.count else { return nil }
            let unit = units[place]
            guard unit & 0x8000_00FF == UInt32(byte) else { return nil }
            place ^= Self.offset(unit)
            guard unit >> 8 & 1 == 1 else { continue }
            guard place < units.count else { return nil }
            let start = Int(units[place] & 0x7FFF_FFFF)
            guard start < texts.count, texts[start] & 0xC0 != 0x80 else { return nil }
            return Array(texts[start...].prefix { $0 != 0 })
        }
        return nil
    }

    private static func offset(_ unit: UInt32) -> Int { Int((unit >> 10) << (unit >> 6 & 8)) }
}
