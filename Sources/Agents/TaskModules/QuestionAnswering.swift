// SPDX-License-Identifier: Apache-2.0
import Knowledge

/// Finds passages, ranks them anew, chooses what to quote, and says how sure that is.
struct QuestionAnswering: Stage {
    let name = "question answering"
    let knowledge: KnowledgeBase
    let ranking: PassageRanking
    let selector: QuoteSelector

    func callAsFunction(_ turn: Turn) async throws -> Turn {
        var turn = turn
        let query = turn.understanding?.query ?? turn.utterance
        let ranked = try await ranking.ranked(candidates(for: query), for: query)
        turn.evidence = ranked.hits
        let selection = try await selector.select(query, from: ranked)
        let confidence = selection.confidence
        turn.draft =
            selection.isAnswer ? .quotes(selection.quotes, confidence: confidence) : .nothing(confidence: confidence)
        var details = [
            "passages": "\(turn.evidence.count)", "confidence": decimals(confidence),
            "similarity": decimals(selection.similarity), "coverage": decimals(selection.coverage),
        ]
        if !ranked.likelihoods.isEmpty {
            details["likelihoods"] = ranked.likelihoods.prefix(3).map(decimals).joined(separator: " ")
        }
        if !selection.unknownNames.isEmpty { details["unknown names"] = selection.unknownNames.joined(separator: ", ") }
        for (index, quote) in selection.quotes.enumerated() {
            details["quote \(index + 1)"] =
                "\(quote.citation.document) \(quote.citation.start)–\(quote.citation.end), score \(decimals(quote.score))"
        }
        turn.note(name, details)
        return turn
    }

    /// The passages nearest in meaning and the best of full text: a question in other words has few of the passage's, and
    /// fusion would put what has some of them before what means it. Without vectors, the first ones of full text.
    private func candidates(for query: String) async throws -> [Hit] {
        let found = try await knowledge.search(query, top: 64)
        let byWords = try await knowledge.search(query, top: 1, mode: .lexical).map(\.passage)
        let nearest = found.enumerated().filter { $0.element.similarity != nil }
            .sorted { ($1.element.similarity ?? 0, $0.offset) < ($0.element.similarity ?? 0, $1.offset) }
            .prefix(PassageRanking.depth - byWords.count).map(\.element)
        let enough = (nearest.first?.similarity ?? 0) - Self.margin
        let first = Set(nearest.filter { $0.similarity ?? 0 >= enough }.map(\.passage)).union(byWords)
        guard !nearest.isEmpty else { return Array(found.prefix(24)) }
        return found.filter { first.contains($0.passage) }
    }

    /// How much less similar than the nearest a candidate may be: where one passage stands out the model reads few.
    private static let margin = 0.1
}
