// SPDX-License-Identifier: Apache-2.0

/// A file's extracted text and its passages, read and cut as `add` reads and cuts them, with nothing stored.
package struct DocumentPassages: Sendable {
    /// A passage: scalars `[start, end)` of the extracted text.
    package struct Passage: Sendable {
        package let start: Int
        package let end: Int
        package let text: String
        /// What the embedder reads: headings and sentences, one after the other all of the text.
        package let windows: [String]
        /// The headings above it, outermost first.
        package let headings: [String]
        /// Where it begins in the source.
        package let place: SourcePlace
        /// The bytes of the file that it is as it stands there.
        package let source: Range<Int>?
    }

    package private(set) var text = ""
    package private(set) var passages: [Passage] = []
    package let encoding: String
    package let title: String?
    package let format: String

    /// Reads the file.
    ///
    /// - Parameters:
    ///   - path: A document of any format that is read.
    ///   - tokenCount: Tokens of a text, as the embedder counts them.
    /// - Throws: `KnowledgeError` for a file that is no document.
    /// - Complexity: O(n log n) for n bytes, all of which are kept.
    package init(path: String, tokenCount: @escaping (String) throws -> Int) throws {
        let scan = try FileScan(path: path)
        let reader = try DocumentReader(path: path, scan: scan)
        var cutter = PassageCutter(tokenCount: tokenCount)
        var drafts: [PassageDraft] = []
        while let lines = try reader.next() {
            for line in lines {
                text += line.text
                if line.endsLine { text += "\n" }
                drafts += try cutter.read(line)
            }
        }
        drafts += try cutter.finish()
        encoding = scan.encoding.name
        title = reader.title
        format = scan.format.rawValue
        passages = drafts.map {
            Passage(
                start: $0.start,
                end: $0.end,
                text: $0.text,
                windows: $0.windows,
                headings: $0.headings,
                place: $0.place,
                source: $0.source
            )
        }
    }
}
