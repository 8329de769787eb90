// SPDX-License-Identifier: Apache-2.0
import Foundation
import GRDB
import Knowledge
import Testing

/// Where the tests' knowledge bases are: files, or the database whose address is in MARTLET_TEST_POSTGRESQL.
enum TestStore {
    private static let server = ProcessInfo.processInfo.environment["MARTLET_TEST_POSTGRESQL"]

    static var isFile: Bool { server == nil }

    /// The knowledge base of a home folder.
    static func open(
        home: URL,
        embedding: TextEmbedding? = nil,
        lockWait: Double = 60
    ) async throws -> KnowledgeBase {
        guard let server else {
            return try await KnowledgeBase.open(home: home, embedding: embedding, lockWait: lockWait)
        }
        let name = home.pathComponents.suffix(2).joined(separator: ".").suffix(48)
        return try await KnowledgeBase.open(
            named: "\(server)#\(name)",
            home: home,
            embedding: embedding,
            lockWait: lockWait
        )
    }

    static func file(home: URL) -> String { home.path + "/knowledge/default.sqlite" }

    /// Changes what is stored behind the back of all checks.
    static func change(home: URL, _ sql: String) async throws {
        guard isFile else {
            let zeroes = """
                CREATE OR REPLACE FUNCTION zeroblob(count BIGINT) RETURNS BYTEA LANGUAGE SQL IMMUTABLE
                    AS $$ SELECT decode(repeat('00', count::INT), 'hex') $$;
                """
            return try await open(home: home).execute(
                script: """
                    SET LOCAL session_replication_role = replica; \(zeroes)
                    \(sql.replacing("x''", with: "'\\x'"));
                    """
            )
        }
        try await DatabaseQueue(path: file(home: home)).writeWithoutTransaction { db in
            try db.execute(sql: "PRAGMA foreign_keys = OFF")
            try db.execute(sql: sql)
            #expect(db.changesCount > 0)
        }
    }
}

extension Trait where Self == ConditionTrait {
    /// A test of what only files have.
    static var ofFiles: Self { .enabled(if: TestStore.isFile) }
}
