// SPDX-License-Identifier: Apache-2.0
import Foundation
import GRDB

extension KnowledgeBase {
    /// Checks every stored byte that counts: SQLite's own check, the full-text index against its terms, and the
    /// checksum of every document, piece of text, passage, vector and setting; each passage is compared with its place
    /// in the text, its id and its terms with what they derive from.
    ///
    /// Cost: reads all of it. Damage is a line in the report, not an error.
    public func verify() async throws -> VerificationReport {
        let lock = try await WriteLock(path: store.lockPath, seconds: lockWait)
        defer { withExtendedLifetime(lock) {} }
        return verifyLocked()
    }

    private func verifyLocked() -> VerificationReport {
        var report = VerificationReport()
        func attempt(_ what: String, _ body: (Database) throws -> Void) {
            do {
                try store.pool.writeWithoutTransaction { db in try body(db) }
            } catch {
                let said = (error as? KnowledgeError)?.message ?? (error as? DatabaseError)?.message ?? "\(error)"
                report.problems.append("\(what): \(said)")
            }
        }
        attempt("database") { db in
            for line in try String.fetchAll(db, sql: "PRAGMA integrity_check") where line != "ok" {
                report.problems.append("database: \(line)")
            }
            for row in try Row.fetchAll(db, sql: "PRAGMA foreign_key_check") {
                report.problems.append("database: a row of `\(try row.value("table") as String)` belongs to nothing")
            }
        }
        attempt("full text") { db in
            try db.execute(sql: "INSERT INTO passage_terms (passage_terms) VALUES ('integrity-check')")
            let counts = try Row.fetchOne(
                db,
                sql: """
                    SELECT (SELECT COUNT(*) FROM passage) AS passages, (SELECT COUNT(*) FROM passage_terms) AS terms,
                        (SELECT COUNT(*) FROM vector) AS vectors
                    """
            )
            let passages: Int = try counts?.value("passages") ?? 0
            if try counts?.value("terms") ?? 0 != passages || counts?.value("vectors") ?? 0 != passages {
                report.problems.append("full text: passages, their terms and their vectors differ in number")
            }
        }
        attempt("settings") { db in
            for key in try String.fetchAll(db, sql: "SELECT key FROM setting ORDER BY key") {
                if !["version", "embedder"].contains(key) {
                    report.problems.append("settings: `\(key)` is none of ours")
                }
                _ = try Store.setting(key, in: db)
            }
            let documents = try Int.fetchOne(db, sql: "SELECT COUNT(*) FROM document") ?? 0
            if documents > 0, try Store.embedder(in: db) == nil {
                report.problems.append("settings: the embedder's identity is missing")
            }
        }
        var ids: [Int64] = []
        attempt("documents") { db in ids = try Int64.fetchAll(db, sql: "SELECT id FROM document ORDER BY name, id") }
        for id in ids {
            attempt("document row \(id)") { db in
                try Self.verify(document: id, in: db, report: &report)
            }
            report.documents += 1
        }
        return report
    }

    private static func verify(document id: Int64, in db: Database, report: inout VerificationReport) throws {
        guard let row = try Row.fetchOne(db, sql: "SELECT * FROM document WHERE id = ?", arguments: [id]) else {
            return
        }
        let record = try DocumentRecord(row: row)
        func note(_ what: String) { report.problems.append("document `\(record.name)`: \(what)") }
        if record.checksum != record.expectedChecksum { note("its record is not what was written") }

        let text = TextWindow(document: id)
        let rows = try Row.fetchCursor(
            db,
            sql: "SELECT * FROM passage WHERE document = ? ORDER BY ordinal",
            arguments: [id]
        )
        var ordinal = 0
        while let row = try rows.next() {
            let passage = try PassageRecord(row: row)
            let name = "passage \(ordinal) (`\(passage.key)`)"
            if passage.ordinal != ordinal || passage.checksum != passage.expectedChecksum {
                note("\(name) is not what was written")
            } else {
                if passage.key != PassageDraft.key(text: passage.text, headings: passage.headings) {
                    note("\(name): its id does not derive from its content")
                }
                if try text.slice(passage.start, passage.end, in: db) != passage.text {
                    note("\(name) is not the text at \(passage.start)..<\(passage.end)")
                }
                try verifyDerived(passage, name, in: db, note: note)
            }
            ordinal += 1
            report.passages += 1
        }
        if ordinal != record.passages { note("has \(ordinal) passages, \(record.passages) were written") }
        if try text.readAll(in: db) != record.characters { note("its text has not the length that was written") }
        for damaged in text.damaged { note("piece \(damaged) of its text is not what was written") }
    }

    private static func verifyDerived(
        _ passage: PassageRecord,
        _ name: String,
        in db: Database,
        note: (String) -> Void
    ) throws {
        if let row = try Row.fetchOne(
            db,
            sql: "SELECT data, checksum FROM vector WHERE passage = ?",
            arguments: [passage.id]
        ) {
            let data = Array(try row.value("data") as Data)
            if Checksum.of(data) != Array(try row.value("checksum") as Data) {
                note("the vector of \(name) is not what was written")
            }
        } else {
            note("the vector of \(name) is missing")
        }
        let terms = IndexTerms.of(text: passage.text, headings: passage.headings)
        let row = try Row.fetchOne(
            db,
            sql: "SELECT headings, body FROM passage_terms WHERE rowid = ?",
            arguments: [passage.id]
        )
        guard let row else { return note("the terms of \(name) are missing") }
        if try row.value("headings") as String != terms.headings.joined(separator: " ")
            || row.value("body") as String != terms.body.joined(separator: " ")
        {
            note("the terms of \(name) are not those of its text")
        }
    }
}

/// A document's text read front to back, with only the pieces in memory that the passage at hand needs.
private final class TextWindow {
    private let document: Int64
    private var scalars: [Unicode.Scalar] = []
    private var start = 0
    private var next = 0
    private var isAtEnd = false
    private(set) var damaged: [Int] = []

    init(document: Int64) { self.document = document }

    private func readNext(in db: Database) throws {
        let row = try Row.fetchOne(
            db,
            sql: "SELECT ordinal, text, checksum FROM chunk WHERE document = ? AND ordinal = ?",
            arguments: [document, next]
        )
        guard let row else {
            isAtEnd = true
            return
        }
        let text: String = try row.value("text")
        if Checksum.of([String(next), text]) != Array(try row.value("checksum") as Data) { damaged.append(next) }
        scalars.append(contentsOf: text.unicodeScalars)
        next += 1
    }

    /// Passages come in the order of their places.
    func slice(_ from: Int, _ to: Int, in db: Database) throws -> String? {
        guard from >= start, to >= from else { return nil }
        while start + scalars.count < to, !isAtEnd {
            let unneeded = min(scalars.count, from - start)
            scalars.removeFirst(unneeded)
            start += unneeded
            try readNext(in: db)
        }
        guard start + scalars.count >= to else { return nil }
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars[(from - start)..<(to - start)])
        return String(view)
    }

    /// Reads what is left and returns the length of the whole.
    func readAll(in db: Database) throws -> Int {
        while !isAtEnd {
            start += scalars.count
            scalars.removeAll(keepingCapacity: true)
            try readNext(in: db)
        }
        return start + scalars.count
    }
}
