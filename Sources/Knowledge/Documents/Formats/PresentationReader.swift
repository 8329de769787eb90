// SPDX-License-Identifier: Apache-2.0

/// PowerPoint presentations (PPTX): slides in their order, each with its title as heading, its tables and its notes.
final class PresentationReader: PackageReader {
    override init(_ path: String, _ scan: FileScan) throws {
        try super.init(path, scan)
        let main = "ppt/presentation.xml"
        let slides = ElementList(["sldId"])
        guard try XMLParser.parse(main, of: container, slides) else {
            throw container.error("no PowerPoint presentation: the part `\(main)` is missing")
        }
        let relations = try OfficePackage.relations(of: main, in: container)
        var parts: [PackagePart] = []
        for (index, slide) in slides.found.enumerated() {
            // `id` is both the slide's own and, with a prefix, the relationship's.
            guard let name = slide.attributes["id"].flatMap({ relations[$0]?.target }) else { continue }
            parts.append(PackagePart(name: name, page: index + 1))
            let notes = try OfficePackage.relations(of: name, in: container).values.first {
                $0.type.hasSuffix("/notesSlide")
            }
            if let notes { parts.append(PackagePart(name: notes.target, page: index + 1)) }
        }
        title = try OfficePackage.title("docProps/core.xml", in: container)
        read(parts, with: SlideHandler())
    }
}

private final class SlideHandler: PartHandler {
    private var composer = BlockComposer()
    private var placeholder: String?
    private var isText = false
    private var isField = false

    func begin(_ part: PackagePart) { composer.place.page = part.page }
    func takeLines() -> [ExtractedLine] { composer.takeLines() }
    func finishPart() { composer.endParagraph() }

    func start(_ name: String, _ attributes: [String: String]) {
        switch name {
        case "sp", "graphicFrame": placeholder = nil
        case "ph": placeholder = attributes["type"] ?? "body"
        case "fld": isField = attributes["type"] == "slidenum"
        case "t": isText = true
        case "br": composer.text("\n")
        case "tbl": composer.startTable()
        case "tr": composer.startRow()
        default: break
        }
    }

    func end(_ name: String) {
        switch name {
        case "t": isText = false
        case "fld": isField = false
        case "p":
            switch placeholder {
            case "title", "ctrTitle": composer.endParagraph(.heading(level: 1, title: ""))
            case "body": composer.endParagraph(.row, marker: "- ")
            default: composer.endParagraph()
            }
        case "tc": composer.endCell()
        case "tr": composer.endRow()
        case "tbl": composer.endTable()
        default: break
        }
    }

    func text(_ text: String) {
        if isText, !isField { composer.text(text) }
    }
}
