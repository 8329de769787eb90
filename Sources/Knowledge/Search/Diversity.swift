// SPDX-License-Identifier: Apache-2.0

/// Maximal marginal relevance: next comes what is relevant and unlike those before it. J. Carbonell, J. Goldstein,
/// "The Use of MMR, Diversity-Based Reranking for Reordering Documents and Producing Summaries", SIGIR 1998.
enum Diversity {
    /// The places of `count` candidates, which come best first, in the order in which they are to be shown. Scores are
    /// brought to 0…1, as likenesses are.
    static func order(scores: [Double], vectors: [[Float]], relevance: Double, count: Int) -> [Int] {
        guard let highest = scores.max(), let lowest = scores.min() else { return [] }
        let relevances = scores.map { highest > lowest ? ($0 - lowest) / (highest - lowest) : 1 }
        var likeness = [Double](repeating: 0, count: scores.count)
        var left = Array(scores.indices)
        var order: [Int] = []
        while order.count < count, !left.isEmpty {
            var best = 0
            var highest = -Double.infinity
            for (place, candidate) in left.enumerated() {
                let value = relevance * relevances[candidate] - (1 - relevance) * likeness[candidate]
                if value > highest { (best, highest) = (place, value) }
            }
            let chosen = left.remove(at: best)
            order.append(chosen)
            for candidate in left {
                let product = ExactProducts.scores(vectors[candidate], vectors[chosen]).max() ?? 0
                likeness[candidate] = max(likeness[candidate], Double(product))
            }
        }
        return order
    }
}
