// SPDX-License-Identifier: Apache-2.0
import Foundation

/// What a search by meaning needs in memory: the vectors as bytes, or the graph of neighbours and the vectors of the
/// documents that came after it. Passages are told apart by their keys: equal content is one.
final class MemoryCandidates: VectorCandidates {
    /// From how many vectors on the graph answers.
    static let exactLimit = 1_000_000
    /// What a graph must have found of the true nearest, where it was measured, to be used unless it is asked for.
    private static let leastRecall = 0.98
    /// The graph is left alone where more than this share of its rows is of content that is gone.
    private static let staleShare = 0.2

    private let dimension: Int
    /// The graph with the digest of its file.
    private let graph: (graph: VectorGraph, digest: [UInt8])?
    /// The vectors that the graph does not hold.
    private let matrix: VectorMatrix

    /// `known` is what is in memory already; a graph that is still the stored one is not read again.
    init(_ search: VectorSearch, graphPath: String, known: MemoryCandidates?, in db: Database) throws {
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

    func nearest(_ vector: [Float], wanted: Int, among allowed: Set<Int64>?, in db: Database) throws -> [UInt64] {
        let query = ByteVector(vector)
        if let allowed, graph != nil {
            // A graph has no way to the passages of some documents alone; their vectors are read.
            return try VectorMatrix(of: allowed, dimension: dimension, in: db).nearest(query, limit: wanted).map(\.key)
        }
        var keys = matrix.nearest(query, limit: wanted, among: allowed).map(\.key)
        if let graph {
            let known = Set(keys)
            keys += try graph.graph.nearest(query, limit: wanted).map(\.key).filter { !known.contains($0) }
        }
        return keys
    }
}
