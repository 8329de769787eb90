// SPDX-License-Identifier: Apache-2.0
import Foundation
import GRDB

/// The SQLite file of a knowledge base.
struct Store: Sendable {
    let pool: DatabasePool
    let path: String

    var lockPath: String { path + ".lock" }

    /// The file of the graph of neighbours.
    var graphPath: String { path + ".graph" }

    /// Opens the file, or makes an empty one; the caller holds the write lock unless it is there already.
    init(path: String) throws {
        self.path = path
        var configuration = Configuration()
        configuration.busyMode = .timeout(10)
        // A document's transaction stays open across calls; the write lock keeps others out.
        configuration.allowsUnsafeTransactions = true
        configuration.prepareDatabase { db in
            try db.execute(sql: "PRAGMA secure_delete = ON")
        }
        pool = try DatabasePool(path: path, configuration: configuration)
        try pool.writeWithoutTransaction { db in
            // The pool has chosen NORMAL, which may lose the last documents with the power.
            try db.execute(sql: "PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 67108864")
        }
    }

    /// Whether all tables are there, and what derives from others is of this version.
    func isComplete() throws -> Bool {
        try pool.read { db in try Schema.migrator.hasCompletedMigrations(db) && LexicalIndex.isCurrent(in: db) }
    }

    /// Makes what is missing; the caller holds the write lock.
    func complete() throws {
        try Schema.migrator.migrate(pool)
        try pool.write { db in
            guard !LexicalIndex.isCurrent(in: db) else { return }
            try LexicalIndex.rebuild(in: db)
            try Store.bumpVersion(in: db)
        }
    }

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
            sql: "INSERT OR REPLACE INTO setting (key, value, checksum) VALUES (?, ?, ?)",
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
        try Row.fetchOne(db, sql: "SELECT * FROM document WHERE name = ?", arguments: [name]).map(DocumentRecord.init)
    }

    static func documents(in db: Database) throws -> [DocumentRecord] {
        try Row.fetchAll(db, sql: "SELECT * FROM document WHERE name IS NOT NULL ORDER BY name")
            .map(DocumentRecord.init)
    }

    /// Removes a document and all that was derived from it; false if there is none.
    @discardableResult
    static func delete(documentNamed name: String, from db: Database) throws -> Bool {
        guard let id = try Int64.fetchOne(db, sql: "SELECT id FROM document WHERE name = ?", arguments: [name]) else {
            return false
        }
        try LexicalIndex.remove(document: id, in: db) {
            try db.execute(sql: "DELETE FROM document WHERE id = ?", arguments: [id])
        }
        return true
    }
}

extension KnowledgeError {
    /// The error of a store: what the database said, in our words.
    static func store(_ error: any Error, path: String) -> any Error {
        guard let error = error as? DatabaseError else { return error }
        let said = error.message ?? "error \(error.extendedResultCode.rawValue)"
        switch error.resultCode {
        case .SQLITE_FULL:
            return KnowledgeError(
                .noSpace,
                "no space left on the disk of `\(path)`; nothing of this document was written: make room and add again",
                subject: path,
                underlying: error
            )
        case .SQLITE_IOERR where !hasRoom(path):
            return KnowledgeError(
                .noSpace,
                "no space left on the disk of `\(path)`; nothing of this document was written: make room and add again",
                subject: path,
                underlying: error
            )
        case .SQLITE_CORRUPT, .SQLITE_NOTADB:
            return KnowledgeError(
                .damaged,
                "the knowledge base `\(path)` is damaged (\(said)); restore it or remove the file and add again",
                subject: path,
                underlying: error
            )
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            return KnowledgeError(
                .busy,
                "the knowledge base `\(path)` is in use by another process; try again later",
                subject: path,
                underlying: error
            )
        case .SQLITE_READONLY, .SQLITE_CANTOPEN, .SQLITE_PERM, .SQLITE_IOERR:
            return KnowledgeError(
                .notWritable,
                "the knowledge base `\(path)` cannot be opened or written (\(said)); check the folder",
                subject: path,
                underlying: error
            )
        default:
            return KnowledgeError(
                .damaged,
                "the knowledge base `\(path)` answers with \(said); run `martlet kb verify`",
                subject: path,
                underlying: error
            )
        }
    }

    private static func hasRoom(_ path: String) -> Bool {
        let folder = (path as NSString).deletingLastPathComponent
        let free = try? FileManager.default.attributesOfFileSystem(forPath: folder)[.systemFreeSize] as? NSNumber
        return free.map { $0.int64Value > 1 << 20 } ?? true
    }
}
