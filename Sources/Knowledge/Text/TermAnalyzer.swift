// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Text → index terms, the same for passages, questions and coverage. Words are stemmed by their language and folded
/// (case, accents, full width); codes such as `K2-410` give the whole (`k2410`), their segments (`k2`, `410`) and their
/// parts (`k`, `2`, `410`); runs of Han, kana and hangul give overlapping pairs and, beside them, their single characters.
package enum TermAnalyzer {
    /// Raised when a text gives other terms than before, so that stored ones are made again.
    static let version = 1

    /// A piece of text that is looked up as one.
    enum Unit: Equatable {
        /// The stems of a word, one for each language that it may be in, and whether it says little by itself.
        case word([String], isStopWord: Bool)
        /// A code and the parts it is also found by.
        case code(whole: String, parts: [String])
        /// A run of Han, kana or hangul.
        case run([Character])

        /// The terms under which it is indexed.
        var terms: [String] {
            switch self {
            case .word(let stems, _): stems
            case .code(let whole, let parts): [whole] + parts
            case .run(let characters):
                TermAnalyzer.pairs(characters) + (characters.count > 1 ? characters.map(String.init) : [])
            }
        }
    }

    /// The terms under which a text is indexed, in its order.
    package static func terms(of text: String) -> [String] { terms(of: text, language: language(of: text)) }

    package static func terms(of text: String, language: Language) -> [String] {
        units(of: text, languages: [language]).flatMap(\.terms)
    }

    /// The language of a text; English where its words do not tell.
    package static func language(of text: String) -> Language { detectedLanguage(of: text) ?? .english }

    private static func detectedLanguage(of text: String) -> Language? {
        Language.of(text.lowercased().split { !$0.isLetter }.lazy.map(String.init))
    }

    /// The terms to look for, each once: stop words are left out where anything else is there.
    package static func queryTerms(of text: String) -> [String] { queryTerms(of: text, among: []) }

    /// As `queryTerms`, for a question to texts in some languages. Where the question's language is not sure, or none of
    /// theirs, its words may be in any of theirs.
    package static func queryTerms(of text: String, among languages: LanguageSet) -> [String] {
        var seen: Set<String> = []
        return questionUnits(of: text, among: languages).flatMap { unit -> [String] in
            if case .run(let characters) = unit { return pairs(characters) }
            return unit.terms
        }.filter { seen.insert($0).inserted }
    }

    /// How many words, codes and runs of a text say something by themselves.
    package static func tellingCount(of text: String) -> Int {
        units(of: text, languages: [language(of: text)]).count { unit in
            switch unit {
            case .word(_, let isStopWord): !isStopWord
            case .code: true
            case .run(let characters): !StopWords.split(characters).isEmpty
            }
        }
    }

    /// The units of a question without what says little, unless nothing would be left.
    static func questionUnits(of text: String, among languages: LanguageSet) -> [Unit] {
        let detected = detectedLanguage(of: text)
        var candidates = [detected ?? .english]
        if !languages.isEmpty, detected.map({ !languages.contains(LanguageSet($0)) }) ?? true {
            candidates = languages.languages
        }
        let units = units(of: text, languages: candidates)
        let telling = units.flatMap { unit -> [Unit] in
            switch unit {
            case .word(_, let isStopWord): isStopWord ? [] : [unit]
            case .code: [unit]
            case .run(let characters): StopWords.split(characters).map { .run($0) }
            }
        }
        return telling.isEmpty ? units : telling
    }

    /// Overlapping pairs of a run; a run of one character is its own term.
    static func pairs(_ characters: [Character]) -> [String] {
        guard characters.count > 1 else { return characters.map(String.init) }
        return zip(characters, characters.dropFirst()).map { String([$0, $1]) }
    }

    private static func units(of text: String, languages: [Language]) -> [Unit] {
        var units: [Unit] = []
        var word: [Unicode.Scalar] = []  // letters, digits and single joiners between them
        var run: [Character] = []
        var joiner: Unicode.Scalar?

        func finishWord() {
            if !word.isEmpty { append(word, languages, to: &units) }
            word.removeAll(keepingCapacity: true)
            joiner = nil
        }
        func finishRun() {
            if !run.isEmpty { units.append(.run(run)) }
            run.removeAll(keepingCapacity: true)
        }

        for scalar in normalize(text).unicodeScalars {
            if (0x300...0x36F).contains(scalar.value), word.isEmpty || joiner != nil {
                continue  // an accent on no letter
            } else if isPairScript(scalar) {
                finishWord()
                run.append(Character(scalar))
            } else if isWordScalar(scalar) {
                finishRun()
                if let joined = joiner {
                    word.append(joined)
                    joiner = nil
                }
                word.append(scalar)
            } else if !word.isEmpty, joiner == nil, joiners.contains(scalar) {
                joiner = scalar
            } else {
                finishRun()
                finishWord()
            }
        }
        finishRun()
        finishWord()
        return units
    }

    private static func append(_ scalars: [Unicode.Scalar], _ languages: [Language], to units: inout [Unit]) {
        let segments = scalars.split { joiners.contains($0) }.map(Array.init)
        guard scalars.contains(where: isDigit) else {
            appendWords(segments, of: scalars, languages, to: &units)
            return
        }
        var parts: [String] = []
        func add(_ part: some Sequence<Unicode.Scalar>) {
            let text = fold(bounded(part))
            if !text.isEmpty, !parts.contains(text), parts.count < 32 { parts.append(text) }
        }
        for segment in segments {
            add(segment)
            var start = 0
            for index in 1..<max(1, segment.count) where isDigit(segment[index]) != isDigit(segment[index - 1]) {
                add(segment[start..<index])
                start = index
            }
            add(segment[start...])
        }
        let whole = fold(bounded(segments.joined()))
        parts.removeAll { $0 == whole }
        // A code is in no language: its words are stemmed alike wherever it stands.
        units.append(.code(whole: whole, parts: parts.map { Stemmer.stem($0, .english) }))
    }

    private static func appendWords(
        _ segments: [[Unicode.Scalar]],
        of scalars: [Unicode.Scalar],
        _ languages: [Language],
        to units: inout [Unit]
    ) {
        var segments = segments
        // "don't" is one word, "Alice's" is Alice.
        if segments.count == 2, scalars.contains(where: { $0 == "'" || $0 == "\u{2019}" }) {
            segments = segments[1] == ["s"] ? [segments[0]] : [segments[0] + segments[1]]
        }
        for segment in segments {
            let word = bounded(segment)
            var stems: [String] = []
            var isStopWord = false
            for language in Language.ofScript(word).map({ [$0] }) ?? languages {
                let stem = stem(word, language)
                if !stems.contains(stem) { stems.append(stem) }
                isStopWord = isStopWord || isFrequent(word, language)
            }
            units.append(.word(stems, isStopWord: isStopWord))
        }
    }

    /// English writes its accents or not; those of other languages decide about endings.
    private static func stem(_ word: String, _ language: Language) -> String {
        language == .english ? Stemmer.stem(fold(word), language) : fold(Stemmer.stem(word, language))
    }

    private static func isFrequent(_ word: String, _ language: Language) -> Bool {
        StopWords.languages[language == .english ? fold(word) : word]?.contains(LanguageSet(language)) ?? false
    }

    /// A term's text, at most 64 scalars of it.
    private static func bounded(_ scalars: some Sequence<Unicode.Scalar>) -> String {
        var text = String.UnicodeScalarView()
        text.append(contentsOf: scalars.prefix(64))
        return String(text)
    }

    /// Lower case, full-width forms made narrow, each letter one scalar with its accents where there is one.
    private static func normalize(_ text: String) -> String {
        if text.utf8.allSatisfy({ $0 < 128 }) { return text.lowercased() }
        var result = String.UnicodeScalarView()
        for scalar in text.lowercased().unicodeScalars {
            switch scalar.value {
            case 0xFF01...0xFF5E: result.append(Unicode.Scalar(scalar.value - 0xFEE0) ?? scalar)
            default: result.append(scalar)
            }
        }
        return String(result).lowercased().precomposedStringWithCanonicalMapping
    }

    /// No accents on Latin, Greek and Cyrillic letters.
    private static func fold(_ word: String) -> String {
        if word.utf8.allSatisfy({ $0 < 128 }) { return word }
        let plain = word.decomposedStringWithCanonicalMapping.unicodeScalars.filter {
            !(0x300...0x36F).contains($0.value)
        }
        // Decomposition took hangul syllables and voiced kana apart: put them together again.
        return String(String.UnicodeScalarView(plain)).precomposedStringWithCanonicalMapping
    }

    private static let joiners: Set<Unicode.Scalar> = [
        "-", "_", ".", ",", "/", ":", "'", "\u{2019}", "\u{2010}", "\u{2011}",
    ]

    private static func isDigit(_ scalar: Unicode.Scalar) -> Bool {
        scalar.isASCII ? scalar >= "0" && scalar <= "9" : scalar.properties.generalCategory == .decimalNumber
    }

    static func isWordScalar(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII {
            return (scalar >= "a" && scalar <= "z") || (scalar >= "0" && scalar <= "9")
                || (scalar >= "A" && scalar <= "Z")
        }
        return switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber,
            .letterNumber, .nonspacingMark, .spacingMark:
            true
        default: false
        }
    }

    /// Han, kana and hangul: scripts whose words are found by pairs of characters.
    static func isPairScript(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x3005...0x3007, 0x3041...0x3096, 0x309D...0x309F, 0x30A1...0x30FA, 0x30FC...0x30FF, 0x31F0...0x31FF,
            0x3400...0x4DBF, 0x4E00...0x9FFF, 0xF900...0xFAFF, 0x1100...0x11FF, 0x3131...0x318E, 0xAC00...0xD7A3,
            0xFF66...0xFF9F, 0x20000...0x3FFFD:
            true
        default: false
        }
    }
}
