// SPDX-License-Identifier: Apache-2.0
import CKernels
import Foundation
import GRDB

/// What searching needs of all passages, in memory: who they are, how long, and their vectors as one matrix. Of
/// passages with equal content in several documents the one whose document's name comes first stands for all.
final class PassageIndex: Sendable {
    /// A passage that can be found.
    struct Entry: Sendable {
        var id: Int64
        var key: String
        var document: String
        var length: Int
    }

    let version: Int
    /// In the order of their ids.
    let entries: [Entry]
    let averageLength: Double
    let vectors: VectorMatrix

    init(db: Database, version: Int, dimension: Int) throws {
        self.version = version
        var first: [String: (position: Int, document: String)] = [:]
        var all: [Entry] = []
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT passage.id, passage.key, passage.length, document.name FROM passage
                JOIN document ON document.id = passage.document WHERE document.name IS NOT NULL ORDER BY passage.id
                """
        )
        while let row = try rows.next() {
            let entry = Entry(
                id: try row.value("id"),
                key: try row.value("key"),
                document: try row.value("name"),
                length: try row.value("length")
            )
            if let known = first[entry.key], known.document <= entry.document { continue }
            first[entry.key] = (all.count, entry.document)
            all.append(entry)
        }
        let kept = all.enumerated().filter { first[$0.element.key]?.position == $0.offset }.map(\.element)
        entries = kept
        averageLength = kept.isEmpty ? 1 : max(1, Double(kept.reduce(0) { $0 + $1.length }) / Double(kept.count))
        vectors = try VectorMatrix(db: db, ids: kept.map(\.id), dimension: dimension)
    }

    /// Equal scores are ordered by the passage's id, then the document's name.
    func ranked(_ scores: [(position: Int, score: Double)], limit: Int) -> [(position: Int, score: Double)] {
        var best = TopList<(position: Int, score: Double)>(limit: limit) { a, b in
            if a.score != b.score { return a.score > b.score }
            let (one, other) = (self.entries[a.position], self.entries[b.position])
            return (one.key, one.document) < (other.key, other.document)
        }
        for score in scores { best.insert(score) }
        return best.sorted()
    }
}

/// One row a passage, densely packed and aligned for the scan.
final class VectorMatrix: @unchecked Sendable {
    // Safe: written in the initializer only.
    private let memory: UnsafeMutableRawPointer
    private let count: Int
    private let dimension: Int

    init(db: Database, ids: [Int64], dimension: Int) throws {
        let (byteCount, overflow) = ids.count.multipliedReportingOverflow(by: max(1, dimension) * 4)
        guard !overflow else { throw KnowledgeError(.damaged, "the stored vectors are too many") }
        memory = .allocate(byteCount: max(64, byteCount), alignment: 64)
        count = ids.count
        self.dimension = dimension
        guard dimension > 0, count > 0 else { return }
        let rows = try Row.fetchCursor(db, sql: "SELECT passage, data FROM vector ORDER BY passage")
        var position = 0
        while position < count, let row = try rows.next() {
            let id: Int64 = try row.value("passage")
            guard id == ids[position] else { continue }
            let data: Data = try row.value("data")
            guard data.count == dimension * 4 else { break }
            data.copyBytes(
                to: UnsafeMutableRawBufferPointer(start: memory + position * dimension * 4, count: data.count)
            )
            position += 1
        }
        guard position == count else {
            throw KnowledgeError(.damaged, "a passage's vector is missing or cut; run `martlet kb verify`")
        }
        #if _endian(big)
        let words = memory.bindMemory(to: UInt32.self, capacity: count * dimension)
        for index in 0..<(count * dimension) { words[index] = UInt32(littleEndian: words[index]) }
        #endif
    }

    deinit { memory.deallocate() }

    /// The inner product of each row with a query.
    func scores(_ query: [Float]) -> [Float] {
        guard query.count == dimension, count > 0 else { return [] }
        var scores = [Float](repeating: 0, count: count)
        ck_scan_f32(
            memory.assumingMemoryBound(to: Float.self),
            Int64(count),
            Int64(dimension),
            query,
            &scores
        )
        return scores
    }
}

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
