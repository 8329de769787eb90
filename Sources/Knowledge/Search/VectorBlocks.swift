// SPDX-License-Identifier: Apache-2.0
import CKernels
import Foundation

/// The vectors of some passages of one document, each value a byte: a quarter of what `vector` holds, densely packed,
/// so that all of them are soon in memory. It derives from `passage` and `vector`.
struct VectorBlock {
    /// Passages in a block at most.
    static let limit = 1_024

    /// The passages' keys, as numbers.
    var keys: [UInt64] = []
    /// How many rows each passage has, one a window.
    var counts: [UInt32] = []
    /// What a row's bytes are to be multiplied by.
    var factors: [Float] = []
    /// The rows, one after the other.
    var rows: [Int8] = []

    mutating func append(key: UInt64, vectors: [Float], dimension: Int) {
        let count = vectors.count / dimension
        keys.append(key)
        counts.append(UInt32(truncatingIfNeeded: count))
        for start in stride(from: 0, to: count * dimension, by: dimension) {
            let row = ByteVector(Array(vectors[start..<(start + dimension)]))
            factors.append(row.factor)
            rows += row.bytes
        }
    }

    /// Keys, counts, factors, rows; numbers little-endian.
    var data: Data {
        var data = Data(capacity: keys.count * 12 + factors.count * 4 + rows.count)
        func put<Value: FixedWidthInteger>(_ values: [Value]) {
            for value in values { withUnsafeBytes(of: value.littleEndian) { data.append(contentsOf: $0) } }
        }
        put(keys)
        put(counts)
        put(factors.map(\.bitPattern))
        rows.withUnsafeBytes { data.append(contentsOf: $0) }
        return data
    }

    /// Reads what `data` made; nil where the sizes do not fit.
    init?(_ data: UnsafeRawBufferPointer, passages: Int, rows rowCount: Int, dimension: Int) {
        guard passages >= 0, rowCount >= 0, passages <= data.count / 12, rowCount <= data.count / max(1, dimension),
            data.count == passages * 12 + rowCount * (4 + dimension)
        else { return nil }
        func take<Value: FixedWidthInteger>(_ count: Int, at offset: Int) -> [Value] {
            (0..<count).map { index in
                Value(
                    littleEndian: data.loadUnaligned(
                        fromByteOffset: offset + index * Value.bitWidth / 8,
                        as: Value.self
                    )
                )
            }
        }
        keys = take(passages, at: 0)
        counts = take(passages, at: passages * 8)
        guard counts.reduce(0, { $0 + Int($1) }) == rowCount else { return nil }
        factors = (take(rowCount, at: passages * 12) as [UInt32]).map(Float.init(bitPattern:))
        rows = [Int8](unsafeUninitializedCapacity: rowCount * dimension) { buffer, count in
            count = rowCount * dimension
            UnsafeMutableRawBufferPointer(buffer).copyMemory(
                from: UnsafeRawBufferPointer(rebasing: data[(passages * 12 + rowCount * 4)...])
            )
        }
    }

    init() {}
}

/// A vector as bytes times a factor.
struct ByteVector: Sendable {
    let bytes: [Int8]
    let factor: Float

    init(_ vector: [Float]) {
        var bytes = [Int8](repeating: 0, count: vector.count)
        factor = ck_round_row_i8(Int64(vector.count), vector, &bytes)
        self.bytes = bytes
    }
}

/// The table of blocks, from which all vectors are soon in memory, and the file of the graph of neighbours.
struct VectorBlocks: VectorStorage {
    let graphPath: String

    func write(document: Int64, dimension: Int, in db: Database) throws {
        try Self.write(document: document, dimension: dimension, in: db)
    }

    func isExact(document: Int64, dimension: Int, in db: Database) throws -> Bool {
        let stored = try Data.fetchAll(
            db,
            sql: "SELECT data FROM vector_block WHERE document = ? ORDER BY ordinal",
            arguments: [document]
        )
        return try Self.derived(document: document, dimension: dimension, in: db).map(\.data) == stored
    }

    func problem(in db: Database) throws -> String? {
        guard try Int.fetchOne(db, sql: "SELECT 1 FROM vector_graph") != nil else { return nil }
        let record = try VectorGraphRecord(in: db)
        let isThere = FileManager.default.fileExists(atPath: graphPath)
        guard try record == nil || isThere && !VectorGraph.isWhole(graphPath, record) else { return nil }
        return "not what was written; run `martlet kb index`"
    }

    func statistics(in db: Database) throws -> VectorStatistics {
        let record = try VectorGraphRecord(in: db)
        return VectorStatistics(
            vectors: try Int.fetchOne(db, sql: "SELECT SUM(rows) FROM vector_block") ?? 0,
            inGraph: record?.keys.count ?? 0,
            recall: record?.recall,
            sample: record?.sample
        )
    }

    func candidates(
        _ search: VectorSearch,
        after known: (any VectorCandidates)?,
        in db: Database
    ) throws -> any VectorCandidates {
        try MemoryCandidates(search, graphPath: graphPath, known: known as? MemoryCandidates, in: db)
    }

    /// Writes the blocks of a document, whose passages are stored, anew.
    static func write(document: Int64, dimension: Int, in db: Database) throws {
        try db.cachedStatement(sql: "DELETE FROM vector_block WHERE document = ?").execute(arguments: [document])
        for (ordinal, block) in try derived(document: document, dimension: dimension, in: db).enumerated() {
            let data = block.data
            try db.cachedStatement(
                sql: """
                    INSERT INTO vector_block (document, ordinal, passages, rows, checksum, data)
                    VALUES (?, ?, ?, ?, ?, ?)
                    """
            ).execute(arguments: [
                document, ordinal, block.keys.count, block.factors.count, Data(checksum(data)), data,
            ])
        }
    }

    /// The blocks of a document as its passages and their vectors have them.
    static func derived(document: Int64, dimension: Int, in db: Database) throws -> [VectorBlock] {
        let damage = KnowledgeError(.damaged, "a passage's vector is missing or cut; run `martlet kb verify`")
        var blocks: [VectorBlock] = []
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT passage.key, vector.data FROM passage LEFT JOIN vector ON vector.passage = passage.id
                WHERE passage.document = ? ORDER BY passage.ordinal
                """,
            arguments: [document]
        )
        while let row = try rows.next() {
            let key: String = try row.value("key")
            guard dimension > 0, let data: Data = try row.optional("data"), !data.isEmpty,
                data.count % (4 * dimension) == 0
            else { throw damage }
            if blocks.last.map({ $0.keys.count >= VectorBlock.limit }) ?? true { blocks.append(VectorBlock()) }
            blocks[blocks.count - 1].append(
                key: LexicalContent.number(of: key),
                vectors: Array(littleEndian: data),
                dimension: dimension
            )
        }
        return blocks
    }

    /// Blocks of some documents, in their order; those that are missing or damaged as derived.
    static func each(
        of documents: [Int64],
        dimension: Int,
        in db: Database,
        _ body: (Int64, VectorBlock) throws -> Void
    ) throws {
        let statement = try db.cachedStatement(
            sql: "SELECT passages, rows, checksum, data FROM vector_block WHERE document = ? ORDER BY ordinal"
        )
        let sizes = try db.cachedStatement(sql: "SELECT passages FROM document WHERE id = ?")
        for id in documents {
            let passages = try Int.fetchOne(sizes, arguments: [id]) ?? 0
            let blocks =
                try stored(statement, document: id, passages: passages, dimension: dimension)
                ?? derived(document: id, dimension: dimension, in: db)
            for block in blocks { try body(id, block) }
        }
    }

    /// The stored blocks of a document, or nil where they are not what was written.
    private static func stored(
        _ statement: Statement,
        document: Int64,
        passages: Int,
        dimension: Int
    ) throws -> [VectorBlock]? {
        var blocks: [VectorBlock] = []
        let rows = try Row.fetchCursor(statement, arguments: [document])
        while let row = try rows.next() {
            guard let inside: Int = try? row.value("passages"), let count: Int = try? row.value("rows"),
                let sum: Data = try? row.value("checksum"), let data: Data = try? row.value("data"),
                checksum(data) == Array(sum),
                let block = data.withUnsafeBytes({
                    VectorBlock($0, passages: inside, rows: count, dimension: dimension)
                })
            else { return nil }
            blocks.append(block)
        }
        return blocks.reduce(0) { $0 + $1.keys.count } == passages ? blocks : nil
    }

    private static func checksum(_ data: Data) -> [UInt8] {
        var hash = SecureHash()
        hash.update(data)
        return Array(hash.finalize().prefix(16))
    }
}

extension Array where Element == Float {
    /// The values of little-endian bytes.
    init(littleEndian data: Data) {
        self = data.withUnsafeBytes { bytes in
            (0..<(bytes.count / 4)).map { index in
                Float(bitPattern: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: index * 4, as: UInt32.self)))
            }
        }
    }
}
