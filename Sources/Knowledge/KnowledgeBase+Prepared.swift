// SPDX-License-Identifier: Apache-2.0
import Foundation

extension KnowledgeBase {
    /// Takes in a document whose passages, one a line of the file, and their vectors are made already: for measurements
    /// at sizes that no embedder reaches. The way into the store is that of every document.
    package func add(prepared path: String, passages: [String], vectors: [[Float]]) async throws {
        guard let embedding, passages.count == vectors.count else {
            throw KnowledgeError(.badArgument, "prepared passages need an embedder, and a vector each")
        }
        let lock = try await store.lock(seconds: lockWait)
        defer { withExtendedLifetime(lock) {} }
        do {
            let scan = try FileScan(path: path)
            let writer = try DocumentWriter(store: store, name: path)
            var start = 0
            let drafts = try passages.map { text in
                try writer.append(ExtractedLine(text: text, kind: .prose))
                defer { start += text.unicodeScalars.count + 1 }
                return PassageDraft(
                    start: start,
                    end: start + text.unicodeScalars.count,
                    text: text,
                    headings: [],
                    windows: [text]
                )
            }
            try writer.append(drafts, vectors: vectors.map(\.littleEndianBytes))
            try writer.commit(title: nil, scan: scan, embedder: embedding.identity)
        } catch {
            throw store.translated(error)
        }
    }
}
