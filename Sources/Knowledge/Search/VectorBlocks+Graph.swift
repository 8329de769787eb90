// SPDX-License-Identifier: Apache-2.0
import Foundation

extension VectorBlocks {
    /// Questions on which a graph's recall is measured, and the nearest that count.
    private static let (sample, nearest) = (100, 10)
    /// The recall from which on a wider search is not worth its time.
    private static let enough = 0.99

    func buildGraph(for base: KnowledgeBase, progress: (@Sendable (Int, Int) -> Void)?) async throws {
        let (record, matrix) = try base.read { db in
            let dimension = try Store.embedder(in: db)?.dimension ?? 0
            return (try VectorGraphRecord(in: db), try VectorMatrix(dimension: dimension, in: db))
        }
        guard let covered = matrix.documents.last?.id, matrix.rowCount > 0 else { return }
        let graph: VectorGraph
        let isKept = record.map { Double(Set($0.keys).subtracting(matrix.keys).count) < 0.1 * Double($0.keys.count) }
        if let record, isKept == true, record.dimension == matrix.dimension,
            let known = VectorGraph(path: graphPath, record: record, spare: matrix.rowCount)
        {
            graph = known
        } else {
            graph = try VectorGraph(dimension: matrix.dimension, capacity: matrix.rowCount)
        }
        try graph.add(matrix, progress: progress)
        let recall = try base.read { db in try Self.adjust(graph, to: matrix, in: db) }
        let part = graphPath + ".part"
        defer { try? FileManager.default.removeItem(atPath: part) }
        let digest = try graph.write(to: part)
        let fresh = VectorGraphRecord(
            covered: covered,
            dimension: matrix.dimension,
            digest: digest,
            breadth: graph.breadth,
            recall: recall,
            sample: Self.sample,
            keys: graph.keys
        )
        let path = graphPath
        try await base.write { db in
            // A file that the record does not tell of is as good as none.
            guard rename(part, path) == 0 else {
                throw KnowledgeError(.notWritable, "`\(path)` cannot be written; check the folder", subject: path)
            }
            try fresh.write(in: db)
            try Store.bumpVersion(in: db)
        }
    }

    /// Gives the graph twice the least breadth that finds nearly all of the true nearest ten, and returns what it finds
    /// then: the mean share that is no farther than the true tenth. A question of the sample is the middle between two
    /// passages, since questions are seldom as near to one as passages are to themselves.
    private static func adjust(_ graph: VectorGraph, to matrix: VectorMatrix, in db: Database) throws -> Double {
        var numbers = SystemRandomNumberGenerator()
        let depth = PassageIndex.candidates(for: nearest)
        func best(_ keys: [UInt64], _ vector: [Float]) throws -> [Double] {
            let scores = try keys.compactMap { try PassageIndex.similarity(of: $0, to: vector, in: db) }
            return Array(scores.sorted(by: >).prefix(nearest))
        }
        var questions: [(vector: [Float], tenth: Double, count: Int)] = []
        for _ in 0..<sample {
            let pair = try [0, 1].compactMap { _ -> [Float]? in
                guard let key = matrix.keys.randomElement(using: &numbers) else { return nil }
                return try PassageIndex.vectors(of: key, in: db).map { Array($0.prefix(matrix.dimension)) }
            }
            guard pair.count == 2 else { continue }
            let middle = zip(pair[0], pair[1]).map { $0 + $1 }
            let truth = try best(matrix.nearest(ByteVector(middle), limit: depth).map(\.key), middle)
            if let tenth = truth.last { questions.append((middle, tenth, truth.count)) }
        }
        func recall() throws -> Double {
            let shares = try questions.map { question in
                let keys = try graph.nearest(ByteVector(question.vector), limit: depth).map(\.key)
                let found = try best(keys, question.vector).filter { $0 >= question.tenth }
                return Double(found.count) / Double(question.count)
            }
            return shares.isEmpty ? 1 : shares.reduce(0, +) / Double(shares.count)
        }
        for breadth in VectorGraph.breadths {
            graph.breadth = breadth
            if try recall() >= enough { break }
        }
        graph.breadth *= 2
        return try recall()
    }
}
