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

/// Divides every score by the temperature.
package struct Temperature: LogitsProcessor {
    package let temperature: Float

    package init(temperature: Float) { self.temperature = temperature }

    package func process(_ scores: inout [Float], history: TokenHistory) {
        for index in scores.indices { scores[index] /= temperature }
    }
}
