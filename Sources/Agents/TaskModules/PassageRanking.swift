// SPDX-License-Identifier: Apache-2.0
package import Knowledge
package import LanguageModels

/// Orders the passages that a search found by how likely a language model finds the question after each: the query
/// likelihood of J. Ponte and B. Croft, "A Language Modeling Approach to Information Retrieval", SIGIR 1998, from a
/// generative model as in D. Sachan et al., "Improving Passage Retrieval with Zero-Shot Question Generation",
/// EMNLP 2022. It finds a passage that says in other words what is asked; likeness in meaning has its say beside it.
package struct PassageRanking: Sendable {
    /// Passages that the model reads; those after them stay where they are.
    package static let depth = 9
    /// What a cosine of 1 counts beside a token's mean log-likelihood.
    private static let similarityWeight = 3.0
    /// Characters of the question that are scored.
    private static let questionLength = 300

    private let model: any LanguageModel

    /// Ranks by what a model finds likely; a model that tells no likelihoods leaves the order as it is.
    package init(model: any LanguageModel) { self.model = model }

    /// The passages, best first, and what was measured.
    package struct Ranking: Sendable {
        package var hits: [Hit]
        /// The question's mean log-likelihood a token after each of the first passages, in the order of `hits`; empty
        /// where the model tells none.
        package var likelihoods: [Double] = []
    }

    /// Ranks anew.
    ///
    /// - Throws: What the model throws; `CancellationError` between two passages if the task was cancelled.
    /// - Complexity: One forward pass over each of the first passages.
    package func ranked(_ hits: [Hit], for question: String) async throws -> Ranking {
        guard let model = model as? any LikelihoodModel, hits.count > 1 else { return Ranking(hits: hits) }
        let asked =
            " " + question.split(whereSeparator: \.isWhitespace).joined(separator: " ").prefix(Self.questionLength)
        var scored: [(place: Int, likelihood: Double, score: Double)] = []
        for (place, hit) in hits.prefix(Self.depth).enumerated() {
            try Task.checkCancellation()
            let passage = (hit.headings.suffix(2) + [hit.text]).joined(separator: ". ")
            let context = PromptTemplate.passage.filled(["passage": passage])
            let found: AnswerLikelihood
            do {
                found = try await model.likelihood(of: asked, after: context)
            } catch LanguageModelError.contextSizeExceeded {
                return Ranking(hits: hits)  // The order that they came in is all there is then.
            }
            let mean = found.logProbability / Double(max(1, found.tokenCount))
            scored.append((place, mean, mean + Self.similarityWeight * (hit.similarity ?? 0)))
        }
        scored.sort { ($1.score, $0.place) < ($0.score, $1.place) }
        return Ranking(
            hits: scored.map { hits[$0.place] } + hits.dropFirst(Self.depth),
            likelihoods: scored.map(\.likelihood)
        )
    }
}
