// SPDX-License-Identifier: Apache-2.0
import CKernels
import Foundation

/// Contents on their way into the full-text index: their postings stay in memory until they are enough for a segment.
/// All of it is part of the caller's transaction.
final class LexicalWriter {
    private var numbers: [String: Int] = [:]
    private var lists: [[Posting]] = []
    private var entries = LexicalEntries()
    private var languages = LanguageSet()
    private var postings = 0

    private let isRepairing: Bool

    /// About 60 MB of memory.
    private static let limit = 2_000_000

    init(isRepairing: Bool = false) { self.isRepairing = isRepairing }

    /// A content without terms is in no index.
    func add(_ content: LexicalContent, in db: Database) throws {
        guard !content.terms.isEmpty else { return }
        let entry = UInt32(entries.lengths.count)
        var length = 0
        for (term, times) in content.terms {
            length += times
            let number = numbers[term] ?? lists.count
            if number == lists.count {
                numbers[term] = number
                lists.append([])
            }
            lists[number].append(Posting(entry: entry, times: UInt32(clamping: times)))
        }
        entries.append(length: UInt32(clamping: length), key: content.key)
        languages.insert(content.language)
        postings += content.terms.count
        if postings >= Self.limit { try flush(in: db) }
    }

    /// Makes a segment of what is in memory, and of small segments a larger one.
    func flush(in db: Database) throws {
        guard !entries.lengths.isEmpty else { return }
        do {
            try writeSegment(in: db)
            try LexicalMerge.settle(in: db)
        } catch let error as KnowledgeError where error.code == .damaged && !isRepairing {
            // The passages of these contents are stored already, and the index is made again from all passages.
            try LexicalIndex.rebuild(in: db)
        }
        numbers.removeAll()
        lists.removeAll()
        entries = LexicalEntries()
        languages = []
        postings = 0
    }

    private func writeSegment(in db: Database) throws {
        let known = try LexicalSegment.all(in: db)
        let length = entries.lengths.reduce(0) { $0 + Int($1) }
        let count = entries.lengths.count
        let scoring = LexicalScoring(
            count: known.reduce(count) { $0 + $1.count },
            totalLength: known.reduce(length) { $0 + $1.length }
        )
        let segment = LexicalSegment(
            id: try LexicalSegment.make(in: db),
            entries: count,
            count: count,
            length: length,
            average: max(1, scoring.averageLength),
            languages: languages,
            edition: 0
        )
        // In the order of the table, so that each row goes to the end of it.
        for (term, number) in numbers.sorted(by: { $0.key < $1.key }) {
            try LexicalRow.write(lists[number][...], term: term, segment: segment.id, in: db) { posting in
                LexicalScoring.ratio(
                    times: posting.times,
                    length: entries.lengths[Int(posting.entry)],
                    averageLength: segment.average
                )
            }
        }
        try entries.write(segment: segment.id, in: db)
        try segment.write(in: db)
    }
}
