// SPDX-License-Identifier: Apache-2.0
#if PostgreSQL
import CPostgreSQL
import Foundation

/// One connection to a PostgreSQL server, over libpq. Used by one thread at a time.
final class PostgreSQLConnection: SQLConnection {
    let dialect = SQLDialect.postgreSQL
    private let connection: OpaquePointer
    /// Names of the statements that the server keeps prepared, by their text.
    private var kept: [String: PostgreSQLStatement] = [:]
    private var names = 0
    fileprivate var cursors = 0

    /// Statements kept at most; then all are forgotten.
    private static let keptLimit = 256

    /// Connects. `address` is what libpq takes: `postgresql://user@host:port/database`. A server that is gone without a
    /// word is noticed, unless the address says otherwise.
    init(_ address: String) throws {
        let options = [
            ("application_name", "martlet"), ("connect_timeout", "10"), ("keepalives_idle", "10"),
            ("keepalives_interval", "5"), ("keepalives_count", "3"), ("tcp_user_timeout", "30000"), ("dbname", address),
        ]
        let keys = options.map { strdup($0.0) }
        let values = options.map { strdup($0.1) }
        defer { (keys + values).forEach { free($0) } }
        // What the address says comes later than our options, and stands.
        let connected = PQconnectdbParams(
            keys.map { UnsafePointer($0) } + [nil],
            values.map { UnsafePointer($0) } + [nil],
            1
        )
        guard let made = connected else { throw PostgreSQLError(state: "08001", message: "no memory") }
        guard PQstatus(made) == CONNECTION_OK else {
            let said = Self.line(PQerrorMessage(made))
            PQfinish(made)
            // libpq gives no SQLSTATE of a connection that failed.
            let states = [
                "too many clients": "53300", "connection slots": "53300", "password": "28P01", "role \"": "28000",
                "database \"": "3D000", "pg_hba": "28000",
            ]
            throw PostgreSQLError(state: states.first { said.contains($0.key) }?.value ?? "08001", message: said)
        }
        connection = made
        // Otherwise libpq writes notices to standard error.
        _ = PQsetNoticeProcessor(made, { _, _ in }, nil)
        do {
            try execute(script: "SET client_encoding = 'UTF8'; SET client_min_messages = warning")
        } catch {
            PQfinish(made)
            throw error
        }
    }

    deinit { PQfinish(connection) }

    var isAlive: Bool { PQstatus(connection) == CONNECTION_OK }

    fileprivate static func line(_ text: UnsafePointer<CChar>?) -> String {
        let words = (text.map { String(cString: $0) } ?? "").split(whereSeparator: \.isWhitespace)
        return words.joined(separator: " ")
    }

    // MARK: - SQLConnection

    func prepare(_ sql: String, isKept: Bool) throws -> any PreparedStatement {
        guard isKept else { return PostgreSQLStatement(Self.numbered(sql), name: nil, self) }
        if let known = kept[sql] { return known }
        if kept.count >= Self.keptLimit {
            kept.removeAll()
            try execute(script: "DEALLOCATE ALL")
        }
        names += 1
        let statement = PostgreSQLStatement(Self.numbered(sql), name: "s\(names)", self)
        try check(PQprepare(connection, statement.name, statement.sql, 0, nil)).clear()
        kept[sql] = statement
        return statement
    }

    func execute(script: String) throws { try check(PQexec(connection, script)).clear() }

    func begin() throws { try execute(script: "BEGIN") }

    func commit() throws {
        // A transaction in which a statement failed ends in a ROLLBACK, whatever is asked.
        let result = try check(PQexec(connection, "COMMIT"))
        defer { result.clear() }
        guard String(cString: PQcmdStatus(result.pointer)) == "COMMIT" else {
            throw PostgreSQLError(state: "40000", message: "the transaction had failed before its end")
        }
    }

    func rollBack() throws {
        switch PQtransactionStatus(connection) {
        case PQTRANS_INTRANS, PQTRANS_INERROR, PQTRANS_ACTIVE: try execute(script: "ROLLBACK")
        default: break
        }
    }

    /// `?` outside of quotes becomes `$1`, `$2` and so on.
    static func numbered(_ sql: String) -> String {
        guard sql.utf8.contains(UInt8(ascii: "?")) else { return sql }
        var (text, number) = ("", 0)
        var quote: Character?
        for character in sql {
            switch character {
            case "?" where quote == nil:
                number += 1
                text += "$\(number)"
            case "'", "\"":
                if quote == nil { quote = character } else if quote == character { quote = nil }
                text.append(character)
            default: text.append(character)
            }
        }
        return text
    }

    // MARK: - Results

    fileprivate func run(_ statement: PostgreSQLStatement, prefix: String = "", _ arguments: [SQLValue]) throws
        -> PostgreSQLResult
    {
        // Bytes go as they are, all else as text, whose type the server infers from where it stands.
        var bytes: [UInt8] = []
        var places: [(start: Int, count: Int, isBinary: Bool)?] = []
        for value in arguments {
            let start = bytes.count
            switch value {
            case .null:
                places.append(nil)
                continue
            case .integer(let value): bytes += Array(String(value).utf8) + [0]
            case .real(let value): bytes += Array("\(value)".utf8) + [0]
            case .text(let value): bytes += Array(NulText.encoded(value).utf8) + [0]
            case .blob(let data):
                bytes += data
                places.append((start, data.count, true))
                // No pointer to nothing, which would be NULL.
                bytes.append(0)
                continue
            }
            places.append((start, bytes.count - start - 1, false))
        }
        return try bytes.withUnsafeBytes { raw in
            let base = raw.baseAddress?.assumingMemoryBound(to: CChar.self)
            let values = places.map { place in place.flatMap { base?.advanced(by: $0.start) } }
            let lengths = places.map { Int32(clamping: $0?.count ?? 0) }
            let formats = places.map { $0?.isBinary == true ? Int32(1) : 0 }
            let count = Int32(clamping: values.count)
            let result: OpaquePointer?
            if let name = statement.name, prefix.isEmpty {
                result = PQexecPrepared(connection, name, count, values, lengths, formats, 1)
            } else {
                result = PQexecParams(connection, prefix + statement.sql, count, nil, values, lengths, formats, 1)
            }
            return try check(result)
        }
    }

    @discardableResult
    private func check(_ result: OpaquePointer?) throws -> PostgreSQLResult {
        guard let result else {
            throw PostgreSQLError(state: "08006", message: Self.line(PQerrorMessage(connection)))
        }
        switch PQresultStatus(result) {
        case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY: return PostgreSQLResult(pointer: result)
        default:
            // PG_DIAG_SQLSTATE and PG_DIAG_MESSAGE_PRIMARY are characters in C.
            let state = PQresultErrorField(result, Int32(UInt8(ascii: "C"))).map { String(cString: $0) }
            let said = PQresultErrorField(result, Int32(UInt8(ascii: "M")))
            let message = Self.line(said ?? UnsafeMutablePointer(mutating: PQerrorMessage(connection)))
            PQclear(result)
            throw PostgreSQLError(state: isAlive ? state ?? "XX000" : "08006", message: message)
        }
    }
}

/// A statement; one with a name is prepared on the server.
final class PostgreSQLStatement: PreparedStatement {
    fileprivate let sql: String
    fileprivate let name: String?
    private unowned let connection: PostgreSQLConnection

    /// Rows fetched at once by a cursor.
    private static let batch = 256

    fileprivate init(_ sql: String, name: String?, _ connection: PostgreSQLConnection) {
        (self.sql, self.name, self.connection) = (sql, name, connection)
    }

    func execute(_ arguments: [SQLValue]) throws { try connection.run(self, arguments).clear() }

    func first(_ arguments: [SQLValue]) throws -> Row? {
        let result = try connection.run(self, arguments)
        defer { result.clear() }
        return try result.rows(limit: 1).first
    }

    func all(_ arguments: [SQLValue]) throws -> [Row] {
        let result = try connection.run(self, arguments)
        defer { result.clear() }
        return try result.rows()
    }

    func cursor(_ arguments: [SQLValue]) throws -> any RowCursor {
        connection.cursors += 1
        let name = "c\(connection.cursors)"
        try connection.run(self, prefix: "DECLARE \(name) NO SCROLL CURSOR FOR ", arguments).clear()
        return Cursor(
            PostgreSQLStatement("FETCH \(Self.batch) FROM \(name)", name: nil, connection),
            PostgreSQLStatement("CLOSE \(name)", name: nil, connection)
        )
    }

    private final class Cursor: RowCursor {
        private let (fetch, close): (PostgreSQLStatement, PostgreSQLStatement)
        private var rows: ArraySlice<Row> = []
        private var isAtEnd = false

        init(_ fetch: PostgreSQLStatement, _ close: PostgreSQLStatement) { (self.fetch, self.close) = (fetch, close) }

        func next() throws -> Row? {
            if rows.isEmpty, !isAtEnd {
                rows = try fetch.all([])[...]
                isAtEnd = rows.count < batch
                // One that is left before its end goes with its transaction.
                if isAtEnd { try close.execute([]) }
            }
            return rows.popFirst()
        }
    }
}

/// A result in binary form.
private struct PostgreSQLResult {
    let pointer: OpaquePointer

    func clear() { PQclear(pointer) }

    func rows(limit: Int = .max) throws -> [Row] {
        let width = Int(PQnfields(pointer))
        let columns = (0..<width).map { String(cString: PQfname(pointer, Int32($0))) }
        let types = (0..<width).map { PQftype(pointer, Int32($0)) }
        return try (0..<min(limit, Int(PQntuples(pointer)))).map { row in
            let values = try (0..<width).map { try value(Int32(row), Int32($0), types[$0]) }
            return Row(columns: columns, values: values)
        }
    }

    private func value(_ row: Int32, _ column: Int32, _ type: Oid) throws -> SQLValue {
        guard PQgetisnull(pointer, row, column) == 0, let start = PQgetvalue(pointer, row, column) else { return .null }
        let bytes = UnsafeRawBufferPointer(start: start, count: Int(PQgetlength(pointer, row, column)))
        func number<Value: FixedWidthInteger>(_: Value.Type) -> Value {
            Value(bigEndian: bytes.loadUnaligned(as: Value.self))
        }
        // The numbers of types that never change: https://www.postgresql.org/docs/current/catalog-pg-type.html
        switch (type, bytes.count) {
        case (16, 1): return .integer(bytes[0] == 0 ? 0 : 1)
        case (17, _): return .blob(Data(bytes))
        case (20, 8): return .integer(number(Int64.self))
        case (21, 2): return .integer(Int64(number(Int16.self)))
        case (23, 4): return .integer(Int64(number(Int32.self)))
        case (26, 4): return .integer(Int64(number(UInt32.self)))
        case (700, 4): return .real(Double(Float(bitPattern: number(UInt32.self))))
        case (701, 8): return .real(Double(bitPattern: number(UInt64.self)))
        case (19, _), (25, _), (705, _), (1043, _):
            return .text(NulText.decoded(String(decoding: bytes, as: UTF8.self)))
        default: throw PostgreSQLError(state: "42804", message: "a column of the type \(type), which nobody expects")
        }
    }
}

#endif
