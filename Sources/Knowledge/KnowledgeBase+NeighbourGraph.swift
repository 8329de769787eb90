// SPDX-License-Identifier: Apache-2.0
import Foundation

/// What a knowledge base knows of the speed and faithfulness of its search by meaning.
public struct VectorStatistics: Sendable, Codable, Hashable {
    /// Vectors, one for each window of a passage.
    public var vectors: Int
    /// Vectors in the graph of neighbours; 0 where there is none.
    public var inGraph: Int
    /// The share of the true nearest ten that the graph found when it was made.
    public var recall: Double?
    /// On how many questions that was measured.
    public var sample: Int?
}

extension KnowledgeBase {
    /// Makes or brings up to date what finds the nearest of more than a million vectors without comparing all: a graph
    /// of neighbours. Measures what it finds of the true nearest. `progress` is told rows done and rows to do.
    ///
    /// Cost: about a millisecond of one core for each new vector; memory as for an exact search and as much again.
    @discardableResult
    public func buildGraph(progress: (@Sendable (Int, Int) -> Void)? = nil) async throws -> VectorStatistics {
        try await store.vectors.buildGraph(for: self, progress: progress)
        return try vectorStatistics()
    }

    /// How many vectors there are, and how faithful the graph is.
    public func vectorStatistics() throws -> VectorStatistics {
        try read { db in try store.vectors.statistics(in: db) }
    }
}
