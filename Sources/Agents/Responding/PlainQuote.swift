// SPDX-License-Identifier: Apache-2.0

/// A quotation as a person reads it; the citation keeps the document's own characters.
package enum PlainQuote {
    /// The text without Markdown's marks, its table rows as cells and its bullets as bullets.
    package static func text(of quote: String, isMarkdown: Bool) -> String {
        let lines = quote.split(separator: "\n", omittingEmptySubsequences: false).compactMap { line in
            isMarkdown ? withoutMarks(line) : String(line)
        }
        return lines.map { bullet($0, isAlone: lines.count == 1) }.joined(separator: "\n")
    }

    private static func bullet(_ line: String, isAlone: Bool) -> String {
        let indentation = line.prefix { $0 == " " }
        let rest = line.dropFirst(indentation.count)
        guard let mark = rest.first, "-*+•".contains(mark), rest.dropFirst().first == " " else { return line }
        return isAlone ? String(rest.dropFirst(2)) : "\(indentation)• \(rest.dropFirst(2))"
    }

    /// One line of Markdown in plain characters; nil for the rule under a table's titles.
    private static func withoutMarks(_ line: Substring) -> String? {
        var line = String(line)
        if line.first == "|" {
            if line.allSatisfy({ "|-: ".contains($0) }) { return nil }
            line = line.split(separator: "|").map { String($0).trimming() }.filter { !$0.isEmpty }
                .joined(separator: " · ")
        }
        var result = ""
        var rest = line[...]
        while let character = rest.popFirst() {
            switch character {
            case "`": continue
            case "*":
                // A star between spaces is a sign; at a line's beginning it may be a bullet.
                let before = result.last?.isWhitespace ?? true
                if before, rest.first?.isWhitespace ?? true { result.append(character) }
            case "[":
                guard let link = linkText(rest) else { fallthrough }
                result += link.text
                rest = link.rest
            default: result.append(character)
            }
        }
        return result
    }

    /// The words of `words](address)` and what follows.
    private static func linkText(_ text: Substring) -> (text: Substring, rest: Substring)? {
        guard let middle = text.firstRange(of: "]("), !text[..<middle.lowerBound].contains("["),
            let end = text[middle.upperBound...].firstIndex(of: ")")
        else { return nil }
        return (text[..<middle.lowerBound], text[text.index(after: end)...])
    }
}
