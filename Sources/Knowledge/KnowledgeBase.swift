// SPDX-License-Identifier: Apache-2.0
public import Foundation
import Synchronization

/// Documents, their passages, full text, vectors and a graph in one SQLite file, or in a PostgreSQL database.
///
///     let base = try await KnowledgeBase.open(named: "default", home: home, embedding: embedding)
///     let report = try await base.add(["docs"])
///     let hits = try await base.search("how long does the battery last?", top: 5)
///
/// A document is wholly in or not at all, also after a crash. Any number of processes may read; writers take turns.
public final class KnowledgeBase: Sendable {
    /// Its name.
    public let name: String
    let embedding: TextEmbedding?
    let store: any KnowledgeStore
    let lockWait: Double
    let lexicalCache = LexicalCache()
    let indexes = Mutex<[VectorSearch: PassageIndex]>([:])

    private init(name: String, embedding: TextEmbedding?, store: any KnowledgeStore, lockWait: Double) {
        self.name = name
        self.embedding = embedding
        self.store = store
        self.lockWait = lockWait
    }

    /// Opens the knowledge base `home/knowledge/NAME.sqlite`.
    ///
    /// A name of the form `postgresql://user@host:port/database#name` is one in a database, built with the trait
    /// `PostgreSQL`. `default` and those always exist; another one is made only if `creating`. Without an embedder it can be listed, shown,
    /// verified, removed from and searched by full text. `lockWait` is how many seconds to wait for another writer.
    /// Throws `KnowledgeError`: `notFound` with near names, `wrongEmbedder` if its vectors are another embedder's.
    public static func open(
        named name: String = "default",
        home: URL,
        embedding: TextEmbedding? = nil,
        creating: Bool = false,
        lockWait: Double = 60
    ) async throws -> KnowledgeBase {
        if name.hasPrefix("postgresql://") || name.hasPrefix("postgres://") {
            #if PostgreSQL
            let store = try await PostgreSQLStore.open(name, lockWait: lockWait)
            return try await open(named: store.place, embedding: embedding, lockWait: lockWait) { store }
            #else
            throw KnowledgeError(
                .unavailable,
                "this Martlet was built without PostgreSQL; build it with `swift build -c release --traits PostgreSQL`"
            )
            #endif
        }
        guard isValid(name) else {
            throw KnowledgeError(
                .badArgument,
                "`\(name)` cannot name a knowledge base; use letters, digits, `-`, `_` and `.`, at most 64 of them",
                subject: name
            )
        }
        let folder = folder(home)
        let path = folder.appendingPathComponent(name + ".sqlite").path
        let exists = FileManager.default.fileExists(atPath: path)
        guard exists || creating || name == "default" else {
            let hint = NearNames.hint(name, among: names(home: home))
            throw KnowledgeError(.notFound, "no knowledge base `\(name)`\(hint)", subject: name)
        }
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        } catch {
            throw KnowledgeError(
                .notWritable,
                "`\(folder.path)` cannot be made: \(error.localizedDescription)",
                subject: folder.path,
                underlying: error
            )
        }
        return try await open(named: name, embedding: embedding, lockWait: lockWait) {
            try await SQLiteStore.open(path: path, lockWait: lockWait)
        }
    }

    private static func open(
        named name: String,
        embedding: TextEmbedding?,
        lockWait: Double,
        _ store: () async throws -> any KnowledgeStore
    ) async throws -> KnowledgeBase {
        let base = KnowledgeBase(name: name, embedding: embedding, store: try await store(), lockWait: lockWait)
        try base.read { db in try base.checkEmbedder(in: db) }
        return base
    }

    /// The names of the knowledge bases there are; `default` is always among them.
    public static func names(home: URL) -> [String] {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder(home).path)) ?? []
        let found = files.filter { $0.hasSuffix(".sqlite") }.map { String($0.dropLast(7)) }.filter(isValid)
        return Set(found + ["default"]).sorted()
    }

    private static func folder(_ home: URL) -> URL { home.appendingPathComponent("knowledge", isDirectory: true) }

    static func isValid(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count <= 64 && !name.hasPrefix(".")
            && name.allSatisfy { $0.isLetter || $0.isNumber || "-_.".contains($0) }
    }

    // MARK: - Access

    func read<Value>(_ body: (Database) throws -> Value) throws -> Value {
        do { return try store.read(body) } catch { throw store.translated(error) }
    }

    /// One transaction, alone among all writers.
    func write<Value: Sendable>(_ body: @Sendable (Database) throws -> Value) async throws -> Value {
        let lock = try await store.lock(seconds: lockWait)
        defer { withExtendedLifetime(lock) {} }
        return try writeLocked(body)
    }

    private func writeLocked<Value>(_ body: (Database) throws -> Value) throws -> Value {
        do { return try store.write(body) } catch { throw store.translated(error) }
    }

    /// The embedder that made the base's vectors; nil before the first document.
    public func embedder() throws -> TextEmbedding.Identity? {
        try read { db in try Store.embedder(in: db) }
    }

    /// Vectors of two embedders have nothing to do with each other.
    func checkEmbedder(in db: Database) throws {
        guard let embedding, let stored = try Store.embedder(in: db), stored != embedding.identity else { return }
        if try Int.fetchOne(db, sql: "SELECT COUNT(*) FROM document WHERE name IS NOT NULL") == 0 { return }
        let given = embedding.identity
        throw KnowledgeError(
            .wrongEmbedder,
            "the knowledge base `\(name)` holds vectors of another embedder (model \(stored.modelHash.prefix(12)), "
                + "\(stored.precision), dimension \(stored.dimension), \(stored.tokenLimit) tokens) than the one given "
                + "(model \(given.modelHash.prefix(12)), \(given.precision), dimension \(given.dimension), "
                + "\(given.tokenLimit) tokens); use that model, or add the documents to another knowledge base with --kb",
            subject: name
        )
    }

    /// Changes the tables by statements of one's own: for tests, which damage them.
    package func execute(script: String) async throws { try await write { db in try db.execute(script: script) } }

    /// By what settings of the database what is acknowledged is lasting.
    package func durability() throws -> String {
        do { return try store.durability() } catch { throw store.translated(error) }
    }

    /// The index of what is stored now, read again after a change.
    func currentIndex(_ search: VectorSearch = .automatic, in db: Database) throws -> PassageIndex {
        let version = try Store.version(in: db)
        let known = indexes.withLock { $0[search] }
        if let known, known.version == version { return known }
        let candidates = try store.vectors.candidates(search, after: known?.candidates, in: db)
        let fresh = PassageIndex(version: version, candidates: candidates)
        indexes.withLock { $0[search] = fresh }
        return fresh
    }
}
