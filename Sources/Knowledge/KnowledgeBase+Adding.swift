// SPDX-License-Identifier: Apache-2.0
import Foundation
import GRDB

extension KnowledgeBase {
    private enum Outcome {
        case added(passages: Int, IngestionReport.Converted?)
        case unchanged
    }

    /// Passages embedded at once.
    private static let batch = 32

    /// Takes in files and folders, each document in one transaction; what is there already and unchanged is left
    /// alone. What is no document is reported and skipped. Cancelling leaves the documents done so far.
    ///
    /// Throws `KnowledgeError` (`wrongEmbedder`, `busy`, `noSpace`) and what the embedder throws.
    public func add(
        _ paths: [String],
        progress: (@Sendable (IngestionProgress) -> Void)? = nil
    ) async throws -> IngestionReport {
        guard let embedding else {
            throw KnowledgeError(.wrongEmbedder, "adding documents needs an embedder; open the knowledge base with one")
        }
        let found = DocumentFinder(paths)
        var report = IngestionReport()
        report.skipped = found.skipped
        for (done, path) in found.files.enumerated() {
            try Task.checkCancellation()
            let total = found.files.count
            progress?(IngestionProgress(document: path, done: done, total: total, passages: 0))
            do {
                let outcome = try await ingest(path, embedding: embedding) { passages in
                    progress?(IngestionProgress(document: path, done: done, total: total, passages: passages))
                }
                switch outcome {
                case .unchanged: report.unchanged += 1
                case .added(let passages, let converted):
                    report.added += 1
                    report.passages += passages
                    if let converted { report.converted.append(converted) }
                }
            } catch let error as KnowledgeError where [.badDocument, .notFound, .unreadable].contains(error.code) {
                report.skipped.append(
                    IngestionReport.Skipped(path: path, reason: error.message, code: error.code)
                )
            }
        }
        if let last = found.files.last {
            let total = found.files.count
            progress?(IngestionProgress(document: last, done: total, total: total, passages: 0))
        }
        return report
    }

    private func ingest(
        _ path: String,
        embedding: TextEmbedding,
        progress: (Int) -> Void
    ) async throws -> Outcome {
        let scan = try FileScan(path: path)
        if try isStored(path, scan) { return .unchanged }
        let lock = try await WriteLock(path: store.lockPath, seconds: lockWait)
        defer { withExtendedLifetime(lock) {} }
        // Another process may have been faster, or have brought another embedder.
        try read { db in try checkEmbedder(in: db) }
        if try isStored(path, scan) { return .unchanged }
        let writer: DocumentWriter
        do {
            writer = try DocumentWriter(pool: store.pool, name: path)
        } catch {
            throw KnowledgeError.store(error, path: store.path)
        }
        do {
            let reader = try DocumentReader(path: path, scan: scan)
            try await fill(writer, from: reader, embedding: embedding, progress: progress)
            guard writer.hasContent else {
                throw KnowledgeError(.badDocument, "an empty document: there is no text in it", subject: path)
            }
            try writer.commit(title: reader.title, scan: scan, embedder: embedding.identity)
            let plain = scan.encoding.isUTF8 && reader.replaced == 0
            let converted = IngestionReport.Converted(
                path: path,
                encoding: scan.encoding.name,
                replaced: reader.replaced
            )
            return .added(passages: writer.passageCount, plain ? nil : converted)
        } catch {
            writer.rollBack()
            throw KnowledgeError.store(error, path: store.path)
        }
    }

    private func isStored(_ path: String, _ scan: FileScan) throws -> Bool {
        try read { db in
            guard let record = try Store.document(named: path, in: db) else { return false }
            return record.sha256 == scan.sha256 && record.pipeline == Schema.pipeline
                && record.checksum == record.expectedChecksum
        }
    }

    private func fill(
        _ writer: DocumentWriter,
        from reader: DocumentReader,
        embedding: TextEmbedding,
        progress: (Int) -> Void
    ) async throws {
        var limits = PassageLimits()
        limits.tokens = min(limits.tokens, max(8, embedding.identity.tokenLimit))
        limits.headingTokens = min(limits.headingTokens, limits.tokens / 4)
        var cutter = PassageCutter(limits: limits, tokenCount: embedding.tokenCount)
        var drafts: [PassageDraft] = []
        while let lines = try reader.next() {
            for line in lines {
                try writer.append(line)
                drafts += try cutter.read(line)
                while drafts.count >= Self.batch {
                    try await put(Array(drafts.prefix(Self.batch)), into: writer, embedding: embedding)
                    drafts.removeFirst(Self.batch)
                    progress(writer.passageCount)
                }
            }
        }
        drafts += try cutter.finish()
        while !drafts.isEmpty {
            let part = Array(drafts.prefix(Self.batch))
            try await put(part, into: writer, embedding: embedding)
            drafts.removeFirst(part.count)
            progress(writer.passageCount)
        }
    }

    /// Embeds what is not known yet and writes it.
    private func put(_ drafts: [PassageDraft], into writer: DocumentWriter, embedding: TextEmbedding) async throws {
        try Task.checkCancellation()
        var vectors = try writer.knownVectors(drafts)
        let missing = vectors.indices.filter { vectors[$0] == nil }
        if !missing.isEmpty {
            let made = try await embedding.checkedVectors(missing.map { drafts[$0].embedded })
            for (position, vector) in zip(missing, made) { vectors[position] = vector.littleEndianBytes }
        }
        try writer.append(drafts, vectors: vectors.compactMap(\.self))
    }
}
