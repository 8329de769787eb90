// SPDX-License-Identifier: Apache-2.0
import Synchronization
import Tensors
import Transformers

/// A causal language model without weights: logits are a hash of all ids up to a row.
///
/// A wrong position, a lost id or a stale cache gives other logits, so whatever the engine mixes up is seen.
final class FakeModel: CausalLanguageModel {
    struct Failure: Error {}

    let vocabularySize = 40
    let contextLength: Int
    /// Fails the forward pass of every batch that holds this id.
    let poison: Int32?
    /// Called in each forward pass, on the engine's thread.
    let onStep: (@Sendable (TokenBatch) -> Void)?

    struct Record {
        var batches: [TokenBatch] = []
        var contents: [Int32: [Int32]] = [:]
        var logitRows: [Int] = []
    }
    let record = Mutex(Record())
    /// The caches made so far.
    let pools = Mutex<[KeyValueCachePool]>([])

    init(contextLength: Int = 512, poison: Int32? = nil, onStep: (@Sendable (TokenBatch) -> Void)? = nil) {
        self.contextLength = contextLength
        self.poison = poison
        self.onStep = onStep
    }

    /// The number of rows computed so far.
    var rows: Int { record.withLock { $0.batches.reduce(0) { $0 + $1.count } } }

    func makeCache(positions: Int) throws -> KeyValueCachePool {
        let pool = KeyValueCachePool(
            layers: 1,
            layout: KeyValueLayout(isHalf: false, heads: 1, dimension: 16),
            positions: positions
        )
        pools.withLock { $0.append(pool) }
        return pool
    }

    func callAsFunction(_ batch: TokenBatch, cache: KeyValueCachePool?) throws -> Tensor {
        onStep?(batch)
        if let poison, batch.ids.contains(poison) { throw Failure() }
        var hidden: [Float] = []
        try record.withLock { record in
            record.batches.append(batch)
            for run in batch.runs {
                let name = batch.sequences[run.lowerBound]
                guard let sequence = cache?.sequence(name), sequence.count == Int(batch.positions[run.lowerBound])
                else { throw Failure() }
                var ids = Array((record.contents[name] ?? []).prefix(sequence.count))
                for row in run {
                    guard Int(batch.positions[row]) == ids.count else { throw Failure() }
                    ids.append(batch.ids[row])
                    hidden.append(Float(Self.hash(ids) % (1 << 24)))
                }
                sequence.commit(ids.count, try sequence.blocks(for: ids.count))
                record.contents[name] = ids
            }
        }
        return try Tensor(hidden, shape: [batch.count, 1])
    }

    func logits(_ hidden: Tensor, rows: [Int]) throws -> Tensor {
        record.withLock { $0.logitRows.append(rows.count) }
        let states = hidden.floats
        let values = rows.flatMap { row in
            (0..<vocabularySize).map { id in
                Float(Self.hash([Int32(states[row]), Int32(id)]) % 8000) / 1000 - 4
            }
        }
        return try Tensor(values, shape: [rows.count, vocabularySize])
    }

    /// The logits after these ids, computed beside any engine.
    func expectedLogits(after ids: [Int32]) -> [Float] {
        let state = Int32(Float(Self.hash(ids) % (1 << 24)))
        return (0..<vocabularySize).map { Float(Self.hash([state, Int32($0)]) % 8000) / 1000 - 4 }
    }

    static func hash(_ ids: [Int32]) -> UInt64 {
        var state: UInt64 = 0xCBF2_9CE4_8422_2325
        for id in ids {
            state = (state ^ UInt64(UInt32(bitPattern: id))) &* 0x0000_0100_0000_01B3
            state ^= state >> 29
        }
        return state
    }
}
