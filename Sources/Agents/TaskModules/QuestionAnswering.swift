// SPDX-License-Identifier: Apache-2.0
import Knowledge

/// Finds passages, chooses what to quote, and says how sure that is.
struct QuestionAnswering: Stage {
    let name = "question answering"
    let knowledge: KnowledgeBase
    let selector: QuoteSelector

    func callAsFunction(_ turn: Turn) async throws -> Turn {
        var turn = turn
        let query = turn.understanding?.query ?? turn.utterance
        turn.evidence = try await knowledge.search(query, top: 24)
        let selection = try await selector.select(query, from: turn.evidence)
        let confidence = selection.confidence
        turn.draft =
            selection.isAnswer ? .quotes(selection.quotes, confidence: confidence) : .nothing(confidence: confidence)
        var details = [
            "passages": "\(turn.evidence.count)", "confidence": decimals(confidence),
            "similarity": decimals(selection.similarity), "coverage": decimals(selection.coverage),
        ]
        for (index, quote) in selection.quotes.enumerated() {
            details["quote \(index + 1)"] =
                "\(quote.citation.document) \(quote.citation.start)–\(quote.citation.end), score \(decimals(quote.score))"
        }
        turn.note(name, details)
        return turn
    }
}
