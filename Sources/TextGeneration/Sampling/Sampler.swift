// SPDX-License-Identifier: Apache-2.0

/// Chooses one token from the logits of a step.
package struct Sampler: Sendable {
    private let processors: [any LogitsProcessor]
    private let random: CounterRandom?

    package init(_ parameters: SamplingParameters, minimum: MinimumNewTokens? = nil) {
        processors = parameters.processors(minimum)
        random = parameters.doSample ? CounterRandom(seed: parameters.seed) : nil
    }

    /// Chooses the next token.
    ///
    /// - Parameters:
    ///   - logits: The model's output for one row, one number an id.
    ///   - history: The prompt and what was generated so far.
    ///   - step: The number of tokens that the request generated before.
    /// - Returns: Its id.
    /// - Throws: `TextGenerationError` with `.invalidLogits` if a logit is not a number or none can be chosen.
    package func next(
        _ logits: UnsafeBufferPointer<Float>,
        history: TokenHistory,
        step: Int
    ) throws(TextGenerationError) -> Int32 {
        guard random != nil || !processors.isEmpty else { return try Self.likeliest(logits) }
        _ = try Self.likeliest(logits)  // refuses what is not a number before the processors could hide it
        var scores = Array(logits)
        for processor in processors { processor.process(&scores, history: history) }
        guard let random else { return try Self.likeliest(scores) }
        guard let (weights, total) = Softmax.weights(scores) else { throw Self.nothingToChoose }
        let goal = random.uniform(step: step) * total
        var sum = 0.0
        var last = 0
        for index in weights.indices where weights[index] > 0 {
            sum += weights[index]
            last = index
            if sum > goal { break }
        }
        return Int32(last)
    }

    private static func likeliest(_ scores: [Float]) throws(TextGenerationError) -> Int32 {
        var result: Result<Int32, TextGenerationError> = .failure(nothingToChoose)
        scores.withUnsafeBufferPointer { pointer in
            result = Result { () throws(TextGenerationError) in try likeliest(pointer) }
        }
        return try result.get()
    }

    /// The lowest id among those of the highest score.
    package static func likeliest(_ scores: UnsafeBufferPointer<Float>) throws(TextGenerationError) -> Int32 {
        var best = -1
        var highest = -Float.infinity
        var start = 0
        while start < scores.count {
            let end = min(start + 16, scores.count)
            defer { start = end }
            // Few of so many at once hold a higher score, or what is not a number and compares false.
            if end - start == 16, let base = scores.baseAddress {
                let sixteen = UnsafeRawPointer(base + start).loadUnaligned(as: SIMD16<Float>.self)
                if all(sixteen .<= highest) { continue }
            }
            for index in start..<end {
                let score = scores[index]
                if score > highest {
                    highest = score
                    best = index
                } else if score.isNaN {
                    throw TextGenerationError(
                        .invalidLogits,
                        "the model's logit of id \(index) is not a number; its weights may be damaged"
                    )
                }
            }
        }
        guard best >= 0, highest.isFinite else { throw nothingToChoose }
        return Int32(best)
    }

    private static var nothingToChoose: TextGenerationError {
        TextGenerationError(
            .invalidLogits,
            "no token has a finite score; the model's weights or the biases may be wrong"
        )
    }
}

/// A token and the logarithm of its probability.
public struct TokenLogprob: Sendable, Hashable {
    /// The token.
    public let id: Int32
    /// The natural logarithm of its probability in the model's own distribution, before bias, penalty or temperature.
    public let logprob: Float

    package init(id: Int32, logprob: Float) {
        self.id = id
        self.logprob = logprob
    }
}

/// The log-probability of the chosen token and of the likeliest ones.
package struct TokenLogprobs: Sendable {
    package let chosen: TokenLogprob
    package let likeliest: [TokenLogprob]

    /// `count` of the likeliest are listed, in descending order, the lower id first among equals.
    package init(of id: Int32, in logits: UnsafeBufferPointer<Float>, count: Int) throws(TextGenerationError) {
        guard let normalizer = Softmax.logSumExp(logits) else {
            throw TextGenerationError(.invalidLogits, "the model's logits are not numbers; its weights may be damaged")
        }
        func logprob(_ index: Int) -> TokenLogprob {
            TokenLogprob(id: Int32(index), logprob: Float(Double(logits[index]) - normalizer))
        }
        chosen = logprob(Int(id))
        var best: [Int] = []  // ascending rank; count is small
        for index in logits.indices {
            if best.count == count, let worst = best.last, logits[index] <= logits[worst] { continue }
            guard count > 0 else { break }
            let place = best.firstIndex { logits[$0] < logits[index] } ?? best.endIndex
            best.insert(index, at: place)
            if best.count > count { best.removeLast() }
        }
        likeliest = best.map(logprob)
    }
}
