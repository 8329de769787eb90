// SPDX-License-Identifier: Apache-2.0
import Foundation

extension KnowledgeBase {
    private enum Outcome {
        case added(passages: Int, IngestionReport.Converted?)
        case unchanged
    }

    /// Passages embedded at once.
    private static let batch = 32

    /// Takes in files, folders and pages of the web by their addresses, each document in one transaction; what is there
    /// already and unchanged is left alone. What is no document is reported and skipped. Cancelling leaves the documents
    /// done so far.
    ///
    /// Throws `KnowledgeError` (`wrongEmbedder`, `busy`, `noSpace`) and what the embedder throws.
    public func add(
        _ paths: [String],
        progress: (@Sendable (IngestionProgress) -> Void)? = nil
    ) async throws -> IngestionReport {
        try await add(paths, fetcher: WebFetcher(), progress: progress)
    }

    /// Takes in documents, pages with a fetcher of its own.
    package func add(
        _ paths: [String],
        fetcher: WebFetcher,
        progress: (@Sendable (IngestionProgress) -> Void)? = nil
    ) async throws -> IngestionReport {
        guard let embedding else {
            throw KnowledgeError(.wrongEmbedder, "adding documents needs an embedder; open the knowledge base with one")
        }
        let found = DocumentFinder(paths)
        var report = IngestionReport()
        report.skipped = found.skipped
        var done = 0
        let total = found.files.count
        func tell(_ path: String, _ passages: Int) {
            progress?(IngestionProgress(document: path, done: done, total: total, passages: passages))
        }
        let reading = ReadAhead(
            paths: found.files,
            fetcher: fetcher,
            isStored: { path, scan in try self.isStored(path, scan) },
            limits: PassageLimits(embedder: embedding.identity),
            tokenCount: embedding.tokenCount
        )
        try await reading.forEach { path, pieces in
            try Task.checkCancellation()
            tell(path, 0)
            do {
                switch try await store(
                    path,
                    pieces,
                    gate: reading.gate,
                    embedding: embedding,
                    progress: { tell(path, $0) }
                ) {
                case .unchanged: report.unchanged += 1
                case .added(let passages, let converted):
                    report.added += 1
                    report.passages += passages
                    if let converted { report.converted.append(converted) }
                }
            } catch let error as KnowledgeError where error.code.isOfOneDocument {
                report.skipped.append(
                    IngestionReport.Skipped(path: path, reason: error.message, code: error.code)
                )
            }
            done += 1
        }
        if let last = found.files.last { tell(last, 0) }
        if report.added > 0 { try await linkEntitiesIfPossible() }
        return report
    }

    /// Writes a document as it is read, in one transaction.
    private func store(
        _ path: String,
        _ pieces: BoundedChannel<ReadingPiece>,
        gate: Gate,
        embedding: TextEmbedding,
        progress: (Int) -> Void
    ) async throws -> Outcome {
        let scan: FileScan
        switch await pieces.next() {
        case .begin(let begun): scan = begun
        case .failed(let error): throw error
        case .unchanged: return .unchanged
        case .lines, .end, nil: throw CancellationError()
        }
        let lock = try await store.lock(seconds: lockWait)
        defer { withExtendedLifetime(lock) {} }
        // Another process may have been faster, or have brought another embedder.
        try read { db in try checkEmbedder(in: db) }
        if try isStored(path, scan) { return .unchanged }
        let writer: DocumentWriter
        do {
            writer = try DocumentWriter(store: store, name: path)
        } catch {
            throw store.translated(error)
        }
        do {
            let (title, replaced) = try await fill(
                writer,
                from: pieces,
                gate: gate,
                embedding: embedding,
                progress: progress
            )
            guard writer.hasContent else {
                throw KnowledgeError(.badDocument, "an empty document: there is no text in it", subject: path)
            }
            try writer.commit(title: title, scan: scan, embedder: embedding.identity)
            let plain = scan.encoding.isUTF8 && replaced == 0
            let converted = IngestionReport.Converted(path: path, encoding: scan.encoding.name, replaced: replaced)
            return .added(passages: writer.passageCount, plain ? nil : converted)
        } catch {
            writer.rollBack()
            throw store.translated(error)
        }
    }

    private func isStored(_ path: String, _ scan: FileScan) throws -> Bool {
        try read { db in
            guard let record = try Store.document(named: path, in: db) else { return false }
            return record.sha256 == scan.sha256 && record.pipeline == Schema.pipeline
                && record.checksum == record.expectedChecksum
        }
    }

    /// Writes lines and passages as they come; the document's title and how many characters were unreadable.
    private func fill(
        _ writer: DocumentWriter,
        from pieces: BoundedChannel<ReadingPiece>,
        gate: Gate,
        embedding: TextEmbedding,
        progress: (Int) -> Void
    ) async throws -> (title: String?, replaced: Int) {
        var drafts: [PassageDraft] = []
        func put(atLeast count: Int) async throws {
            while drafts.count >= count, !drafts.isEmpty {
                let part = Array(drafts.prefix(Self.batch))
                try await gate.closed { try await self.put(part, into: writer, embedding: embedding) }
                drafts.removeFirst(min(drafts.count, Self.batch))
                progress(writer.passageCount)
            }
        }
        while let piece = await pieces.next() {
            switch piece {
            case .lines(let lines, let cut):
                for line in lines { try writer.append(line) }
                drafts += cut
                try await put(atLeast: Self.batch)
            case .end(let title, let replaced):
                try await put(atLeast: 1)
                return (title, replaced)
            case .failed(let error): throw error
            case .begin, .unchanged: break
            }
        }
        throw CancellationError()
    }

    /// Embeds what is not known yet and writes it.
    private func put(_ drafts: [PassageDraft], into writer: DocumentWriter, embedding: TextEmbedding) async throws {
        try Task.checkCancellation()
        var vectors = try writer.knownVectors(drafts)
        let missing = vectors.indices.filter { vectors[$0] == nil }
        if !missing.isEmpty {
            let windows = missing.map { drafts[$0].windows }
            var made = try await embedding.checkedVectors(windows.flatMap(\.self))[...]
            for (position, texts) in zip(missing, windows) {
                vectors[position] = made.prefix(texts.count).flatMap(\.littleEndianBytes)
                made = made.dropFirst(texts.count)
            }
        }
        try writer.append(drafts, vectors: vectors.compactMap(\.self))
    }
}
