// SPDX-License-Identifier: Apache-2.0

/// A full-text index by itself, with contents given as their terms: for tests and measurements.
package final class LexicalBench {
    private let store: SQLiteStore
    private let cache = LexicalCache()

    /// In a file.
    package init(path: String) async throws { store = try await SQLiteStore.open(path: path, lockWait: 60) }

    /// Contents of one document, by their keys.
    package func add(_ contents: [UInt64: [String: Int]]) throws {
        try store.write { db in
            let writer = LexicalWriter(isRepairing: true)
            for (key, terms) in contents {
                try writer.add(LexicalContent(key: key, terms: terms, language: .english), in: db)
            }
            try writer.flush(in: db)
        }
    }

    package func remove(_ contents: [UInt64: [String: Int]]) throws {
        try store.write { db in
            try LexicalIndex.remove(
                contents: contents.reduce(into: [:]) { all, content in
                    all[content.key] = LexicalContent(key: content.key, terms: content.value, language: .english)
                },
                in: db
            )
        }
    }

    package func ranked(_ terms: [String], limit: Int) throws -> [(key: String, score: Double)] {
        try store.read { db in try LexicalSearch(db, cache).ranked(terms, limit: limit) }
    }

    package func segmentCount() throws -> Int { try store.read { db in try LexicalSegment.all(in: db).count } }

    /// Rows of all tables.
    package func rowCount() throws -> Int {
        try store.read { db in
            try ["lexical_segment", "lexical_entry", "lexical_posting"]
                .reduce(0) { try $0 + (Int.fetchOne(db, sql: "SELECT COUNT(*) FROM \($1)") ?? 0) }
        }
    }
}
