// SPDX-License-Identifier: Apache-2.0
import CKernels
import Foundation

/// The full-text index as one that searches sees it, at one moment of the knowledge base.
struct LexicalSearch {
    private let db: Database
    private let cache: LexicalCache
    private let segments: [LexicalSegment]
    private let scoring: LexicalScoring

    /// Terms of a question at most.
    static let termLimit = 1_024

    /// Reads inside the caller's transaction. Throws `damaged` where the index is not what was written.
    init(_ db: Database, _ cache: LexicalCache) throws {
        self.db = db
        self.cache = cache
        segments = try LexicalSegment.all(in: db)
        scoring = LexicalScoring(
            count: segments.reduce(0) { $0 + $1.count },
            totalLength: segments.reduce(0) { $0 + $1.length }
        )
        cache.keepOnly(segments)
    }

    /// Languages that contents are in.
    var languages: LanguageSet { segments.reduce(into: []) { $0.formUnion($1.languages) } }

    /// How many contents there are, and the sum of their lengths.
    var statistics: (count: Int, totalLength: Int) { (scoring.count, scoring.totalLength) }

    /// How many contents hold a term.
    func count(of term: String) throws -> Int {
        try segments.reduce(0) { try $0 + cache.list(term, in: $1, db: db).count }
    }

    /// How rare a term is.
    func inverseDocumentFrequency(of term: String) throws -> Double {
        LexicalScoring.inverseDocumentFrequency(count: min(try count(of: term), scoring.count), total: scoring.count)
    }

    /// The keys and scores of the passages that have the best scores for some terms, best first: exactly those that
    /// scoring every passage would give. Equal scores are ordered by key, and equal content has one key.
    func ranked(_ terms: [String], limit: Int) throws -> [(key: String, score: Double)] {
        let terms = Array(terms.prefix(Self.termLimit))
        let limit = min(limit, scoring.count)
        guard limit > 0, !terms.isEmpty else { return [] }
        let lists = try terms.map { term in try segments.map { try cache.list(term, in: $0, db: db) } }
        let weights = lists.map { scoring.weight(count: $0.reduce(0) { $0 + $1.count }) }
        var hits = [ck_postings_hit](repeating: ck_postings_hit(), count: limit)
        var held: UInt32 = 0
        let scratch = UnsafeMutableRawPointer.allocate(
            byteCount: ck_postings_scratch(UInt32(terms.count)),
            alignment: 64
        )
        defer { scratch.deallocate() }
        // The largest first, so that the threshold is high for the others.
        for (index, segment) in segments.enumerated().sorted(by: { $0.element.count > $1.element.count }) {
            let present = zip(lists, weights).filter { $0.0[index].count > 0 }
            if present.isEmpty { continue }
            let entries = try cache.entries(of: segment, in: db)
            let outcome = entries.lengths.withUnsafeBufferPointer { lengths in
                entries.keys.withUnsafeBufferPointer { keys in
                    var query = ck_postings_query(
                        lengths: lengths.baseAddress,
                        keys: keys.baseAddress,
                        entries: UInt32(segment.entries),
                        k1: LexicalScoring.saturation,
                        flat: scoring.flat,
                        slope: scoring.slope,
                        stretch: scoring.stretch(from: segment.average)
                    )
                    let found = present.map { $0.0[index].list(weight: $0.1) }
                    return ck_postings_search(&query, found, UInt32(found.count), scratch, &hits, &held, UInt32(limit))
                }
            }
            withExtendedLifetime(lists) {}
            guard outcome == 0 else { throw LexicalPart.damage }
        }
        return hits.prefix(Int(held)).sorted { ($1.score, $0.key) < ($0.score, $1.key) }
            .map { (LexicalContent.key(of: $0.key), Double($0.score) / LexicalScoring.ticks) }
    }
}
