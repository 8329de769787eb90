// SPDX-License-Identifier: Apache-2.0
import Foundation
public import Graphs

extension KnowledgeBase {
    /// Infers what follows from the asserted facts by rules and keeps it, each fact with the rule and the premises of
    /// its first proof, in place of what was inferred before. Graphs make no difference to rules; what follows is in the
    /// default graph. Returns how many facts were inferred, and the seconds that the rules alone took.
    public func infer(_ rules: [Rule]) async throws -> (facts: Int, seconds: Double) {
        try await write { db in
            try db.execute(sql: "DELETE FROM graph_quad WHERE rule IS NOT NULL")
            try db.execute(sql: "DELETE FROM graph_rule")
            let stored = StoredDataset(db)
            let facts = MemoryDataset()
            var rows: [Int64] = []
            var numbers: [TermID: TermID] = [:]
            var storedTerms: [TermID] = [0]
            func number(_ id: TermID) throws -> TermID {
                if let known = numbers[id] { return known }
                let number = try facts.intern(stored.term(of: id))
                numbers[id] = number
                storedTerms.append(id)
                return number
            }
            let cursor = try Row.fetchCursor(
                db,
                sql: "SELECT id, subject, predicate, object FROM graph_quad WHERE valid_to IS NULL ORDER BY id"
            )
            while let row = try cursor.next() {
                let quad = QuadID(
                    try number(row.value(1)),
                    try number(row.value(2)),
                    try number(row.value(3))
                )
                if try facts.insert(quad) { rows.append(try row.value(0)) }
            }
            let start = ContinuousClock.now
            let reasoner = try Reasoner(facts, rules: rules)
            try reasoner.run { Task.isCancelled }
            let taken = ContinuousClock.now - start
            var ruleIDs: [Int: Int64] = [:]
            let recorded = Int64(Date().timeIntervalSince1970)
            func storedTerm(_ id: TermID) throws -> TermID {
                Int(id) < storedTerms.count ? storedTerms[Int(id)] : try stored.intern(facts.term(of: id))
            }
            for position in reasoner.assertedCount..<reasoner.count {
                guard let derivation = reasoner.derivation(at: position) else { continue }
                let fact = reasoner.fact(at: position)
                var record = FactRecord(
                    QuadID(
                        try storedTerm(fact.subject),
                        try storedTerm(fact.predicate),
                        try storedTerm(fact.object)
                    ),
                    recorded: recorded
                )
                record.rule =
                    try ruleIDs[derivation.rule]
                    ?? Self.store(rules[derivation.rule].name, in: db)
                ruleIDs[derivation.rule] = record.rule
                record.premises = derivation.premises.map { rows[$0] }
                rows.append(
                    try db.insertedID(db.cachedStatement(sql: FactRecord.insertion), arguments: record.arguments)
                )
            }
            var tally = try GraphTally.counted(in: db)
            try tally.write(in: db)
            try Store.bumpVersion(in: db)
            let seconds = Double(taken.components.seconds) + Double(taken.components.attoseconds) / 1e18
            return (reasoner.count - reasoner.assertedCount, seconds)
        }
    }

    static func store(_ rule: String, in db: Database) throws -> Int64 {
        try db.execute(sql: "INSERT INTO graph_rule (name) VALUES (?) ON CONFLICT DO NOTHING", arguments: [rule])
        return try Int64.fetchOne(db, sql: "SELECT id FROM graph_rule WHERE name = ?", arguments: [rule]) ?? 0
    }

    /// The proof of a fact that holds, down to asserted facts; throws `notFound` for a fact that does not.
    public func explain(_ triple: Triple) throws -> GraphProof {
        try read { db in
            let stored = StoredDataset(db)
            let ids = try [triple.subject, triple.predicate, triple.object].map { try stored.id(of: $0) }
            let sql = """
                SELECT * FROM graph_quad WHERE subject = ? AND predicate = ? AND object = ? AND valid_to IS NULL
                ORDER BY rule IS NOT NULL, id
                """
            guard let subject = ids[0], let predicate = ids[1], let object = ids[2],
                let row = try Row.fetchOne(db, sql: sql, arguments: [subject, predicate, object])
            else {
                let text = [triple.subject, triple.predicate, triple.object].map(\.nTriples).joined(separator: " ")
                throw GraphError(
                    .notFound,
                    "`\(text)` is no fact of the knowledge base `\(self.name)`; look for it with `martlet graph query`"
                )
            }
            var steps = 0
            return try Self.proof(try FactRecord(row: row), stored, db, depth: 0, steps: &steps)
        }
    }

    private static func proof(
        _ fact: FactRecord,
        _ stored: StoredDataset,
        _ db: Database,
        depth: Int,
        steps: inout Int
    ) throws -> GraphProof {
        steps += 1
        guard depth < 256, steps <= 10_000 else {
            throw GraphError(.limit, "the proof has more than 10,000 steps or is more than 256 deep")
        }
        var proof = GraphProof(fact: try stored.quad(of: fact.quad), rule: nil, premises: [], passage: fact.passage)
        if let document = fact.document {
            proof.document = try String.fetchOne(
                db,
                sql: "SELECT name FROM document WHERE id = ?",
                arguments: [document]
            )
        }
        guard let rule = fact.rule else { return proof }
        proof.rule = try String.fetchOne(db, sql: "SELECT name FROM graph_rule WHERE id = ?", arguments: [rule])
        for id in fact.premises {
            // Premises were written before what follows from them, so this ends.
            guard id < fact.id,
                let row = try Row.fetchOne(db, sql: "SELECT * FROM graph_quad WHERE id = ?", arguments: [id])
            else {
                throw GraphError(
                    .notFound,
                    "a premise of the proof was removed since; run `martlet graph infer` again"
                )
            }
            proof.premises.append(
                try Self.proof(try FactRecord(row: row), stored, db, depth: depth + 1, steps: &steps)
            )
        }
        return proof
    }
}
