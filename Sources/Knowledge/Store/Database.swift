// SPDX-License-Identifier: Apache-2.0

/// One connection to the tables of a knowledge base, whichever database holds them. What is written in SQL here means
/// the same to SQLite and to PostgreSQL; where they differ, `dialect` tells.
final class Database {
    let dialect: SQLDialect
    private let connection: any SQLConnection

    init(_ connection: any SQLConnection) {
        (self.connection, dialect) = (connection, connection.dialect)
    }

    /// A statement for one use.
    func statement(_ sql: String) throws -> Statement {
        Statement(prepared: try connection.prepare(sql, isKept: false))
    }

    /// A statement that stays prepared for the next use of the same text.
    func cachedStatement(sql: String) throws -> Statement {
        Statement(prepared: try connection.prepare(sql, isKept: true))
    }

    func execute(sql: String, arguments: StatementArguments = []) throws {
        try statement(sql).execute(arguments: arguments)
    }

    /// Executes several statements without arguments.
    func execute(script: String) throws { try connection.execute(script: script) }

    /// Executes an insertion that ends in `RETURNING id`, and returns that.
    func insertedID(_ statement: Statement, arguments: StatementArguments) throws -> Int64 {
        guard let row = try Row.fetchOne(statement, arguments: arguments) else {
            throw KnowledgeError(.damaged, "a row that was written is not there; run `martlet kb verify`")
        }
        return try row.value(0)
    }

    /// Begins a transaction that stays open across calls.
    func begin() throws { try connection.begin() }

    func commit() throws { try connection.commit() }

    /// Ends the transaction without a trace; does nothing where the database has done so by itself.
    func rollBack() throws { try connection.rollBack() }
}

/// A prepared statement.
struct Statement {
    fileprivate let prepared: any PreparedStatement

    func execute(arguments: StatementArguments = []) throws { try prepared.execute(arguments.values) }
}

/// What a database that can hold a knowledge base does.
protocol SQLConnection: AnyObject {
    var dialect: SQLDialect { get }
    func prepare(_ sql: String, isKept: Bool) throws -> any PreparedStatement
    func execute(script: String) throws
    func begin() throws
    func commit() throws
    func rollBack() throws
}

protocol PreparedStatement: AnyObject {
    func execute(_ arguments: [SQLValue]) throws
    func first(_ arguments: [SQLValue]) throws -> Row?
    func all(_ arguments: [SQLValue]) throws -> [Row]
    /// Reads as it goes, so that any number of rows takes little memory.
    func cursor(_ arguments: [SQLValue]) throws -> any RowCursor
}

/// Rows, one after the other.
protocol RowCursor: AnyObject {
    func next() throws -> Row?
}

/// A row of a result.
struct Row {
    let columns: [String]
    let values: [SQLValue]

    subscript(column: String) -> SQLValue {
        columns.firstIndex(of: column).map { values[$0] } ?? .null
    }

    /// A column's value; a damaged store may hold another type there, which must be an error, not a trap.
    func value<Value: SQLConvertible>(_ column: String) throws -> Value {
        guard let value = Value(sqlValue: self[column]) else { throw Self.damage(column) }
        return value
    }

    /// The value of a column by its place.
    func value<Value: SQLConvertible>(_ index: Int) throws -> Value {
        guard values.indices.contains(index), let value = Value(sqlValue: values[index]) else {
            throw Self.damage(columns.indices.contains(index) ? columns[index] : String(index))
        }
        return value
    }

    /// A column's value, or nil where it is NULL.
    func optional<Value: SQLConvertible>(_ column: String) throws -> Value? {
        self[column].isNull ? nil : try value(column)
    }

    private static func damage(_ column: String) -> KnowledgeError {
        KnowledgeError(.damaged, "a stored record has a wrong value in `\(column)`; run `martlet kb verify`")
    }
}

extension Row {
    static func fetchOne(_ statement: Statement, arguments: StatementArguments = []) throws -> Row? {
        try statement.prepared.first(arguments.values)
    }

    static func fetchAll(_ statement: Statement, arguments: StatementArguments = []) throws -> [Row] {
        try statement.prepared.all(arguments.values)
    }

    static func fetchCursor(_ statement: Statement, arguments: StatementArguments = []) throws -> any RowCursor {
        try statement.prepared.cursor(arguments.values)
    }

    static func fetchOne(_ db: Database, sql: String, arguments: StatementArguments = []) throws -> Row? {
        try fetchOne(db.statement(sql), arguments: arguments)
    }

    static func fetchAll(_ db: Database, sql: String, arguments: StatementArguments = []) throws -> [Row] {
        try fetchAll(db.statement(sql), arguments: arguments)
    }

    static func fetchCursor(
        _ db: Database,
        sql: String,
        arguments: StatementArguments = []
    ) throws -> any RowCursor {
        try fetchCursor(db.statement(sql), arguments: arguments)
    }
}

extension SQLConvertible {
    /// The first column of the first row; nil where there is no row or it is NULL.
    static func fetchOne(_ statement: Statement, arguments: StatementArguments = []) throws -> Self? {
        guard let row = try Row.fetchOne(statement, arguments: arguments), row.values.first?.isNull == false else {
            return nil
        }
        return try row.value(0)
    }

    /// The first column of all rows.
    static func fetchAll(_ statement: Statement, arguments: StatementArguments = []) throws -> [Self] {
        try Row.fetchAll(statement, arguments: arguments).map { try $0.value(0) }
    }

    static func fetchOne(_ db: Database, sql: String, arguments: StatementArguments = []) throws -> Self? {
        try fetchOne(db.statement(sql), arguments: arguments)
    }

    static func fetchAll(_ db: Database, sql: String, arguments: StatementArguments = []) throws -> [Self] {
        try fetchAll(db.statement(sql), arguments: arguments)
    }
}
