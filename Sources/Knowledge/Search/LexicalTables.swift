// SPDX-License-Identifier: Apache-2.0
import CKernels
import Foundation

/// A segment of the full-text index: contents that went in together, or what became of several segments.
struct LexicalSegment: Equatable {
    var id: Int64
    /// Places of contents, those that were removed among them.
    var entries: Int
    /// Contents that are there, and the sum of their lengths.
    var count: Int
    var length: Int
    /// The average length for which bounds were computed.
    var average: Double
    var languages: LanguageSet
    /// Raised by every removal, so that what is kept in memory is known to be old.
    var edition: Int

    /// Contents of a segment at most.
    static let limit = 1 << 30

    private var checksum: Data {
        let fields = [Int(id), entries, count, length, Int(languages.rawValue), edition].map(String.init)
        return Data(Checksum.of(fields + [String(average.bitPattern)]))
    }

    /// All of them, in the order of their making.
    static func all(in db: Database) throws -> [LexicalSegment] {
        try Row.fetchAll(db.cachedStatement(sql: "SELECT * FROM lexical_segment ORDER BY id")).map { row in
            let languages: Int64 = try row.value("languages")
            let segment = LexicalSegment(
                id: try row.value("id"),
                entries: try row.value("entries"),
                count: try row.value("count"),
                length: try row.value("length"),
                average: try row.value("average"),
                languages: LanguageSet(rawValue: UInt32(truncatingIfNeeded: languages)),
                edition: try row.value("edition")
            )
            guard segment.checksum == (try row.value("checksum") as Data), segment.isSound else {
                throw LexicalPart.damage
            }
            return segment
        }
    }

    private var isSound: Bool {
        (1...Self.limit).contains(entries) && (0...entries).contains(count) && (0...(1 << 60)).contains(length)
            && average >= 1 && average.isFinite && edition >= 0
    }

    /// A row for a segment to come; its numbers are written when they are known.
    static func make(in db: Database) throws -> Int64 {
        let insertion = try db.cachedStatement(
            sql: """
                INSERT INTO lexical_segment (entries, count, length, average, languages, edition, checksum)
                VALUES (0, 0, 0, 1, 0, 0, ?) RETURNING id
                """
        )
        return try db.insertedID(insertion, arguments: [Data()])
    }

    func write(in db: Database) throws {
        try db.execute(
            sql: """
                UPDATE lexical_segment SET entries = ?, count = ?, length = ?, average = ?, languages = ?, edition = ?,
                    checksum = ? WHERE id = ?
                """,
            arguments: [entries, count, length, average, Int64(languages.rawValue), edition, checksum, id]
        )
    }

    static func delete(_ id: Int64, in db: Database) throws {
        for table in ["lexical_posting", "lexical_entry"] {
            try db.execute(sql: "DELETE FROM \(table) WHERE segment = ?", arguments: [id])
        }
        try db.execute(sql: "DELETE FROM lexical_segment WHERE id = ?", arguments: [id])
    }
}

/// What a segment knows of its contents: the length in terms (0 for one that was removed) and the passage's key.
struct LexicalEntries {
    var lengths: [UInt32] = []
    var keys: [UInt64] = []

    static let rowCapacity = 4_096

    mutating func append(length: UInt32, key: UInt64) {
        lengths.append(length)
        keys.append(key)
    }

    init() {}

    init(of segment: LexicalSegment, in db: Database) throws {
        // A damaged number must not ask for memory that the rows do not fill.
        lengths.reserveCapacity(min(segment.entries, 1 << 20))
        keys.reserveCapacity(min(segment.entries, 1 << 20))
        let rows = try Row.fetchCursor(
            db,
            sql: "SELECT part, data FROM lexical_entry WHERE segment = ? ORDER BY part",
            arguments: [segment.id]
        )
        var part = 0
        while let row = try rows.next() {
            let data: Data = try row.value("data")
            let count = min(Self.rowCapacity, segment.entries - lengths.count)
            guard try row.value("part") == part, count > 0, data.count == 8 + count * 12 else {
                throw LexicalPart.damage
            }
            try data.withUnsafeBytes { bytes in
                let content = bytes.bindMemory(to: UInt8.self)[8...]
                let sum = Self.checksum(segment: segment.id, part: part, UnsafeBufferPointer(rebasing: content))
                guard UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self)) == sum else {
                    throw LexicalPart.damage
                }
                for index in 0..<count {
                    let length = bytes.loadUnaligned(fromByteOffset: 8 + index * 4, as: UInt32.self)
                    let key = bytes.loadUnaligned(fromByteOffset: 8 + count * 4 + index * 8, as: UInt64.self)
                    append(length: UInt32(littleEndian: length), key: UInt64(littleEndian: key))
                }
            }
            part += 1
        }
        guard lengths.count == segment.entries else { throw LexicalPart.damage }
    }

    /// Writes the rows that hold any of `changed`, or all of them.
    func write(segment: Int64, in db: Database, changed: Set<Int>? = nil) throws {
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO lexical_entry (segment, part, data) VALUES (?, ?, ?)
                ON CONFLICT (segment, part) DO UPDATE SET data = excluded.data
                """
        )
        for (part, start) in stride(from: 0, to: lengths.count, by: Self.rowCapacity).enumerated() {
            if let changed, !changed.contains(part) { continue }
            let range = start..<min(start + Self.rowCapacity, lengths.count)
            var content: [UInt8] = []
            content.reserveCapacity(range.count * 12)
            for length in lengths[range] { withUnsafeBytes(of: length.littleEndian) { content += $0 } }
            for key in keys[range] { withUnsafeBytes(of: key.littleEndian) { content += $0 } }
            let sum = content.withUnsafeBufferPointer { Self.checksum(segment: segment, part: part, $0) }
            let data = withUnsafeBytes(of: sum.littleEndian) { Data($0) } + Data(content)
            try statement.execute(arguments: [segment, part, data])
        }
    }

    private static func checksum(segment: Int64, part: Int, _ bytes: UnsafeBufferPointer<UInt8>) -> UInt64 {
        let place = UInt64(bitPattern: segment) &* 0x9E37_79B9_7F4A_7C15 ^ UInt64(part)
        return ck_hash64(place, bytes.baseAddress, bytes.count)
    }
}

/// A row of a term's list.
struct LexicalRow {
    var term: String
    var part: LexicalPart
    var data: Data

    init(row: Row) throws {
        term = try row.value("term")
        guard let first = UInt32(exactly: try row.value("part") as Int64) else { throw LexicalPart.damage }
        part = LexicalPart(first: first, count: try row.value("count"))
        data = try row.value("data")
    }

    /// Writes postings as one row or several; they ascend.
    static func write(
        _ postings: ArraySlice<Posting>,
        term: String,
        segment: Int64,
        in db: Database,
        ratio: (Posting) -> Double
    ) throws {
        let statement = try db.cachedStatement(
            sql: "INSERT INTO lexical_posting (segment, term, part, count, data) VALUES (?, ?, ?, ?, ?)"
        )
        var rest = postings
        while let first = rest.first {
            let part = rest.prefix(LexicalPart.capacity)
            let data = LexicalPart.encode(part, first: first.entry, segment: segment, term: term, ratio: ratio)
            try statement.execute(arguments: [segment, term, Int64(first.entry), part.count, data])
            rest = rest.dropFirst(part.count)
        }
    }
}
