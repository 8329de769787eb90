// SPDX-License-Identifier: Apache-2.0
import Foundation
public import Graphs

/// What is to be done when all changes of a transaction are made.
struct GraphChanges {
    /// nil: nothing changed yet.
    var tally: GraphTally?
    /// Facts that hold no more, by their rows.
    var gone: Set<Int64> = []
    /// The properties that have one value at a time; nil: not read yet.
    var functional: Set<TermID>?
}

extension StoredDataset {
    /// States from here on facts of this origin.
    func use(_ origin: StoredOrigin) { self.origin = origin }

    /// Puts a fact in; false if it was there. An inferred fact that is now asserted becomes so.
    @discardableResult
    public func insert(_ quad: QuadID) throws -> Bool {
        var record = FactRecord(quad, recorded: recorded)
        (record.document, record.passage) = (origin.document, origin.passage)
        (record.validFrom, record.validTo) = (origin.validFrom, origin.validTo)
        record.confidence = origin.confidence
        if let id = try equal(of: record) {
            // One that was inferred keeps its row, since others may rest on it.
            guard let known = try fact(quad), known.id == id, known.rule != nil else { return false }
            record.id = id
            try replace(known, by: record)
            return true
        }
        try closeContradicted(by: &record)
        try tallied { $0.add(record.checksum) }
        _ = try db.insertedID(db.cachedStatement(sql: FactRecord.insertion), arguments: record.arguments)
        if quad.object == (try id(of: .iri(OWL.functionalProperty))) { changes.functional = nil }
        return true
    }

    /// Takes a fact out of what holds now: it is closed, not deleted. False if it was not there.
    @discardableResult
    public func remove(_ quad: QuadID) throws -> Bool {
        guard let record = try fact(quad) else { return false }
        try close(record, at: recorded)
        return true
    }

    private func close(_ record: FactRecord, at time: Int64) throws {
        var closed = record
        closed.validTo = time
        try replace(record, by: closed)
        changes.gone.insert(record.id)
    }

    private func tallied(_ change: (inout GraphTally) -> Void) throws {
        var tally = try changes.tally ?? GraphTally.stored(in: db)
        change(&tally)
        changes.tally = tally
    }

    private func replace(_ old: FactRecord, by new: FactRecord) throws {
        try tallied {
            $0.remove(old.checksum)
            $0.add(new.checksum)
        }
        try db.cachedStatement(
            sql: """
                UPDATE graph_quad SET document = ?, passage = ?, valid_from = ?, valid_to = ?, confidence = ?,
                    recorded = ?, rule = ?, premises = ?, checksum = ? WHERE id = ?
                """
        ).execute(arguments: new.changeable + [new.id])
    }

    private func delete(_ record: FactRecord) throws {
        try tallied { $0.remove(record.checksum) }
        try db.cachedStatement(sql: "DELETE FROM graph_quad WHERE id = ?").execute(arguments: [record.id])
        changes.gone.insert(record.id)
    }

    /// A property of one value at a time has had another until now, or has another since. Two literals contradict each
    /// other; two names do where it is said from when one holds, for otherwise they may be names of the same thing.
    private func closeContradicted(by record: inout FactRecord) throws {
        let functional = try changes.functional ?? functionalProperties()
        changes.functional = functional
        guard record.validTo == nil, functional.contains(record.quad.predicate) else { return }
        let quad = record.quad
        let same: StatementArguments = [quad.subject, quad.predicate, quad.graph, quad.object]
        // Each half has an index of its own.
        let halves = ["valid_to IS NULL", "valid_to IS NOT NULL"].map { half in
            """
            SELECT * FROM graph_quad
            WHERE subject = ? AND predicate = ? AND graph = ? AND object <> ? AND rule IS NULL AND \(half)
            """
        }
        let rows = try Row.fetchAll(
            db.cachedStatement(sql: halves.joined(separator: " UNION ALL ")),
            arguments: same + same
        )
        let begin = record.validFrom ?? recorded
        for other in try rows.map(FactRecord.init(row:)) {
            let isNamed = try !isLiteral(quad.object) || !isLiteral(other.quad.object)
            if isNamed, record.validFrom == nil, other.validFrom == nil { continue }
            let otherBegin = other.validFrom ?? .min
            if otherBegin > begin {
                record.validTo = min(record.validTo ?? .max, otherBegin)
            } else if other.validTo ?? .max > begin {
                try close(other, at: begin)
                // What takes another's place did not hold before.
                record.validFrom = begin
            }
        }
    }

    private func isLiteral(_ id: TermID) throws -> Bool {
        if case .literal = try term(of: id) { true } else { false }
    }

    private func functionalProperties() throws -> Set<TermID> {
        guard let type = try id(of: .iri(RDF.type)), let kind = try id(of: .iri(OWL.functionalProperty)) else {
            return []
        }
        return Set(
            try Int64.fetchAll(
                db,
                sql: "SELECT subject FROM graph_quad WHERE predicate = ? AND object = ? AND valid_to IS NULL",
                arguments: [type, kind]
            )
        )
    }

    /// Facts of a document that goes: those of passages that the document in its place has too stay, all others go.
    func forget(document: Int64, replacedBy other: Int64?) throws {
        let rows = try Row.fetchAll(db, sql: "SELECT * FROM graph_quad WHERE document = ?", arguments: [document])
        for record in try rows.map(FactRecord.init(row:)) {
            let stays =
                try other.map { other in
                    guard let passage = record.passage else { return true }
                    let sql = "SELECT 1 FROM passage WHERE document = ? AND key = ?"
                    return try Row.fetchOne(db, sql: sql, arguments: [other, passage]) != nil
                } ?? false
            guard stays else {
                try delete(record)
                continue
            }
            var moved = record
            moved.document = other
            try replace(record, by: moved)
        }
        if !rows.isEmpty { try finish() }
    }

    /// Ends a transaction's changes: what was inferred from facts that are gone goes too, and the sums are written.
    func finish() throws {
        if !changes.gone.isEmpty {
            let rows = try Row.fetchCursor(db, sql: "SELECT * FROM graph_quad WHERE rule IS NOT NULL ORDER BY id")
            // Premises come before what follows from them, so that one pass finds all.
            var without: [FactRecord] = []
            while let row = try rows.next() {
                let record = try FactRecord(row: row)
                guard record.premises.contains(where: changes.gone.contains) else { continue }
                changes.gone.insert(record.id)
                without.append(record)
            }
            for record in without { try delete(record) }
        }
        var tally = try changes.tally ?? GraphTally.stored(in: db)
        try tally.write(in: db)
        changes = GraphChanges()
    }
}
