// SPDX-License-Identifier: Apache-2.0
import Foundation

/// The kinds of documents that are read.
enum DocumentFormat: String, Sendable {
    case text, markdown, html

    /// By the name's ending, else by how the file begins.
    init(path: String, beginning: [UInt8]) {
        let name = path.split(separator: "/").last ?? ""
        let ending = name.contains(".") ? name.split(separator: ".").last.map { $0.lowercased() } ?? "" : ""
        switch ending {
        case "md", "markdown", "mdown", "mkd": self = .markdown
        case "html", "htm", "xhtml": self = .html
        case "", "aspx", "php", "shtml":
            let start = String(decoding: beginning.prefix(512), as: UTF8.self).lowercased().drop(while: \.isWhitespace)
            self = start.hasPrefix("<!doctype html") || start.hasPrefix("<html") ? .html : .text
        default: self = .text
        }
    }
}

/// The first reading of a file: its hash, its encoding, its kind. The second reading takes it in.
struct FileScan {
    let sha256: [UInt8]
    let encoding: TextEncoding
    let format: DocumentFormat
    let byteCount: Int

    init(path: String) throws(KnowledgeError) {
        let file = try InputFile(path)
        var hash = SecureHash()
        var detector = EncodingDetector()
        var count = 0
        while true {
            let bytes = try file.read()
            if bytes.isEmpty { break }
            if count == 0, let kind = Self.binaryKind(bytes) {
                throw KnowledgeError(
                    .badDocument,
                    "\(kind); documents are text, Markdown and HTML files",
                    subject: path
                )
            }
            count += bytes.count
            hash.update(bytes)
            bytes.withUnsafeBufferPointer { detector.feed($0) }
        }
        guard count > 0 else { throw KnowledgeError(.badDocument, "an empty file", subject: path) }
        byteCount = count
        sha256 = hash.finalize()
        format = DocumentFormat(path: path, beginning: detector.beginning)
        let declared = format == .html ? Self.declaredCharset(detector.beginning) : nil
        switch detector.verdict(declared: declared) {
        case .binary: throw KnowledgeError(.badDocument, "a binary file, not a text", subject: path)
        case .text(let encoding): self.encoding = encoding
        }
    }

    private static func binaryKind(_ head: ArraySlice<UInt8>) -> String? {
        let magics: [(String, [UInt8])] = [
            ("a PDF file", Array("%PDF-".utf8)), ("a PNG image", [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A]),
            ("a JPEG image", [0xFF, 0xD8, 0xFF]), ("a GIF image", Array("GIF8".utf8)),
            ("a ZIP archive or office document", [0x50, 0x4B, 3, 4]), ("a gzip file", [0x1F, 0x8B, 8]),
            ("an executable", [0x7F, 0x45, 0x4C, 0x46]), ("an SQLite database", Array("SQLite format 3\0".utf8)),
            ("a GGUF model", Array("GGUF".utf8)),
        ]
        return magics.first { head.starts(with: $0.1) }?.0
    }

    /// The `charset` that an HTML page's first bytes name.
    private static func declaredCharset(_ head: [UInt8]) -> String? {
        let start = String(decoding: head.prefix(4_096), as: UTF8.self).lowercased()
        guard let range = start.range(of: "charset") else { return nil }
        let rest = start[range.upperBound...].drop { "= \t\"'".contains($0) }
        let name = rest.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || "-_:.".contains($0)) }
        return name.isEmpty ? nil : String(name)
    }
}
