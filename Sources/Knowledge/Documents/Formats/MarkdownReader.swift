// SPDX-License-Identifier: Apache-2.0

/// Markdown as it stands, with the kind of each line: headings (`#` and underlined), code (fenced, front matter),
/// list items, table rows, prose. One line is held back, because an underline makes a heading of it.
struct MarkdownReader: LineReader {
    private var held: ExtractedLine?
    private var fence: (mark: Character, count: Int)?
    private var inFrontMatter = false
    private var lineIsOpen = false  // the next piece continues a line
    private var openKind = ExtractedLine.Kind.prose
    private var isFirst = true
    private var afterProse = false  // only a paragraph's first line can be a heading
    private var inTable = false

    mutating func read(_ text: String, endsLine: Bool, place: SourcePlace) -> [ExtractedLine] {
        let continued = lineIsOpen
        lineIsOpen = !endsLine
        let first = isFirst
        isFirst = false
        if continued { return flush() + [ExtractedLine(text: text, kind: openKind, endsLine: endsLine, place: place)] }
        let trimmed = text.drop { $0 == " " || $0 == "\t" }
        let indentation = text.count - trimmed.count
        let kind = kind(of: text, trimmed: trimmed, indentation: indentation, isFirst: first)
        if trimmed.first != "|" { inTable = false }
        openKind = kind
        let line = ExtractedLine(text: text, kind: kind, endsLine: endsLine, place: place)
        if kind == .separator, let level = Underline.level(of: trimmed), var title = held, title.kind == .prose,
            title.endsLine, indentation < 4
        {
            held = nil
            afterProse = false
            title.kind = .heading(level: level, title: HeadingText.clean(title.text))
            return [title, line]
        }
        let opensParagraph = !afterProse
        afterProse = kind == .prose
        let before = flush()
        if kind == .prose, endsLine, opensParagraph {
            held = line
            return before
        }
        return before + [line]
    }

    mutating func finish() -> [ExtractedLine] { flush() }

    private mutating func flush() -> [ExtractedLine] {
        defer { held = nil }
        return held.map { [$0] } ?? []
    }

    private mutating func kind(
        of text: String,
        trimmed: Substring,
        indentation: Int,
        isFirst: Bool
    ) -> ExtractedLine.Kind {
        if inFrontMatter {
            if text == "---" || text == "..." { inFrontMatter = false }
            return .code
        }
        if isFirst, text == "---" {
            inFrontMatter = true
            return .code
        }
        if let open = fence {
            let run = trimmed.prefix { $0 == open.mark }.count
            if run >= open.count, trimmed.dropFirst(run).allSatisfy({ $0 == " " }) { fence = nil }
            return .code
        }
        if trimmed.isEmpty { return .separator }
        if let mark = trimmed.first, mark == "`" || mark == "~" {
            let run = trimmed.prefix { $0 == mark }.count
            if run >= 3, mark == "~" || !trimmed.dropFirst(run).contains("`") {
                fence = (mark, run)
                return .code
            }
        }
        if indentation < 4, let heading = HeadingText.numbered(trimmed) { return heading }
        if indentation < 4, Underline.level(of: trimmed) != nil || isRule(trimmed) { return .separator }
        if trimmed.first == "|" {
            defer { inTable = true }
            return inTable ? .row : .columns
        }
        return startsListItem(trimmed) ? .row : .prose
    }

    private func isRule(_ trimmed: Substring) -> Bool {
        guard let mark = trimmed.first, mark == "*" || mark == "-" || mark == "_" else { return false }
        return trimmed.filter { $0 == mark }.count >= 3 && trimmed.allSatisfy { $0 == mark || $0 == " " }
    }
}

/// Whether a line begins with a bullet or a number.
package func startsListItem(_ trimmed: Substring) -> Bool {
    guard let first = trimmed.first else { return false }
    if "-*+•".contains(first) { return trimmed.dropFirst().first == " " || trimmed.dropFirst().first == "\t" }
    let digits = trimmed.prefix { $0.isASCII && $0.isNumber }
    guard !digits.isEmpty, digits.count < 10 else { return false }
    let rest = trimmed.dropFirst(digits.count)
    return (rest.first == "." || rest.first == ")") && rest.dropFirst().first == " "
}

/// A line of equals signs or dashes under a heading.
enum Underline {
    static func level(of trimmed: Substring) -> Int? {
        var line = trimmed
        while line.last == " " || line.last == "\t" { line.removeLast() }
        guard let mark = line.first, mark == "=" || mark == "-", line.allSatisfy({ $0 == mark }) else { return nil }
        return mark == "=" ? 1 : 2
    }
}

/// A heading's words without its marks.
enum HeadingText {
    static let limit = 200

    /// The heading that a line of `#` marks makes.
    static func numbered(_ trimmed: Substring) -> ExtractedLine.Kind? {
        let level = trimmed.prefix { $0 == "#" }.count
        guard (1...6).contains(level) else { return nil }
        var rest = trimmed.dropFirst(level)
        guard rest.isEmpty || rest.first == " " || rest.first == "\t" else { return nil }
        while rest.last == " " || rest.last == "\t" { rest.removeLast() }
        let closing = rest.reversed().prefix { $0 == "#" }.count
        if closing > 0, closing == rest.count || rest.dropLast(closing).last == " " { rest = rest.dropLast(closing) }
        return .heading(level: level, title: clean(String(rest)))
    }

    /// Words and single spaces, no emphasis or code marks, a link's text only; at most 200 characters.
    static func clean(_ text: String) -> String {
        var result = ""
        var index = text.startIndex
        // Looked for once where there is none, not at each of thousands of brackets.
        var mayClose = true
        while index < text.endIndex {
            let character = text[index]
            let after = text.index(after: index)
            if character == "]", mayClose, after < text.endIndex, text[after] == "(" {
                if let close = text[after...].firstIndex(of: ")") {
                    index = text.index(after: close)
                    continue
                }
                mayClose = false
            }
            if !"*`[]".contains(character) { result.append(character) }
            index = after
        }
        let words = result.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return String(words.prefix(limit))
    }
}
