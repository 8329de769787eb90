// SPDX-License-Identifier: Apache-2.0
public import Foundation

extension KnowledgeBase {
    /// Writes all of it as lines of JSON, as it is at one moment: documents by name, with their texts, passages and
    /// vectors, and the graph with all that is known of its facts. Returns the number of documents.
    ///
    /// Throws `damaged` where a record is not what was written, and what `write` throws. Cost: reads all of it; memory
    /// stays flat.
    public func export(_ write: (Data) throws -> Void) throws -> Int {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        var hash = SecureHash()
        func put(_ line: ArchiveLine) throws {
            let bytes = try encoder.encode(line) + [0x0A]
            hash.update(bytes)
            try write(bytes)
        }
        return try read { db in
            try put(ArchiveLine(header: .init(name: self.name, embedder: try Store.embedder(in: db))))
            let records = try Store.documents(in: db)
            for record in records {
                try Self.export(record, from: db, put)
                try put(ArchiveLine(seal: hash.finalizedCopy.hexadecimal))
            }
            if try GraphArchive.write(from: db, put) { try put(ArchiveLine(seal: hash.finalizedCopy.hexadecimal)) }
            try put(ArchiveLine(documents: records.count))
            try put(ArchiveLine(seal: hash.finalizedCopy.hexadecimal))
            return records.count
        }
    }

    private static func export(_ record: DocumentRecord, from db: Database, _ put: (ArchiveLine) throws -> Void) throws
    {
        func whole(_ holds: Bool, _ what: String) throws {
            guard !holds else { return }
            throw KnowledgeError(
                .damaged,
                "\(what) of `\(record.name)` is not what was written; remove the document, or add it again",
                subject: record.name
            )
        }
        try whole(record.checksum == record.expectedChecksum, "the record")
        try put(ArchiveLine(document: .init(record)))
        let chunks = try Row.fetchCursor(
            db,
            sql: "SELECT ordinal, text, checksum FROM chunk WHERE document = ? ORDER BY ordinal",
            arguments: [record.id]
        )
        while let row = try chunks.next() {
            let (ordinal, text): (Int, String) = (try row.value("ordinal"), try row.value("text"))
            try whole(Checksum.of([String(ordinal), text]) == Array(try row.value("checksum") as Data), "the text")
            try put(ArchiveLine(text: text))
        }
        let passages = try Row.fetchCursor(
            db,
            sql: """
                SELECT passage.*, vector.data AS vectors, vector.checksum AS vectors_checksum FROM passage
                JOIN vector ON vector.passage = passage.id WHERE document = ? ORDER BY ordinal
                """,
            arguments: [record.id]
        )
        while let row = try passages.next() {
            let passage = try PassageRecord(row: row)
            let vectors: Data = try row.value("vectors")
            let checksum: Data = try row.value("vectors_checksum")
            try whole(
                passage.checksum == passage.expectedChecksum && Checksum.of(Array(vectors)) == Array(checksum),
                "a passage"
            )
            try put(
                ArchiveLine(
                    passage: .init(
                        start: passage.start,
                        end: passage.end,
                        text: passage.text,
                        headings: passage.headings,
                        page: passage.page,
                        time: passage.time,
                        source: passage.source.map { [$0.lowerBound, $0.upperBound] },
                        vectors: vectors
                    )
                )
            )
        }
    }
}

extension ArchiveLine.Document {
    fileprivate init(_ record: DocumentRecord) {
        self.init(
            name: record.name,
            title: record.title,
            format: record.format,
            encoding: record.encoding,
            bytes: record.bytes,
            characters: record.characters,
            passages: record.passages,
            sha256: record.sha256.hexadecimal,
            pipeline: record.pipeline,
            added: record.added
        )
    }
}
