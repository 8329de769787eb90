// SPDX-License-Identifier: Apache-2.0

/// Paragraphs and tables of an office document → lines. Tables in tables are text of their cell.
struct BlockComposer {
    var place = SourcePlace()
    private var lines: [ExtractedLine] = []
    private var paragraph = ""
    private var hasPieces = false  // the paragraph's beginning is out
    private var cells: [String] = []
    private var tables = 0
    private var isFirstRow = true
    private var afterText = false  // a blank line is due before other text
    private var lastKind = ExtractedLine.Kind.separator

    private static let limit = 65_536

    mutating func takeLines() -> [ExtractedLine] {
        defer { lines.removeAll(keepingCapacity: true) }
        return lines
    }

    mutating func text(_ text: String) {
        paragraph += text
        guard paragraph.utf8.count > Self.limit else { return }
        // No paragraph is kept whole that has no end.
        if tables > 0 { return endRow() }
        for piece in TableRow.pieces(TableRow.cleaned(paragraph), kind: .prose, place: place) {
            lines.append(
                ExtractedLine(
                    text: piece.text + (piece.endsLine ? " " : ""),
                    kind: .prose,
                    endsLine: false,
                    place: place
                )
            )
        }
        paragraph = ""
        hasPieces = true
    }

    /// Ends a paragraph; in a table's cell it is part of the cell.
    mutating func endParagraph(_ kind: ExtractedLine.Kind = .prose, marker: String = "") {
        if tables > 0 {
            paragraph += " "
            return
        }
        let texts = paragraph.split(separator: "\n").map { TableRow.cleaned(String($0)) }.filter { !$0.isEmpty }
        paragraph = ""
        if texts.isEmpty {
            if hasPieces { lines.append(ExtractedLine(text: "", kind: .prose, place: place)) }
            hasPieces = false
            return
        }
        var kind = kind
        if case .heading(let level, _) = kind {
            let whole = texts.joined(separator: " ")
            kind = hasPieces || whole.count > 400 ? .prose : .heading(level: level, title: HeadingText.clean(whole))
            if kind != .prose { return put(whole, kind) }
        }
        if kind != .row || lastKind != .row, !hasPieces { blank() }
        hasPieces = false
        for (index, text) in texts.enumerated() {
            for piece in TableRow.pieces((index == 0 ? marker : "") + text, kind: kind, place: place) {
                lines.append(ExtractedLine(text: piece.text, kind: kind, endsLine: piece.endsLine, place: place))
            }
        }
        lastKind = kind
        afterText = true
    }

    /// A heading that is not a paragraph: a sheet's or slide's name.
    mutating func heading(_ title: String, level: Int) {
        put(TableRow.cleaned(title), .heading(level: level, title: HeadingText.clean(title)))
    }

    private mutating func put(_ text: String, _ kind: ExtractedLine.Kind) {
        blank()
        lines.append(ExtractedLine(text: text, kind: kind, place: place))
        lastKind = kind
        afterText = true
    }

    private mutating func blank() {
        if afterText { lines.append(ExtractedLine(text: "", kind: .separator, place: place)) }
        afterText = false
    }

    // MARK: - Tables

    mutating func startTable() {
        if tables == 0 {
            endParagraph()
            blank()
            isFirstRow = true
        }
        tables += 1
    }

    mutating func endTable() {
        tables = max(0, tables - 1)
        if tables == 0 {
            paragraph = ""
            lastKind = .separator
        }
    }

    mutating func startRow() {
        guard tables == 1 else { return }
        cells = []
        paragraph = ""
    }

    mutating func endCell(times: Int = 1) {
        guard tables == 1 else { return }
        for _ in 0..<times where cells.count < 1_024 { cells.append(paragraph) }
        paragraph = ""
    }

    mutating func endRow() {
        guard tables == 1 || paragraph.utf8.count > Self.limit else { return }
        if !paragraph.allSatisfy(\.isWhitespace) { cells.append(paragraph) }
        paragraph = ""
        row(cells)
        cells = []
    }

    /// A row by itself.
    mutating func row(_ cells: [String]) {
        let row = TableRow.lines(cells, isFirst: isFirstRow, place: place)
        guard !row.isEmpty else { return }
        isFirstRow = false
        lines += row
        afterText = true
        lastKind = .row
    }
}
