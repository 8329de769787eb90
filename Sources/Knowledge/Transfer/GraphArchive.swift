// SPDX-License-Identifier: Apache-2.0
import Foundation
import Graphs

/// The graph as an archive has it: each fact whole, so that it means the same where its terms have other numbers.
enum GraphArchive {
    /// Writes the graph, in the order in which facts were made, so that premises come before what follows from them;
    /// false where there is none.
    static func write(from db: Database, _ put: (ArchiveLine) throws -> Void) throws -> Bool {
        let count = try Int.fetchOne(db, sql: "SELECT COUNT(*) FROM graph_quad") ?? 0
        let prefixes = try Row.fetchAll(db, sql: "SELECT name, iri FROM graph_prefix").map { row in
            (try row.value("name") as String, try row.value("iri") as String)
        }
        guard count > 0 || !prefixes.isEmpty else { return false }
        try put(ArchiveLine(graph: .init(prefixes: Dictionary(prefixes) { $1 }, facts: count)))
        let stored = StoredDataset(db)
        let rules = Dictionary(
            try Row.fetchAll(db, sql: "SELECT id, name FROM graph_rule").map { row in
                (try row.value("id") as Int64, try row.value("name") as String)
            }
        ) { $1 }
        var places: [Int64: Int] = [:]
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT graph_quad.*, document.name AS document_name FROM graph_quad
                LEFT JOIN document ON document.id = graph_quad.document ORDER BY graph_quad.id
                """
        )
        while let row = try rows.next() {
            let record = try FactRecord(row: row)
            guard record.checksum == Array(try row.value("checksum") as Data) else {
                throw KnowledgeError(.damaged, "the fact \(record.id) is not what was written; run `martlet kb verify`")
            }
            let quad = try stored.quad(of: record.quad)
            let triple = [quad.triple.subject, quad.triple.predicate, quad.triple.object]
            let terms = triple + (quad.graph.map { [$0] } ?? [])
            places[record.id] = places.count
            try put(
                ArchiveLine(
                    fact: .init(
                        terms: terms.map(\.nTriples),
                        document: try row.optional("document_name"),
                        passage: record.passage,
                        validFrom: record.validFrom,
                        validTo: record.validTo,
                        recorded: record.recorded,
                        confidence: record.confidence,
                        rule: record.rule.flatMap { rules[$0] },
                        // A premise that is gone since is told from none by its place.
                        premises: record.rule == nil ? nil : record.premises.map { places[$0] ?? -1 }
                    )
                )
            )
        }
        return true
    }

    /// Puts the facts of an archive in; those that are there already stay as they are. Returns how many are new.
    static func read(_ graph: ArchiveLine.Graph, from lines: inout ArchiveLines, into db: Database) throws -> Int {
        for (name, iri) in graph.prefixes {
            try db.execute(
                sql: "INSERT INTO graph_prefix (name, iri) VALUES (?, ?) ON CONFLICT (name) DO NOTHING",
                arguments: [name, iri]
            )
        }
        let stored = StoredDataset(db)
        var ids: [Int64] = []
        var new = 0
        for _ in 0..<max(0, graph.facts) {
            guard let fact = try lines.next()?.fact, let terms = try? fact.terms.map({ try Term(parsing: $0) }),
                (3...4).contains(terms.count)
            else { throw lines.malformed("a fact that is missing or none") }
            let numbers = try terms.map(stored.intern)
            let graph = numbers.count > 3 ? numbers[3] : 0
            var record = FactRecord(QuadID(numbers[0], numbers[1], numbers[2], graph: graph), recorded: fact.recorded)
            record.document = try fact.document.flatMap { try Store.document(named: $0, in: db)?.id }
            record.passage = fact.passage
            (record.validFrom, record.validTo) = (fact.validFrom, fact.validTo)
            record.confidence = fact.confidence
            if let rule = fact.rule {
                let premises = fact.premises ?? []
                // Without its premises an inferred fact has no proof: the next `infer` makes it again.
                guard premises.allSatisfy(ids.indices.contains) else {
                    ids.append(-1)
                    continue
                }
                record.rule = try KnowledgeBase.store(rule, in: db)
                record.premises = premises.map { ids[$0] }
                if record.premises.contains(-1) {
                    ids.append(-1)
                    continue
                }
            }
            if let known = try stored.equal(of: record) {
                ids.append(known)
            } else {
                let insertion = try db.cachedStatement(sql: FactRecord.insertion)
                ids.append(try db.insertedID(insertion, arguments: record.arguments))
                new += 1
            }
        }
        var tally = try GraphTally.counted(in: db)
        try tally.write(in: db)
        return new
    }
}
