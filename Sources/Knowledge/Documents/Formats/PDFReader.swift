// SPDX-License-Identifier: Apache-2.0

/// PDF files, page by page, as poppler's `pdftotext` reads them. The lines with which pages begin and end alike are no
/// text of a passage.
final class PDFReader: FormatReader {
    private let path: String
    private let scan: FileScan
    private var lines = PlainTextReader()
    private var rest: ArraySlice<UInt8>?
    private var page = 1
    private var edges: Set<String> = []  // of the page before
    private var isDone = false
    let title: String?

    init(_ path: String, _ scan: FileScan) throws {
        self.path = path
        self.scan = scan
        title = try Self.title(of: path)
    }

    /// The lines of the next page.
    func next() throws -> [ExtractedLine]? {
        if isDone { return nil }
        let bytes = try rest ?? text()[...]
        let end = bytes.firstIndex(of: 0x0C) ?? bytes.endIndex
        rest = bytes[end...].dropFirst()
        let found = endPage(bytes[..<end])
        guard rest?.isEmpty == true else { return found }
        isDone = true
        try scan.check(path)
        return found + lines.finish()
    }

    private static func program(_ name: String, _ arguments: [String]) -> ExternalProgram {
        var program = ExternalProgram(name, from: "poppler-utils", arguments)
        program.seconds = 600
        return program
    }

    private func text() throws -> [UInt8] {
        let program = Self.program("pdftotext", ["-enc", "UTF-8", "-eol", "unix", "/dev/stdin", "-"])
        let output = try program.run(.file(path))
        if output.status == 0 { return output.bytes }
        if output.errors.contains("Incorrect password") {
            throw failure("an encrypted PDF file; save it without its password")
        }
        if output.status == 3 { throw failure("a PDF file that does not allow its text to be copied") }
        let first = output.errors.split(separator: "\n").first.map(String.init) ?? "status \(output.status)"
        throw failure("a damaged PDF file (\(TableRow.cleaned(first).prefix(100)))")
    }

    private func failure(_ what: String) -> KnowledgeError { KnowledgeError(.badDocument, what, subject: path) }

    /// The lines of a page, each line for itself; the page's end is a paragraph's end.
    private func endPage(_ bytes: ArraySlice<UInt8>) -> [ExtractedLine] {
        var texts: [String] = []
        var splitter = LineSplitter()
        splitter.split(Array(bytes)) { text, _, _ in texts.append(text) }
        splitter.finish { text, _, _ in texts.append(text) }
        while texts.last?.allSatisfy(\.isWhitespace) == true { texts.removeLast() }
        defer { page += 1 }
        let place = SourcePlace(page: page)
        let filled = texts.indices.filter { !texts[$0].allSatisfy(\.isWhitespace) }
        let outer = Set(filled.prefix(2) + filled.suffix(2))
        var found: Set<String> = []
        var result: [ExtractedLine] = []
        for (index, text) in texts.enumerated() {
            let shape = String(text.filter { !$0.isNumber && !$0.isWhitespace })
            let isEdge = outer.contains(index)
            if isEdge { found.insert(shape) }
            if isEdge, shape.isEmpty || edges.contains(shape), shape.count < 120 {
                result += lines.finish() + [ExtractedLine(text: text, kind: .separator, place: place)]
            } else {
                result += lines.read(text, endsLine: true, place: place)
            }
        }
        edges = found
        return result + lines.finish()
            + (texts.isEmpty ? [] : [ExtractedLine(text: "", kind: .separator, place: place)])
    }

    private static func title(of path: String) throws -> String? {
        let output = try program("pdfinfo", ["-enc", "UTF-8", "/dev/stdin"]).run(.file(path))
        guard output.status == 0 else { return nil }
        let line = String(decoding: output.bytes, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix("Title:") }
        guard let title = line?.dropFirst(6), title.contains(where: { !$0.isWhitespace }) else { return nil }
        return HeadingText.clean(String(title))
    }
}
