// SPDX-License-Identifier: Apache-2.0
import Foundation

extension KnowledgeBase {
    /// Checks every stored byte that counts: SQLite's own check, the full-text index against the passages, and the
    /// checksum of every document, piece of text, passage, vector and setting; each passage is compared with its place
    /// in the text, its id with what it derives from.
    ///
    /// Cost: reads all of it. Damage is a line in the report, not an error.
    public func verify() async throws -> VerificationReport {
        let lock = try await store.lock(seconds: lockWait)
        defer { withExtendedLifetime(lock) {} }
        return verifyLocked()
    }

    private func verifyLocked() -> VerificationReport {
        var report = VerificationReport()
        func attempt(_ what: String, _ body: (Database) throws -> Void) {
            do {
                try store.read { db in try body(db) }
            } catch {
                let error = store.translated(error)
                report.problems.append("\(what): \((error as? KnowledgeError)?.message ?? "\(error)")")
            }
        }
        attempt("database") { db in
            report.problems += try store.problems(in: db).map { "database: \($0)" }
        }
        attempt("full text") { db in
            if try !LexicalIndex.isCurrent(in: db) || !LexicalIndex.isExact(in: db) {
                report.problems.append("full text: its terms are not those of the passages")
            }
        }
        attempt("vectors") { db in
            let counts = try Row.fetchOne(
                db,
                sql: "SELECT (SELECT COUNT(*) FROM passage) AS passages, (SELECT COUNT(*) FROM vector) AS vectors"
            )
            if try counts?.value("passages") as Int? != counts?.value("vectors") {
                report.problems.append("vectors: passages and vectors differ in number")
            }
        }
        attempt("settings") { db in
            for key in try String.fetchAll(db, sql: "SELECT key FROM setting ORDER BY key") {
                let ours = [
                    "version", "embedder", LexicalIndex.settingKey, GraphTally.settingKey, LinkingState.settingKey,
                ]
                if !ours.contains(key) {
                    report.problems.append("settings: `\(key)` is none of ours")
                }
                _ = try Store.setting(key, in: db)
            }
            let documents = try Int.fetchOne(db, sql: "SELECT COUNT(*) FROM document") ?? 0
            if documents > 0, try Store.embedder(in: db) == nil {
                report.problems.append("settings: the embedder's identity is missing")
            }
        }
        attempt("graph of neighbours") { db in
            if let problem = try store.vectors.problem(in: db) {
                report.problems.append("graph of neighbours: \(problem)")
            }
        }
        attempt("graph") { db in report.problems += try GraphSchema.problems(in: db) }
        attempt("entities") { db in report.problems += try EntityLinks.problems(in: db) }
        var labels: [(id: Int64, label: String)] = []
        attempt("documents") { db in
            for row in try Row.fetchAll(db, sql: "SELECT id, name FROM document ORDER BY name, id") {
                let id: Int64 = try row.value("id")
                // A damaged name is still the best one there is.
                let name = row["name"].description
                labels.append((id, name.isEmpty || name == "NULL" ? "document row \(id)" : "document `\(name)`"))
            }
        }
        for (id, label) in labels {
            attempt(label) { db in try verify(document: id, label, in: db, report: &report) }
            report.documents += 1
        }
        return report
    }

    private func verify(
        document id: Int64,
        _ label: String,
        in db: Database,
        report: inout VerificationReport
    ) throws {
        guard let row = try Row.fetchOne(db, sql: "SELECT * FROM document WHERE id = ?", arguments: [id]) else {
            return
        }
        let record = try DocumentRecord(row: row)
        func note(_ what: String) { report.problems.append("\(label): \(what)") }
        if record.checksum != record.expectedChecksum { note("its record is not what was written") }

        let text = TextWindow(document: id)
        let rows = try Row.fetchCursor(
            db,
            sql: "SELECT * FROM passage WHERE document = ? ORDER BY ordinal",
            arguments: [id]
        )
        var ordinal = 0
        while let row = try rows.next() {
            do {
                try verify(PassageRecord(row: row), at: ordinal, text, in: db, note: note)
            } catch let error as KnowledgeError {
                note("passage \(ordinal): \(error.message)")
            }
            ordinal += 1
            report.passages += 1
        }
        let dimension = try Store.embedder(in: db)?.dimension ?? 0
        if try !store.vectors.isExact(document: id, dimension: dimension, in: db) {
            note("its vectors stored small do not derive from the full ones")
        }
        if ordinal != record.passages { note("has \(ordinal) passages, \(record.passages) were written") }
        if try text.readAll(in: db) != record.characters { note("its text has not the length that was written") }
        for damaged in text.damaged { note("piece \(damaged) of its text is not what was written") }
    }

    private func verify(
        _ passage: PassageRecord,
        at ordinal: Int,
        _ text: TextWindow,
        in db: Database,
        note: (String) -> Void
    ) throws {
        let name = "passage \(ordinal) (`\(passage.key)`)"
        guard passage.ordinal == ordinal, passage.checksum == passage.expectedChecksum else {
            return note("\(name) is not what was written")
        }
        if passage.key != PassageDraft.key(text: passage.text, headings: passage.headings) {
            note("\(name): its id does not derive from its content")
        }
        if try text.slice(passage.start, passage.end, in: db) != passage.text {
            note("\(name) is not the text at \(passage.start)..<\(passage.end)")
        }
        let row = try Row.fetchOne(
            db,
            sql: "SELECT data, checksum FROM vector WHERE passage = ?",
            arguments: [passage.id]
        )
        guard let row else { return note("the vector of \(name) is missing") }
        if Checksum.of(Array(try row.value("data") as Data)) != Array(try row.value("checksum") as Data) {
            note("the vector of \(name) is not what was written")
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
