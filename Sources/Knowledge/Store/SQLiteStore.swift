// SPDX-License-Identifier: Apache-2.0
import Foundation
import GRDB

/// The SQLite file of a knowledge base.
struct SQLiteStore: KnowledgeStore {
    let place: String
    let dialect = SQLDialect.sqlite
    private let pool: DatabasePool

    /// The file of the graph of neighbours.
    var graphPath: String { place + ".graph" }
    var vectors: any VectorStorage { VectorBlocks(graphPath: graphPath) }

    /// Opens the file, or makes one; who finds all tables there does not wait for a writer.
    static func open(path: String, lockWait: Double) async throws -> SQLiteStore {
        let exists = FileManager.default.fileExists(atPath: path)
        let lock = exists ? nil : try await FileLock(path: lockPath(path), seconds: lockWait)
        defer { withExtendedLifetime(lock) {} }
        do {
            let store = try SQLiteStore(path: path)
            if try store.isComplete() { return store }
            let second = lock == nil ? try await store.lock(seconds: lockWait) : nil
            defer { withExtendedLifetime(second) {} }
            try store.complete()
            return store
        } catch {
            throw translated(error, path: path)
        }
    }

    private init(path: String) throws {
        place = path
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

    func read<Value>(_ body: (Database) throws -> Value) throws -> Value {
        try pool.read { db in try body(Database(SQLiteConnection(db))) }
    }

    func write<Value>(_ body: (Database) throws -> Value) throws -> Value {
        try pool.write { db in try body(Database(SQLiteConnection(db))) }
    }

    func writeWithoutTransaction<Value>(_ body: (Database) throws -> Value) throws -> Value {
        try pool.writeWithoutTransaction { db in try body(Database(SQLiteConnection(db))) }
    }

    private static func lockPath(_ path: String) -> String { path + ".lock" }

    func lock(seconds: Double) async throws -> any WriteLock {
        try await FileLock(path: Self.lockPath(place), seconds: seconds)
    }

    func problems(in db: Database) throws -> [String] {
        let lines = try String.fetchAll(db, sql: "PRAGMA integrity_check").filter { $0 != "ok" }
        let orphans = try Row.fetchAll(db, sql: "PRAGMA foreign_key_check").map { row in
            "a row of `\(row["table"])` belongs to nothing"
        }
        return lines + orphans
    }

    /// Moves the write-ahead log into the file, so that removed bytes are on no disk page any more.
    func eraseRemoved() throws {
        try writeWithoutTransaction { db in
            // Readers of other processes may hold it back; then the next writer does it.
            _ = try Row.fetchAll(db, sql: "PRAGMA wal_checkpoint(TRUNCATE)")
        }
    }

    func durability() throws -> String {
        try writeWithoutTransaction { db in
            let mode = try String.fetchOne(db, sql: "PRAGMA journal_mode") ?? ""
            return try "\(mode) \(Int.fetchOne(db, sql: "PRAGMA synchronous") ?? -1)"
        }
    }

    func size() throws -> Int {
        ["", "-wal", "-shm", ".graph"].map { place + $0 }.reduce(0) { sum, path in
            let size = try? FileManager.default.attributesOfItem(atPath: path)[.size] as? NSNumber
            return sum + (size?.intValue ?? 0)
        }
    }

    func translated(_ error: any Error) -> any Error { Self.translated(error, path: place) }

    private static func translated(_ error: any Error, path: String) -> any Error {
        guard let error = error as? DatabaseError else { return error }
        let said = error.message ?? "error \(error.extendedResultCode.rawValue)"
        func failure(_ code: KnowledgeError.Code, _ message: String) -> KnowledgeError {
            KnowledgeError(code, message, subject: path, underlying: error)
        }
        let noSpace =
            "no space left on the disk of `\(path)`; nothing of this document was written: make room and add again"
        switch error.resultCode {
        case .SQLITE_FULL: return failure(.noSpace, noSpace)
        case .SQLITE_IOERR where !hasRoom(path): return failure(.noSpace, noSpace)
        case .SQLITE_CORRUPT, .SQLITE_NOTADB:
            return failure(
                .damaged,
                "the knowledge base `\(path)` is damaged (\(said)); restore it or remove the file and add again"
            )
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            return failure(.busy, "the knowledge base `\(path)` is in use by another process; try again later")
        case .SQLITE_READONLY, .SQLITE_CANTOPEN, .SQLITE_PERM, .SQLITE_IOERR:
            return failure(
                .notWritable,
                "the knowledge base `\(path)` cannot be opened or written (\(said)); check the folder"
            )
        default:
            return failure(.damaged, "the knowledge base `\(path)` answers with \(said); run `martlet kb verify`")
        }
    }

    private static func hasRoom(_ path: String) -> Bool {
        let folder = (path as NSString).deletingLastPathComponent
        let free = try? FileManager.default.attributesOfFileSystem(forPath: folder)[.systemFreeSize] as? NSNumber
        return free.map { $0.int64Value > 1 << 20 } ?? true
    }
}

/// A connection of GRDB's.
final class SQLiteConnection: SQLConnection {
    let dialect = SQLDialect.sqlite
    private let db: GRDB.Database

    init(_ db: GRDB.Database) { self.db = db }

    func prepare(_ sql: String, isKept: Bool) throws -> any PreparedStatement {
        SQLiteStatement(isKept ? try db.cachedStatement(sql: sql) : try db.makeStatement(sql: sql))
    }

    func execute(script: String) throws { try db.execute(sql: script) }

    func begin() throws { try db.execute(sql: "BEGIN IMMEDIATE") }

    func commit() throws { try db.execute(sql: "COMMIT") }

    func rollBack() throws {
        // SQLite has rolled back by itself where the disk was full.
        if db.isInsideTransaction { try db.execute(sql: "ROLLBACK") }
    }
}

private final class SQLiteStatement: PreparedStatement {
    private let statement: GRDB.Statement

    init(_ statement: GRDB.Statement) { self.statement = statement }

    private static func arguments(_ values: [SQLValue]) -> GRDB.StatementArguments {
        GRDB.StatementArguments(
            values.map { value -> (any DatabaseValueConvertible)? in
                switch value {
                case .null: nil
                case .integer(let value): value
                case .real(let value): value
                case .text(let value): NulText.encoded(value)
                case .blob(let bytes): bytes
                }
            }
        )
    }

    func execute(_ arguments: [SQLValue]) throws { try statement.execute(arguments: Self.arguments(arguments)) }

    func first(_ arguments: [SQLValue]) throws -> Row? { try cursor(arguments).next() }

    func all(_ arguments: [SQLValue]) throws -> [Row] {
        let cursor = try cursor(arguments)
        var rows: [Row] = []
        while let row = try cursor.next() { rows.append(row) }
        return rows
    }

    func cursor(_ arguments: [SQLValue]) throws -> any RowCursor {
        SQLiteCursor(
            rows: try GRDB.Row.fetchCursor(statement, arguments: Self.arguments(arguments)),
            columns: statement.columnNames
        )
    }
}

private final class SQLiteCursor: RowCursor {
    private let rows: GRDB.RowCursor
    private let columns: [String]

    init(rows: GRDB.RowCursor, columns: [String]) { (self.rows, self.columns) = (rows, columns) }

    func next() throws -> Row? {
        guard let row = try rows.next() else { return nil }
        let values = columns.indices.map { index -> SQLValue in
            switch (row[index] as DatabaseValue).storage {
            case .null: .null
            case .int64(let value): .integer(value)
            case .double(let value): .real(value)
            case .string(let value): .text(NulText.decoded(value))
            case .blob(let bytes): .blob(bytes)
            }
        }
        return Row(columns: columns, values: values)
    }
}
