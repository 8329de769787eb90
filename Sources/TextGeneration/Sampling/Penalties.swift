// SPDX-License-Identifier: Apache-2.0

/// Adds a number to the score of each of some ids.
package struct LogitBias: LogitsProcessor {
    package let biases: [Int32: Float]

    package init(biases: [Int32: Float]) { self.biases = biases }

    package func process(_ scores: inout [Float], history: TokenHistory) {
        for (id, bias) in biases where scores.indices.contains(Int(id)) { scores[Int(id)] += bias }
    }
}

/// Makes what was seen less likely: a positive score is divided, a negative one multiplied by the penalty.
///
/// Keskar et al., "CTRL" (2019), §4.1; as in Hugging Face it looks at the prompt too, and once at each id.
package struct RepetitionPenalty: LogitsProcessor {
    package let penalty: Float

    package init(penalty: Float) { self.penalty = penalty }

    package func process(_ scores: inout [Float], history: TokenHistory) {
        for id in history.distinct where scores.indices.contains(Int(id)) {
            let score = scores[Int(id)]
            scores[Int(id)] = score < 0 ? score * penalty : score / penalty
        }
    }
}

/// Forbids the end tokens until so many tokens were generated (Hugging Face's `MinNewTokensLengthLogitsProcessor`).
package struct MinimumNewTokens: LogitsProcessor {
    package let minimum: Int
    package let promptLength: Int
    package let endTokens: Set<Int32>

    package init(minimum: Int, promptLength: Int, endTokens: Set<Int32>) {
        self.minimum = minimum
        self.promptLength = promptLength
        self.endTokens = endTokens
    }

    package func process(_ scores: inout [Float], history: TokenHistory) {
        guard history.ids.count - promptLength < minimum else { return }
        for id in endTokens where scores.indices.contains(Int(id)) { scores[Int(id)] = -.infinity }
    }
}

/// Divides every score by the temperature.
package struct Temperature: LogitsProcessor {
    package let temperature: Float

    package init(temperature: Float) { self.temperature = temperature }

    package func process(_ scores: inout [Float], history: TokenHistory) {
        for index in scores.indices { scores[index] /= temperature }
    }
}
