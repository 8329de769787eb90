// SPDX-License-Identifier: Apache-2.0
import Foundation

/// A row of `document`.
struct DocumentRecord: Sendable {
    var id: Int64 = 0
    var name: String
    var title: String?
    var format: String
    var encoding: String
    var bytes: Int
    var characters: Int
    var passages: Int
    var sha256: [UInt8]
    var pipeline: Int
    var added: Int
    var checksum: [UInt8] = []

    var expectedChecksum: [UInt8] {
        Checksum.of([
            name, title ?? "", title == nil ? "untitled" : "titled", format, encoding, String(bytes),
            String(characters),
            String(passages), sha256.hexadecimal, String(pipeline), String(added),
        ])
    }

    var description: DocumentDescription {
        DocumentDescription(
            document: name,
            title: title,
            format: format,
            encoding: encoding,
            bytes: bytes,
            characters: characters,
            passages: passages,
            sha256: sha256.hexadecimal,
            added: Date(timeIntervalSince1970: TimeInterval(added))
        )
    }
}

extension DocumentRecord {
    init(row: Row) throws {
        id = try row.value("id")
        name = try row.value("name")
        title = try row.optional("title")
        format = try row.value("format")
        encoding = try row.value("encoding")
        bytes = try row.value("bytes")
        characters = try row.value("characters")
        passages = try row.value("passages")
        sha256 = Array(try row.value("sha256") as Data)
        pipeline = try row.value("pipeline")
        added = try row.value("added")
        checksum = Array(try row.value("checksum") as Data)
    }
}

/// A row of `passage`.
struct PassageRecord: Sendable {
    var id: Int64
    var document: Int64
    var ordinal: Int
    var key: String
    var start: Int
    var end: Int
    var text: String
    var headings: [String]
    var length: Int
    var page: Int?
    var time: Int?
    var source: Range<Int>?
    var twin: String?
    var checksum: [UInt8] = []

    var expectedChecksum: [UInt8] {
        // What a passage of an earlier version has not is no part of its checksum.
        let places = [
            page.map { "page \($0)" }, time.map { "time \($0)" },
            source.map { "source \($0.lowerBound) \($0.upperBound)" }, twin.map { "twin \($0)" },
        ]
        return Checksum.of(
            [String(ordinal), key, String(start), String(end), text, String(length)] + headings
                + places.compactMap(\.self)
        )
    }

    static func encode(_ headings: [String]) -> String { headings.joined(separator: "\n") }

    static func decode(_ headings: String) -> [String] {
        headings.isEmpty ? [] : headings.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }
}

extension PassageRecord {
    init(row: Row) throws {
        id = try row.value("id")
        document = try row.value("document")
        ordinal = try row.value("ordinal")
        key = try row.value("key")
        start = try row.value("start")
        end = try row.value("end")
        text = try row.value("text")
        headings = Self.decode(try row.value("headings"))
        length = try row.value("length")
        page = try row.optional("page")
        time = try row.optional("time")
        let from: Int? = try row.optional("source_start")
        let to: Int? = try row.optional("source_end")
        if let from, let to, from <= to { source = from..<to }
        twin = try row.optional("twin")
        checksum = Array(try row.value("checksum") as Data)
    }
}

extension Array where Element == Float {
    /// The bytes of the values, little-endian.
    var littleEndianBytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count * 4)
        for value in self {
            let bits = value.bitPattern
            for shift in stride(from: UInt32(0), to: 32, by: 8) {
                bytes.append(UInt8(truncatingIfNeeded: bits >> shift))
            }
        }
        return bytes
    }
}
