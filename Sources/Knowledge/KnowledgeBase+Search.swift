// SPDX-License-Identifier: Apache-2.0
import Foundation
import GRDB

extension KnowledgeBase {
    /// The best passages for a question, best first; equal content of several documents once, from the one whose name
    /// comes first. In `hybrid` mode the vectors have no say where the embedder's vocabulary misses more than a fifth
    /// of the question's words. An empty question finds nothing.
    ///
    /// Cost: postings of the question's terms, and one scan of all vectors.
    public func search(_ query: String, top: Int = 10, mode: SearchMode = .hybrid) async throws -> [Hit] {
        try await search([query], top: top, mode: mode).first ?? []
    }

    /// The best passages for each of many questions, as if each were asked alone.
    public func search(_ queries: [String], top: Int = 10, mode: SearchMode = .hybrid) async throws -> [[Hit]] {
        guard top > 0 else { throw KnowledgeError(.badArgument, "a search for \(top) passages; ask for 1 or more") }
        let vectors = mode == .lexical ? queries.map { _ in nil } : try await queryVectors(queries, mode: mode)
        return try zip(queries, vectors).map { query, vector in
            try read { db in try self.hits(query, vector: vector, top: top, mode: mode, db: db) }
        }
    }

    /// A vector for each question whose meaning counts, made in batches.
    private func queryVectors(_ queries: [String], mode: SearchMode) async throws -> [[Float]?] {
        let isEmpty = try read { db in
            try checkEmbedder(in: db)
            return try Int.fetchOne(db, sql: "SELECT 1 FROM document WHERE name IS NOT NULL LIMIT 1") == nil
        }
        if isEmpty { return queries.map { _ in nil } }
        guard let embedding else {
            throw KnowledgeError(
                .wrongEmbedder,
                "a search by meaning needs an embedder; open the knowledge base with one, or search in "
                    + "mode lexical"
            )
        }
        var vectors = [[Float]?](repeating: nil, count: queries.count)
        let wanted = try queries.indices.filter { index in
            let query = queries[index]
            if query.allSatisfy(\.isWhitespace) { return false }
            return try mode == .semantic || embedding.unknownShare(query) <= 0.2
        }
        for start in stride(from: 0, to: wanted.count, by: 32) {
            let part = wanted[start..<min(wanted.count, start + 32)]
            let made = try await embedding.checkedVectors(part.map { queries[$0] })
            for (index, vector) in zip(part, made) { vectors[index] = vector }
        }
        return vectors
    }

    private func hits(_ query: String, vector: [Float]?, top: Int, mode: SearchMode, db: Database) throws -> [Hit] {
        let index = try currentIndex(in: db)
        let depth = max(100, top)
        var lexical: [(position: Int, score: Double)] = []
        if mode != .semantic {
            let scores = try LexicalRanking.scores(TermAnalyzer.queryTerms(of: query), in: index, db: db)
            lexical = index.ranked(scores, limit: depth)
        }
        var semantic: [(position: Int, score: Double)] = []
        if let vector {
            let scores = index.vectors.scores(vector)
            semantic = index.ranked(scores.enumerated().map { ($0.offset, Double($0.element)) }, limit: depth)
        }
        let ranked: [(position: Int, score: Double)]
        switch mode {
        case .lexical: ranked = Array(lexical.prefix(top))
        case .semantic: ranked = Array(semantic.prefix(top))
        case .hybrid:
            let fused = ReciprocalRankFusion.fuse([lexical.map(\.position), semantic.map(\.position)])
            ranked = index.ranked(fused, limit: top)
        }
        return try ranked.map { try hit(index.entries[$0.position], score: $0.score, db: db) }
    }

    private func hit(_ entry: PassageIndex.Entry, score: Double, db: Database) throws -> Hit {
        guard
            let record = try Row.fetchOne(db, sql: "SELECT * FROM passage WHERE id = ?", arguments: [entry.id])
                .map(PassageRecord.init), record.checksum == record.expectedChecksum
        else {
            throw KnowledgeError(
                .damaged,
                "a stored passage of `\(entry.document)` is not what was written; run `martlet kb verify`",
                subject: entry.document
            )
        }
        return Hit(
            document: entry.document,
            passage: record.key,
            score: score,
            text: record.text,
            start: record.start,
            end: record.end,
            headings: record.headings
        )
    }

    /// The share of a question's terms, weighted by their rarity here, that the texts speak of: 0 to 1.
    package func coverage(of question: String, by texts: [String]) throws -> Double {
        try read { db in
            let total = try Int.fetchOne(db, sql: "SELECT COUNT(*) FROM passage") ?? 0
            return try Coverage.share(of: question, by: texts, total: total, db: db)
        }
    }
}
