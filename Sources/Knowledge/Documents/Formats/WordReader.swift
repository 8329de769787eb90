// SPDX-License-Identifier: Apache-2.0

/// Word documents (DOCX): headings by the names of their styles, lists, tables, foot- and endnotes.
final class WordReader: PackageReader {
    override init(_ path: String, _ scan: FileScan) throws {
        try super.init(path, scan)
        let main = "word/document.xml"
        guard container.has(main) else { throw container.error("no Word document: the part `\(main)` is missing") }
        let styles = WordStyles()
        _ = try XMLParser.parse("word/styles.xml", of: container, styles)
        title = try OfficePackage.title("docProps/core.xml", in: container)
        let names = [main, "word/footnotes.xml", "word/endnotes.xml"].filter(container.has)
        read(names.map { PackagePart(name: $0) }, with: WordHandler(styles.levels))
    }
}

/// The levels of the headings that styles make: `heading 2` is 2, `Title` is 0, whatever the style's id.
private final class WordStyles: XMLHandler {
    private(set) var levels: [String: Int] = [:]
    private var style: String?

    func start(_ name: String, _ attributes: [String: String]) {
        switch name {
        case "style": style = attributes["styleId"]
        case "name":
            guard let style, let value = attributes["val"]?.lowercased() else { break }
            if value == "title" { levels[style] = 0 }
            if value.hasPrefix("heading "), let level = Int(value.dropFirst(8)) {
                levels[style] = min(6, max(1, level))
            }
        case "outlineLvl":
            if let style, levels[style] == nil, let level = attributes["val"].flatMap({ Int($0) }),
                (0...5).contains(level)
            {
                levels[style] = level + 1
            }
        default: break
        }
    }

    func end(_ name: String) {
        if name == "style" { style = nil }
    }

    func text(_ text: String) {}
}

private final class WordHandler: PartHandler {
    private let levels: [String: Int]
    private var composer = BlockComposer()
    private var level: Int?
    private var isItem = false
    private var isText = false
    private var skipped = 0

    init(_ levels: [String: Int]) { self.levels = levels }

    func begin(_ part: PackagePart) {}
    func takeLines() -> [ExtractedLine] { composer.takeLines() }
    func finishPart() { composer.endParagraph() }

    func start(_ name: String, _ attributes: [String: String]) {
        // What is drawn stands there twice, once for old programs.
        if skipped > 0 || name == "Fallback" {
            skipped += 1
            return
        }
        switch name {
        case "p":
            endParagraph()
        case "pStyle": level = attributes["val"].flatMap { levels[$0] }
        case "numPr": isItem = true
        case "t": isText = true
        case "tab": composer.text(" ")
        case "br", "cr": composer.text("\n")
        case "noBreakHyphen": composer.text("-")
        case "tbl": composer.startTable()
        case "tr": composer.startRow()
        default: break
        }
    }

    func end(_ name: String) {
        if skipped > 0 {
            skipped -= 1
            return
        }
        switch name {
        case "t": isText = false
        case "p": endParagraph()
        case "tc": composer.endCell()
        case "tr": composer.endRow()
        case "tbl": composer.endTable()
        default: break
        }
    }

    func text(_ text: String) {
        if isText, skipped == 0 { composer.text(text) }
    }

    private func endParagraph() {
        if let level {
            composer.endParagraph(.heading(level: level, title: ""))
        } else {
            composer.endParagraph(isItem ? .row : .prose, marker: isItem ? "- " : "")
        }
        level = nil
        isItem = false
    }
}
