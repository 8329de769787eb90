// SPDX-License-Identifier: Apache-2.0
internal import Transformers

/// How likely the model finds given ids, and what it would have said instead.
public struct TokenScores: Sendable, Hashable {
    /// The natural logarithm of each id's probability, given all ids before it.
    public internal(set) var logprobs: [Double] = []
    /// The likeliest id in each id's place, the lowest among equals; one more where that was asked for.
    public internal(set) var likeliest: [Int32] = []

    /// Reads one row of logits, whose next id is known or, after the last, is not.
    mutating func read(_ logits: UnsafeBufferPointer<Float>, next: Int32?) throws(TextGenerationError) {
        likeliest.append(try Sampler.likeliest(logits))
        guard let next, let normalizer = Softmax.logSumExp(logits) else { return }
        logprobs.append(Double(logits[Int(next)]) - normalizer)
    }
}

/// Reads likelihoods from logits in forward passes, without choosing a token.
struct ScoringJob {
    let prompt: [Int32]
    let continuations: [[Int32]]
    /// Whether the likeliest id after the last of a continuation is asked for too.
    let looksBeyond: Bool
    let prefix: PrefixHandle?
    let continuation: CheckedContinuation<[TokenScores], any Error>

    /// The most rows of logits to hold at once.
    private static let rowsAtOnce = 64

    /// The most positions of the cache that it takes.
    var positions: Int { prompt.count + (continuations.map(\.count).max() ?? 0) }

    func run(model: any CausalLanguageModel, pool: KeyValueCachePool, rowsAStep: Int) throws -> [TokenScores] {
        let sequence = prefix?.take(sharedWith: prompt.dropLast(), pool: pool) ?? pool.makeSequence()
        let pass = Pass(model: model, pool: pool, sequence: sequence, rowsAStep: rowsAStep)
        var results: [TokenScores] = []
        if continuations.count == 1, let ids = continuations.first {
            // One pass over both: the continuation's few rows alone would read all weights once more.
            results = [try pass.scores(of: ids, after: prompt[sequence.count...], looksBeyond: looksBeyond)]
            sequence.truncate(to: prompt.count)
        } else {
            var afterPrompt: [Float] = []
            try pass.feed(prompt[sequence.count...], from: prompt.count - sequence.count - 1) {
                afterPrompt = Array($0)
            }
            results = try continuations.map { ids in
                var scores = TokenScores()
                try afterPrompt.withUnsafeBufferPointer { try scores.read($0, next: ids.first) }
                var place = 0
                try pass.feed(looksBeyond ? ids[...] : ids.dropLast()) { logits in
                    place += 1
                    try scores.read(logits, next: place < ids.count ? ids[place] : nil)
                }
                sequence.truncate(to: prompt.count)
                return scores
            }
        }
        prefix?.keep(sequence, ids: prompt, pool: pool)
        return results
    }

    private struct Pass {
        let model: any CausalLanguageModel
        let pool: KeyValueCachePool
        let sequence: CachedSequence
        let rowsAStep: Int

        /// The scores of ids after others that are fed before them.
        func scores(of ids: [Int32], after prompt: ArraySlice<Int32>, looksBeyond: Bool) throws -> TokenScores {
            var scores = TokenScores()
            var place = 0
            try feed(prompt + (looksBeyond ? ids[...] : ids.dropLast()), from: prompt.count - 1) { logits in
                try scores.read(logits, next: place < ids.count ? ids[place] : nil)
                place += 1
            }
            return scores
        }

        /// Feeds ids in pieces and shows each row of logits in order, from the row `first` on.
        func feed(
            _ ids: ArraySlice<Int32>,
            from first: Int = 0,
            _ body: (UnsafeBufferPointer<Float>) throws -> Void
        ) throws {
            var rest = ids
            var fed = 0
            while !rest.isEmpty {
                let piece = rest.prefix(rowsAStep)
                rest = rest.dropFirst(rowsAStep)
                var batch = TokenBatch()
                for (row, id) in piece.enumerated() {
                    batch.append(id: id, position: Int32(sequence.count + row), segment: 0, sequence: sequence.id)
                }
                let hidden = try model(batch, cache: pool)
                var rows = (0..<piece.count).filter { fed + $0 >= first }[...]
                fed += piece.count
                while !rows.isEmpty {
                    let logits = try model.logits(hidden, rows: Array(rows.prefix(rowsAtOnce)))
                    try logits.withFloats { values in
                        for row in 0..<min(rows.count, rowsAtOnce) {
                            try body(values.row(row, of: model.vocabularySize))
                        }
                    }
                    rows = rows.dropFirst(rowsAtOnce)
                }
            }
        }
    }
}

extension UnsafeBufferPointer<Float> {
    /// One row of a matrix of that many columns.
    func row(_ index: Int, of columns: Int) -> UnsafeBufferPointer<Float> {
        UnsafeBufferPointer(rebasing: self[index * columns..<(index + 1) * columns])
    }
}
