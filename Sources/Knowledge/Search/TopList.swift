// SPDX-License-Identifier: Apache-2.0

/// The first few of many by an order, kept in a heap whose top is the last of them.
package struct TopList<Element> {
    private let limit: Int
    private let precedes: (Element, Element) -> Bool
    private var heap: [Element] = []

    package init(limit: Int, precedes: @escaping (Element, Element) -> Bool) {
        self.limit = limit
        self.precedes = precedes
    }

    package mutating func insert(_ element: Element) {
        if heap.count < limit {
            heap.append(element)
            var child = heap.count - 1
            while child > 0, precedes(heap[(child - 1) / 2], heap[child]) {
                heap.swapAt(child, (child - 1) / 2)
                child = (child - 1) / 2
            }
        } else if let last = heap.first, precedes(element, last) {
            heap[0] = element
            sink()
        }
    }

    private mutating func sink() {
        var parent = 0
        while 2 * parent + 1 < heap.count {
            var child = 2 * parent + 1
            if child + 1 < heap.count, precedes(heap[child], heap[child + 1]) { child += 1 }
            guard precedes(heap[parent], heap[child]) else { return }
            heap.swapAt(parent, child)
            parent = child
        }
    }

    package func sorted() -> [Element] { heap.sorted(by: precedes) }
}
