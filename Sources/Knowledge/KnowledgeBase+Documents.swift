// SPDX-License-Identifier: Apache-2.0
import Foundation
import Synchronization

extension KnowledgeBase {
    /// All documents, ordered by name.
    public func documents() throws -> [DocumentDescription] {
        try read { db in try Store.documents(in: db).map(\.description) }
    }

    /// What is known of a document; throws `notFound` with near names.
    public func document(named name: String) throws -> DocumentDescription {
        try read { db in try self.record(of: name, in: db).description }
    }

    /// The extracted text in pieces of about 65,536 Unicode scalars, each checked against its checksum.
    public func text(of name: String) throws -> AsyncThrowingStream<String, any Error> {
        let record = try read { db in try self.record(of: name, in: db) }
        let place = Mutex((ordinal: 0, left: record.characters))
        return AsyncThrowingStream {
            try place.withLock { place in
                guard place.left > 0 else { return nil }
                let text = try self.chunk(place.ordinal, of: record)
                place.ordinal += 1
                place.left -= text.unicodeScalars.count
                return text
            }
        }
    }

    private func chunk(_ ordinal: Int, of record: DocumentRecord) throws -> String {
        try read { db in
            guard
                let row = try Row.fetchOne(
                    db,
                    sql: "SELECT text, checksum FROM chunk WHERE document = ? AND ordinal = ?",
                    arguments: [record.id, ordinal]
                )
            else {
                throw KnowledgeError(
                    .damaged,
                    "the text of `\(record.name)` was removed, changed or lost; ask again",
                    subject: record.name
                )
            }
            let text: String = try row.value("text")
            guard Checksum.of([String(ordinal), text]) == Array(try row.value("checksum") as Data) else {
                throw KnowledgeError(
                    .damaged,
                    "the stored text of `\(record.name)` is not what was written; add it again",
                    subject: record.name
                )
            }
            return text
        }
    }

    func record(of name: String, in db: Database) throws -> DocumentRecord {
        if let record = try Store.document(named: name, in: db) { return record }
        let names = try String.fetchAll(db, sql: "SELECT name FROM document WHERE name IS NOT NULL ORDER BY name")
        let hint = NearNames.hint(name, among: names)
        throw KnowledgeError(
            .notFound,
            "no document `\(name)` in the knowledge base `\(self.name)`\(hint)",
            subject: name
        )
    }

    /// Removes documents, or all documents of a folder that was added, with all that was derived from them; throws
    /// `notFound` with near names, and then removes none. Returns the names removed.
    @discardableResult
    public func remove(_ names: [String]) async throws -> [String] {
        let removed = try await write { db in
            var removed: [String] = []
            for name in names {
                if try Store.delete(documentNamed: name, from: db) {
                    removed.append(name)
                    continue
                }
                let folder = name.hasSuffix("/") ? name : name + "/"
                let inside = try String.fetchAll(
                    db,
                    sql: "SELECT name FROM document WHERE substr(name, 1, length(?)) = ? ORDER BY name",
                    arguments: [folder, folder]
                )
                if inside.isEmpty, !removed.contains(name) { _ = try self.record(of: name, in: db) }
                for name in inside {
                    try Store.delete(documentNamed: name, from: db)
                    removed.append(name)
                }
            }
            try Store.bumpVersion(in: db)
            return removed
        }
        try await eraseRemoved()
        return removed
    }

    private func eraseRemoved() async throws {
        let lock = try await store.lock(seconds: lockWait)
        defer { withExtendedLifetime(lock) {} }
        do { try store.eraseRemoved() } catch { throw store.translated(error) }
    }

    /// Its size.
    public func stats() throws -> KnowledgeStatistics {
        let bytes: Int
        do { bytes = try store.size() } catch { throw store.translated(error) }
        return try read { db in
            let documents = try Store.documents(in: db)
            return KnowledgeStatistics(
                name: self.name,
                documents: documents.count,
                passages: documents.reduce(0) { $0 &+ $1.passages },
                characters: documents.reduce(0) { $0 &+ $1.characters },
                bytes: bytes,
                embedder: documents.isEmpty ? nil : try Store.embedder(in: db)
            )
        }
    }
}
