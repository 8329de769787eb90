// SPDX-License-Identifier: Apache-2.0
import GRDB

/// A full-text index by itself, with contents given as their terms: for tests and measurements.
package final class LexicalBench {
    private let queue: DatabaseQueue
    private let cache = LexicalCache()

    /// In memory, or in a file.
    package init(path: String? = nil) throws {
        queue = try path.map { try DatabaseQueue(path: $0) } ?? DatabaseQueue()
        try Schema.migrator.migrate(queue)
    }

    /// Contents of one document, by their keys.
    package func add(_ contents: [UInt64: [String: Int]]) throws {
        try queue.write { db in
            let writer = LexicalWriter(isRepairing: true)
            for (key, terms) in contents {
                try writer.add(LexicalContent(key: key, terms: terms, language: .english), in: db)
            }
            try writer.flush(in: db)
        }
    }

    package func remove(_ contents: [UInt64: [String: Int]]) throws {
        try queue.write { db in
            try LexicalIndex.remove(
                contents: contents.reduce(into: [:]) { all, content in
                    all[content.key] = LexicalContent(key: content.key, terms: content.value, language: .english)
                },
                in: db
            )
        }
    }

    package func ranked(_ terms: [String], limit: Int) throws -> [(key: String, score: Double)] {
        try queue.read { db in try LexicalSearch(db, cache).ranked(terms, limit: limit) }
    }

    package func segmentCount() throws -> Int { try queue.read { db in try LexicalSegment.all(in: db).count } }

    /// Rows of all tables.
    package func rowCount() throws -> Int {
        try queue.read { db in
            try ["lexical_segment", "lexical_entry", "lexical_posting"]
                .reduce(0) { try $0 + (Int.fetchOne(db, sql: "SELECT COUNT(*) FROM \($1)") ?? 0) }
        }
    }
}
