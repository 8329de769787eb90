// SPDX-License-Identifier: Apache-2.0

/// The kinds of documents that are read.
enum DocumentFormat: String, Sendable {
    case text, markdown, html, code, subtitles, csv, tsv, json, email, mbox
    case pdf, docx, pptx, xlsx, odt, ods, odp, epub, image, media

    /// Recognises a file by how it begins, by what is in it if it is a ZIP container, else by its name's ending.
    init(path: String, beginning: [UInt8]) throws(KnowledgeError) {
        let ending = Self.ending(of: path)
        if Self.isPDF(beginning) {
            self = .pdf
        } else if beginning.starts(with: [0x50, 0x4B, 3, 4]) || beginning.starts(with: [0x50, 0x4B, 5, 6]) {
            self = try Self.container(path, ending: ending)
        } else if ImageMetadata.format(of: beginning) != nil {
            self = .image
        } else if MediaContainer(beginning) != nil {
            self = .media
        } else if let kind = Self.unreadableKind(beginning) {
            throw KnowledgeError(.badDocument, kind, subject: path)
        } else if Self.packed.contains(ending) {
            throw KnowledgeError(.badDocument, "named .\(ending), but it is none: it is damaged", subject: path)
        } else {
            self = Self.text(ending: ending, beginning: String(decoding: beginning.prefix(512), as: UTF8.self))
        }
    }

    /// Whether the file as a whole is text in one encoding.
    var isText: Bool {
        switch self {
        case .text, .markdown, .html, .code, .subtitles, .csv, .tsv, .json: true
        case .email, .mbox, .pdf, .docx, .pptx, .xlsx, .odt, .ods, .odp, .epub, .image, .media: false
        }
    }

    /// Whether programs read it, and a caption may lie beside it.
    var isMedia: Bool { self == .image || self == .media }

    var isMail: Bool { self == .email || self == .mbox }

    /// The part of the name after its last full stop, in lower case.
    static func ending(of path: String) -> String {
        let name = path.split(separator: "/").last ?? ""
        return name.contains(".") ? name.split(separator: ".").last.map { $0.lowercased() } ?? "" : ""
    }

    private static let packed: Set<String> = [
        "pdf", "docx", "pptx", "xlsx", "docm", "pptm", "xlsm", "odt", "ods", "odp", "epub",
    ]

    /// A PDF may have up to 1,024 bytes before its mark.
    private static func isPDF(_ beginning: [UInt8]) -> Bool {
        let mark = Array("%PDF-".utf8)
        if beginning.starts(with: mark) { return true }
        guard beginning.contains(0) || beginning.contains(where: { $0 > 127 }) else { return false }
        let head = beginning.prefix(1_024 + mark.count)
        return head.indices.contains { head[$0] == mark[0] && head[$0...].starts(with: mark) }
    }

    private static func container(_ path: String, ending: String) throws(KnowledgeError) -> DocumentFormat {
        let container = try ZipContainer(path)
        if let type = try container.declaredType() {
            let types: [(String, DocumentFormat)] = [
                ("application/epub+zip", .epub), ("application/vnd.oasis.opendocument.text", .odt),
                ("application/vnd.oasis.opendocument.spreadsheet", .ods),
                ("application/vnd.oasis.opendocument.presentation", .odp),
            ]
            if let known = types.first(where: { type.hasPrefix($0.0) })?.1 { return known }
        }
        let parts: [(String, DocumentFormat)] = [
            ("word/", .docx), ("ppt/", .pptx), ("xl/", .xlsx), ("META-INF/container.xml", .epub),
        ]
        for (part, format) in parts where container.names.contains(where: { $0.hasPrefix(part) }) { return format }
        switch ending {
        case "docx", "docm": return .docx
        case "pptx", "pptm": return .pptx
        case "xlsx", "xlsm": return .xlsx
        case "odt": return .odt
        case "ods": return .ods
        case "odp": return .odp
        case "epub": return .epub
        default: throw KnowledgeError(.badDocument, "a ZIP archive; unpack it and add what is in it", subject: path)
        }
    }

    /// What begins in a way that only files begin which are not read.
    private static func unreadableKind(_ head: [UInt8]) -> String? {
        let magics: [(String, [UInt8])] = [
            ("a gzip file; unpack it", [0x1F, 0x8B, 8]),
            ("an executable", [0x7F, 0x45, 0x4C, 0x46]), ("an SQLite database", Array("SQLite format 3\0".utf8)),
            ("a GGUF model", Array("GGUF".utf8)),
            (
                "an encrypted Office document or one of before 2007; save it as DOCX, XLSX or PPTX without a password",
                [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1]
            ),
        ]
        return magics.first { head.starts(with: $0.1) }?.0
    }

    private static func text(ending: String, beginning: String) -> DocumentFormat {
        switch ending {
        case "md", "markdown", "mdown", "mkd": return .markdown
        case "html", "htm", "xhtml", "xht": return .html
        case "srt", "vtt": return .subtitles
        case "csv": return .csv
        case "tsv", "tab": return .tsv
        case "json", "jsonl", "ndjson", "geojson", "ipynb": return .json
        case "eml": return .email
        case "mbox": return .mbox
        case "", "aspx", "php", "shtml":
            let start = beginning.lowercased().drop(while: \.isWhitespace)
            if start.hasPrefix("<!doctype html") || start.hasPrefix("<html") { return .html }
            if isMailbox(beginning) { return .mbox }
            return ending == "php" ? .code : .text
        default: return ProgrammingLanguage(ending: ending) == nil ? .text : .code
        }
    }

    /// Whether the first line is one that parts the messages of a mailbox, and the second a header.
    private static func isMailbox(_ beginning: String) -> Bool {
        let lines = beginning.split(separator: "\n", maxSplits: 2)
        guard lines.count > 1, lines[0].hasPrefix("From "), let colon = lines[1].firstIndex(of: ":") else {
            return false
        }
        let name = lines[1][..<colon]
        return !name.isEmpty && name.allSatisfy { $0.isASCII && ($0.isLetter || $0 == "-") }
    }
}
