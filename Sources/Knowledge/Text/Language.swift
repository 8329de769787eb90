// SPDX-License-Identifier: Apache-2.0

/// A language whose words are stemmed; the raw value is Snowball's name of it.
package enum Language: String, CaseIterable, Sendable {
    case english, german, french, spanish, italian, portuguese, dutch, swedish, danish, norwegian, finnish
    /// Known by their letters.
    case russian, greek

    /// The language of a word by its script, where that says it.
    static func ofScript(_ word: String) -> Language? {
        guard let first = word.unicodeScalars.first?.value else { return nil }
        return switch first {
        case 0x370...0x3FF, 0x1F00...0x1FFF: .greek
        case 0x400...0x52F: .russian
        default: nil
        }
    }

    /// The language of a text by its most frequent words; nil where they do not tell.
    ///
    /// Words that English shares tell nothing. Another language needs two of its own, and more than twice as many as
    /// English has: an English text that quotes stays English.
    static func of(_ words: some Sequence<String>) -> Language? {
        var english = 0
        var own = [Int](repeating: 0, count: allCases.count)
        var shared = own
        for word in words {
            guard let languages = StopWords.languages[word] else { continue }
            let isEnglish = languages.contains(LanguageSet(.english))
            if isEnglish { english += 1 }
            for index in own.indices where languages.rawValue & (1 << index) != 0 {
                if isEnglish { shared[index] += 1 } else { own[index] += 1 }
            }
        }
        let best = own.indices.max { own[$0] < own[$1] || (own[$0] == own[$1] && $0 > $1) } ?? 0
        let others = english - shared[best]
        if own[best] >= 2, own[best] > 2 * others { return allCases[best] }
        return english >= 2 && english > 2 * own[best] ? .english : nil
    }
}

/// Languages, one bit each in the order of their cases.
package struct LanguageSet: OptionSet, Sendable {
    package var rawValue: UInt32

    package init(rawValue: UInt32) { self.rawValue = rawValue }

    package init(_ language: Language) {
        rawValue = Language.allCases.firstIndex(of: language).map { 1 << UInt32($0) } ?? 0
    }

    mutating func insert(_ language: Language) { formUnion(LanguageSet(language)) }

    var languages: [Language] { Language.allCases.filter { contains(LanguageSet($0)) } }
}
