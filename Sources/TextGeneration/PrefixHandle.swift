// SPDX-License-Identifier: Apache-2.0
import Synchronization
internal import Transformers

/// Where an engine keeps the keys and values of a finished request, for the next one that begins with the same ids.
///
/// A conversation holds one handle: each turn then computes only what is new. Results are the same bits with and
/// without. The engine may clear a handle that no request is using when its cache runs short.
public final class PrefixHandle: Sendable {
    struct Kept: Sendable {
        let pool: KeyValueCachePool
        let sequence: CachedSequence
        /// The ids whose keys and values the sequence holds.
        let ids: [Int32]
    }

    private let kept = Mutex<Kept?>(nil)

    /// A handle that holds nothing yet.
    public init() {}

    /// The number of tokens whose keys and values it holds.
    public var tokenCount: Int { kept.withLock { $0?.ids.count ?? 0 } }

    /// Lets go of what it holds.
    public func clear() { kept.withLock { $0 = nil } }

    /// Hands over what it holds, cut to what `ids` begin with; nil if that is nothing of this pool's.
    func take(sharedWith ids: ArraySlice<Int32>, pool: KeyValueCachePool) -> CachedSequence? {
        let held = kept.withLock { value -> Kept? in
            defer { value = nil }
            return value
        }
        guard let held, held.pool === pool else { return nil }
        let shared = zip(held.ids, ids).prefix { $0 == $1 }.count
        guard shared > 0 else { return nil }
        if shared < held.ids.count { held.sequence.truncate(to: shared) }
        return held.sequence
    }

    func keep(_ sequence: CachedSequence, ids: [Int32], pool: KeyValueCachePool) {
        kept.withLock { $0 = Kept(pool: pool, sequence: sequence, ids: ids) }
    }
}
