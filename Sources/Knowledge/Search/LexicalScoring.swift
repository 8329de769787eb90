// SPDX-License-Identifier: Apache-2.0
import Foundation

/// BM25 as Lucene has it: S. Robertson, H. Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009,
/// with an inverse document frequency that is never negative and without the factor k1 + 1, which orders nothing. Lucene
/// keeps a length in one byte; here it is exact. What is counted are distinct contents: a passage that stands in several
/// documents counts once.
struct LexicalScoring {
    static let saturation = 1.2  // k1
    static let lengthShare = 0.75  // b
    /// Scores are added as whole numbers of this many a point, so that any order of addition gives the same sum.
    static let ticks = Double(1 << 44)

    /// How many contents there are, and the sum of their lengths.
    var count: Int
    var totalLength: Int

    var averageLength: Double { count > 0 && totalLength > 0 ? Double(totalLength) / Double(count) : 1 }

    static func inverseDocumentFrequency(count: Int, total: Int) -> Double {
        log(1 + (Double(total - count) + 0.5) / (Double(count) + 0.5))
    }

    /// What a term that `count` contents hold gives to one that holds nothing but it, in ticks.
    func weight(count held: Int) -> Double {
        Self.inverseDocumentFrequency(count: min(held, count), total: count) * Self.ticks
    }

    /// The part of the denominator that does not depend on the length, and what a term of length adds to it.
    var flat: Double { Self.saturation * (1 - Self.lengthShare) }
    var slope: Double { Self.saturation * Self.lengthShare / averageLength }

    /// The occurrences of a posting for its length: what bounds its score, whatever the term's weight.
    static func ratio(times: UInt32, length: UInt32, averageLength: Double) -> Double {
        Double(times) / (1 - lengthShare + lengthShare * Double(length) / averageLength)
    }

    /// How far ratios of one average length can grow by another.
    func stretch(from average: Double) -> Double { max(1, averageLength / average) * (1 + 1e-9) }
}
