// SPDX-License-Identifier: Apache-2.0

/// What of a small model's talk is worth saying: whole sentences of its first paragraph, up to the first that it has said
/// before.
package struct SmallTalk {
    /// What can be said for certain.
    package let said: String
    /// Whether nothing more is to come.
    package let isOver: Bool

    /// - Parameters:
    ///   - text: What the model has written.
    ///   - isWhole: Whether it has written all.
    package init(_ text: String, isWhole: Bool) {
        let (paragraph, isClosed) = Self.firstParagraph(text.trimming())
        var sentences = SupportCheck.sentences(paragraph)
        // A sentence under way may still be another, and one that was cut off is none.
        if !isClosed, !isWhole || (sentences.count > 1 && sentences.last?.last.map(Self.stops.contains) != true) {
            _ = sentences.popLast()
        }
        let plain = sentences.map { String($0.lowercased().reversed().drop { !$0.isLetter }.reversed()) }
        let repeated = plain.indices.first { place in
            plain[..<place].contains { $0.contains(plain[place]) }
        }
        let looping = sentences.firstIndex(where: Self.isLooping)
        let end = min(repeated ?? sentences.count, looping ?? sentences.count)
        said = sentences[..<end].joined(separator: " ")
        isOver = isClosed || isWhole || end < sentences.count || Self.isLooping(paragraph)
    }

    /// Whether a part of a sentence, some words long, stands in it three times: the model will not leave it by itself.
    private static func isLooping(_ text: String) -> Bool {
        var counts: [String: Int] = [:]
        for part in text.lowercased().split(whereSeparator: { ",，;；.。!！?？".contains($0) }) where part.count >= 8 {
            counts[String(part).trimming(), default: 0] += 1
        }
        return counts.values.contains { $0 >= 3 }
    }

    /// What stands above the first blank line, unless that announces what comes below.
    private static func firstParagraph(_ text: String) -> (text: String, isClosed: Bool) {
        guard let blank = text.firstRange(of: "\n\n") else { return (text, false) }
        let before = text[..<blank.lowerBound]
        guard let last = before.last, !":：".contains(last) else { return (text, false) }
        return (String(before), true)
    }

    private static let stops: Set<Character> = [".", "!", "?", "…", "。", "！", "？", "\"", "”", ")", "）"]
}
