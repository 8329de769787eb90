// SPDX-License-Identifier: Apache-2.0
import Foundation

/// One document on its way in: one transaction, open across many calls, so that a text of any size is written in
/// pieces. Dropped without `commit`, it leaves nothing.
final class DocumentWriter {
    private let store: any KnowledgeStore
    private let name: String
    private var isOpen = false
    private var document: Int64 = 0
    private var chunkText = ""
    private var chunkSize = 0
    private var chunks = 0
    private var passages = 0
    private var characters = 0
    private var hasText = false
    private let terms = LexicalWriter()

    private static let chunkLimit = 65_536

    init(store: any KnowledgeStore, name: String) throws {
        self.store = store
        self.name = name
        document = try store.writeWithoutTransaction { db in
            try db.begin()
            do {
                // The row is nameless, and without a name no document, until all of it is there.
                return try db.insertedID(
                    db.statement(
                        """
                        INSERT INTO document
                            (name, title, format, encoding, bytes, characters, passages, sha256, pipeline, added, checksum)
                        VALUES (NULL, NULL, '', '', 0, 0, 0, ?, 0, 0, ?) RETURNING id
                        """
                    ),
                    arguments: [Data(), Data()]
                )
            } catch {
                try? db.rollBack()
                throw error
            }
        }
        isOpen = true
    }

    deinit { rollBack() }

    func rollBack() {
        guard isOpen else { return }
        isOpen = false
        try? store.writeWithoutTransaction { db in try db.rollBack() }
    }

    var passageCount: Int { passages }

    /// Whether anything but white space was written.
    var hasContent: Bool { hasText }

    func append(_ line: ExtractedLine) throws {
        if !hasText { hasText = line.text.contains { !$0.isWhitespace } }
        chunkText += line.text
        if line.endsLine { chunkText += "\n" }
        let added = line.text.unicodeScalars.count + (line.endsLine ? 1 : 0)
        characters += added
        chunkSize += added
        if chunkSize >= Self.chunkLimit { try flushChunk() }
    }

    private func flushChunk() throws {
        guard chunkSize > 0 else { return }
        let (text, ordinal, document) = (chunkText, chunks, document)
        try store.writeWithoutTransaction { db in
            try db.execute(
                sql: "INSERT INTO chunk (document, ordinal, text, checksum) VALUES (?, ?, ?, ?)",
                arguments: [document, ordinal, text, Data(Checksum.of([String(ordinal), text]))]
            )
        }
        chunks += 1
        chunkText = ""
        chunkSize = 0
    }

    /// The stored vectors of passages that are known already, nil for the others. Those of a document that was cut
    /// otherwise are not the ones that are wanted.
    func knownVectors(_ drafts: [PassageDraft]) throws -> [[UInt8]?] {
        try store.writeWithoutTransaction { db in
            let statement = try db.cachedStatement(
                sql: """
                    SELECT vector.data, vector.checksum FROM passage JOIN vector ON vector.passage = passage.id
                    JOIN document ON document.id = passage.document
                    WHERE passage.key = ? AND (document.pipeline = \(Schema.pipeline) OR document.name IS NULL) LIMIT 1
                    """
            )
            return try drafts.map { draft in
                guard let row = try Row.fetchOne(statement, arguments: [draft.key]) else { return nil }
                let data = Array(try row.value("data") as Data)
                return Checksum.of(data) == Array(try row.value("checksum") as Data) ? data : nil
            }
        }
    }

    func append(_ drafts: [PassageDraft], vectors: [[UInt8]]) throws {
        let (first, document) = (passages, document)
        try store.writeWithoutTransaction { db in
            for (index, (draft, vector)) in zip(drafts, vectors).enumerated() {
                try insert(draft, vector: vector, ordinal: first + index, document: document, into: db)
            }
        }
        passages += drafts.count
    }

    private func insert(
        _ draft: PassageDraft,
        vector: [UInt8],
        ordinal: Int,
        document: Int64,
        into db: Database
    ) throws {
        let key = draft.key
        let content = LexicalContent(key: key, text: draft.text, headings: draft.headings)
        let likeness = Likeness(draft.text)
        let twin = try likeness.twin(in: db)
        let record = PassageRecord(
            id: 0,
            document: document,
            ordinal: ordinal,
            key: key,
            start: draft.start,
            end: draft.end,
            text: draft.text,
            headings: draft.headings,
            length: content.length,
            page: draft.place.page,
            time: draft.place.time,
            source: draft.source,
            twin: twin == key ? nil : twin
        )
        let insertion = try db.cachedStatement(
            sql: """
                INSERT INTO passage (document, ordinal, key, start, "end", text, headings, length, page, time,
                    source_start, source_end, twin, checksum)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id
                """
        )
        let arguments: StatementArguments = [
            document, ordinal, record.key, record.start, record.end, record.text, PassageRecord.encode(record.headings),
            record.length, record.page, record.time, record.source?.lowerBound, record.source?.upperBound, record.twin,
            Data(record.expectedChecksum),
        ]
        let id = try db.insertedID(insertion, arguments: arguments)
        // One of those that are alike is enough to find the others by.
        if twin == nil { try likeness.store(passage: id, in: db) }
        try db.cachedStatement(sql: "INSERT INTO vector (passage, data, checksum) VALUES (?, ?, ?)")
            .execute(arguments: [id, Data(vector), Data(Checksum.of(vector))])
        // Content that stands in several passages is indexed once.
        let others = try Int.fetchOne(
            db.cachedStatement(sql: "SELECT 1 FROM passage WHERE key = ? AND id <> ? LIMIT 1"),
            arguments: [draft.key, id]
        )
        if others == nil { try terms.add(content, in: db) }
    }

    /// Puts the document in the place of one of the same name, and makes all of it lasting.
    func commit(title: String?, scan: FileScan, embedder: TextEmbedding.Identity) throws {
        let record = DocumentRecord(
            name: name,
            title: title,
            format: scan.format.rawValue,
            encoding: scan.encoding.name,
            bytes: scan.byteCount,
            characters: characters,
            passages: passages,
            sha256: scan.sha256,
            pipeline: Schema.pipeline,
            added: Int(Date().timeIntervalSince1970)
        )
        try commit(record, embedder: embedder)
    }

    /// Puts a document of this record in the place of one of the same name, and makes all of it lasting.
    func commit(_ record: DocumentRecord, embedder: TextEmbedding.Identity) throws {
        try flushChunk()
        var final = record
        final.id = document
        final.checksum = final.expectedChecksum
        try store.writeWithoutTransaction { [final] db in
            try self.terms.flush(in: db)
            try Store.delete(documentNamed: final.name, replacedBy: final.id, from: db)
            try db.execute(
                sql: """
                    UPDATE document SET name = ?, title = ?, format = ?, encoding = ?, bytes = ?, characters = ?,
                        passages = ?, sha256 = ?, pipeline = ?, added = ?, checksum = ? WHERE id = ?
                    """,
                arguments: [
                    final.name, final.title, final.format, final.encoding, final.bytes, final.characters,
                    final.passages,
                    Data(final.sha256), final.pipeline, final.added, Data(final.checksum), final.id,
                ]
            )
            try self.store.vectors.write(document: final.id, dimension: embedder.dimension, in: db)
            try Store.record(embedder: embedder, in: db)
            try Store.bumpVersion(in: db)
            try db.commit()
        }
        isOpen = false
    }
}
