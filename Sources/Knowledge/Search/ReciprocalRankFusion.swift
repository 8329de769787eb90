// SPDX-License-Identifier: Apache-2.0

/// How much the rankings by words and by meaning weigh where they are joined.
public struct FusionWeights: Sendable, Hashable, Codable {
    /// The weight of the ranking by words.
    public var lexical: Double
    /// The weight of the ranking by meaning.
    public var semantic: Double

    /// Two weights, of which only the proportion matters. Measured on questions about an encyclopedia and a handbook,
    /// every share of meaning from 0.55 to 0.7 is no worse than the better ranking alone on any set, and better on one.
    public init(lexical: Double = 1, semantic: Double = 2) { (self.lexical, self.semantic) = (lexical, semantic) }
}

/// Rankings joined: each place r of each ranking gives its weight / (k + r). G. Cormack, C. Clarke, S. Büttcher,
/// "Reciprocal Rank Fusion outperforms Condorcet and individual Rank Learning Methods", SIGIR 2009.
package enum ReciprocalRankFusion {
    /// Theirs is 60, for rankings of a thousand documents by systems of one kind. Words and meaning agree on few passages,
    /// and with 60 one that is far down in both comes before one that is first in either.
    static let constant = 10.0

    package static func fuse<Item: Hashable>(
        _ rankings: [[Item]],
        weights: [Double]? = nil
    ) -> [(item: Item, score: Double)] {
        var scores: [Item: Double] = [:]
        for (index, ranking) in rankings.enumerated() {
            let weight = weights?[index] ?? 1
            for (place, item) in ranking.enumerated() {
                scores[item, default: 0] += weight / (constant + Double(place + 1))
            }
        }
        return scores.map { ($0.key, $0.value) }
    }
}
