// SPDX-License-Identifier: Apache-2.0

/// Probabilities from scores, the same bits on every machine: sums run over ascending ids in Double.
package enum Softmax {
    /// Each score's probability up to one common factor, the likeliest at 1, and their sum; nil without a finite score.
    package static func weights(_ scores: [Float]) -> (weights: [Double], total: Double)? {
        guard let largest = largest(scores) else { return nil }
        var weights = [Double](repeating: 0, count: scores.count)
        var total = 0.0
        for index in scores.indices where scores[index] > -.infinity {
            weights[index] = Exponential.exp(Double(scores[index]) - Double(largest))
            total += weights[index]
        }
        return (weights, total)
    }

    /// The logarithm of the sum of the exponentials: a score less this is a log-probability.
    package static func logSumExp(_ scores: UnsafeBufferPointer<Float>) -> Double? {
        var largest = -Float.infinity
        for score in scores {
            if score.isNaN { return nil }
            if score > largest { largest = score }
        }
        guard largest.isFinite else { return nil }
        var total = 0.0
        for score in scores where score > -.infinity { total += Exponential.exp(Double(score) - Double(largest)) }
        return Double(largest) + Exponential.log(total)
    }

    private static func largest(_ scores: [Float]) -> Float? {
        var largest = -Float.infinity
        for score in scores where score > largest { largest = score }
        return largest.isFinite ? largest : nil
    }
}
