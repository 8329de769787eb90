// SPDX-License-Identifier: Apache-2.0
public import Foundation

/// How a knowledge base is searched. As made, it is the search by words and meaning over all documents.
public struct SearchOptions: Sendable {
    /// Which rankings are used.
    public var mode: SearchMode
    /// How much the rankings weigh where they are joined.
    public var weights = FusionWeights()
    /// The documents that may be found.
    public var filter = DocumentFilter()
    /// From 0 to 1: how much a passage's relevance counts beside its difference from those before it (maximal marginal
    /// relevance); nil leaves out no likeness.
    public var diversity: Double?
    /// What puts the best candidates into their last order, such as a cross-encoder.
    public var scorer: PassageScorer?
    /// How many candidates the scorer reads.
    public var scored = 50
    /// How the nearest vectors are found.
    public var vectors = VectorSearch.automatic
    /// How many passages the graph may add in a joined search.
    public var related = 5
    /// How many facts a joined search gives.
    public var facts = 10

    /// The search of one mode.
    public init(mode: SearchMode = .hybrid) { self.mode = mode }
}

/// Which documents a search may find; as made, all of them.
public struct DocumentFilter: Sendable, Hashable {
    /// Patterns of names, with `*`, `?` and `[…]` as a shell has them (`*` also crosses `/`); one must match.
    public var names: [String] = []
    /// Patterns of titles; one must match.
    public var titles: [String] = []
    /// Formats, such as `markdown`.
    public var formats: [String] = []
    /// Taken in at this time or later.
    public var addedAfter: Date?
    /// Taken in before this time.
    public var addedBefore: Date?

    /// A filter that lets all pass.
    public init() {}

    var isEmpty: Bool { self == DocumentFilter() }
}

/// A judgement of passages, given from above: the knowledge base holds no model.
public struct PassageScorer: Sendable {
    /// For a question and texts a score each; higher is better.
    public let scores: @Sendable (String, [String]) async throws -> [Double]

    /// A scorer made of its function.
    public init(_ scores: @escaping @Sendable (String, [String]) async throws -> [Double]) { self.scores = scores }

    /// The scores, checked for number and finite values.
    func checkedScores(_ question: String, _ texts: [String]) async throws -> [Double] {
        let result = try await scores(question, texts)
        guard result.count == texts.count, result.allSatisfy(\.isFinite) else {
            throw KnowledgeError(
                .badEmbedding,
                "the scorer gave \(result.count) scores for \(texts.count) passages, or one that is not finite"
            )
        }
        return result
    }
}
