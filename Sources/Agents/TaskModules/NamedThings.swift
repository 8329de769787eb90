// SPDX-License-Identifier: Apache-2.0
import Knowledge

/// The names in a question: words with a capital letter that do not begin it.
///
/// Who asks about a thing by its name wants that thing: where no document mentions it, what stands nearest is about
/// something else, however alike it is.
package enum NamedThings {
    /// The names in the order of the question; none where most words have a capital, for then it says nothing.
    package static func of(_ question: String) -> [String] {
        let words = question.split(whereSeparator: \.isWhitespace).map { word in
            String(
                word.drop { !$0.isLetter && !$0.isNumber }.reversed().drop { !$0.isLetter && !$0.isNumber }.reversed()
            )
        }.filter { !$0.isEmpty }
        let capitals = words.dropFirst().filter { $0.contains(where: \.isUppercase) }
        guard capitals.count * 2 <= words.count else { return [] }
        return capitals.filter { TermAnalyzer.tellingCount(of: $0) > 0 }
    }
}
