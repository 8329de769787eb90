// SPDX-License-Identifier: Apache-2.0

/// Says how well passages answer a question, by reading both together.
///
/// Slower than comparing vectors and better, so it orders what a search has found. The value is one function; a
/// cross-encoder or a language model stands behind it.
public struct TextReranker: Sendable {
    /// The scores of some passages.
    public struct Scores: Sendable {
        /// One score for each passage, in their order; more is better.
        public let values: [Double]
        /// How many pairs were longer than the model reads and cut there.
        public let cutCount: Int
    }

    private let score: @Sendable (String, [String]) async throws -> Scores

    /// A reranker of one's own.
    public init(_ score: @escaping @Sendable (_ query: String, _ passages: [String]) async throws -> Scores) {
        self.score = score
    }

    /// The scores of passages for a question.
    ///
    /// - Returns: One score for each passage; scores of different questions need not compare.
    /// - Throws: What the model throws; `CancellationError` between two passes.
    public func scores(_ query: String, _ passages: [String]) async throws -> Scores {
        try await score(query, passages)
    }
}

extension TextReranker {
    /// Reranks by how likely a language model finds the question after each passage: the mean log-likelihood of a
    /// token (D. Sachan et al., "Improving Passage Retrieval with Zero-Shot Question Generation", EMNLP 2022).
    ///
    /// - Parameters:
    ///   - model: The model; nil is given back if it tells no likelihoods.
    ///   - context: What stands ahead of the question, made of a passage.
    public init?(
        likelihoodsOf model: any LanguageModel,
        context: @escaping @Sendable (String) -> String = {
            "Passage: \($0)\nA short question that this passage answers:"
        }
    ) {
        guard let model = model as? any LikelihoodModel else { return nil }
        self.init { query, passages in
            let asked = " " + query.split(whereSeparator: \.isWhitespace).joined(separator: " ")
            var values: [Double] = []
            for passage in passages {
                try Task.checkCancellation()
                let found = try await model.likelihood(of: asked, after: context(passage))
                values.append(found.logProbability / Double(max(1, found.tokenCount)))
            }
            return Scores(values: values, cutCount: 0)
        }
    }
}
