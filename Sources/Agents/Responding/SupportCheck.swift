// SPDX-License-Identifier: Apache-2.0
import Knowledge

/// Whether a sentence says no more than a quotation does.
package enum SupportCheck {
    /// The sentences of a model's words that one of the quoted sentences supports, joined; empty if none is.
    package static func supported(_ words: String, by evidence: [String], question: String) -> String {
        let asked = Set(TermAnalyzer.terms(of: question))
        return sentences(words).filter { sentence in
            let terms = Set(TermAnalyzer.terms(of: sentence))
            guard !terms.isSubset(of: asked) else { return false }  // it says nothing new
            let exact = exactTokens(sentence)
            return evidence.contains { quoted in
                let there = Set(TermAnalyzer.terms(of: quoted))
                return exact.isSubset(of: tokens(quoted)) && terms.isSubset(of: there.union(asked))
                    && !terms.isDisjoint(with: there.subtracting(asked))
            }
        }.joined(separator: " ")
    }

    /// Numbers, paths, options and names: what has to stand in the quotation as it is, even if the question has it.
    private static func exactTokens(_ sentence: String) -> Set<String> {
        var exact: Set<String> = []
        for (place, word) in words(sentence).enumerated() {
            // The first word has its capital anyway: it may be a name unless it is one of those that say little.
            let isName =
                word.contains(where: \.isUppercase) && (place > 0 || TermAnalyzer.tellingCount(of: String(word)) > 0)
            let isCode = word.contains { $0.isNumber || "/_=@~\\-.".contains($0) }
            if isName || isCode { exact.insert(word.lowercased()) }
        }
        return exact
    }

    private static func tokens(_ text: String) -> Set<String> { Set(words(text).map { $0.lowercased() }) }

    /// What stands between white space, without the punctuation around it.
    private static func words(_ text: String) -> [Substring] {
        text.split(whereSeparator: \.isWhitespace).compactMap { word in
            var word = word
            while let last = word.last, ".,;:!?()[]{}\"'`“”‘’…•*。，！？".contains(last) { word.removeLast() }
            while let first = word.first, ",;:!?()[]{}\"'`“”‘’…•*".contains(first) { word.removeFirst() }
            return word.isEmpty ? nil : word
        }
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
