// SPDX-License-Identifier: Apache-2.0
import CKernels
import CNearest
import Foundation

/// A graph of nearest neighbours over the rows of all documents up to one, in a file beside the database. It derives
/// from the vectors: who removes the file loses nothing but time.
final class VectorGraph: @unchecked Sendable {
    // Safe: the library allows searches at once; rows are added and the breadth is set only before anyone else has it.
    private let graph: OpaquePointer
    private let dimension: Int
    /// The content that each row belongs to.
    private(set) var keys: [UInt64]

    /// Links of a row to others, on each level; twice as many on the lowest.
    private static let links: Int64 = 16
    /// Rows kept in view while a row's neighbours are found.
    private static let buildBreadth: Int64 = 200
    /// What `breadth` may be. Where very many passages are nearly alike, a narrow search never leaves them.
    static let breadths = [200, 400, 800, 1_600, 3_200]

    /// Rows kept in view by a search, at least.
    var breadth: Int

    /// An empty graph.
    init(dimension: Int, capacity: Int) throws {
        var error = cn_error()
        guard
            let made = cn_create(Int64(dimension), ck_dot_i8, Int64(capacity), Self.links, Self.buildBreadth, &error)
        else { throw Self.failure(error) }
        (graph, self.dimension, keys, breadth) = (made, dimension, [], Self.breadths[0])
    }

    /// The graph that a file holds, if it is the one that a record tells of, with room for more rows.
    init?(path: String, record: VectorGraphRecord, spare: Int = 0) {
        guard (try? Self.isWhole(path, record)) == true else { return nil }
        guard let loaded = cn_load(path, Int64(record.dimension), ck_dot_i8, Int64(spare), nil) else { return nil }
        (graph, dimension, keys, breadth) = (loaded, record.dimension, record.keys, record.breadth)
    }

    deinit { cn_free(graph) }

    /// Adds those rows of a matrix whose content is new. Cancelling leaves it half done.
    func add(_ matrix: VectorMatrix, progress: (@Sendable (Int, Int) -> Void)?) throws {
        var known = Set(keys)
        var rows: [(row: Int, key: UInt64)] = []
        for (passage, key) in matrix.keys.enumerated() where known.insert(key).inserted {
            for row in matrix.starts[passage]..<matrix.starts[passage + 1] { rows.append((Int(row), key)) }
        }
        let first = keys.count
        keys += rows.map(\.key)
        let batch = 4_096
        for start in stride(from: 0, to: rows.count, by: batch) {
            try Task.checkCancellation()
            let part = rows[start..<min(rows.count, start + batch)]
            let failed = Failure()
            inParallel(part.count) { index in
                let bytes = Self.bytes(
                    UnsafeBufferPointer(start: matrix.row(part[start + index].row), count: self.dimension),
                    matrix.factors[part[start + index].row]
                )
                var error = cn_error()
                if cn_add(self.graph, bytes, UInt64(first + start + index), &error) != 0 { failed.record(error) }
            }
            if let error = failed.error { throw Self.failure(error) }
            progress?(start + part.count, rows.count)
        }
    }

    private final class Failure: @unchecked Sendable {
        private let lock = NSLock()
        private var first: cn_error?
        var error: cn_error? { lock.withLock { first } }
        func record(_ error: cn_error) { lock.withLock { first = first ?? error } }
    }

    /// The contents nearest to a query, best first, each key once.
    func nearest(
        _ query: ByteVector,
        limit: Int
    ) throws -> [(key: UInt64, score: Float)] {
        guard query.bytes.count == dimension, limit > 0, !keys.isEmpty else { return [] }
        let bytes = query.bytes.withUnsafeBufferPointer { Self.bytes($0, query.factor) }
        var numbers = [UInt64](repeating: 0, count: limit)
        var products = [Float](repeating: 0, count: limit)
        var error = cn_error()
        let count = cn_search(graph, bytes, Int64(limit), Int64(max(limit, breadth)), &numbers, &products, &error)
        guard count >= 0 else { throw Self.failure(error) }
        var seen: Set<UInt64> = []
        return (0..<Int(count)).reversed().compactMap { index in
            guard let number = Int(exactly: numbers[index]), keys.indices.contains(number),
                seen.insert(keys[number]).inserted
            else { return nil }
            return (keys[number], products[index])
        }
    }

    /// Writes it to a file, and returns the digest of its bytes.
    func write(to path: String) throws -> [UInt8] {
        var error = cn_error()
        guard cn_save(graph, path, &error) == 0 else { throw Self.failure(error) }
        return try Self.digest(of: path)
    }

    /// A row as the graph holds it.
    private static func bytes(_ row: UnsafeBufferPointer<Int8>, _ factor: Float) -> [UInt8] {
        withUnsafeBytes(of: factor) { Array($0) } + row.map { UInt8(bitPattern: $0) }
    }

    private static func failure(_ error: cn_error) -> KnowledgeError {
        let said = withUnsafeBytes(of: error.text) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        return KnowledgeError(.notWritable, "the graph of neighbours cannot be made: \(said); make room and try again")
    }

    /// Whether a file is the one that a record tells of.
    static func isWhole(_ path: String, _ record: VectorGraphRecord?) throws -> Bool {
        try digest(of: path) == record?.digest
    }

    private static func digest(of path: String) throws -> [UInt8] {
        let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
        defer { try? file.close() }
        var hash = SecureHash()
        while let part = try file.read(upToCount: 1 << 22), !part.isEmpty { hash.update(part) }
        return hash.finalize()
    }
}

/// The row of `vector_graph`: what a knowledge base knows of its graph's file.
struct VectorGraphRecord: Sendable {
    /// The last document whose passages are in it.
    var covered: Int64
    var dimension: Int
    /// SHA-256 of the file.
    var digest: [UInt8]
    /// Rows that a search keeps in view.
    var breadth: Int
    /// The share of the true nearest ten that it then found, on a sample of questions.
    var recall: Double
    var sample: Int
    /// The content that each of its rows belongs to.
    var keys: [UInt64]

    private var fields: [UInt8] { Array("\(covered) \(dimension) \(breadth) \(recall) \(sample)".utf8) }
    private var keyBytes: [UInt8] { keys.flatMap { key in withUnsafeBytes(of: key.littleEndian) { Array($0) } } }

    func write(in db: Database) throws {
        let bytes = keyBytes
        try db.execute(
            sql: """
                INSERT INTO vector_graph (id, covered, dimension, digest, breadth, recall, sample, checksum, keys)
                VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (id) DO UPDATE SET covered = excluded.covered, dimension = excluded.dimension,
                    digest = excluded.digest, breadth = excluded.breadth, recall = excluded.recall,
                    sample = excluded.sample, checksum = excluded.checksum, keys = excluded.keys
                """,
            arguments: [
                covered, dimension, Data(digest), breadth, recall, sample, Data(Checksum.of(fields, digest, bytes)),
                Data(bytes),
            ]
        )
    }

    /// The record, if there is one and it is what was written.
    init?(in db: Database) throws {
        guard let row = try Row.fetchOne(db, sql: "SELECT * FROM vector_graph WHERE id = 1") else { return nil }
        guard let covered: Int64 = try? row.value("covered"), let dimension: Int = try? row.value("dimension"),
            let digest: Data = try? row.value("digest"), let breadth: Int = try? row.value("breadth"),
            let recall: Double = try? row.value("recall"),
            let sample: Int = try? row.value("sample"), let sum: Data = try? row.value("checksum"),
            let bytes: Data = try? row.value("keys"), bytes.count % 8 == 0
        else { return nil }
        (self.covered, self.dimension, self.digest) = (covered, dimension, Array(digest))
        (self.breadth, self.recall, self.sample) = (breadth, recall, sample)
        keys = bytes.withUnsafeBytes { bytes in
            (0..<(bytes.count / 8)).map {
                UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8 * $0, as: UInt64.self))
            }
        }
        guard Checksum.of(fields, self.digest, Array(bytes)) == Array(sum) else { return nil }
    }

    init(covered: Int64, dimension: Int, digest: [UInt8], breadth: Int, recall: Double, sample: Int, keys: [UInt64]) {
        (self.covered, self.dimension, self.digest) = (covered, dimension, digest)
        (self.breadth, self.recall, self.sample, self.keys) = (breadth, recall, sample, keys)
    }
}
