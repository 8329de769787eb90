// SPDX-License-Identifier: Apache-2.0

/// The tables of a knowledge base. A change is a new migration at the end of the list, never an edit of an old one.
enum Schema {
    /// How documents are read and cut. A document taken in by another number is taken in again when it is added.
    static let pipeline = 4

    /// A change of the tables, told by its name from those that a knowledge base has already.
    struct Migration: Sendable {
        let name: String
        let change: @Sendable (Database) throws -> Void
    }

    static let migrations = [
        Migration(name: "1: documents, passages, vectors, terms") { db in
            try db.define(first)
            if db.dialect == .sqlite { try db.execute(script: firstTerms) }
        },
        Migration(name: "lexical: a full-text index of our own") { db in
            if db.dialect == .sqlite { try db.execute(script: withoutFirstTerms) }
            try db.define(lexical)
        },
        Migration(name: "vectors: stored small, and a graph of neighbours") { db in
            try db.define(vectors)
            // Without a dimension nothing is written, and what is missing is derived when it is read.
            guard db.dialect == .sqlite, let dimension = try? Store.embedder(in: db)?.dimension else { return }
            for document in try Int64.fetchAll(db, sql: "SELECT id FROM document") {
                try? VectorBlocks.write(document: document, dimension: dimension, in: db)
            }
        },
        Migration(name: "places of passages in their source, passages that are alike") { db in
            try db.define(places)
        },
        Migration(name: "graph: terms and quads") { db in
            try db.define(GraphSchema.tables(db.dialect))
        },
        Migration(name: "entities: names, and where passages mention them") { db in
            try db.define(EntityTables.tables)
        },
    ]

    /// The table's name is what it is called in files of released versions.
    private static let made = "grdb_migrations"

    /// The changes that a knowledge base does not have yet; throws where it has some of a newer Martlet's.
    static func pending(in db: Database) throws -> [Migration] {
        let find =
            switch db.dialect {
            case .sqlite: "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = '\(made)'"
            case .postgreSQL: "SELECT 1 WHERE to_regclass('\(made)') IS NOT NULL"
            }
        guard try Row.fetchOne(db, sql: find) != nil else { return migrations }
        let known = Set(try String.fetchAll(db, sql: "SELECT identifier FROM \(made)"))
        if let newer = known.subtracting(migrations.map(\.name)).min() {
            throw KnowledgeError(
                .unavailable,
                "the knowledge base was changed by a newer Martlet (`\(newer)`); use that one"
            )
        }
        return migrations.filter { !known.contains($0.name) }
    }

    /// Makes all tables what they are in this version.
    static func migrate(_ db: Database) throws {
        for migration in try pending(in: db) {
            try db.define("CREATE TABLE IF NOT EXISTS \(made) (identifier TEXT NOT NULL PRIMARY KEY)")
            try migration.change(db)
            try db.execute(sql: "INSERT INTO \(made) (identifier) VALUES (?)", arguments: [migration.name])
        }
    }

    /// `chunk` holds the extracted text in pieces; `vector` is one row a passage, with a vector for
    /// each of its windows one after the other. Every row that cannot be derived carries a checksum.
    private static let first = """
        CREATE TABLE setting (key TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL, checksum BLOB NOT NULL) WITHOUT ROWID;
        CREATE TABLE document (
            id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, title TEXT, format TEXT NOT NULL,
            encoding TEXT NOT NULL, bytes INTEGER NOT NULL, characters INTEGER NOT NULL, passages INTEGER NOT NULL,
            sha256 BLOB NOT NULL, pipeline INTEGER NOT NULL, added INTEGER NOT NULL, checksum BLOB NOT NULL);
        CREATE TABLE chunk (
            id INTEGER PRIMARY KEY, document INTEGER NOT NULL REFERENCES document ON DELETE CASCADE,
            ordinal INTEGER NOT NULL, text TEXT NOT NULL, checksum BLOB NOT NULL, UNIQUE (document, ordinal));
        CREATE TABLE passage (
            id INTEGER PRIMARY KEY AUTOINCREMENT, document INTEGER NOT NULL REFERENCES document ON DELETE CASCADE,
            ordinal INTEGER NOT NULL, key TEXT NOT NULL, start INTEGER NOT NULL, "end" INTEGER NOT NULL,
            text TEXT NOT NULL, headings TEXT NOT NULL, length INTEGER NOT NULL, checksum BLOB NOT NULL,
            UNIQUE (document, ordinal));
        CREATE INDEX passage_key ON passage (key);
        CREATE TABLE vector (
            passage INTEGER PRIMARY KEY REFERENCES passage ON DELETE CASCADE, data BLOB NOT NULL,
            checksum BLOB NOT NULL);
        """

    private static let firstTerms = """
        CREATE VIRTUAL TABLE passage_terms USING fts5 (headings, body, tokenize = 'ascii');
        CREATE VIRTUAL TABLE term_instance USING fts5vocab (passage_terms, instance);
        CREATE VIRTUAL TABLE term_count USING fts5vocab (passage_terms, row);
        """

    private static let withoutFirstTerms = """
        DROP TABLE term_instance;
        DROP TABLE term_count;
        DROP TABLE passage_terms;
        """

    /// Segments of the full-text index, their contents in the order of their entries, and for each term the stretches
    /// of its list, named by the first entry that they may hold. All of it derives from passages.
    private static let lexical = """
        CREATE TABLE lexical_segment (
            id INTEGER PRIMARY KEY AUTOINCREMENT, entries INTEGER NOT NULL, count INTEGER NOT NULL,
            length INTEGER NOT NULL, average REAL NOT NULL, languages INTEGER NOT NULL, edition INTEGER NOT NULL,
            checksum BLOB NOT NULL);
        CREATE TABLE lexical_entry (
            segment INTEGER NOT NULL, part INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY (segment, part)
            ) WITHOUT ROWID;
        CREATE TABLE lexical_posting (
            segment INTEGER NOT NULL, term TEXT NOT NULL, part INTEGER NOT NULL, count INTEGER NOT NULL,
            data BLOB NOT NULL, PRIMARY KEY (segment, term, part)) WITHOUT ROWID;
        """

    /// `vector_block` holds the vectors of a document a byte a value; `vector_graph` tells of the file beside the
    /// database that holds a graph of neighbours. All of it derives from passages and vectors.
    private static let vectors = """
        CREATE TABLE vector_block (
            id INTEGER PRIMARY KEY, document INTEGER NOT NULL REFERENCES document ON DELETE CASCADE,
            ordinal INTEGER NOT NULL, passages INTEGER NOT NULL, rows INTEGER NOT NULL, checksum BLOB NOT NULL,
            data BLOB NOT NULL, UNIQUE (document, ordinal));
        CREATE TABLE vector_graph (
            id INTEGER PRIMARY KEY CHECK (id = 1), covered INTEGER NOT NULL, dimension INTEGER NOT NULL,
            digest BLOB NOT NULL, breadth INTEGER NOT NULL, recall REAL NOT NULL, sample INTEGER NOT NULL, checksum BLOB NOT NULL,
            keys BLOB NOT NULL);
        """

    /// Where in its source a passage stands: page, milliseconds, bytes of the file. `twin` is the id of the passage
    /// that it is nearly equal to, with which it is searched as one; `likeness` finds that one.
    private static let places = """
        ALTER TABLE passage ADD COLUMN page INTEGER;
        ALTER TABLE passage ADD COLUMN time INTEGER;
        ALTER TABLE passage ADD COLUMN source_start INTEGER;
        ALTER TABLE passage ADD COLUMN source_end INTEGER;
        ALTER TABLE passage ADD COLUMN twin TEXT;
        CREATE TABLE likeness (
            band INTEGER NOT NULL, passage INTEGER NOT NULL REFERENCES passage ON DELETE CASCADE,
            PRIMARY KEY (band, passage)) WITHOUT ROWID;
        CREATE INDEX likeness_passage ON likeness (passage);
        """
}

extension Database {
    fileprivate func define(_ script: String) throws { try execute(script: dialect.definitions(script)) }
}

/// The first 16 bytes of a SHA-256 over a record's fields.
enum Checksum {
    static func of(_ parts: [UInt8]...) -> [UInt8] { Array(SecureHash.digest(of: parts).prefix(16)) }

    static func of(_ fields: [String]) -> [UInt8] {
        Array(SecureHash.digest(of: fields.map { Array($0.utf8) }).prefix(16))
    }
}
