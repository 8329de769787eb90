// SPDX-License-Identifier: Apache-2.0

/// OpenDocument texts, spreadsheets and presentations (ODT, ODS, ODP).
final class OpenDocumentReader: PackageReader {
    override init(_ path: String, _ scan: FileScan) throws {
        try super.init(path, scan)
        let manifest = ElementList(["encryption-data"])
        _ = try XMLParser.parse("META-INF/manifest.xml", of: container, manifest)
        guard manifest.found.isEmpty else { throw container.error("is encrypted; save it without a password") }
        guard container.has("content.xml") else {
            throw container.error("no OpenDocument file: the part `content.xml` is missing")
        }
        title = try OfficePackage.title("meta.xml", in: container)
        read([PackagePart(name: "content.xml")], with: OpenDocumentHandler(scan.format))
    }
}

private final class OpenDocumentHandler: PartHandler {
    private let format: DocumentFormat
    private var composer = BlockComposer()
    private var paragraphs = 0
    private var level: Int?
    private var lists = 0
    private var skipped = 0
    private var isTitle = false
    private var repeats = 1
    private var tables = 0

    init(_ format: DocumentFormat) { self.format = format }

    func begin(_ part: PackagePart) {}
    func takeLines() -> [ExtractedLine] { composer.takeLines() }
    func finishPart() { composer.endParagraph() }

    private static let skippedNames: Set<String> = [
        "tracked-changes", "annotation", "settings", "forms", "note-citation",
    ]

    func start(_ name: String, _ attributes: [String: String]) {
        if skipped > 0 || Self.skippedNames.contains(name) {
            skipped += 1
            return
        }
        switch name {
        case "h", "p":
            paragraphs += 1
            level =
                name == "h" ? min(6, max(1, attributes["outline-level"].flatMap { Int($0) } ?? 1)) : isTitle ? 1 : nil
        case "s": composer.text(String(repeating: " ", count: min(100, attributes["c"].flatMap { Int($0) } ?? 1)))
        case "tab": composer.text(" ")
        case "line-break": composer.text("\n")
        case "list-item": lists += 1
        case "page" where format == .odp: composer.place.page = (composer.place.page ?? 0) + 1
        case "frame": isTitle = attributes["class"] == "title"
        case "table":
            if tables == 0, format == .ods {
                composer.place.page = (composer.place.page ?? 0) + 1
                composer.heading(attributes["name"] ?? "", level: 1)
            }
            tables += 1
            composer.startTable()
        case "table-row": composer.startRow()
        case "table-cell", "covered-table-cell":
            repeats = min(64, max(1, attributes["number-columns-repeated"].flatMap { Int($0) } ?? 1))
        default: break
        }
    }

    func end(_ name: String) {
        if skipped > 0 {
            skipped -= 1
            return
        }
        switch name {
        case "h", "p":
            paragraphs -= 1
            if let level {
                composer.endParagraph(.heading(level: level, title: ""))
            } else {
                composer.endParagraph(lists > 0 ? .row : .prose, marker: lists > 0 ? "- " : "")
            }
            level = nil
        case "list-item": lists -= 1
        case "frame": isTitle = false
        case "table":
            tables -= 1
            composer.endTable()
        case "table-row": composer.endRow()
        case "table-cell", "covered-table-cell": composer.endCell(times: repeats)
        default: break
        }
    }

    func text(_ text: String) {
        // White space between elements is none of the text, and within a paragraph any is one space.
        guard paragraphs > 0, skipped == 0 else { return }
        composer.text(text.contains("\n") ? String(text.map { $0.isNewline ? " " : $0 }) : text)
    }
}
