// SPDX-License-Identifier: Apache-2.0
#if PostgreSQL
import Foundation

/// Vectors as pgvector keeps them, a row for each window of a passage: all are compared below a number, above it
/// pgvector's own graph of neighbours answers where there is one.
struct PostgreSQLVectors: VectorStorage {
    /// The full name of pgvector's type.
    let type: String
    /// From how many vectors on the graph answers.
    fileprivate static let exactLimit = 20_000
    /// What the graph must have found of the true nearest, where it was measured, to be used unless it is asked for.
    fileprivate static let leastRecall = 0.98
    private static let index = "vector_window_near"
    private static let (sample, nearest) = (100, 10)

    func write(document: Int64, dimension: Int, in db: Database) throws {
        try makeTable(dimension: dimension, in: db)
        try db.execute(
            sql: "DELETE FROM vector_window WHERE passage IN (SELECT id FROM passage WHERE document = ?)",
            arguments: [document]
        )
        let statement = try db.cachedStatement(
            sql: "INSERT INTO vector_window (passage, ordinal, embedding) VALUES (?, ?, ?)"
        )
        try forEachPassage(of: document, dimension: dimension, in: db) { passage, rows in
            for (ordinal, row) in rows.enumerated() {
                try statement.execute(arguments: [passage, ordinal, Self.text(row)])
            }
        }
    }

    /// The table of vectors of this many dimensions; another one is of an embedder whose documents are gone.
    private func makeTable(dimension: Int, in db: Database) throws {
        let stored = try Int.fetchOne(
            db.cachedStatement(
                sql: """
                    SELECT atttypmod FROM pg_attribute
                    WHERE attrelid = to_regclass('vector_window') AND attname = 'embedding'
                    """
            )
        )
        if stored == dimension { return }
        try db.execute(
            script: """
                DROP TABLE IF EXISTS vector_window;
                CREATE TABLE vector_window (
                    passage BIGINT NOT NULL REFERENCES passage ON DELETE CASCADE, ordinal BIGINT NOT NULL,
                    embedding \(type)(\(dimension)) NOT NULL, PRIMARY KEY (passage, ordinal));
                """
        )
    }

    fileprivate static func text(_ vector: some Sequence<Float>) -> String {
        "[" + vector.map { "\($0)" }.joined(separator: ",") + "]"
    }

    private func forEachPassage(
        of document: Int64,
        dimension: Int,
        in db: Database,
        _ body: (Int64, [ArraySlice<Float>]) throws -> Void
    ) throws {
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT passage.id, vector.data FROM passage LEFT JOIN vector ON vector.passage = passage.id
                WHERE passage.document = ? ORDER BY passage.ordinal
                """,
            arguments: [document]
        )
        while let row = try rows.next() {
            guard dimension > 0, let data: Data = try row.optional("data"), !data.isEmpty,
                data.count % (4 * dimension) == 0
            else { throw KnowledgeError(.damaged, "a passage's vector is missing or cut; run `martlet kb verify`") }
            let values = [Float](littleEndian: data)
            let windows = stride(from: 0, to: values.count, by: dimension).map { values[$0..<($0 + dimension)] }
            try body(try row.value("id"), windows)
        }
    }

    func isExact(document: Int64, dimension: Int, in db: Database) throws -> Bool {
        guard try hasTable(in: db) else { return false }
        var isExact = true
        let statement = try db.cachedStatement(
            sql: "SELECT vector_send(embedding) FROM vector_window WHERE passage = ? ORDER BY ordinal"
        )
        try forEachPassage(of: document, dimension: dimension, in: db) { passage, rows in
            let stored = try Data.fetchAll(statement, arguments: [passage])
            isExact = isExact && stored.map(Self.values) == rows.map { $0.map(\.bitPattern) }
        }
        return isExact
    }

    /// The bits of a vector as pgvector sends it: two numbers of two bytes, then its values, big-endian.
    private static func values(_ data: Data) -> [UInt32] {
        data.withUnsafeBytes { bytes in
            stride(from: 4, to: bytes.count - bytes.count % 4, by: 4).map { place in
                UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt32.self))
            }
        }
    }

    func problem(in db: Database) throws -> String? { nil }

    fileprivate func hasTable(in db: Database) throws -> Bool {
        try Row.fetchOne(db, sql: "SELECT 1 WHERE to_regclass('vector_window') IS NOT NULL") != nil
    }

    private func hasIndex(in db: Database) throws -> Bool {
        try Row.fetchOne(
            db,
            sql: "SELECT 1 FROM pg_index WHERE indexrelid = to_regclass('\(Self.index)') AND indisvalid"
        ) != nil
    }

    private func count(in db: Database) throws -> Int {
        try hasTable(in: db) ? Int.fetchOne(db, sql: "SELECT COUNT(*) FROM vector_window") ?? 0 : 0
    }

    func statistics(in db: Database) throws -> VectorStatistics {
        let count = try count(in: db)
        guard try hasIndex(in: db) else {
            return VectorStatistics(vectors: count, inGraph: 0, recall: nil, sample: nil)
        }
        let record = try VectorGraphRecord(in: db)
        return VectorStatistics(vectors: count, inGraph: count, recall: record?.recall, sample: record?.sample)
    }

    func candidates(
        _ search: VectorSearch,
        after known: (any VectorCandidates)?,
        in db: Database
    ) throws -> any VectorCandidates {
        guard try hasTable(in: db) else { return PostgreSQLCandidates(type: type, kind: .none) }
        switch search {
        case .exact: return PostgreSQLCandidates(type: type, kind: .exact)
        case .approximate: return PostgreSQLCandidates(type: type, kind: try hasIndex(in: db) ? .graph : .exact)
        case .automatic:
            let isGood = try VectorGraphRecord(in: db).map { $0.recall >= Self.leastRecall } ?? false
            let isWanted = try isGood && hasIndex(in: db) && count(in: db) >= Self.exactLimit
            return PostgreSQLCandidates(type: type, kind: isWanted ? .graph : .exact)
        }
    }

    func buildGraph(for base: KnowledgeBase, progress: (@Sendable (Int, Int) -> Void)?) async throws {
        let count = try base.read { db in try self.count(in: db) }
        guard count > 0 else { return }
        progress?(0, count)
        try await base.write { db in
            try db.execute(
                script: """
                    CREATE INDEX IF NOT EXISTS \(Self.index) ON vector_window USING hnsw (embedding vector_ip_ops)
                        WITH (m = 16, ef_construction = 200)
                    """
            )
        }
        let recall = try base.read { db in try self.recall(in: db) }
        let record = VectorGraphRecord(
            covered: 0,
            dimension: 0,
            digest: [],
            breadth: 0,
            recall: recall,
            sample: Self.sample,
            keys: []
        )
        try await base.write { db in
            try record.write(in: db)
            try Store.bumpVersion(in: db)
        }
        progress?(count, count)
    }

    /// The mean share of the true nearest ten that the graph finds; a question is the middle between two passages.
    private func recall(in db: Database) throws -> Double {
        let keys = try String.fetchAll(
            db,
            sql: "SELECT key FROM passage ORDER BY random() LIMIT \(2 * Self.sample)"
        ).map(LexicalContent.number)
        var shares: [Double] = []
        for pair in stride(from: 0, to: keys.count - 1, by: 2) {
            guard let one = try PassageIndex.vectors(of: keys[pair], in: db),
                let other = try PassageIndex.vectors(of: keys[pair + 1], in: db), one.count > 0
            else { continue }
            let dimension = try Store.embedder(in: db)?.dimension ?? one.count
            let middle = zip(one.prefix(dimension), other.prefix(dimension)).map { $0 + $1 }
            func best(_ kind: PostgreSQLCandidates.Kind) throws -> [Double] {
                let wanted = PassageIndex.candidates(for: Self.nearest)
                let candidates = PostgreSQLCandidates(type: type, kind: kind)
                let found = try candidates.nearest(middle, wanted: wanted, among: nil, in: db)
                let scores = try found.compactMap { try PassageIndex.similarity(of: $0, to: middle, in: db) }
                return Array(scores.sorted(by: >).prefix(Self.nearest))
            }
            let truth = try best(.exact)
            guard let last = truth.last else { continue }
            shares.append(Double(try best(.graph).filter { $0 >= last }.count) / Double(truth.count))
        }
        return shares.isEmpty ? 1 : shares.reduce(0, +) / Double(shares.count)
    }
}

/// Candidates that the server finds.
struct PostgreSQLCandidates: VectorCandidates {
    enum Kind: Sendable { case none, exact, graph }
    let type: String
    let kind: Kind

    func nearest(_ vector: [Float], wanted: Int, among allowed: Set<Int64>?, in db: Database) throws -> [UInt64] {
        let question = PostgreSQLVectors.text(vector)
        let documents = allowed.map { "{" + $0.sorted().map(String.init).joined(separator: ",") + "}" }
        func found(_ sql: String, limit: Int) throws -> [UInt64] {
            var arguments: StatementArguments = []
            if let documents { arguments += [documents] }
            arguments += [question, limit]
            return try String.fetchAll(db.cachedStatement(sql: sql), arguments: arguments)
                .map(LexicalContent.number)
        }
        switch kind {
        case .none: return []
        case .exact:
            let condition = documents == nil ? "" : "WHERE document = ANY (CAST(? AS BIGINT[]))"
            return try found(
                """
                SELECT key FROM vector_window JOIN passage ON passage.id = vector_window.passage \(condition)
                GROUP BY key ORDER BY MIN(embedding <#> CAST(? AS \(type))), key LIMIT ?
                """,
                limit: wanted
            )
        case .graph:
            // The graph goes on until enough windows pass the condition.
            try db.execute(script: "SET LOCAL hnsw.iterative_scan = relaxed_order")
            let condition =
                documents == nil
                ? "" : "WHERE passage IN (SELECT id FROM passage WHERE document = ANY (CAST(? AS BIGINT[])))"
            let sql = """
                SELECT key FROM (SELECT passage FROM vector_window \(condition)
                    ORDER BY embedding <#> CAST(? AS \(type)) LIMIT ?) AS near
                JOIN passage ON passage.id = near.passage
                """
            var limit = wanted
            while true {
                let keys = try found(sql, limit: limit)
                let distinct = Set(keys)
                // Equal content of several documents took the places of others.
                if distinct.count >= wanted || keys.count < limit { return Array(distinct) }
                limit *= 4
            }
        }
    }
}

#endif
