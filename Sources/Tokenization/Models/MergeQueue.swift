// SPDX-License-Identifier: Apache-2.0

/// Merges the symbols of a long word in O(n log n), the earliest merge first and from left to right among equals.
///
/// An entry that has gone stale still counts if what now stands at its place makes the same symbol, as it does in
/// the reference.
struct MergeQueue {
    private struct Entry {
        var rank: UInt32
        var place: Int32
        var product: Int32

        @inline(__always)
        func precedes(_ other: Entry) -> Bool { (rank, place) < (other.rank, other.place) }
    }

    private var heap: [Entry] = []
    private var next: [Int32] = []
    private var previous: [Int32] = []

    mutating func merge(_ symbols: inout [Int32], by merges: MergeTable) {
        let count = symbols.count
        let gone: Int32 = -1
        heap.removeAll(keepingCapacity: true)
        next = (0..<count).map { $0 + 1 < count ? Int32($0 + 1) : gone }
        previous = (0..<count).map { Int32($0 - 1) }
        var removed = [Bool](repeating: false, count: count)
        for place in 0..<max(count - 1, 0) { push(place, symbols[place], symbols[place + 1], merges) }
        while let top = pop() {
            let place = Int(top.place)
            guard !removed[place], next[place] >= 0 else { continue }
            let right = Int(next[place])
            guard merges.find(symbols[place], symbols[right]).product == top.product else { continue }
            symbols[place] = top.product
            removed[right] = true
            next[place] = next[right]
            if next[right] >= 0 { previous[Int(next[right])] = Int32(place) }
            if previous[place] >= 0 {
                let left = Int(previous[place])
                push(left, symbols[left], symbols[place], merges)
            }
            if next[place] >= 0 { push(place, symbols[place], symbols[Int(next[place])], merges) }
        }
        var kept = 0
        for place in 0..<count where !removed[place] {
            symbols[kept] = symbols[place]
            kept += 1
        }
        symbols.removeLast(count - kept)
    }

    private mutating func push(_ place: Int, _ left: Int32, _ right: Int32, _ merges: MergeTable) {
        let merge = merges.find(left, right)
        guard merge.rank != MergeTable.noRank else { return }
        let entry = Entry(rank: merge.rank, place: Int32(truncatingIfNeeded: place), product: merge.product)
        var child = heap.count
        heap.append(entry)
        while child > 0 {
            let parent = (child - 1) / 2
            guard entry.precedes(heap[parent]) else { break }
            heap[child] = heap[parent]
            child = parent
        }
        heap[child] = entry
    }

    private mutating func pop() -> Entry? {
        guard let top = heap.first, let last = heap.popLast() else { return nil }
        guard !heap.isEmpty else { return top }
        var parent = 0
        while true {
            var child = 2 * parent + 1
            guard child < heap.count else { break }
            if child + 1 < heap.count, heap[child + 1].precedes(heap[child]) { child += 1 }
            guard heap[child].precedes(last) else { break }
            heap[parent] = heap[child]
            parent = child
        }
        heap[parent] = last
        return top
    }
}
