// SPDX-License-Identifier: Apache-2.0
import CKernels
import Synchronization
package import Tensors

/// Keys and values of all live sequences, in blocks of 64 positions that hold every layer.
public final class KeyValueCachePool: Sendable {
    let layers: Int
    let layout: KeyValueLayout
    private let limit: Int  // blocks

    private struct State {
        var used = 0
        var nextID: Int32 = 0
        var sequences: [Int32: WeakSequence] = [:]
    }
    private let state = Mutex(State())

    package init(layers: Int, layout: KeyValueLayout, positions: Int) {
        self.layers = layers
        self.layout = layout
        limit = max(1, (positions + KeyValueLayout.blockLength - 1) / KeyValueLayout.blockLength)
    }

    /// Positions that the pool can hold, over all sequences.
    public var capacity: Int { limit * KeyValueLayout.blockLength }

    /// Positions in blocks that no sequence holds.
    public var available: Int { state.withLock { limit - $0.used } * KeyValueLayout.blockLength }

    /// Makes an empty sequence; its blocks come back when the last reference to it goes.
    public func makeSequence() -> CachedSequence {
        state.withLock { state in
            let sequence = CachedSequence(id: state.nextID, pool: self)
            state.sequences[state.nextID] = WeakSequence(sequence)
            state.nextID &+= 1
            return sequence
        }
    }

    package func sequence(_ id: Int32) -> CachedSequence? { state.withLock { $0.sequences[id]?.sequence } }

    fileprivate func forget(_ id: Int32) { state.withLock { _ = $0.sequences.removeValue(forKey: id) } }

    fileprivate func takeBlock() throws(ModelError) -> KeyValueBlock {
        let hasRoom = state.withLock { state in
            guard state.used < limit else { return false }
            state.used += 1
            return true
        }
        guard hasRoom else {
            throw ModelError(.cacheFull, "the key-value cache of \(capacity) positions is full")
        }
        guard let block = KeyValueBlock(bytes: layers * layout.blockBytes, pool: self) else {
            giveBlock()
            throw ModelError(.cacheFull, "no memory for the key-value cache")
        }
        return block
    }

    fileprivate func giveBlock() { state.withLock { $0.used -= 1 } }
}

private struct WeakSequence: Sendable {
    weak let sequence: CachedSequence?
    init(_ sequence: CachedSequence) { self.sequence = sequence }
}

/// Memory for 64 positions of one sequence in every layer.
package final class KeyValueBlock: @unchecked Sendable {
    // Safe: written only by a forward pass of the sequence that holds it, at positions that nobody reads yet.
    let base: UnsafeMutableRawPointer
    private let bytes: Int
    private let pool: KeyValueCachePool

    fileprivate init?(bytes: Int, pool: KeyValueCachePool) {
        guard let base = ck_allocate(bytes) else { return nil }
        self.base = base
        self.bytes = bytes
        self.pool = pool
    }

    deinit {
        ck_release(base, bytes)
        pool.giveBlock()
    }
}

/// One sequence's place in a cache.
public final class CachedSequence: Sendable {
    /// The number by which a `TokenBatch` names this sequence.
    public let id: Int32
    private let pool: KeyValueCachePool
    private struct State {
        var blocks: [KeyValueBlock] = []
        var count = 0
    }
    private let state = Mutex(State())

    fileprivate init(id: Int32, pool: KeyValueCachePool) {
        self.id = id
        self.pool = pool
    }

    deinit { pool.forget(id) }

    /// Positions that are filled.
    public var count: Int { state.withLock { $0.count } }

    /// Forgets every position from `count` on; more than are filled changes nothing.
    public func truncate(to count: Int) {
        state.withLock { state in
            state.count = min(state.count, max(0, count))
            let length = KeyValueLayout.blockLength
            state.blocks.removeLast(state.blocks.count - (state.count + length - 1) / length)
        }
    }

    /// Its blocks and as many more from the pool as `count` positions need; they are its own once committed.
    package func blocks(for count: Int) throws(ModelError) -> [KeyValueBlock] {
        var blocks = state.withLock { $0.blocks }
        while blocks.count * KeyValueLayout.blockLength < count { blocks.append(try pool.takeBlock()) }
        return blocks
    }

    /// Makes `count` positions, written into these blocks, the sequence.
    package func commit(_ count: Int, _ blocks: [KeyValueBlock]) {
        state.withLock { $0 = State(blocks: blocks, count: count) }
    }
}
