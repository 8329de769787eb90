// SPDX-License-Identifier: Apache-2.0
import Foundation

/// How the passages nearest in meaning are found.
public enum VectorSearch: String, Sendable, Codable, CaseIterable {
    /// Exactly below a million vectors, above by the graph of neighbours where there is one.
    case automatic
    /// By comparing all vectors.
    case exact
    /// By the graph of neighbours, if there is one, however few vectors there are.
    case approximate
}

/// The contents nearest to a question: candidates of the store, compared in full. Passages are told apart by their keys:
/// equal content is one.
struct PassageIndex: Sendable {
    /// The state of the knowledge base that it is of.
    let version: Int
    let candidates: any VectorCandidates

    /// More candidates than are wanted are compared in full, since bytes may put them in another order.
    static func candidates(for limit: Int) -> Int { 2 * max(100, limit) }

    /// The contents nearest to a vector with the exact inner products, best first; equal ones by key.
    func nearest(
        _ vector: [Float],
        limit: Int,
        among allowed: Set<Int64>? = nil,
        db: Database
    ) throws -> [(key: UInt64, score: Double)] {
        let wanted = Self.candidates(for: limit)
        let keys = try candidates.nearest(vector, wanted: wanted, among: allowed, in: db)
        var best = TopList<(key: UInt64, score: Double)>(limit: limit) { a, b in
            a.score != b.score ? a.score > b.score : a.key < b.key
        }
        for key in keys {
            if let score = try Self.similarity(of: key, to: vector, in: db) { best.insert((key, score)) }
        }
        return best.sorted()
    }

    /// The stored vectors of a content, one a window, or nil where it is not there.
    static func vectors(of key: UInt64, in db: Database) throws -> [Float]? {
        let statement = try db.cachedStatement(
            sql: """
                SELECT vector.data FROM passage JOIN vector ON vector.passage = passage.id WHERE passage.key = ?
                ORDER BY passage.id LIMIT 1
                """
        )
        return try Data.fetchOne(statement, arguments: [LexicalContent.key(of: key)]).map(Array.init(littleEndian:))
    }

    /// The largest inner product of a content's windows with a vector, in full precision.
    static func similarity(of key: UInt64, to vector: [Float], in db: Database) throws -> Double? {
        guard let rows = try vectors(of: key, in: db) else { return nil }
        guard !vector.isEmpty, rows.count % vector.count == 0 else {
            throw KnowledgeError(.damaged, "a passage's vector is missing or cut; run `martlet kb verify`")
        }
        return ExactProducts.scores(rows, vector).max().map(Double.init)
    }
}
