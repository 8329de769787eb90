// SPDX-License-Identifier: Apache-2.0

/// What is done to a text before it is split (`normalizer` of tokenizer.json).
indirect enum Normalizer: Sendable {
    case bert(BertNormalizer)
    case form(composed: Bool, compatibility: Bool)
    case lowercase
    case stripAccents
    case strip(left: Bool, right: Bool)
    case replace([UInt8], with: [UInt8])
    case prepend([UInt8])
    /// Two or more spaces in a row become one text.
    case collapseSpaces(with: [UInt8])
    case characters(CharacterMap)
    case sequence([Normalizer])

    /// The text, normalised.
    ///
    /// - Throws: `TokenizationError` if the result would outgrow 16 times the text and 1 MiB.
    func applied(to text: [UInt8]) throws(TokenizationError) -> [UInt8] {
        try applied(to: text, limit: text.count * 16 + 1 << 20)
    }

    private func applied(to text: [UInt8], limit: Int) throws(TokenizationError) -> [UInt8] {
        switch self {
        case .bert(let normalizer): return normalizer.applied(to: text)
        case .form(let composed, let compatibility):
            // Below U+00A0 nothing has a decomposition, and below U+0300 nothing composes further.
            guard text.contains(where: { $0 >= (composed && !compatibility ? 0xCC : 0xC2) }) else { return text }
            let scalars = text.scalars
            let normalization = Normalization.shared
            return [UInt8](
                scalars: composed
                    ? normalization.composed(scalars, compatibility: compatibility)
                    : normalization.decomposed(scalars, compatibility: compatibility)
            )
        case .lowercase: return Lowercase.shared.applied(to: text)
        case .stripAccents:
            let classes = CharacterClasses.shared
            return [UInt8](scalars: text.scalars.lazy.filter { !classes[$0].contains(.combiningMark) })
        case .strip(let left, let right): return Self.stripped(text, left: left, right: right)
        case .replace(let pattern, let content):
            return try Self.replaced(text, pattern, with: content, limit: limit)
        case .prepend(let content):
            guard !text.isEmpty else { return text }
            guard content.count + text.count <= limit else { throw Self.tooLong(limit) }
            return content + text
        case .collapseSpaces(let content): return try Self.collapsed(text, with: content, limit: limit)
        case .characters(let map):
            let result = map.applied(to: text)
            guard result.count <= limit else { throw Self.tooLong(limit) }
            return result
        case .sequence(let parts):
            var text = text
            for part in parts { text = try part.applied(to: text, limit: limit) }
            return text
        }
    }

    private static func stripped(_ text: [UInt8], left: Bool, right: Bool) -> [UInt8] {
        let classes = CharacterClasses.shared
        var start = 0
        var end = text.count
        while left, start < end {
            let (value, length) = text.scalar(at: start)
            guard classes[value].contains(.whitespace) else { break }
            start += length
        }
        while right, end > start {
            let last = text.start(before: end)
            guard classes[text.scalar(at: last).value].contains(.whitespace) else { break }
            end = last
        }
        return Array(text[start..<end])
    }

    private static func replaced(
        _ text: [UInt8],
        _ pattern: [UInt8],
        with content: [UInt8],
        limit: Int
    ) throws(TokenizationError) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        var position = 0
        while position < text.count {
            if text.hasBytes(pattern, at: position) {
                result += content
                position += pattern.count
            } else {
                result.append(text[position])
                position += 1
            }
            guard result.count <= limit else { throw tooLong(limit) }
        }
        return result
    }

    private static func collapsed(
        _ text: [UInt8],
        with content: [UInt8],
        limit: Int
    ) throws(TokenizationError) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        var position = 0
        while position < text.count {
            var end = position
            while end < text.count, text[end] == 0x20 { end += 1 }
            if end > position + 1 { result += content } else { result.append(text[position]) }
            position = max(end, position + 1)
            guard result.count <= limit else { throw tooLong(limit) }
        }
        return result
    }

    private static func tooLong(_ limit: Int) -> TokenizationError {
        TokenizationError(
            .limitExceeded,
            "the normalizer makes more than \(limit) bytes of this text; mend the tokenizer's file",
            key: "normalizer"
        )
    }
}
