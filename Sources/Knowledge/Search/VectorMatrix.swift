// SPDX-License-Identifier: Apache-2.0
import CKernels

/// The vectors of many passages in memory, a byte a value: one row or several a passage, densely packed.
final class VectorMatrix: @unchecked Sendable {
    // Safe: written in the initializer only.
    private let memory: UnsafeMutablePointer<Int8>
    private let byteCount: Int
    let dimension: Int
    /// What each row is to be multiplied by.
    let factors: [Float]
    /// The first row of each passage, then the number of all rows.
    let starts: [UInt32]
    /// The key of each passage.
    let keys: [UInt64]
    /// Each document with its first passage, in the order of passages.
    let documents: [(id: Int64, start: Int)]

    var rowCount: Int { factors.count }

    /// The vectors of all documents after one.
    convenience init(after covered: Int64 = 0, dimension: Int, in db: Database) throws {
        let documents = try Int64.fetchAll(
            db,
            sql: "SELECT id FROM document WHERE name IS NOT NULL AND id > ? ORDER BY id",
            arguments: [covered]
        )
        let rows = try Int.fetchOne(
            db,
            sql: "SELECT SUM(rows) FROM vector_block WHERE document > ?",
            arguments: [covered]
        )
        try self.init(documents, rows: rows, dimension: dimension, in: db)
    }

    /// The vectors of some documents.
    convenience init(of documents: Set<Int64>, dimension: Int, in db: Database) throws {
        try self.init(documents.sorted(), rows: nil, dimension: dimension, in: db)
    }

    private init(_ ids: [Int64], rows: Int?, dimension: Int, in db: Database) throws {
        var capacity = max(64, max(0, rows ?? 0).multipliedReportingOverflow(by: dimension).partialValue)
        guard var memory = ck_allocate(capacity) else { throw Self.noMemory }
        var used = 0
        var factors: [Float] = []
        var starts: [UInt32] = [0]
        var keys: [UInt64] = []
        var documents: [(id: Int64, start: Int)] = []
        do {
            try VectorBlocks.each(of: ids, dimension: dimension, in: db) { document, block in
                if used + block.rows.count > capacity {
                    // Some of the blocks had to be derived.
                    let larger = max(2 * capacity, used + block.rows.count)
                    guard let moved = ck_allocate(larger) else { throw Self.noMemory }
                    moved.copyMemory(from: memory, byteCount: used)
                    ck_release(memory, capacity)
                    (memory, capacity) = (moved, larger)
                }
                block.rows.withUnsafeBytes { bytes in
                    guard let base = bytes.baseAddress else { return }
                    (memory + used).copyMemory(from: base, byteCount: bytes.count)
                }
                used += block.rows.count
                if documents.last?.id != document { documents.append((document, keys.count)) }
                keys += block.keys
                factors += block.factors
                var row = starts[starts.count - 1]
                for count in block.counts {
                    let (next, overflow) = row.addingReportingOverflow(count)
                    guard !overflow else { throw KnowledgeError(.damaged, "the stored vectors are too many") }
                    row = next
                    starts.append(row)
                }
            }
        } catch {
            ck_release(memory, capacity)
            throw error
        }
        self.memory = memory.bindMemory(to: Int8.self, capacity: capacity)
        (byteCount, self.dimension) = (capacity, dimension)
        (self.factors, self.starts, self.keys, self.documents) = (factors, starts, keys, documents)
    }

    private static var noMemory: KnowledgeError {
        KnowledgeError(
            .unreadable,
            "no memory for the vectors of the knowledge base; close other programs, or use a larger machine"
        )
    }

    deinit { ck_release(memory, byteCount) }

    /// A row's bytes.
    func row(_ index: Int) -> UnsafePointer<Int8> { UnsafePointer(memory + index * dimension) }

    /// The passage's contents nearest to a query, best first, each key once; of documents that `allows` only.
    func nearest(
        _ query: ByteVector,
        limit: Int,
        among allowed: Set<Int64>? = nil
    ) -> [(key: UInt64, score: Float)] {
        guard query.bytes.count == dimension, !keys.isEmpty, limit > 0 else { return [] }
        var depth = limit
        while true {
            let found = best(query, depth: depth, among: allowed)
            var seen: Set<UInt64> = []
            let distinct = found.filter { seen.insert($0.key).inserted }
            if distinct.count >= limit || found.count < depth { return Array(distinct.prefix(limit)) }
            // Equal content of several documents took the places of others.
            depth *= 4
        }
    }

    private static let chunk = 16_384

    private func best(_ query: ByteVector, depth: Int, among allowed: Set<Int64>?) -> [(key: UInt64, score: Float)] {
        let ranges = allowed.map(passages) ?? [0..<keys.count]
        let parts = ranges.flatMap { range in
            stride(from: range.lowerBound, to: range.upperBound, by: Self.chunk).map { start in
                start..<min(range.upperBound, start + Self.chunk)
            }
        }
        var found = [[(key: UInt64, score: Float)]](repeating: [], count: parts.count)
        found.withUnsafeMutableBufferPointer { found in
            nonisolated(unsafe) let found = found
            inParallel(parts.count) { index in found[index] = self.best(query, depth: depth, in: parts[index]) }
        }
        if found.count == 1 { return found[0] }
        var list = TopList<(key: UInt64, score: Float)>(limit: depth, precedes: Self.precedes)
        for candidate in found.joined() { list.insert(candidate) }
        return list.sorted()
    }

    private func best(_ query: ByteVector, depth: Int, in passages: Range<Int>) -> [(key: UInt64, score: Float)] {
        let (first, last) = (Int(starts[passages.lowerBound]), Int(starts[passages.upperBound]))
        var list = TopList<(key: UInt64, score: Float)>(limit: depth, precedes: Self.precedes)
        let scores = [Float](unsafeUninitializedCapacity: last - first) { buffer, count in
            factors.withUnsafeBufferPointer { factors in
                guard let factors = factors.baseAddress else { return }
                ck_scan_i8(
                    row(first),
                    factors + first,
                    Int64(last - first),
                    Int64(dimension),
                    query.bytes,
                    query.factor,
                    buffer.baseAddress
                )
            }
            count = last - first
        }
        for passage in passages {
            let (start, stop) = (Int(starts[passage]) - first, Int(starts[passage + 1]) - first)
            guard start < stop else { continue }
            var score = scores[start]
            for row in (start + 1)..<max(stop, start + 1) { score = max(score, scores[row]) }
            list.insert((keys[passage], score))
        }
        return list.sorted()
    }

    /// The passages of some documents.
    private func passages(of allowed: Set<Int64>) -> [Range<Int>] {
        documents.indices.compactMap { index in
            guard allowed.contains(documents[index].id) else { return nil }
            return documents[index].start..<(index + 1 < documents.count ? documents[index + 1].start : keys.count)
        }
    }

    private static func precedes(_ a: (key: UInt64, score: Float), _ b: (key: UInt64, score: Float)) -> Bool {
        a.score != b.score ? a.score > b.score : a.key < b.key
    }
}

/// Inner products in full precision.
enum ExactProducts {
    /// Of each row with a vector.
    static func scores(_ rows: [Float], _ vector: [Float]) -> [Float] {
        guard !vector.isEmpty else { return [] }
        let count = rows.count / vector.count
        var scores = [Float](repeating: 0, count: count)
        ck_scan_f32(rows, Int64(count), Int64(vector.count), vector, &scores)
        return scores
    }
}

/// Calls `body` for each number below `count`, on all threads.
func inParallel(_ count: Int, _ body: @Sendable (Int) -> Void) {
    withoutActuallyEscaping(body) { body in
        withUnsafePointer(to: body) { pointer in
            ck_parallel(
                Int64(count),
                { context, index in
                    context?.assumingMemoryBound(to: (@Sendable (Int) -> Void).self).pointee(Int(index))
                },
                UnsafeMutableRawPointer(mutating: pointer)
            )
        }
    }
}
