// SPDX-License-Identifier: Apache-2.0

/// One change to the scores of the next token. What it forbids it sets to minus infinity.
///
/// The processors and their order are those of Hugging Face `generate` (`GenerationMixin._get_logits_processor`).
package protocol LogitsProcessor: Sendable {
    /// - Parameters:
    ///   - scores: One score an id of the vocabulary.
    ///   - history: The prompt and what was generated so far.
    func process(_ scores: inout [Float], history: TokenHistory)
}

/// The ids that a request has seen: its prompt, then what it generated.
package struct TokenHistory: Sendable {
    package private(set) var ids: [Int32] = []
    /// Each id once, in the order of first sight.
    package private(set) var distinct: [Int32] = []
    private var seen: Set<Int32> = []

    package init(_ ids: [Int32] = []) {
        for id in ids { append(id) }
    }

    package mutating func append(_ id: Int32) {
        ids.append(id)
        if seen.insert(id).inserted { distinct.append(id) }
    }
}

extension SamplingParameters {
    /// What changes the scores, in order: always bias, penalty and least length, and the rest where tokens are drawn.
    package func processors(_ minimum: MinimumNewTokens? = nil) -> [any LogitsProcessor] {
        var result: [any LogitsProcessor] = []
        if !logitBias.isEmpty { result.append(LogitBias(biases: logitBias)) }
        if repetitionPenalty != 1 { result.append(RepetitionPenalty(penalty: Float(repetitionPenalty))) }
        if let minimum { result.append(minimum) }
        guard doSample else { return result }
        if temperature != 1 { result.append(Temperature(temperature: Float(temperature))) }
        if let topK { result.append(TopK(k: topK)) }
        if let topP, topP < 1 { result.append(TopP(p: topP)) }
        if let minP { result.append(MinP(p: minP)) }
        return result
    }
}
