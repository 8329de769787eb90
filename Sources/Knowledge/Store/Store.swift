// SPDX-License-Identifier: Apache-2.0
import Foundation

/// What every part of a knowledge base reads and writes in its tables.
enum Store {
    // MARK: - Settings

    static func setting(_ key: String, in db: Database) throws -> String? {
        guard let row = try Row.fetchOne(db, sql: "SELECT value, checksum FROM setting WHERE key = ?", arguments: [key])
        else { return nil }
        let value: String = try row.value("value")
        guard Checksum.of([key, value]) == Array(try row.value("checksum") as Data) else {
            throw KnowledgeError(
                .damaged,
                "the stored setting `\(key)` is not what was written; run `martlet kb verify`"
            )
        }
        return value
    }

    static func set(_ key: String, _ value: String, in db: Database) throws {
        try db.execute(
            sql: """
                INSERT INTO setting (key, value, checksum) VALUES (?, ?, ?)
                ON CONFLICT (key) DO UPDATE SET value = excluded.value, checksum = excluded.checksum
                """,
            arguments: [key, value, Data(Checksum.of([key, value]))]
        )
    }

    /// A number that every change raises, so that what is kept in memory is known to be old.
    static func version(in db: Database) throws -> Int {
        try setting("version", in: db).flatMap { Int($0) } ?? 0
    }

    static func bumpVersion(in db: Database) throws {
        try set("version", String(try version(in: db) &+ 1), in: db)
    }

    static func embedder(in db: Database) throws -> TextEmbedding.Identity? {
        guard let text = try setting("embedder", in: db) else { return nil }
        do {
            return try JSONDecoder().decode(TextEmbedding.Identity.self, from: Data(text.utf8))
        } catch {
            throw KnowledgeError(
                .damaged,
                "the stored embedder is unreadable; run `martlet kb verify`",
                underlying: error
            )
        }
    }

    static func record(embedder: TextEmbedding.Identity, in db: Database) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let text = String(decoding: try encoder.encode(embedder), as: UTF8.self)
        if try setting("embedder", in: db) != text { try set("embedder", text, in: db) }
    }

    // MARK: - Documents

    static func document(named name: String, in db: Database) throws -> DocumentRecord? {
        try Row.fetchOne(db, sql: "SELECT * FROM document WHERE name = ?", arguments: [name])
            .map(DocumentRecord.init(row:))
    }

    static func documents(in db: Database) throws -> [DocumentRecord] {
        try Row.fetchAll(db, sql: "SELECT * FROM document WHERE name IS NOT NULL ORDER BY name")
            .map(DocumentRecord.init(row:))
    }

    /// Removes a document and all that was derived from it; false if there is none.
    @discardableResult
    static func delete(documentNamed name: String, replacedBy other: Int64? = nil, from db: Database) throws -> Bool {
        guard let id = try Int64.fetchOne(db, sql: "SELECT id FROM document WHERE name = ?", arguments: [name]) else {
            return false
        }
        try StoredDataset(db).forget(document: id, replacedBy: other)
        try LexicalIndex.remove(document: id, in: db) {
            try db.execute(sql: "DELETE FROM document WHERE id = ?", arguments: [id])
        }
        return true
    }
}
