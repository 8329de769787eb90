// SPDX-License-Identifier: Apache-2.0
#if PostgreSQL
import CPostgreSQL
import Foundation

/// A knowledge base in a schema of a PostgreSQL database with pgvector, which any number of servers share.
final class PostgreSQLStore: KnowledgeStore {
    let place: String
    let dialect = SQLDialect.postgreSQL
    let vectors: any VectorStorage
    private let schema: String
    private let address: String
    /// The schema that pgvector's types are in.
    private let extensionSchema: String
    private let readers = ReaderPool()
    private let writer = Writer()

    /// Older ones build indexes that may lack rows: https://github.com/pgvector/pgvector/blob/master/CHANGELOG.md
    private static let leastVersion = [0, 8, 4]

    /// Opens the knowledge base of an address, `postgresql://user@host:port/database#name`; makes it where there is none.
    static func open(_ address: String, lockWait: Double) async throws -> PostgreSQLStore {
        let parts = address.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
        let name = parts.count > 1 ? String(parts[1]) : "default"
        guard KnowledgeBase.isValid(name), name.utf8.count <= 50, !name.contains("\"") else {
            throw KnowledgeError(
                .badArgument,
                "`#\(name)` cannot name a knowledge base; use letters, digits, `-`, `_` and `.`, at most 50 of them"
            )
        }
        let place = try place(of: String(parts[0]), name)
        do {
            let store = try PostgreSQLStore(String(parts[0]), name: name, place: place)
            // Who only opens must not wait for a writer.
            if try store.isThere(), try store.isComplete() { return store }
            let lock = try await store.lock(seconds: lockWait)
            defer { withExtendedLifetime(lock) {} }
            try store.write { db in
                try db.execute(script: "CREATE SCHEMA IF NOT EXISTS \"\(store.schema)\"")
            }
            try store.complete()
            return store
        } catch {
            throw translated(error, place)
        }
    }

    private init(_ address: String, name: String, place: String) throws {
        (self.address, self.place) = (address, place)
        schema = "martlet_" + name
        extensionSchema = try Self.findExtension(Self.reached(address), place)
        // Our table `vector` hides the type's short name.
        vectors = PostgreSQLVectors(type: "\"\(extensionSchema)\".vector")
    }

    /// The address without its password.
    private static func place(of address: String, _ name: String) throws -> String {
        var message: UnsafeMutablePointer<CChar>?
        guard let options = PQconninfoParse(address, &message) else {
            defer { PQfreemem(message) }
            let said = message.map { String(cString: $0).trimmingCharacters(in: .whitespacesAndNewlines) } ?? ""
            throw KnowledgeError(
                .badArgument,
                "no address of a PostgreSQL database (\(said)); write postgresql://user@host:port/database"
            )
        }
        defer { PQconninfoFree(options) }
        var values: [String: String] = [:]
        var option = options
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val { values[String(cString: keyword)] = String(cString: value) }
            option += 1
        }
        let user = values["user"].map { $0 + "@" } ?? ""
        let port = values["port"].map { ":" + $0 } ?? ""
        return "postgresql://\(user)\(values["host"] ?? "")\(port)/\(values["dbname"] ?? "")#\(name)"
    }

    /// A new connection. Waits for a server that is starting.
    private static func reached(_ address: String) throws -> PostgreSQLConnection {
        let deadline = ContinuousClock.now.advanced(by: .seconds(30))
        while true {
            do { return try PostgreSQLConnection(address) } catch let error as PostgreSQLError {
                let isStarting = error.isOfConnection && error.message.contains("the database system is")
                guard isStarting, ContinuousClock.now < deadline else { throw error }
                usleep(100_000)
            }
        }
    }

    /// The schema of pgvector, which is made ready where it is not.
    private static func findExtension(_ connection: PostgreSQLConnection, _ place: String) throws -> String {
        let db = Database(connection)
        let find = """
            SELECT extversion, nspname FROM pg_extension JOIN pg_namespace ON pg_namespace.oid = extnamespace
            WHERE extname = 'vector'
            """
        var found = try Row.fetchOne(db, sql: find)
        if found == nil {
            do {
                try db.execute(script: "CREATE EXTENSION IF NOT EXISTS vector")
            } catch let error as PostgreSQLError where ["0A000", "58P01"].contains(error.state) {
                throw KnowledgeError(
                    .unavailable,
                    "the server of `\(place)` has no pgvector (\(error.message)); install version 0.8.4 or newer there",
                    subject: place
                )
            } catch let error as PostgreSQLError where ["23505", "42710"].contains(error.state) {
                // Another process did it at the same time.
            }
            found = try Row.fetchOne(db, sql: find)
        }
        let version: String = try found?.value("extversion") ?? ""
        let numbers = version.split(separator: ".").compactMap { Int($0) }
        guard !numbers.lexicographicallyPrecedes(leastVersion) else {
            throw KnowledgeError(
                .unavailable,
                "the database of `\(place)` has pgvector \(version), which is too old; install 0.8.4 or newer and run "
                    + "`ALTER EXTENSION vector UPDATE`",
                subject: place
            )
        }
        return try found?.value("nspname") ?? "public"
    }

    /// A new connection whose tables are this knowledge base's.
    private func connect() throws -> PostgreSQLConnection {
        let connection = try Self.reached(address)
        // What is acknowledged must be on the disk, whatever the server's default is.
        try connection.execute(
            script: """
                SET search_path TO "\(schema)", "\(extensionSchema)"; SET synchronous_commit = on;
                SET hnsw.ef_search = 400
                """
        )
        return connection
    }

    private func isThere() throws -> Bool {
        try read { db in
            try Row.fetchOne(db, sql: "SELECT 1 FROM pg_namespace WHERE nspname = ?", arguments: [schema]) != nil
        }
    }

    // MARK: - Access

    func read<Value>(_ body: (Database) throws -> Value) throws -> Value {
        let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY"
        var connection = try readers.take() ?? connect()
        do {
            try connection.execute(script: begin)
        } catch let error as PostgreSQLError where error.isOfConnection {
            // The server was started anew since this connection was last used.
            connection = try connect()
            try connection.execute(script: begin)
        }
        defer { readers.give(connection) }
        let value = try body(Database(connection))
        try connection.commit()
        return value
    }

    func write<Value>(_ body: (Database) throws -> Value) throws -> Value {
        try writeWithoutTransaction { db in
            try db.begin()
            do {
                let value = try body(db)
                try db.commit()
                return value
            } catch {
                try? db.rollBack()
                throw error
            }
        }
    }

    func writeWithoutTransaction<Value>(_ body: (Database) throws -> Value) throws -> Value {
        try writer.use { connection in
            // The lock goes with the connection that took it.
            guard let connection else {
                throw PostgreSQLError(state: "08006", message: "the connection was lost")
            }
            return try body(Database(connection))
        }
    }

    func lock(seconds: Double) async throws -> any WriteLock {
        let deadline = ContinuousClock.now.advanced(by: .seconds(seconds))
        while true {
            do {
                if try writer.lock(schema, connect) { return PostgreSQLLock(writer, schema) }
            } catch {
                throw translated(error)
            }
            guard ContinuousClock.now < deadline else {
                throw KnowledgeError(
                    .busy,
                    "another process has been writing to this knowledge base for \(Int(seconds)) s (`\(place)`); try again later",
                    subject: place
                )
            }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    func problems(in db: Database) throws -> [String] {
        try String.fetchAll(
            db,
            sql: """
                SELECT relname::text FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
                WHERE NOT indisvalid AND relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema())
                """
        ).map { "the index `\($0)` is not valid; run `REINDEX INDEX`" }
    }

    /// Nothing: the server's own vacuum does.
    func eraseRemoved() throws {}

    func durability() throws -> String {
        try read { db in
            let settings = ["fsync", "synchronous_commit", "full_page_writes", "data_checksums"]
            return try settings.map { name in
                try "\(name) \(String.fetchOne(db, sql: "SELECT current_setting(?)", arguments: [name]) ?? "")"
            }.joined(separator: ", ")
        }
    }

    func size() throws -> Int {
        try read { db in
            try Int.fetchOne(
                db,
                sql: """
                    SELECT CAST(SUM(pg_total_relation_size(oid)) AS BIGINT) FROM pg_class
                    WHERE relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema()) AND relkind = 'r'
                    """
            ) ?? 0
        }
    }

    func translated(_ error: any Error) -> any Error { Self.translated(error, place) }

    private static func translated(_ error: any Error, _ place: String) -> any Error {
        (error as? PostgreSQLError)?.translated(place: place) ?? error
    }
}

/// Connections that read, kept for the next reader.
private final class ReaderPool: @unchecked Sendable {
    // Safe: `idle` is used under the lock, and each connection by one at a time.
    private let lock = NSLock()
    private var idle: [PostgreSQLConnection] = []
    private static let limit = 8

    func take() -> PostgreSQLConnection? { lock.withLock { idle.popLast() } }

    func give(_ connection: PostgreSQLConnection) {
        try? connection.rollBack()
        guard connection.isAlive else { return }
        lock.withLock { if idle.count < Self.limit { idle.append(connection) } }
    }
}

/// The connection that writes, which holds the lock on the server, so that both end together.
private final class Writer: @unchecked Sendable {
    // Safe: all of it is used under `access`.
    private let access = NSLock()
    private var connection: PostgreSQLConnection?
    private var isLocked = false

    func use<Value>(_ body: (PostgreSQLConnection?) throws -> Value) throws -> Value {
        try access.withLock {
            defer { if connection?.isAlive == false { connection = nil } }
            return try body(connection)
        }
    }

    /// Whether the lock was free, in this process and in all others.
    func lock(_ name: String, _ connect: () throws -> PostgreSQLConnection) throws -> Bool {
        try access.withLock {
            guard !isLocked else { return false }
            do {
                isLocked = try take(name, connection ?? connect())
            } catch let error as PostgreSQLError where error.isOfConnection && connection != nil {
                // The server was started anew since the last write.
                connection = nil
                isLocked = try take(name, connect())
            }
            return isLocked
        }
    }

    private func take(_ name: String, _ connection: PostgreSQLConnection) throws -> Bool {
        self.connection = connection
        let sql = "SELECT pg_try_advisory_lock(hashtextextended(?, 0))"
        return try Int.fetchOne(Database(connection), sql: sql, arguments: [name]) == 1
    }

    func unlock(_ name: String) {
        access.withLock {
            isLocked = false
            guard let connection else { return }
            do {
                try connection.rollBack()
                let sql = "SELECT pg_advisory_unlock(hashtextextended(?, 0))"
                _ = try Int.fetchOne(Database(connection), sql: sql, arguments: [name])
            } catch {
                // Without its connection the server gives the lock up by itself.
                self.connection = nil
            }
        }
    }
}

private final class PostgreSQLLock: WriteLock {
    private let writer: Writer
    private let name: String

    init(_ writer: Writer, _ name: String) { (self.writer, self.name) = (writer, name) }

    deinit { writer.unlock(name) }
}

#endif
