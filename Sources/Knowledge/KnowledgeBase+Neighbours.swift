// SPDX-License-Identifier: Apache-2.0

extension KnowledgeBase {
    /// The passages of the same document before and after one that was found, up to `count` on either side, in the
    /// order of the text. Their scores are 0.
    public func neighbours(of hit: Hit, count: Int) throws -> (before: [Hit], after: [Hit]) {
        try read { db in
            guard let place = try self.place(of: hit, in: db) else { return ([], []) }
            let count = max(0, count)
            let first = place.ordinal.subtractingReportingOverflow(count)
            let last = place.ordinal.addingReportingOverflow(count)
            let before = try self.passages(
                place,
                (first.overflow ? 0 : first.partialValue)..<place.ordinal,
                named: hit.document,
                db: db
            )
            let after = try self.passages(
                place,
                (place.ordinal + 1)..<max(place.ordinal + 1, last.overflow ? .max : last.partialValue + 1),
                named: hit.document,
                db: db
            )
            return (before, after)
        }
    }

    /// All passages that stand with one under the same headings, it among them, in the order of the text.
    public func section(of hit: Hit) throws -> [Hit] {
        try read { db in
            guard let place = try self.place(of: hit, in: db) else { return [] }
            let rows = try Row.fetchAll(
                db,
                sql: "SELECT ordinal FROM passage WHERE document = ? AND headings = ? ORDER BY ordinal",
                arguments: [place.document, PassageRecord.encode(hit.headings)]
            )
            let ordinals = Set(try rows.map { try $0.value("ordinal") as Int })
            // The same headings may come again elsewhere: only the stretch around the passage is its section.
            var (first, last) = (place.ordinal, place.ordinal)
            while ordinals.contains(first - 1) { first -= 1 }
            while ordinals.contains(last + 1) { last += 1 }
            return try self.passages(place, first..<(last + 1), named: hit.document, db: db)
        }
    }

    private func place(of hit: Hit, in db: Database) throws -> (document: Int64, ordinal: Int)? {
        let row = try Row.fetchOne(
            db,
            sql: """
                SELECT passage.document, passage.ordinal FROM passage
                JOIN document ON document.id = passage.document
                WHERE passage.key = ? AND document.name = ? AND passage.start = ?
                """,
            arguments: [hit.passage, hit.document, hit.start]
        )
        return try row.map { (try $0.value("document"), try $0.value("ordinal")) }
    }

    private func passages(
        _ place: (document: Int64, ordinal: Int),
        _ ordinals: Range<Int>,
        named name: String,
        db: Database
    ) throws -> [Hit] {
        try Row.fetchAll(
            db,
            sql: "SELECT * FROM passage WHERE document = ? AND ordinal >= ? AND ordinal < ? ORDER BY ordinal",
            arguments: [place.document, ordinals.lowerBound, ordinals.upperBound]
        )
        .map { try PassageRecord(row: $0).hit(in: name, score: 0) }
    }
}
