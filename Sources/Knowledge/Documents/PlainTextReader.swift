// SPDX-License-Identifier: Apache-2.0

/// Plain text as it stands. The only headings are short lines after a blank one that are underlined with `=` or `-`.
struct PlainTextReader: LineReader {
    private var held: ExtractedLine?
    private var afterBlank = true
    private var lineIsOpen = false
    private var openKind = ExtractedLine.Kind.prose

    mutating func read(_ text: String, endsLine: Bool) -> [ExtractedLine] {
        let continued = lineIsOpen
        lineIsOpen = !endsLine
        if continued { return flush() + [ExtractedLine(text: text, kind: openKind, endsLine: endsLine)] }
        let trimmed = text.drop { $0 == " " || $0 == "\t" }
        let wasAfterBlank = afterBlank
        afterBlank = trimmed.isEmpty
        openKind = .prose
        if trimmed.isEmpty { return flush() + [ExtractedLine(text: text, kind: .separator, endsLine: endsLine)] }
        let line = ExtractedLine(text: text, kind: startsListItem(trimmed) ? .row : .prose, endsLine: endsLine)
        if trimmed.count >= 3, let level = Underline.level(of: trimmed), var title = held {
            held = nil
            title.kind = .heading(level: level, title: HeadingText.clean(title.text))
            return [title, ExtractedLine(text: text, kind: .separator, endsLine: endsLine)]
        }
        let before = flush()
        if wasAfterBlank, endsLine, trimmed.count <= 100 {
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
}
