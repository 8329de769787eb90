// SPDX-License-Identifier: Apache-2.0

/// Elements and text of a page → lines: a heading is a line, a list item `- item` or `1. item`, a table row
/// `cell | cell`, `pre` as it stands; blank lines between blocks.
struct PageComposer {
    private(set) var title: String?
    private var lines: [ExtractedLine] = []
    private var line = ""
    private var marker = ""  // the bullet that the next text brings with it
    private var kind = ExtractedLine.Kind.prose
    private var spaceIsDue = false
    private var blankIsDue = false
    private var hasOutput = false
    private var lineIsOpen = false  // a piece of the line is out already
    private var lists: [Int?] = []  // the next number of each open list, nil for bullets
    private var cells: [Int] = []  // cells begun in the row of each open table
    private var preformatted = 0
    private var heading: Int?
    private var titleText: String?
    private var isHeadRow = false  // all cells of the row so far name columns
    private var link: (target: String, text: String)?

    private static let lineLimit = 16_384

    mutating func start(_ tag: String) {
        switch tag {
        case "title" where title == nil: titleText = ""
        case "h1", "h2", "h3", "h4", "h5", "h6":
            breakLine()
            blankIsDue = true
            marker = ""
            heading = tag.utf8.last.map { Int($0) - 48 }
        case "ul", "menu": startList(nil)
        case "ol": startList(1)
        case "li", "dt", "dd": startItem(tag)
        case "table":
            breakBlock()
            cells.append(0)
        case "tr":
            breakLine()
            if !cells.isEmpty { cells[cells.count - 1] = 0 }
            isHeadRow = true
        case "td", "th":
            guard let count = cells.last else { break }
            if count > 0 {
                line += " |"
                spaceIsDue = true
            }
            cells[cells.count - 1] = count + 1
            kind = .row
            if tag == "td" { isHeadRow = false }
        case "pre":
            breakBlock()
            preformatted += 1
            kind = .code
        case "br": breakLine()
        case "hr": breakBlock()
        default: if blockTags.contains(tag) { breakBlock() }
        }
    }

    mutating func end(_ tag: String) {
        switch tag {
        case "title":
            if let text = titleText, !text.isEmpty {
                title = HeadingText.clean(text)
                if let title, !title.isEmpty {
                    lines.append(ExtractedLine(text: "", kind: .heading(level: 0, title: title), endsLine: false))
                }
            }
            titleText = nil
        case "h1", "h2", "h3", "h4", "h5", "h6":
            let level = heading
            heading = nil
            if let level, !line.isEmpty { kind = .heading(level: level, title: HeadingText.clean(line)) }
            breakLine()
            blankIsDue = true
        case "ul", "ol", "menu":
            breakLine()
            _ = lists.popLast()
            marker = ""
            if lists.isEmpty { blankIsDue = true }
        case "li", "dt", "dd":
            breakLine()
            marker = ""
        case "tr":
            if isHeadRow, kind == .row, cells.last ?? 0 > 1, !lineIsOpen { kind = .columns }
            isHeadRow = false
            breakLine()
        case "td", "th": spaceIsDue = true
        case "a": endLink()
        case "table":
            breakLine()
            _ = cells.popLast()
            blankIsDue = true
        case "pre":
            breakLine()
            preformatted = max(0, preformatted - 1)
            blankIsDue = true
        default: if blockTags.contains(tag) { breakBlock() }
        }
    }

    /// Begins a link. Its target is kept where its words alone say nothing: "here".
    mutating func startLink(_ target: String) {
        let isAddress = ["http://", "https://", "mailto:"].contains { target.hasPrefix($0) }
        link = isAddress && target.utf8.count <= 500 ? (target, "") : nil
    }

    private mutating func endLink() {
        guard let (target, words) = link else { return }
        link = nil
        if wordsOfAnyLink.contains(words.lowercased().filter { $0.isLetter || $0 == " " }) { text(" (\(target))") }
    }

    /// An element that is left out still parts what stands around it.
    mutating func skip(_ tag: String) {
        spaceIsDue = true
    }

    mutating func text(_ text: String) {
        if titleText != nil {
            if (titleText?.utf8.count ?? 0) < 4_096 { titleText? += text }
            return
        }
        if let words = link?.text, words.utf8.count < 64 { link?.text = words + text.prefix(64) }
        for scalar in text.unicodeScalars where scalar.value != 0 {
            if preformatted > 0 {
                if scalar == "\n" { endLine() } else if scalar != "\r" { put(scalar) }
            } else if scalar == "\u{A0}" || scalar.value < 33 {
                spaceIsDue = true
            } else {
                put(scalar)
            }
        }
    }

    mutating func finish() { breakLine() }

    /// Begins as if nothing had been before.
    mutating func restart() { (hasOutput, blankIsDue) = (false, false) }

    mutating func takeLines() -> [ExtractedLine] {
        defer { lines.removeAll(keepingCapacity: true) }
        return lines
    }

    // MARK: - Lines

    private mutating func put(_ scalar: Unicode.Scalar) {
        if line.isEmpty, !lineIsOpen {
            if blankIsDue, hasOutput { lines.append(ExtractedLine(text: "", kind: .separator)) }
            blankIsDue = false
            line = marker
            if !marker.isEmpty { kind = .row }
            marker = ""
            spaceIsDue = false
        }
        if spaceIsDue {
            line += " "
            spaceIsDue = false
        }
        line.unicodeScalars.append(scalar)
        if line.utf8.count > Self.lineLimit {
            // What is so long is no heading, and no line is kept whole that has no end.
            heading = nil
            lines.append(ExtractedLine(text: line, kind: kind, endsLine: false))
            line = ""
            lineIsOpen = true
            hasOutput = true
        }
    }

    /// Ends a line of preformatted text, which may be empty.
    private mutating func endLine() {
        if line.isEmpty, !lineIsOpen, !hasOutput || blankIsDue { return }
        lines.append(ExtractedLine(text: line, kind: .code))
        line = ""
        lineIsOpen = false
        hasOutput = true
    }

    private mutating func breakLine() {
        if !line.isEmpty || lineIsOpen {
            lines.append(ExtractedLine(text: line, kind: kind))
            hasOutput = true
        }
        line = ""
        lineIsOpen = false
        spaceIsDue = false
        kind = preformatted > 0 ? .code : .prose
    }

    /// A new paragraph; within a table's cell or a heading only a space, at an item's beginning nothing.
    private mutating func breakBlock() {
        if heading != nil || cells.last ?? 0 > 0 {
            spaceIsDue = true
            return
        }
        breakLine()
        if marker.isEmpty { blankIsDue = true }
    }

    private mutating func startList(_ first: Int?) {
        breakLine()
        if lists.isEmpty { blankIsDue = true }
        if lists.count < 32 { lists.append(first) } else { lists.append(nil) }
    }

    private mutating func startItem(_ tag: String) {
        breakLine()
        guard tag == "li" else { return }
        let indentation = String(repeating: "  ", count: min(16, max(0, lists.count - 1)))
        if let number = lists.last ?? nil {
            marker = indentation + "\(number). "
            lists[lists.count - 1] = number + 1
        } else {
            marker = indentation + "- "
        }
    }
}

private let wordsOfAnyLink: Set<String> = [
    "here", "click here", "this", "link", "this link", "this page", "more", "read more", "learn more", "download",
    "source", "website", "homepage", "页面", "这里", "此处", "链接", "点击这里", "下载", "更多",
]

private let blockTags: Set<String> = [
    "p", "div", "section", "article", "main", "header", "blockquote", "figure", "figcaption", "address",
    "form",
    "fieldset", "details", "summary", "dl", "caption", "body", "center", "dialog", "legend",
]
