// SPDX-License-Identifier: Apache-2.0
import CKernels

extension LexicalIndex {
    /// Whether the index holds what derives from the passages, no more and no less; throws where a row is damaged.
    ///
    /// Both sides are sums over all postings, so that neither has to be in memory.
    static func isExact(in db: Database) throws -> Bool {
        var derived = Digest()
        try forEachContent(in: db) { content in
            guard !content.terms.isEmpty else { return }
            derived.add(key: content.key, term: "", times: content.length)
            for (term, times) in content.terms { derived.add(key: content.key, term: term, times: times) }
        }
        var stored = Digest()
        for segment in try LexicalSegment.all(in: db) {
            let entries = try LexicalEntries(of: segment, in: db)
            let lengths = entries.lengths.map(Int.init)
            guard lengths.count(where: { $0 > 0 }) == segment.count, lengths.reduce(0, +) == segment.length else {
                return false
            }
            for (key, length) in zip(entries.keys, lengths) where length > 0 {
                stored.add(key: key, term: "", times: length)
            }
            let reader = LexicalRowReader(segment: segment.id, batch: 256)
            while let row = try reader.next(in: db) {
                let postings = try row.part.postings(
                    of: row.data,
                    segment: segment.id,
                    term: row.term,
                    entries: segment.entries
                )
                for posting in postings {
                    stored.add(key: entries.keys[Int(posting.entry)], term: row.term, times: Int(posting.times))
                }
            }
        }
        let orphans = try Int.fetchOne(
            db,
            sql: """
                SELECT (SELECT COUNT(*) FROM lexical_posting WHERE segment NOT IN (SELECT id FROM lexical_segment))
                    + (SELECT COUNT(*) FROM lexical_entry WHERE segment NOT IN (SELECT id FROM lexical_segment))
                """
        )
        return derived == stored && orphans == 0
    }

    /// Two sums, so that wrong postings do not make up for one another.
    private struct Digest: Equatable {
        var one: UInt64 = 0
        var other: UInt64 = 0

        mutating func add(key: UInt64, term: String, times: Int) {
            var term = term
            let hash = term.withUTF8 { ck_hash64(key &+ UInt64(times) << 40, $0.baseAddress, $0.count) }
            one &+= hash
            other &+= hash &* (hash | 1)
        }
    }
}
