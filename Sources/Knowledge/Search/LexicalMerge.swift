// SPDX-License-Identifier: Apache-2.0
import CKernels
import Foundation

/// Segments made one, so that there are few however many documents there were: as soon as there are eight of one tier at
/// the end, tiers being powers of eight of their contents. So each posting is written anew at most once a tier.
enum LexicalMerge {
    private static let width = 8
    /// Rows of a segment in memory at once.
    private static let batch = 256

    static func settle(in db: Database) throws {
        while let segments = try due(LexicalSegment.all(in: db)) { try merge(segments, in: db) }
    }

    /// The segments at the end that are to be one.
    static func due(_ segments: [LexicalSegment]) -> ArraySlice<LexicalSegment>? {
        let tiers = segments.map { ($0.entries.bitWidth - $0.entries.leadingZeroBitCount - 1) / 3 }
        for tier in Set(tiers).sorted() {
            let start = (tiers.lastIndex { $0 > tier } ?? -1) + 1
            let total = segments[start...].reduce(0) { $0 + $1.entries }
            if tiers[start...].count(where: { $0 == tier }) >= width, total <= LexicalSegment.limit {
                return segments[start...]
            }
        }
        return nil
    }

    /// Makes one segment of several that follow one another, without what was removed.
    static func merge(_ segments: ArraySlice<LexicalSegment>, in db: Database) throws {
        var entries = LexicalEntries()
        var places: [[UInt32]] = []
        for segment in segments {
            let old = try LexicalEntries(of: segment, in: db)
            places.append(
                zip(old.lengths, old.keys).map { length, key in
                    guard length > 0 else { return .max }
                    entries.append(length: length, key: key)
                    return UInt32(entries.lengths.count - 1)
                }
            )
        }
        let all = try LexicalSegment.all(in: db)
        let scoring = LexicalScoring(
            count: all.reduce(0) { $0 + $1.count },
            totalLength: all.reduce(0) { $0 + $1.length }
        )
        if !entries.lengths.isEmpty {
            let merged = LexicalSegment(
                id: try LexicalSegment.make(in: db),
                entries: entries.lengths.count,
                count: entries.lengths.count,
                length: entries.lengths.reduce(0) { $0 + Int($1) },
                average: max(1, scoring.averageLength),
                languages: segments.reduce(into: []) { $0.formUnion($1.languages) },
                edition: 0
            )
            try mergePostings(of: segments, places, into: merged, entries, in: db)
            try entries.write(segment: merged.id, in: db)
            try merged.write(in: db)
        }
        for segment in segments { try LexicalSegment.delete(segment.id, in: db) }
    }

    private static func mergePostings(
        of segments: ArraySlice<LexicalSegment>,
        _ places: [[UInt32]],
        into merged: LexicalSegment,
        _ entries: LexicalEntries,
        in db: Database
    ) throws {
        let readers = segments.map { LexicalRowReader(segment: $0.id, batch: batch) }
        var pending: [Posting] = []
        while true {
            var least: String?
            for reader in readers {
                guard let term = try reader.term(in: db) else { continue }
                if least.map({ term.utf8.lexicographicallyPrecedes($0.utf8) }) ?? true { least = term }
            }
            guard let term = least else { return }
            func write(_ slice: ArraySlice<Posting>) throws {
                try LexicalRow.write(slice, term: term, segment: merged.id, in: db) { posting in
                    LexicalScoring.ratio(
                        times: posting.times,
                        length: entries.lengths[Int(posting.entry)],
                        averageLength: merged.average
                    )
                }
            }
            for (index, (segment, reader)) in zip(segments, readers).enumerated() {
                while try reader.term(in: db) == term, let row = try reader.next(in: db) {
                    let old = try row.part.postings(
                        of: row.data,
                        segment: segment.id,
                        term: term,
                        entries: segment.entries
                    )
                    for posting in old {
                        let place = places[index][Int(posting.entry)]
                        guard place != .max else { throw LexicalPart.damage }
                        pending.append(Posting(entry: place, times: posting.times))
                    }
                    let whole = pending.count / LexicalPart.capacity * LexicalPart.capacity
                    if whole > 0 {
                        try write(pending.prefix(whole))
                        pending.removeFirst(whole)
                    }
                }
            }
            try write(pending[...])
            pending.removeAll(keepingCapacity: true)
        }
    }
}

/// The rows of a segment in order, some at a time, so that no statement stays open while others write.
final class LexicalRowReader {
    private let segment: Int64
    private let batch: Int
    private var rows: ArraySlice<LexicalRow> = []
    private var last: (term: String, part: Int64) = ("", -1)
    private var isAtEnd = false

    init(segment: Int64, batch: Int) {
        self.segment = segment
        self.batch = batch
    }

    /// The term of the row to come.
    func term(in db: Database) throws -> String? {
        if rows.isEmpty, !isAtEnd {
            let statement = try db.cachedStatement(
                sql: """
                    SELECT term, part, count, data FROM lexical_posting
                    WHERE segment = ? AND (term, part) > (?, ?) ORDER BY term, part LIMIT ?
                    """
            )
            let read = try Row.fetchAll(statement, arguments: [segment, last.term, last.part, batch])
                .map(LexicalRow.init)
            isAtEnd = read.count < batch
            if let final = read.last { last = (final.term, Int64(final.part.first)) }
            rows = read[...]
        }
        return rows.first?.term
    }

    func next(in db: Database) throws -> LexicalRow? {
        try term(in: db) == nil ? nil : rows.removeFirst()
    }
}
