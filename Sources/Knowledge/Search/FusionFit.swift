// SPDX-License-Identifier: Apache-2.0
import Foundation

/// A question and what is known to answer it.
public struct JudgedQuestion: Sendable, Codable {
    /// The question.
    public var question: String
    /// The ids of passages with their worth, 1 or more.
    public var worth: [String: Int]

    /// A question with the worth of passages.
    public init(question: String, worth: [String: Int]) { (self.question, self.worth) = (question, worth) }
}

/// Weights learned from judged questions: coordinate search on the mean nDCG@10 of the joined ranking.
struct FusionFit {
    /// The two rankings of one question, and the worth of passages.
    struct Case {
        var lexical: [String]
        var semantic: [String]
        var worth: [String: Int]
    }

    /// K. Järvelin, J. Kekäläinen, "Cumulated gain-based evaluation of IR techniques", 2002, with gains 2^worth − 1.
    static func gain(_ ranking: [String], _ worth: [String: Int]) -> Double {
        func total(_ worths: some Sequence<Int>) -> Double {
            worths.prefix(10).enumerated().reduce(0) {
                $0 + (exp2(Double($1.element)) - 1) / log2(Double($1.offset + 2))
            }
        }
        let ideal = total(worth.values.filter { $0 > 0 }.sorted(by: >))
        return ideal > 0 ? total(ranking.map { max(0, worth[$0] ?? 0) }) / ideal : 0
    }

    static func meanGain(_ cases: [Case], _ weights: FusionWeights) -> Double {
        let gains = cases.map { judged in
            let fused = ReciprocalRankFusion.fuse(
                [judged.lexical, judged.semantic],
                weights: [weights.lexical, weights.semantic]
            )
            .sorted { ($1.score, $0.item) < ($0.score, $1.item) }
            return gain(fused.prefix(10).map(\.item), judged.worth)
        }
        return gains.reduce(0, +) / Double(max(1, cases.count))
    }

    /// One weight after the other is moved, by steps that halve; where nothing is gained the equal weights stay.
    static func weights(_ cases: [Case]) -> FusionWeights {
        var best = FusionWeights()
        var highest = meanGain(cases, best)
        var step = 4.0
        while step > 1.05 {
            var isBetter = false
            for change in [\FusionWeights.lexical, \FusionWeights.semantic] {
                for factor in [step, 1 / step] {
                    var tried = best
                    tried[keyPath: change] *= factor
                    let gain = meanGain(cases, tried)
                    if gain > highest + 1e-12 { (best, highest, isBetter) = (tried, gain, true) }
                }
            }
            if !isBetter { step = step.squareRoot() }
        }
        return best
    }
}

extension KnowledgeBase {
    /// Fusion weights that put what is known to answer the questions first; equal ones where no others are better.
    public func fusionWeights(for questions: [JudgedQuestion]) async throws -> FusionWeights {
        var cases: [FusionFit.Case] = []
        let asked = questions.map(\.question)
        let lexical = try await search(asked, top: 100, mode: .lexical)
        let semantic = try await search(asked, top: 100, mode: .semantic)
        for (index, judged) in questions.enumerated() {
            cases.append(
                FusionFit.Case(
                    lexical: lexical[index].map(\.passage),
                    semantic: semantic[index].map(\.passage),
                    worth: judged.worth
                )
            )
        }
        return FusionFit.weights(cases)
    }
}
