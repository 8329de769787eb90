// SPDX-License-Identifier: Apache-2.0
import Foundation
import Tensors
import Transformers

/// How likely a causal model finds given ids.
struct Perplexity {
    let model: any CausalLanguageModel
    /// Negative log-likelihoods, in nats, of the scored ids in order.
    private(set) var tokenLosses: [Double] = []
    /// The likeliest id after each scored place.
    private(set) var likeliest: [Int32] = []

    init(_ model: any CausalLanguageModel) { self.model = model }

    /// The mean over all scored ids.
    var meanLoss: Double { tokenLosses.reduce(0, +) / Double(tokenLosses.count) }

    /// Scores the ids of one window from place `first` + 1 on, each given all before it in the window; the likeliest
    /// id after the last one too where the caller looks beyond.
    mutating func score(_ window: [Int32], from first: Int, looksBeyond: Bool = false) throws {
        var batch = TokenBatch()
        batch.append(contentsOf: window, sequence: 0)
        let hidden = try model(batch, cache: nil)
        let end = window.count - (looksBeyond ? 0 : 1)
        let model = model
        let rows = RowSource(count: end - first, width: model.vocabularySize) { range in
            try model.logits(hidden, rows: Array(first + range.lowerBound..<first + range.upperBound))
        }
        for place in first..<end {
            let next = place + 1 < window.count ? window[place + 1] : nil
            let (loss, best) = try rows.withRow(place - first) { Self.read($0, next: next) }
            likeliest.append(best)
            if next != nil { tokenLosses.append(loss) }
        }
    }

    /// The negative logarithm of the softmax at `next`, in double, and the likeliest id, the lowest among equals.
    private static func read(_ logits: UnsafeBufferPointer<Float>, next: Int32?) -> (loss: Double, best: Int32) {
        var best = 0
        for index in logits.indices where logits[index] > logits[best] { best = index }
        guard let next else { return (0, Int32(best)) }
        let largest = Double(logits[best])
        var sum = 0.0
        for logit in logits { sum += exp(Double(logit) - largest) }
        return (log(sum) + largest - Double(logits[Int(next)]), Int32(best))
    }
}
