// SPDX-License-Identifier: Apache-2.0

/// Byte strings, each with a number, of which all that begin a text are found in one walk.
///
/// A trie whose edges lie in one open-addressing table: building takes the bytes of the strings, a walk ends at the
/// first byte that goes on to none of them.
struct PrefixTrie: Sendable {
    /// From the node and the byte in `key` to `child`; `value` is the number of the string that ends there, or -1.
    private struct Edge {
        var key: UInt64 = .max
        var child: Int32 = 0
        var value: Int32 = -1
    }

    private var edges: [Edge]
    private var count = 0
    /// Unguessable, so that no file can be made whose edges all collide.
    private let seed = UInt64.random(in: 0...UInt64.max)

    init(capacity: Int) {
        var size = 16
        while size < capacity * 2 { size *= 2 }
        edges = Array(repeating: Edge(), count: size)
    }

    /// Adds a string; of two that are the same the first counts.
    mutating func insert(_ text: some Sequence<UInt8>, value: Int32) {
        var node: Int32 = 0
        var place: Int?
        for byte in text {
            let found = step(from: node, byte)
            place = found
            node = edges[found].child
        }
        guard let place, edges[place].value < 0 else { return }
        edges[place].value = value
    }

    /// The edge's place; it is made if there is none.
    private mutating func step(from node: Int32, _ byte: UInt8) -> Int {
        if (count + 1) * 4 > edges.count * 3 { grow() }
        let key = UInt64(UInt32(bitPattern: node)) << 8 | UInt64(byte)
        let place = place(of: key)
        if edges[place].key == .max {
            count += 1
            edges[place] = Edge(key: key, child: Int32(clamping: count))
        }
        return place
    }

    private mutating func grow() {
        let old = edges
        edges = Array(repeating: Edge(), count: old.count * 2)
        for edge in old where edge.key != .max { edges[place(of: edge.key)] = edge }
    }

    @inline(__always)
    private func place(of key: UInt64) -> Int {
        let mixed = (key ^ seed) &* 0x9E37_79B9_7F4A_7C15
        let mask = edges.count - 1
        var place = Int(truncatingIfNeeded: mixed >> 32) & mask
        while edges[place].key != key, edges[place].key != .max { place = (place + 1) & mask }
        return place
    }

    /// Gives the end and the number of each string that `text[start..<limit]` begins with, the shortest first.
    @inline(__always)
    func forEachPrefix(_ text: [UInt8], from start: Int, to limit: Int, _ body: (Int, Int32) -> Void) {
        var node: Int32 = 0
        var position = start
        while position < limit {
            let key = UInt64(UInt32(bitPattern: node)) << 8 | UInt64(text[position])
            let edge = edges[place(of: key)]
            guard edge.key == key else { return }
            position += 1
            if edge.value >= 0 { body(position, edge.value) }
            node = edge.child
        }
    }
}
