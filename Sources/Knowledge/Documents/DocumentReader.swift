// SPDX-License-Identifier: Apache-2.0

/// The second reading of a file: extracted lines, in pieces of about 1 MiB of the file.
final class DocumentReader {
    private let file: InputFile
    private let scan: FileScan
    private let decoder: TextDecoder
    private var splitter = LineSplitter()
    private var lines: any LineReader
    private var page: HTMLExtractor?
    private var hash = SecureHash()
    private var toSkip: Int
    private var isDone = false
    private var firstHeading: String?
    private var beginsLong = false

    init(path: String, scan: FileScan) throws(KnowledgeError) {
        file = try InputFile(path)
        self.scan = scan
        guard let decoder = TextDecoder(scan.encoding) else {
            throw KnowledgeError(
                .badDocument,
                "in \(scan.encoding.name), which this system cannot convert",
                subject: path
            )
        }
        self.decoder = decoder
        toSkip = scan.encoding.markLength
        lines = scan.format == .markdown ? MarkdownReader() : PlainTextReader()
        page = scan.format == .html ? try HTMLExtractor() : nil
    }

    /// Places that were no valid character.
    var replaced: Int { decoder.replaced }
    /// The document's own title, else its first heading; known when all of it is read.
    var title: String? {
        if let title = page?.title, !title.isEmpty { return title }
        return firstHeading
    }

    /// The next lines; nil at the end. A file that is another than the scanned one is an error.
    func next() throws -> [ExtractedLine]? {
        let lines = try read()
        for line in lines ?? [] where firstHeading == nil {
            if case .heading(_, let title) = line.kind, !title.isEmpty {
                firstHeading = title
            } else if scan.format == .text, line.kind != .separator, !beginsLong {
                // The short line with which a text begins is as good as a heading.
                beginsLong = line.text.count > 60
                if !beginsLong { firstHeading = HeadingText.clean(line.text) }
            }
        }
        return lines
    }

    private func read() throws -> [ExtractedLine]? {
        if isDone { return nil }
        let bytes = try file.read()
        hash.update(bytes)
        var result: [ExtractedLine] = []
        if bytes.isEmpty {
            isDone = true
            guard hash.finalize() == scan.sha256 else {
                throw KnowledgeError(.unreadable, "changed while it was read; add it again", subject: file.path)
            }
            try take(decoder.finish(), into: &result)
            try finish(into: &result)
            return result
        }
        let skipped = min(toSkip, bytes.count)
        toSkip -= skipped
        try take(decoder.decode(bytes.dropFirst(skipped)), into: &result)
        return result
    }

    private func take(_ utf8: [UInt8], into result: inout [ExtractedLine]) throws {
        if let page {
            result += try page.feed(utf8)
        } else {
            splitter.split(utf8) { result += lines.read($0, endsLine: $1) }
        }
    }

    private func finish(into result: inout [ExtractedLine]) throws {
        if let page {
            result += try page.finish()
        } else {
            splitter.finish { result += lines.read($0, endsLine: $1) }
            result += lines.finish()
        }
    }
}
