// SPDX-License-Identifier: Apache-2.0
import Foundation

/// The full-text index as one that writes sees it. It derives from passages, so where it is missing, of another version
/// or not what was written, it is made again.
enum LexicalIndex {
    /// Raised with every change of the tables' content that `TermAnalyzer.version` does not tell.
    private static let version = "1.\(TermAnalyzer.version)"
    static let settingKey = "lexical"

    static func isCurrent(in db: Database) -> Bool { (try? Store.setting(settingKey, in: db)) == version }

    /// Makes the index again from all passages, each content once.
    static func rebuild(in db: Database) throws {
        for table in ["lexical_posting", "lexical_entry", "lexical_segment"] {
            try db.execute(sql: "DELETE FROM \(table)")
        }
        let writer = LexicalWriter(isRepairing: true)
        try forEachContent(in: db) { try writer.add($0, in: db) }
        try writer.flush(in: db)
        try Store.set(settingKey, version, in: db)
    }

    /// Every content that passages hold, each once.
    static func forEachContent(in db: Database, _ body: (LexicalContent) throws -> Void) throws {
        var last: Int64 = 0
        while true {
            let rows = try Row.fetchAll(
                db.cachedStatement(
                    sql: """
                        SELECT id, key, text, headings FROM passage WHERE id > ? AND NOT EXISTS
                            (SELECT 1 FROM passage AS earlier WHERE earlier.key = passage.key AND earlier.id < passage.id)
                        ORDER BY id LIMIT 256
                        """
                ),
                arguments: [last]
            )
            for row in rows {
                try body(content(row))
                last = try row.value("id")
            }
            if rows.isEmpty { return }
        }
    }

    private static func content(_ row: Row) throws -> LexicalContent {
        LexicalContent(
            key: try row.value("key"),
            text: try row.value("text"),
            headings: PassageRecord.decode(try row.value("headings"))
        )
    }

    // MARK: - Removal

    /// Deletes a document by `deletion`, and what stands in no other one from the index.
    static func remove(document: Int64, in db: Database, deletion: () throws -> Void) throws {
        var isDamaged = false
        do {
            try remove(contentsOnlyIn: document, in: db)
        } catch let error as KnowledgeError where error.code == .damaged {
            isDamaged = true
        }
        try deletion()
        if isDamaged { try rebuild(in: db) }
    }

    private static func remove(contentsOnlyIn document: Int64, in db: Database) throws {
        var last = -1
        while true {
            let rows = try Row.fetchAll(
                db.cachedStatement(
                    sql: """
                        SELECT ordinal, key, text, headings FROM passage WHERE document = ? AND ordinal > ?
                            AND NOT EXISTS (SELECT 1 FROM passage AS other WHERE other.key = passage.key
                                AND (other.document <> passage.document OR other.ordinal < passage.ordinal))
                        ORDER BY ordinal LIMIT 1024
                        """
                ),
                arguments: [document, last]
            )
            var contents: [UInt64: LexicalContent] = [:]
            for row in rows {
                let content = try content(row)
                if !content.terms.isEmpty { contents[content.key] = content }
                last = try row.value("ordinal")
            }
            if rows.isEmpty { return }
            try remove(contents: contents, in: db)
        }
    }

    static func remove(contents: [UInt64: LexicalContent], in db: Database) throws {
        var contents = contents
        for segment in try LexicalSegment.all(in: db) where !contents.isEmpty {
            try remove(&contents, from: segment, in: db)
        }
        guard contents.isEmpty else { throw LexicalPart.damage }
    }

    /// Takes out of a segment those contents that are in it.
    private static func remove(
        _ contents: inout [UInt64: LexicalContent],
        from segment: LexicalSegment,
        in db: Database
    ) throws {
        var entries = try LexicalEntries(of: segment, in: db)
        var removed: [String: Set<UInt32>] = [:]
        var changed: Set<Int> = []
        var left = segment
        for index in entries.keys.indices where entries.lengths[index] > 0 {
            guard let content = contents.removeValue(forKey: entries.keys[index]) else { continue }
            for term in content.terms.keys { removed[term, default: []].insert(UInt32(index)) }
            left.count -= 1
            left.length -= Int(entries.lengths[index])
            (entries.lengths[index], entries.keys[index]) = (0, 0)
            changed.insert(index / LexicalEntries.rowCapacity)
        }
        guard !changed.isEmpty else { return }
        guard left.count > 0 else { return try LexicalSegment.delete(segment.id, in: db) }
        for (term, places) in removed { try remove(places, of: term, from: segment, entries, in: db) }
        try entries.write(segment: segment.id, in: db, changed: changed)
        left.edition += 1
        try left.write(in: db)
    }

    private static func remove(
        _ places: Set<UInt32>,
        of term: String,
        from segment: LexicalSegment,
        _ entries: LexicalEntries,
        in db: Database
    ) throws {
        var places = places
        while let place = places.min() {
            let row = try Row.fetchOne(
                db.cachedStatement(
                    sql: """
                        SELECT term, part, count, data FROM lexical_posting
                        WHERE segment = ? AND term = ? AND part <= ? ORDER BY part DESC LIMIT 1
                        """
                ),
                arguments: [segment.id, term, Int64(place)]
            )
            guard let row = try row.map(LexicalRow.init) else { throw LexicalPart.damage }
            let old = try row.part.postings(of: row.data, segment: segment.id, term: term, entries: segment.entries)
            let kept = old.filter { places.remove($0.entry) == nil }
            guard !places.contains(place) else { throw LexicalPart.damage }
            try db.cachedStatement(sql: "DELETE FROM lexical_posting WHERE segment = ? AND term = ? AND part = ?")
                .execute(arguments: [segment.id, term, Int64(row.part.first)])
            try LexicalRow.write(kept[...], term: term, segment: segment.id, in: db) { posting in
                LexicalScoring.ratio(
                    times: posting.times,
                    length: entries.lengths[Int(posting.entry)],
                    averageLength: segment.average
                )
            }
        }
    }
}
