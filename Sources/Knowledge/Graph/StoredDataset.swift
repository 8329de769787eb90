// SPDX-License-Identifier: Apache-2.0
import Foundation
public import Graphs

/// The facts of a knowledge base that hold now, over one connection to its file.
///
/// It may be used only within the call that gave it.
public final class StoredDataset: MutableDataset {
    private let db: Database
    private var numbers: [Term: TermID] = [:]
    private var terms: [TermID: Term] = [:]
    private let recorded = Int64(Date().timeIntervalSince1970)
    /// Where the facts that are put in come from, from when they hold and how sure they are.
    var origin = FactOrigin()
    /// How many terms are remembered, so that memory stays bounded.
    private static let remembered = 200_000

    init(_ db: Database) { self.db = db }

    /// The number of a term; nil where it has none.
    public func id(of term: Term) throws -> TermID? {
        if let known = numbers[term] { return known }
        let statement = try db.cachedStatement(
            sql: """
                SELECT id FROM graph_term WHERE value = ? AND kind = ? AND datatype = ? AND language = ? AND checksum = ?
                """
        )
        guard let id = try TermID.fetchOne(statement, arguments: TermFields(term).arguments) else { return nil }
        remember(term, id)
        return id
    }

    /// The term of a number; throws `damaged` where its bytes are not what was written.
    public func term(of id: TermID) throws -> Term {
        if let known = terms[id] { return known }
        let statement = try db.cachedStatement(sql: "SELECT * FROM graph_term WHERE id = ?")
        guard let row = try Row.fetchOne(statement, arguments: [id]) else {
            throw KnowledgeError(.damaged, "a fact's term \(id) is missing; run `martlet kb verify`")
        }
        let fields = try TermFields(row: row)
        guard fields.checksum == Array(try row.value("checksum") as Data) else {
            throw KnowledgeError(.damaged, "the term \(id) is not what was written; run `martlet kb verify`")
        }
        remember(fields.term, id)
        return fields.term
    }

    private func remember(_ term: Term, _ id: TermID) {
        if numbers.count >= Self.remembered {
            numbers.removeAll(keepingCapacity: true)
            terms.removeAll(keepingCapacity: true)
        }
        numbers[term] = id
        terms[id] = term
    }

    /// The number of a term, which it is given if it has none.
    public func intern(_ term: Term) throws -> TermID {
        if let id = try id(of: term) { return id }
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO graph_term (value, kind, datatype, language, checksum) VALUES (?, ?, ?, ?, ?) RETURNING id
                """
        )
        let id = try db.insertedID(statement, arguments: TermFields(term).arguments)
        remember(term, id)
        return id
    }

    /// Puts a fact in; false if it was there. An inferred fact that is now asserted becomes so.
    @discardableResult
    public func insert(_ quad: QuadID) throws -> Bool {
        var record = FactRecord(quad, recorded: recorded)
        record.document = origin.document
        record.passage = origin.passage
        record.validFrom = origin.validFrom
        record.confidence = origin.confidence
        return try insert(record) != nil
    }

    func insert(_ record: FactRecord) throws -> Int64? {
        if let known = try fact(record.quad) {
            guard known.rule != nil, record.rule == nil else { return nil }
            try db.cachedStatement(sql: "DELETE FROM graph_quad WHERE id = ?").execute(arguments: [known.id])
        }
        return try db.insertedID(db.cachedStatement(sql: FactRecord.insertion), arguments: record.arguments)
    }

    /// Takes a fact out of what holds now: it is closed, not deleted. False if it was not there.
    @discardableResult
    public func remove(_ quad: QuadID) throws -> Bool {
        guard var record = try fact(quad) else { return false }
        record.validTo = recorded
        try db.cachedStatement(sql: "UPDATE graph_quad SET valid_to = ?, checksum = ? WHERE id = ?")
            .execute(arguments: [record.validTo, Data(record.checksum), record.id])
        return true
    }

    /// The fact that is there and says the same: one that holds, or one that held at the same time.
    func equal(of record: FactRecord) throws -> Int64? {
        if record.validTo == nil { return try fact(record.quad)?.id }
        let statement = try db.cachedStatement(
            sql: """
                SELECT id FROM graph_quad WHERE subject = ? AND predicate = ? AND object = ? AND graph = ?
                AND valid_to = ? AND recorded = ?
                """
        )
        let quad = record.quad
        return try Int64.fetchOne(
            statement,
            arguments: [quad.subject, quad.predicate, quad.object, quad.graph, record.validTo, record.recorded]
        )
    }

    func fact(_ quad: QuadID) throws -> FactRecord? {
        let statement = try db.cachedStatement(
            sql: """
                SELECT * FROM graph_quad WHERE subject = ? AND predicate = ? AND object = ? AND graph = ?
                AND valid_to IS NULL
                """
        )
        return try Row.fetchOne(statement, arguments: [quad.subject, quad.predicate, quad.object, quad.graph])
            .map(FactRecord.init(row:))
    }

    /// Calls `body` with each fact that matches, until it returns false.
    public func forEach(matching pattern: QuadPattern, _ body: (QuadID) throws -> Bool) throws {
        let (condition, arguments) = condition(pattern)
        let sql = "SELECT subject, predicate, object, graph FROM graph_quad WHERE \(condition)"
        let rows = try Row.fetchCursor(db, sql: sql, arguments: arguments)
        while let row = try rows.next() {
            let quad = QuadID(try row.value(0), try row.value(1), try row.value(2), graph: try row.value(3))
            guard try body(quad) else { return }
        }
    }

    /// Calls `body` with each fact, ordered by the text of graph, subject, predicate and object, until it returns false.
    public func forEachInOrder(_ body: (QuadID) throws -> Bool) throws {
        let sql = """
            SELECT q.subject, q.predicate, q.object, q.graph FROM graph_quad q
            JOIN graph_term s ON s.id = q.subject JOIN graph_term p ON p.id = q.predicate
            JOIN graph_term o ON o.id = q.object LEFT JOIN graph_term g ON g.id = q.graph WHERE q.valid_to IS NULL
            ORDER BY g.kind, g.value, s.kind, s.value, p.value, o.kind, o.value, o.datatype, o.language
            """
        let rows = try Row.fetchCursor(db, sql: sql)
        while let row = try rows.next() {
            let quad = QuadID(try row.value(0), try row.value(1), try row.value(2), graph: try row.value(3))
            guard try body(quad) else { return }
        }
    }

    /// How many facts match, counted up to a thousand.
    public func estimate(matching pattern: QuadPattern) throws -> Int {
        let (condition, arguments) = condition(pattern)
        let sql = "SELECT COUNT(*) FROM (SELECT 1 FROM graph_quad WHERE \(condition) LIMIT 1000)"
        return try Int.fetchOne(db.cachedStatement(sql: sql), arguments: arguments) ?? 0
    }

    /// The named graphs that hold a fact.
    public func graphs() throws -> [TermID] {
        try TermID.fetchAll(
            db,
            sql: "SELECT DISTINCT graph FROM graph_quad WHERE valid_to IS NULL AND graph <> 0 ORDER BY graph"
        )
    }

    private func condition(_ pattern: QuadPattern) -> (String, StatementArguments) {
        var parts = ["valid_to IS NULL"]
        var arguments: StatementArguments = []
        for (column, id) in [
            ("subject", pattern.subject), ("predicate", pattern.predicate), ("object", pattern.object),
            ("graph", pattern.graph),
        ] {
            guard let id else { continue }
            parts.append("\(column) = ?")
            arguments += [id]
        }
        return (parts.joined(separator: " AND "), arguments)
    }
}

/// Where a fact comes from.
struct FactOrigin: Sendable {
    var document: Int64?
    var passage: String?
    var validFrom: Int64?
    var confidence: Double?
}
