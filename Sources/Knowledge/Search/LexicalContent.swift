// SPDX-License-Identifier: Apache-2.0

/// What the full-text index holds of a passage: its key, and each term with how often it counts.
struct LexicalContent {
    /// A term of a heading counts this often, in a passage's terms and in its length alike, so that scores are BM25's.
    static let headingWeight = 2

    var key: UInt64
    var terms: [String: Int] = [:]
    var language: Language

    /// The passage's length in BM25.
    var length: Int { terms.values.reduce(0, +) }

    init(key: UInt64, terms: [String: Int], language: Language) {
        self.key = key
        self.terms = terms
        self.language = language
    }

    init(key: String, text: String, headings: [String]) {
        self.key = Self.number(of: key)
        language = TermAnalyzer.language(of: (headings + [text]).joined(separator: "\n"))
        for heading in headings {
            for term in TermAnalyzer.terms(of: heading, language: language) {
                terms[term, default: 0] += Self.headingWeight
            }
        }
        for term in TermAnalyzer.terms(of: text, language: language) { terms[term, default: 0] += 1 }
    }

    /// A passage's key is 16 hexadecimal digits; numbers are ordered as keys are.
    static func number(of key: String) -> UInt64 { UInt64(key, radix: 16) ?? 0 }

    static func key(of number: UInt64) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
