// SPDX-License-Identifier: Apache-2.0

/// The second reading of a file: extracted lines, in pieces.
final class DocumentReader {
    private let scan: FileScan
    private let reader: any FormatReader
    private var firstHeading: String?
    private var beginsLong = false

    init(path: String, scan: FileScan) throws {
        self.scan = scan
        reader = try scan.reader(path)
    }

    /// Places that were no valid character.
    var replaced: Int { reader.replaced }
    /// The document's own title, else its first heading; known when all of it is read.
    var title: String? {
        if let title = reader.title, !title.isEmpty { return title }
        return firstHeading
    }

    /// The next lines; nil at the end. A file that is another than the scanned one is an error.
    func next() throws -> [ExtractedLine]? {
        let lines = try reader.next()
        for line in lines ?? [] where firstHeading == nil {
            if case .heading(_, let title) = line.kind, !title.isEmpty {
                // A function is no title of its file.
                if scan.format != .code { firstHeading = title }
            } else if scan.format == .text, line.kind != .separator, !beginsLong {
                // The short line with which a text begins is as good as a heading.
                beginsLong = line.text.count > 60
                if !beginsLong { firstHeading = HeadingText.clean(line.text) }
            }
        }
        return lines
    }
}
