// SPDX-License-Identifier: Apache-2.0

/// Plain text as it stands. Headings are short lines after a blank one that are underlined with `=` or `-`, and short
/// lines without a full stop that stand alone above running text; the first such line of a file is its title.
struct PlainTextReader: LineReader {
    private var held: ExtractedLine?
    /// The blank lines after the held one.
    private var gap: [ExtractedLine] = []
    private var afterBlank = true
    private var isFirst = true
    private var lineIsOpen = false
    private var openKind = ExtractedLine.Kind.prose

    mutating func read(_ text: String, endsLine: Bool, place: SourcePlace) -> [ExtractedLine] {
        let continued = lineIsOpen
        lineIsOpen = !endsLine
        func line(_ kind: ExtractedLine.Kind) -> ExtractedLine {
            ExtractedLine(text: text, kind: kind, endsLine: endsLine, place: place)
        }
        if continued { return flush() + [line(openKind)] }
        let trimmed = text.drop { $0 == " " || $0 == "\t" }
        let wasAfterBlank = afterBlank
        afterBlank = trimmed.isEmpty
        openKind = .prose
        if trimmed.isEmpty {
            let blank = line(.separator)
            guard held != nil, gap.count < 4 else { return flush() + [blank] }
            gap.append(blank)
            return []
        }
        let read = line(startsListItem(trimmed) ? .row : .prose)
        if gap.isEmpty, trimmed.count >= 3, let level = Underline.level(of: trimmed), let title = held {
            held = nil
            return [heading(title, level: level), line(.separator)]
        }
        // The first line of a file may stand above another heading.
        if !gap.isEmpty, let title = held, standsAlone(title.text),
            isRunningText(trimmed) || isFirst && standsAlone(text)
        {
            held = heading(title, level: isFirst ? 1 : 2)
        }
        let before = flush()
        if wasAfterBlank, endsLine, trimmed.count <= 100 {
            held = read
            return before
        }
        isFirst = false
        return before + [read]
    }

    mutating func finish() -> [ExtractedLine] { flush() }

    private mutating func flush() -> [ExtractedLine] {
        guard let held else { return [] }
        defer {
            self.held = nil
            gap = []
            isFirst = false
        }
        return [held] + gap
    }

    private func heading(_ line: ExtractedLine, level: Int) -> ExtractedLine {
        var title = line
        title.kind = .heading(level: level, title: HeadingText.clean(line.text))
        return title
    }

    /// Whether a line could be a heading: short, opening with a letter or number, and not the end of a sentence.
    private func standsAlone(_ text: String) -> Bool {
        let text = text.filter { !$0.isWhitespace }
        guard text.count <= 60, let first = text.first, let last = text.last else { return false }
        return (first.isUppercase || first.isNumber || first.unicodeScalars.allSatisfy(TermAnalyzer.isPairScript))
            && !Self.ends.contains(last)
    }

    /// Whether a line is a sentence or more, not another short line like the one above it.
    private func isRunningText(_ text: Substring) -> Bool {
        text.count > 60 || text.last.map { Self.stops.contains($0) } == true
    }

    private static let stops: Set<Character> = [".", "!", "?", "。", "！", "？", "…"]
    private static let ends = stops.union([",", ";", ":", "，", "；", "：", "、"])
}
