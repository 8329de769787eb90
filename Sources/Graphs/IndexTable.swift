// SPDX-License-Identifier: Apache-2.0

/// A hash table of positions in an array that somebody else keeps: open addressing with linear probing.
struct IndexTable {
    private static let free: Int32 = -1
    private static let removed: Int32 = -2

    private var slots = [Int32](repeating: free, count: 16)
    private var used = 0

    /// The position whose element has this hash and is the one looked for.
    func find(hash: Int, _ isWanted: (Int) -> Bool) -> Int? {
        var slot = hash & (slots.count - 1)
        while slots[slot] != Self.free {
            if slots[slot] >= 0, isWanted(Int(slots[slot])) { return Int(slots[slot]) }
            slot = (slot + 1) & (slots.count - 1)
        }
        return nil
    }

    /// Puts a position in that is not there; `hashOf` gives the hash of any position that is.
    mutating func insert(_ position: Int, hash: Int, hashOf: (Int) -> Int) {
        if (used + 1) * 10 > slots.count * 7 { grow(hashOf) }
        place(Int32(truncatingIfNeeded: position), hash: hash)
    }

    /// Takes a position out.
    mutating func remove(_ position: Int, hash: Int) {
        var slot = hash & (slots.count - 1)
        while slots[slot] != Self.free {
            if Int(slots[slot]) == position {
                slots[slot] = Self.removed
                return
            }
            slot = (slot + 1) & (slots.count - 1)
        }
    }

    private mutating func place(_ position: Int32, hash: Int) {
        var slot = hash & (slots.count - 1)
        while slots[slot] >= 0 || slots[slot] == Self.removed { slot = (slot + 1) & (slots.count - 1) }
        slots[slot] = position
        used += 1
    }

    private mutating func grow(_ hashOf: (Int) -> Int) {
        let kept = slots.filter { $0 >= 0 }
        var size = 16
        while size < kept.count * 4 { size *= 2 }
        slots = [Int32](repeating: Self.free, count: size)
        used = 0
        for position in kept { place(position, hash: hashOf(Int(position))) }
    }
}
