// SPDX-License-Identifier: Apache-2.0
import Foundation
import GRDB

/// How the passages nearest in meaning are found.
public enum VectorSearch: String, Sendable, Codable, CaseIterable {
    /// Exactly below a million vectors, above by the graph of neighbours where there is one.
    case automatic
    /// By comparing all vectors.
    case exact
    /// By the graph of neighbours, if there is one, however few vectors there are.
    case approximate
}

/// What a search by meaning needs in memory: the vectors as bytes, or the graph of neighbours and the vectors of the
/// documents that came after it. Passages are told apart by their keys: equal content is one.
final class PassageIndex: Sendable {
    /// From how many vectors on the graph answers.
    static let exactLimit = 1_000_000
    /// What a graph must have found of the true nearest, where it was measured, to be used unless it is asked for.
    private static let leastRecall = 0.98
    /// The graph is left alone where more than this share of its rows is of content that is gone.
    private static let staleShare = 0.2

    let version: Int
    let dimension: Int
    /// The graph with the digest of its file.
    let graph: (graph: VectorGraph, digest: [UInt8])?
    /// The vectors that the graph does not hold.
    let matrix: VectorMatrix

    /// `known` is what is in memory already; a graph that is still the stored one is not read again.
    init(db: Database, version: Int, search: VectorSearch, graphPath: String, known: PassageIndex?) throws {
        self.version = version
        dimension = try Store.embedder(in: db)?.dimension ?? 0
        var covered: Int64 = 0
        var found: (graph: VectorGraph, digest: [UInt8])?
        if try Self.isWanted(search, in: db), let record = try VectorGraphRecord(in: db), record.dimension == dimension,
            try Self.isFresh(record, in: db), search == .approximate || record.recall >= Self.leastRecall
        {
            if let graph = known?.graph, graph.digest == record.digest {
                found = graph
            } else {
                found = VectorGraph(path: graphPath, record: record).map { ($0, record.digest) }
            }
            if found != nil { covered = record.covered }
        }
        graph = found
        matrix = try VectorMatrix(after: covered, dimension: dimension, in: db)
    }

    private static func isWanted(_ search: VectorSearch, in db: Database) throws -> Bool {
        switch search {
        case .exact: return false
        case .approximate: return true
        case .automatic:
            return try Int.fetchOne(db, sql: "SELECT SUM(rows) FROM vector_block") ?? 0 >= exactLimit
        }
    }

    private static func isFresh(_ record: VectorGraphRecord, in db: Database) throws -> Bool {
        let left = try Int.fetchOne(
            db,
            sql: "SELECT SUM(rows) FROM vector_block WHERE document <= ?",
            arguments: [record.covered]
        )
        return Double(left ?? 0) >= (1 - staleShare) * Double(record.keys.count)
    }

    /// More candidates than are wanted are compared in full, since bytes may put them in another order.
    static func candidates(for limit: Int) -> Int { 2 * max(100, limit) }

    /// The contents nearest to a vector with the exact inner products, best first; equal ones by key.
    func nearest(
        _ vector: [Float],
        limit: Int,
        among allowed: Set<Int64>? = nil,
        db: Database
    ) throws -> [(key: UInt64, score: Double)] {
        let query = ByteVector(vector)
        let wanted = Self.candidates(for: limit)
        var keys: [UInt64]
        if let allowed, graph != nil {
            // A graph has no way to the passages of some documents alone; their vectors are read.
            keys = try VectorMatrix(of: allowed, dimension: dimension, in: db).nearest(query, limit: wanted).map(\.key)
        } else {
            keys = matrix.nearest(query, limit: wanted, among: allowed).map(\.key)
            if let graph {
                let known = Set(keys)
                keys += try graph.graph.nearest(query, limit: wanted).map(\.key).filter { !known.contains($0) }
            }
        }
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
