// SPDX-License-Identifier: Apache-2.0
import Foundation
public import Graphs

/// The facts of a knowledge base that hold now, over one connection to its file.
///
/// It may be used only within the call that gave it.
public final class StoredDataset: MutableDataset {
    let db: Database
    private var numbers: [Term: TermID] = [:]
    private var terms: [TermID: Term] = [:]
    let recorded = Int64(Date().timeIntervalSince1970)
    /// The moment at which its facts hold; nil: now.
    private let moment: Int64?
    private lazy var holds = Result { try self.holding() }
    /// Where the facts that are put in come from.
    var origin = StoredOrigin()
    /// What changed since the last `finish`.
    var changes = GraphChanges()
    /// How many terms are remembered, so that memory stays bounded.
    private static let remembered = 200_000

    init(_ db: Database, at moment: Int64? = nil) { (self.db, self.moment) = (db, moment) }

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

    /// The fact that is there and says the same: one that holds, or one that held at the same time.
    func equal(of record: FactRecord) throws -> Int64? {
        if record.validTo == nil { return try fact(record.quad)?.id }
        let statement = try db.cachedStatement(
            sql: """
                SELECT id FROM graph_quad WHERE subject = ? AND predicate = ? AND object = ? AND graph = ?
                AND valid_to = ? AND COALESCE(valid_from, -1) = ?
                """
        )
        let quad = record.quad
        return try Int64.fetchOne(
            statement,
            arguments: [
                quad.subject, quad.predicate, quad.object, quad.graph, record.validTo, record.validFrom ?? -1,
            ]
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
        let (condition, arguments) = try condition(pattern)
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
            JOIN graph_term o ON o.id = q.object LEFT JOIN graph_term g ON g.id = q.graph WHERE \(try holds.get())
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
        let (condition, arguments) = try condition(pattern)
        let sql = "SELECT COUNT(*) FROM (SELECT 1 FROM graph_quad WHERE \(condition) LIMIT 1000)"
        return try Int.fetchOne(db.cachedStatement(sql: sql), arguments: arguments) ?? 0
    }

    /// The named graphs that hold a fact.
    public func graphs() throws -> [TermID] {
        try TermID.fetchAll(
            db,
            sql: "SELECT DISTINCT graph FROM graph_quad WHERE \(holds.get()) AND graph <> 0 ORDER BY graph"
        )
    }

    /// What a row of a fact that holds fulfils. Without facts of a time to come, `valid_to` alone tells, which has indexes.
    private func holding() throws -> String {
        let time = moment ?? recorded
        if moment == nil {
            let timed = """
                SELECT 1 FROM graph_quad WHERE valid_to > \(time)
                UNION ALL SELECT 1 FROM graph_quad WHERE valid_from > \(time) LIMIT 1
                """
            if try Row.fetchOne(db, sql: timed) == nil { return "valid_to IS NULL" }
        }
        return "(valid_from IS NULL OR valid_from <= \(time)) AND (valid_to IS NULL OR valid_to > \(time))"
    }

    /// The rows of the facts that match, with the names of their documents and rules, in the order of their making.
    func records(
        matching pattern: QuadPattern,
        includingPast: Bool
    ) throws -> [(record: FactRecord, document: String?, rule: String?)] {
        let (condition, arguments) = try condition(pattern, includingPast: includingPast)
        let rows = try Row.fetchAll(
            db,
            sql: """
                SELECT graph_quad.*, document.name AS document_name, graph_rule.name AS rule_name FROM graph_quad
                LEFT JOIN document ON document.id = graph_quad.document
                LEFT JOIN graph_rule ON graph_rule.id = graph_quad.rule WHERE \(condition) ORDER BY graph_quad.id
                """,
            arguments: arguments
        )
        return try rows.map { row in
            (try FactRecord(row: row), try row.optional("document_name"), try row.optional("rule_name"))
        }
    }

    private func condition(
        _ pattern: QuadPattern,
        includingPast: Bool = false
    ) throws -> (String, StatementArguments) {
        var parts = includingPast ? ["1 = 1"] : [try holds.get()]
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
