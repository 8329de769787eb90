// SPDX-License-Identifier: Apache-2.0

/// How the vectors of passages are kept beside the full ones, so that the nearest are soon found. All of it derives from
/// the tables `passage` and `vector`.
protocol VectorStorage: Sendable {
    /// Keeps the vectors of a document, whose passages are stored, anew.
    func write(document: Int64, dimension: Int, in db: Database) throws
    /// Whether what is kept of a document derives from its vectors.
    func isExact(document: Int64, dimension: Int, in db: Database) throws -> Bool
    /// What is wrong with what serves all documents; nil where nothing is.
    func problem(in db: Database) throws -> String?
    func statistics(in db: Database) throws -> VectorStatistics
    /// What a search of this kind needs, as of now; what is in memory of before may serve again.
    func candidates(_ search: VectorSearch, after known: (any VectorCandidates)?, in db: Database) throws
        -> any VectorCandidates
    /// Makes or brings up to date what finds the nearest without comparing all.
    func buildGraph(for base: KnowledgeBase, progress: (@Sendable (Int, Int) -> Void)?) async throws
}

/// Finds contents that are likely to be the nearest to a question.
protocol VectorCandidates: Sendable {
    /// Some `wanted` contents by their keys, of the documents allowed.
    func nearest(_ vector: [Float], wanted: Int, among allowed: Set<Int64>?, in db: Database) throws -> [UInt64]
}
