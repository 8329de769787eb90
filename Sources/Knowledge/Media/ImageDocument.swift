// SPDX-License-Identifier: Apache-2.0
import Foundation

/// A picture as a small document: its title, what is known of it, the text in it.
struct ImageDocument {
    let title: String
    let lines: [ExtractedLine]

    /// More pixels are not decoded: a small file can claim any number of them.
    static let pixelLimit = 100_000_000
    static let sizeLimit = 128 << 20
    /// Smaller pictures hold no text that can be read.
    private static let smallestSide = 16

    /// Reads a picture.
    ///
    /// - Parameters:
    ///   - bytes: The file.
    ///   - name: The file's name, for a picture without a title or caption.
    ///   - caption: The text beside it.
    ///   - recognizer: Reads the text in it.
    /// - Throws: `KnowledgeError`, `unavailable` without tesseract.
    init(_ bytes: [UInt8], name: String, caption: Caption?, recognizer: TextRecognizer = TextRecognizer()) throws {
        guard let format = ImageMetadata.format(of: bytes) else {
            throw KnowledgeError(.badDocument, "no image of a kind that is read")
        }
        let metadata = try ImageMetadata(bytes, format: format)
        let (pixels, overflow) = metadata.width.multipliedReportingOverflow(by: metadata.height)
        guard !overflow, pixels <= Self.pixelLimit else {
            throw KnowledgeError(
                .badDocument,
                "an image of \(metadata.width) × \(metadata.height) pixels; at most "
                    + "\(Self.pixelLimit / 1_000_000) million are decoded"
            )
        }
        var document = MediaLines(title: metadata.title ?? caption?.lines.first ?? metadata.description, name: name)
        document.row("Image", "\(format.rawValue), \(metadata.width) × \(metadata.height) pixels")
        document.row("File", name)
        for line in caption?.lines ?? [] { document.row("Caption", line) }
        document.row("Description", metadata.description)
        for comment in metadata.comments { document.row("Comment", comment) }
        document.row("Keywords", metadata.keywords.joined(separator: ", "))
        document.row("Taken", metadata.taken)
        document.row("Camera", metadata.camera)
        document.row("Place", [metadata.place, Self.position(metadata)].compactMap { $0 }.joined(separator: ", "))
        document.row("Author", metadata.author)
        document.row("Copyright", metadata.copyright)
        if min(metadata.width, metadata.height) >= Self.smallestSide {
            let blocks = try recognizer.blocks(in: .bytes(bytes), isTurned: metadata.isTurned)
            let hasPages = blocks.contains { $0.page > 1 }
            for block in blocks { document.block(block.lines, SourcePlace(page: hasPages ? block.page : nil)) }
        }
        title = document.title
        lines = document.lines
    }

    private static func position(_ metadata: ImageMetadata) -> String? {
        guard let north = metadata.latitude, let east = metadata.longitude else { return nil }
        return String(format: "%.5f, %.5f", north, east)
    }
}

/// The lines of a picture's, film's or sound's text.
struct MediaLines {
    let title: String
    private(set) var lines: [ExtractedLine]

    /// Begins with the title, else the file's name.
    init(title: String?, name: String) {
        let line = (title ?? "").split(separator: "\n").first.map { HeadingText.clean(String($0)) } ?? ""
        self.title = line.isEmpty ? HeadingText.clean(name) : line
        lines = [
            ExtractedLine(text: self.title, kind: .heading(level: 0, title: self.title)),
            ExtractedLine(text: "", kind: .separator),
        ]
    }

    /// What is known of one kind, if anything.
    mutating func row(_ label: String, _ text: String?, time: Int? = nil) {
        for line in (text ?? "").split(separator: "\n") where !line.isEmpty {
            lines.append(ExtractedLine(text: "\(label): \(line)", kind: .row, place: SourcePlace(time: time)))
        }
    }

    mutating func heading(_ title: String) {
        lines.append(ExtractedLine(text: "", kind: .separator))
        lines.append(ExtractedLine(text: title, kind: .heading(level: 2, title: HeadingText.clean(title))))
    }

    mutating func line(_ line: ExtractedLine) { lines.append(line) }

    /// Lines that stand together, after a blank one.
    mutating func block(_ texts: [String], _ place: SourcePlace) {
        lines.append(ExtractedLine(text: "", kind: .separator, place: place))
        lines += texts.map { ExtractedLine(text: $0, kind: .prose, place: place) }
    }
}
