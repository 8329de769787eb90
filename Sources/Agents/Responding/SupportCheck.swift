// SPDX-License-Identifier: Apache-2.0
import Knowledge

/// Whether a sentence says no more than a quotation does.
enum SupportCheck {
    /// The sentences of a model's words that one of the quoted sentences supports, joined; empty if none is.
    static func supported(_ words: String, by evidence: [String], question: String) -> String {
        let asked = Set(TermAnalyzer.terms(of: question))
        return sentences(words).filter { sentence in
            let terms = Set(TermAnalyzer.terms(of: sentence))
            guard !terms.isSubset(of: asked) else { return false }  // it says nothing new
            return evidence.contains { supports(terms, Set(TermAnalyzer.terms(of: $0)), asked) }
        }.joined(separator: " ")
    }

    /// Numbers and codes stand in the one sentence, every other term there or in the question, and something is said
    /// that the question did not say.
    private static func supports(_ terms: Set<String>, _ evidence: Set<String>, _ asked: Set<String>) -> Bool {
        let exact = terms.filter { $0.contains(where: \.isNumber) }
        return exact.isSubset(of: evidence) && terms.isSubset(of: evidence.union(asked))
            && !terms.isDisjoint(with: evidence.subtracting(asked))
    }

    /// The sentences of a text, line by line, without the white space around them.
    static func sentences(_ text: String) -> [String] {
        text.split(separator: "\n").flatMap { line -> [String] in
            let scalars = Array(line.unicodeScalars)
            var start = 0
            return SentenceSplitter.ends(in: scalars[...]).compactMap { end in
                defer { start = end }
                var view = String.UnicodeScalarView()
                view.append(contentsOf: scalars[start..<end])
                let sentence = String(view).trimming()
                return sentence.isEmpty ? nil : sentence
            }
        }
    }
}

extension String {
    /// Without the white space around it.
    func trimming() -> String {
        var rest = self[...]
        while rest.first?.isWhitespace == true { rest.removeFirst() }
        while rest.last?.isWhitespace == true { rest.removeLast() }
        return String(rest)
    }
}
