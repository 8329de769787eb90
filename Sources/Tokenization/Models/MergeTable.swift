// SPDX-License-Identifier: Apache-2.0

/// Which two symbols merge to which, and how early.
struct MergeTable: Sendable {
    struct Merge: Sendable {
        var rank: UInt32
        var product: Int32
    }

    static let noRank = UInt32.max

    private var keys: [UInt64]
    private var merges: [Merge]
    private let multiplier: UInt64
    private var products: Set<Int32> = []
    /// Whether no two merges make the same symbol, so that a symbol tells the pair it came from.
    private(set) var hasUniqueProducts = true

    private static let empty = UInt64.max

    init(capacity: Int) {
        var size = 16
        while size < capacity * 2 { size *= 2 }
        keys = Array(repeating: Self.empty, count: size)
        merges = Array(repeating: Merge(rank: Self.noRank, product: -1), count: size)
        // Unguessable, so that no file can be made whose pairs all collide.
        multiplier = UInt64.random(in: 0...UInt64.max) | 1
    }

    /// Adds a merge; of two of the same pair the later counts. Never more of them than the capacity.
    mutating func insert(_ left: Int32, _ right: Int32, _ merge: Merge) {
        let key = Self.key(left, right)
        var slot = slot(key)
        while keys[slot] != Self.empty, keys[slot] != key { slot = (slot + 1) & (keys.count - 1) }
        keys[slot] = key
        merges[slot] = merge
        if !products.insert(merge.product).inserted { hasUniqueProducts = false }
    }

    /// Frees what only building needed.
    mutating func finish() { products = [] }

    @inline(__always)
    func find(_ left: Int32, _ right: Int32) -> Merge {
        let key = Self.key(left, right)
        var slot = slot(key)
        while true {
            let found = keys[slot]
            if found == key { return merges[slot] }
            if found == Self.empty { return Merge(rank: Self.noRank, product: -1) }
            slot = (slot + 1) & (keys.count - 1)
        }
    }

    @inline(__always)
    private static func key(_ left: Int32, _ right: Int32) -> UInt64 {
        UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
    }

    @inline(__always)
    private func slot(_ key: UInt64) -> Int {
        let mixed = key &* multiplier
        return Int(truncatingIfNeeded: (mixed ^ (mixed >> 32)) & UInt64(keys.count - 1))
    }
}
