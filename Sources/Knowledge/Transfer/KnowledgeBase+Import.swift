// SPDX-License-Identifier: Apache-2.0
public import Foundation

extension KnowledgeBase {
    /// Takes in what `export` wrote, each document in one transaction; one that is there already is left alone. No
    /// embedder is needed: the vectors come along. `read` gives the next bytes, nil at the end.
    ///
    /// Throws `badDocument` with the line where the archive is malformed or cut short (the documents before it are in
    /// then), `wrongEmbedder` where the knowledge base holds another's vectors.
    public func importArchive(_ read: @escaping () throws -> Data?) async throws -> IngestionReport {
        var lines = ArchiveLines(read)
        guard let header = try lines.next()?.header else { throw lines.malformed("no header") }
        guard (1...2).contains(header.version) else {
            throw lines.malformed("of version \(header.version), which this Martlet cannot read")
        }
        try checkEmbedder(of: header)
        var report = IngestionReport()
        var count = 0
        while let line = try lines.next() {
            try Task.checkCancellation()
            if let document = line.document {
                guard let embedder = header.embedder else { throw lines.malformed("documents without an embedder") }
                let passages = try await take(document, from: &lines, embedder: embedder)
                if passages == nil { report.unchanged += 1 } else { report.added += 1 }
                report.passages += passages ?? 0
                count += 1
            } else if let graph = line.graph {
                report.facts += try await take(graph, from: &lines)
            } else if let documents = line.documents {
                guard documents == count else {
                    throw lines.malformed("\(documents) documents were written and \(count) are there")
                }
                try lines.checkSeal()
                return report
            } else {
                throw lines.malformed("a line at a wrong place")
            }
        }
        throw lines.malformed("cut short after \(count) documents")
    }

    /// The facts that are new.
    private func take(_ graph: ArchiveLine.Graph, from lines: inout ArchiveLines) async throws -> Int {
        let lock = try await store.lock(seconds: lockWait)
        defer { withExtendedLifetime(lock) {} }
        do {
            return try store.write { db in
                let new = try GraphArchive.read(graph, from: &lines, into: db)
                try lines.checkSeal()
                try Store.bumpVersion(in: db)
                return new
            }
        } catch {
            throw store.translated(error)
        }
    }

    private func checkEmbedder(of header: ArchiveLine.Header) throws {
        guard let theirs = header.embedder else { return }
        let (ours, isEmpty) = try read { db in
            let first = try Int.fetchOne(db, sql: "SELECT 1 FROM document WHERE name IS NOT NULL LIMIT 1")
            return (try Store.embedder(in: db), first == nil)
        }
        guard let ours, ours != theirs, !isEmpty else { return }
        throw KnowledgeError(
            .wrongEmbedder,
            "the archive of `\(header.name)` holds vectors of another embedder (model \(theirs.modelHash.prefix(12)), "
                + "\(theirs.precision)) than `\(name)` (model \(ours.modelHash.prefix(12)), \(ours.precision)); "
                + "import it into another knowledge base with --kb",
            subject: name
        )
    }

    /// The passages of the document that was stored; nil where it is there already.
    private func take(
        _ document: ArchiveLine.Document,
        from lines: inout ArchiveLines,
        embedder: TextEmbedding.Identity
    ) async throws -> Int? {
        guard let record = DocumentRecord(document) else {
            throw lines.malformed("a document's record has wrong values")
        }
        let lock = try await store.lock(seconds: lockWait)
        defer { withExtendedLifetime(lock) {} }
        let isKnown = try self.read { db in
            guard let known = try Store.document(named: record.name, in: db) else { return false }
            return known.sha256 == record.sha256 && known.pipeline == record.pipeline
                && known.checksum == known.expectedChecksum
        }
        do {
            let writer = isKnown ? nil : try DocumentWriter(store: store, name: record.name)
            defer { writer?.rollBack() }
            var text = ArchivedText()
            while text.count < record.characters {
                guard let piece = try lines.next()?.text, !piece.isEmpty else {
                    throw lines.malformed("a text that is too short")
                }
                text.append(piece)
                if !isKnown { try writer?.append(ExtractedLine(text: piece, kind: .prose, endsLine: false)) }
            }
            guard text.count == record.characters else { throw lines.malformed("a text that is too long") }
            for _ in 0..<record.passages {
                guard let passage = try lines.next()?.passage else {
                    throw lines.malformed("passages that are missing")
                }
                guard
                    text.slice(passage.start, passage.end) == passage.text, !passage.vectors.isEmpty,
                    passage.vectors.count % max(4, embedder.dimension * 4) == 0
                else { throw lines.malformed("a passage that is not the text at its place, or without a vector") }
                let ends = passage.source ?? []
                guard ends.isEmpty || ends.count == 2 && ends[0] >= 0 && ends[0] <= ends[1] else {
                    throw lines.malformed("a passage at no place of its file")
                }
                let draft = PassageDraft(
                    start: passage.start,
                    end: passage.end,
                    text: passage.text,
                    headings: passage.headings,
                    windows: [],
                    place: SourcePlace(page: passage.page, time: passage.time),
                    source: ends.isEmpty ? nil : ends[0]..<ends[1]
                )
                try writer?.append([draft], vectors: [Array(passage.vectors)])
            }
            try lines.checkSeal()
            try writer?.commit(record, embedder: embedder)
            return isKnown ? nil : record.passages
        } catch {
            throw store.translated(error)
        }
    }
}

/// A document's text as it comes, to compare passages with.
private struct ArchivedText {
    private var scalars: [Unicode.Scalar] = []

    var count: Int { scalars.count }

    mutating func append(_ piece: String) { scalars += piece.unicodeScalars }

    func slice(_ start: Int, _ end: Int) -> String? {
        guard 0 <= start, start <= end, end <= scalars.count else { return nil }
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars[start..<end])
        return String(view)
    }
}

extension DocumentRecord {
    fileprivate init?(_ document: ArchiveLine.Document) {
        let digits = Array(document.sha256.utf8)
        guard
            !document.name.isEmpty, document.bytes >= 0, document.characters >= 0, document.passages >= 0,
            digits.count == 64
        else { return nil }
        let bytes = stride(from: 0, to: 64, by: 2).compactMap { place in
            UInt8(String(decoding: digits[place..<(place + 2)], as: UTF8.self), radix: 16)
        }
        guard bytes.count == 32 else { return nil }
        self.init(
            name: document.name,
            title: document.title,
            format: document.format,
            encoding: document.encoding,
            bytes: document.bytes,
            characters: document.characters,
            passages: document.passages,
            sha256: bytes,
            pipeline: document.pipeline,
            added: document.added
        )
    }
}
