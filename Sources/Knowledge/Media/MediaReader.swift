// SPDX-License-Identifier: Apache-2.0

/// Reads a picture, film or sound: all of its lines at once, for they are few.
final class MediaReader: FormatReader {
    private let path: String
    private let scan: FileScan
    private(set) var title: String?
    private var isDone = false

    init(_ path: String, _ scan: FileScan) {
        (self.path, self.scan) = (path, scan)
    }

    /// The lines; nil when they were given.
    ///
    /// - Throws: `KnowledgeError` for a file that is broken or not the scanned one, `unavailable` where a program that
    ///   reads it is missing.
    func next() throws -> [ExtractedLine]? {
        if isDone { return nil }
        isDone = true
        let name = path.split(separator: "/").last.map(String.init) ?? path
        if scan.format == .image {
            let bytes = try whole()
            var hash = SecureHash()
            hash.update(bytes)
            guard scan.sha256 == FileScan.hash(hash.finalize(), with: scan.caption) else {
                throw scan.changed(path)
            }
            let image = try ImageDocument(bytes, name: name, caption: scan.caption)
            title = image.title
            return image.lines
        }
        guard let container = MediaContainer(try InputFile(path).read()) else { throw scan.changed(path) }
        let film = try MediaDocument(
            FilmTool(input: .file(path), container: container),
            name: name,
            caption: scan.caption
        )
        // Programs read it several times, and long.
        try scan.check(path)
        title = film.title
        return film.lines
    }

    private func whole() throws(KnowledgeError) -> [UInt8] {
        let file = try InputFile(path)
        guard file.byteCount <= ImageDocument.sizeLimit else {
            throw KnowledgeError(
                .badDocument,
                "an image of more than \(ImageDocument.sizeLimit >> 20) MiB",
                subject: path
            )
        }
        var bytes: [UInt8] = []
        while bytes.count <= ImageDocument.sizeLimit {
            let part = try file.read()
            if part.isEmpty { return bytes }
            bytes += part
        }
        throw scan.changed(path)
    }
}
