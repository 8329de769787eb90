// SPDX-License-Identifier: Apache-2.0

/// Reads documents of one format: what there is to read in them, in pieces.
protocol FormatReader: AnyObject {
    /// The next lines; nil at the end.
    ///
    /// - Throws: `KnowledgeError` for a file that is broken or not the scanned one.
    func next() throws -> [ExtractedLine]?
    /// The title that the document gives itself; known when all of it is read.
    var title: String? { get }
    /// Places that were no valid character.
    var replaced: Int { get }
}

extension FormatReader {
    var replaced: Int { 0 }
}

extension FileScan {
    /// The reader of the scanned file.
    func reader(_ path: String) throws -> any FormatReader {
        switch format {
        case .text: try TextFileReader(path, self, LinesExtractor(PlainTextReader()))
        case .markdown: try TextFileReader(path, self, LinesExtractor(MarkdownReader()))
        case .code: try TextFileReader(path, self, LinesExtractor(SourceCodeReader(path: path)))
        case .subtitles: try TextFileReader(path, self, LinesExtractor(SubtitleReader()))
        case .html: try TextFileReader(path, self, HTMLExtractor())
        case .csv, .tsv: try TextFileReader(path, self, TableExtractor(isTabbed: format == .tsv))
        case .json: try TextFileReader(path, self, JSONExtractor())
        case .email: try TextFileReader(path, self, MailExtractor(isBox: false))
        case .mbox: try TextFileReader(path, self, MailExtractor(isBox: true))
        case .pdf: try PDFReader(path, self)
        case .docx: try WordReader(path, self)
        case .pptx: try PresentationReader(path, self)
        case .xlsx: try SpreadsheetReader(path, self)
        case .odt, .ods, .odp: try OpenDocumentReader(path, self)
        case .epub: try EPUBReader(path, self)
        case .image, .media: MediaReader(path, self)
        }
    }
}

/// Bytes of text → extracted lines, in pieces of any length.
protocol TextExtractor {
    /// The lines that are complete after these bytes of UTF-8. The whole text stands in the file as it is after so many
    /// `before` it; nil where it does not.
    mutating func feed(_ bytes: [UInt8], before: Int?) throws -> [ExtractedLine]
    /// The lines that were not complete.
    mutating func finish() throws -> [ExtractedLine]
    var title: String? { get }
    /// Places that were no valid character, of text that it decoded itself.
    var replaced: Int { get }
}

extension TextExtractor {
    var title: String? { nil }
    var replaced: Int { 0 }
}

/// A format whose lines are extracted one by one.
struct LinesExtractor<Lines: LineReader>: TextExtractor {
    private var splitter = LineSplitter()
    private var lines: Lines
    private var before: Int? = 0

    init(_ lines: Lines) { self.lines = lines }

    var title: String? { lines.title }

    mutating func feed(_ bytes: [UInt8], before: Int?) -> [ExtractedLine] {
        // After what is not the file's bytes no line's place in the file is known.
        self.before = self.before == nil ? nil : before
        var found: [(String, Bool, Int?)] = []
        splitter.split(bytes) { found.append(($0, $1, $2)) }
        return found.flatMap { read($0, $1, $2) }
    }

    mutating func finish() -> [ExtractedLine] {
        var found: [(String, Bool, Int?)] = []
        splitter.finish { found.append(($0, $1, $2)) }
        return found.flatMap { read($0, $1, $2) } + lines.finish()
    }

    private mutating func read(_ text: String, _ endsLine: Bool, _ offset: Int?) -> [ExtractedLine] {
        var place = SourcePlace()
        if let offset, let before { place.offset = before + offset }
        return lines.read(text, endsLine: endsLine, place: place)
    }
}

/// A file that is text as a whole: read, decoded and extracted in pieces of 1 MiB.
final class TextFileReader: FormatReader {
    private let file: InputFile
    private let scan: FileScan
    private let decoder: TextDecoder?
    private var extractor: any TextExtractor
    private var hash = SecureHash()
    private var position = 0
    private var isDone = false

    init(_ path: String, _ scan: FileScan, _ extractor: any TextExtractor) throws(KnowledgeError) {
        file = try InputFile(path)
        self.scan = scan
        self.extractor = extractor
        if scan.format.isMail {
            // Each part of a message has an encoding of its own.
            decoder = nil
        } else if let decoder = TextDecoder(scan.encoding) {
            self.decoder = decoder
        } else {
            throw KnowledgeError(
                .badDocument,
                "in \(scan.encoding.name), which this system cannot convert",
                subject: path
            )
        }
    }

    var title: String? { extractor.title }
    var replaced: Int { decoder?.replaced ?? extractor.replaced }

    func next() throws -> [ExtractedLine]? {
        if isDone { return nil }
        let bytes = try file.read()
        hash.update(bytes)
        if bytes.isEmpty {
            isDone = true
            guard hash.finalize() == scan.sha256 else { throw scan.changed(file.path) }
            return try feed(decoder?.finish() ?? []) + extractor.finish()
        }
        let mark = max(0, min(bytes.count, (decoder == nil ? 0 : scan.encoding.markLength) - position))
        position += bytes.count
        let text = Array(bytes.dropFirst(mark))
        return try feed(decoder?.decode(text) ?? text)
    }

    private func feed(_ text: [UInt8]) throws -> [ExtractedLine] {
        let isExact = scan.encoding.isUTF8 && replaced == 0
        return try extractor.feed(text, before: isExact ? scan.encoding.markLength : nil)
    }
}
