// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Text → index terms, the same for passages, questions and coverage. Words are folded (case, accents, full width) and
/// stemmed; codes such as `K2-410` give the whole (`k2410`), their segments (`k2`, `410`) and their parts (`k`, `2`,
/// `410`); runs of Han, kana and hangul give overlapping pairs and, beside them, their single characters.
package enum TermAnalyzer {
    /// A piece of text that is looked up as one.
    enum Unit: Equatable {
        /// A stemmed word and whether it says little by itself.
        case word(String, isStopWord: Bool)
        /// A code and the parts it is also found by.
        case code(whole: String, parts: [String])
        /// A run of Han, kana or hangul.
        case run([Character])
    }

    /// The terms under which a text is indexed, in its order.
    package static func terms(of text: String) -> [String] {
        units(of: text).flatMap { unit -> [String] in
            switch unit {
            case .word(let word, _): [word]
            case .code(let whole, let parts): [whole] + parts
            case .run(let characters): pairs(characters) + (characters.count > 1 ? characters.map(String.init) : [])
            }
        }
    }

    /// The terms to look for, each once: stop words are left out where anything else is there.
    package static func queryTerms(of text: String) -> [String] {
        let units = questionUnits(of: text)
        var seen: Set<String> = []
        return units.flatMap { unit -> [String] in
            switch unit {
            case .word(let word, _): [word]
            case .code(let whole, let parts): [whole] + parts
            case .run(let characters): pairs(characters)
            }
        }.filter { seen.insert($0).inserted }
    }

    /// How many words, codes and runs of a text say something by themselves.
    package static func tellingCount(of text: String) -> Int {
        units(of: text).count { unit in
            switch unit {
            case .word(_, let isStopWord): !isStopWord
            case .code: true
            case .run(let characters): !StopWords.split(characters).isEmpty
            }
        }
    }

    /// The units of a question without what says little, unless nothing would be left.
    static func questionUnits(of text: String) -> [Unit] {
        let units = units(of: text)
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

    static func units(of text: String) -> [Unit] {
        var units: [Unit] = []
        var word: [Unicode.Scalar] = []  // folded letters, digits and single joiners between them
        var run: [Character] = []
        var joiner: Unicode.Scalar?

        func finishWord() {
            if !word.isEmpty { append(word, to: &units) }
            word.removeAll(keepingCapacity: true)
            joiner = nil
        }
        func finishRun() {
            if !run.isEmpty { units.append(.run(run)) }
            run.removeAll(keepingCapacity: true)
        }

        for scalar in fold(text).unicodeScalars {
            if isPairScript(scalar) {
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

    private static func append(_ scalars: [Unicode.Scalar], to units: inout [Unit]) {
        let segments = scalars.split { joiners.contains($0) }.map(Array.init)
        guard scalars.contains(where: isDigit) else {
            appendWords(segments, of: scalars, to: &units)
            return
        }
        var parts: [String] = []
        func add(_ part: some Sequence<Unicode.Scalar>) {
            let text = bounded(part)
            if !parts.contains(text), parts.count < 32 { parts.append(text) }
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
        let whole = bounded(segments.joined())
        parts.removeAll { $0 == whole }
        units.append(.code(whole: whole, parts: parts.map(PorterStemmer.stem)))
    }

    private static func appendWords(
        _ segments: [[Unicode.Scalar]],
        of scalars: [Unicode.Scalar],
        to units: inout [Unit]
    ) {
        var segments = segments
        // "don't" is one word, "Alice's" is Alice.
        if segments.count == 2, scalars.contains(where: { $0 == "'" || $0 == "\u{2019}" }) {
            segments = segments[1] == ["s"] ? [segments[0]] : [segments[0] + segments[1]]
        }
        for segment in segments {
            let word = bounded(segment)
            units.append(.word(PorterStemmer.stem(word), isStopWord: StopWords.english.contains(word)))
        }
    }

    /// A term's text, at most 64 scalars of it.
    private static func bounded(_ scalars: some Sequence<Unicode.Scalar>) -> String {
        var text = String.UnicodeScalarView()
        text.append(contentsOf: scalars.prefix(64))
        return String(text)
    }

    /// Lower case, no accents on Latin, Greek and Cyrillic letters, full-width forms made narrow.
    private static func fold(_ text: String) -> String {
        if text.utf8.allSatisfy({ $0 < 128 }) { return text.lowercased() }
        var result = String.UnicodeScalarView()
        for scalar in text.lowercased().decomposedStringWithCanonicalMapping.unicodeScalars {
            switch scalar.value {
            case 0x300...0x36F: continue
            case 0xFF01...0xFF5E: result.append(Unicode.Scalar(scalar.value - 0xFEE0) ?? scalar)
            default: result.append(scalar)
            }
        }
        // Decomposition took hangul syllables and voiced kana apart: put them together again.
        return String(result).lowercased().precomposedStringWithCanonicalMapping
    }

    private static let joiners: Set<Unicode.Scalar> = [
        "-", "_", ".", ",", "/", ":", "'", "\u{2019}", "\u{2010}", "\u{2011}",
    ]

    private static func isDigit(_ scalar: Unicode.Scalar) -> Bool {
        scalar.isASCII ? scalar >= "0" && scalar <= "9" : scalar.properties.generalCategory == .decimalNumber
    }

    private static func isWordScalar(_ scalar: Unicode.Scalar) -> Bool {
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
