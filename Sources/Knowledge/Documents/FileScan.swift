// SPDX-License-Identifier: Apache-2.0
import Foundation

/// The first reading of a file: its hash, its encoding, its kind. The second reading takes it in.
struct FileScan {
    let sha256: [UInt8]
    let encoding: TextEncoding
    let format: DocumentFormat
    let byteCount: Int
    /// The text beside a picture or film.
    let caption: Caption?

    /// `charset` is the encoding that a server named, before which the page's own word does not count.
    init(path: String, charset: String? = nil) throws(KnowledgeError) {
        let file = try InputFile(path)
        var hash = SecureHash()
        var detector = EncodingDetector()
        var count = 0
        var recognised: DocumentFormat?
        while true {
            let bytes = try file.read()
            if bytes.isEmpty { break }
            if count == 0 { recognised = try DocumentFormat(path: path, beginning: Array(bytes.prefix(65_536))) }
            count += bytes.count
            hash.update(bytes)
            if recognised?.isText == true { bytes.withUnsafeBufferPointer { detector.feed($0) } }
        }
        guard let format = recognised else { throw KnowledgeError(.badDocument, "an empty file", subject: path) }
        byteCount = count
        caption = format.isMedia ? Caption(beside: path) : nil
        sha256 = Self.hash(hash.finalize(), with: caption)
        self.format = format
        guard format.isText else {
            encoding = .utf8
            return
        }
        let declared = charset ?? (format == .html ? Self.declaredCharset(detector.beginning) : nil)
        switch detector.verdict(declared: declared) {
        case .binary: throw KnowledgeError(.badDocument, "a binary file, not a text", subject: path)
        case .text(let encoding): self.encoding = encoding
        }
    }

    /// Refuses a file that is another now.
    ///
    /// - Complexity: One more reading of it.
    func check(_ path: String) throws(KnowledgeError) {
        let file = try InputFile(path)
        var hash = SecureHash()
        while true {
            let bytes = try file.read()
            if bytes.isEmpty { break }
            hash.update(bytes)
        }
        if Self.hash(hash.finalize(), with: caption) != sha256 { throw changed(path) }
    }

    /// The hash of a file and the caption that is taken in with it.
    static func hash(_ sha256: [UInt8], with caption: Caption?) -> [UInt8] {
        caption.map { SecureHash.digest(of: [sha256, $0.bytes]) } ?? sha256
    }

    func changed(_ path: String) -> KnowledgeError {
        KnowledgeError(.unreadable, "changed while it was read; add it again", subject: path)
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
