// SPDX-License-Identifier: Apache-2.0
import GRDB

/// The tables of a knowledge base. A change is a new migration at the end of the list, never an edit of an old one.
enum Schema {
    /// How documents are read and cut. A document taken in by another number is taken in again when it is added.
    static let pipeline = 2

    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1: documents, passages, vectors, terms") { db in
            try db.execute(sql: first)
        }
        return migrator
    }

    /// `chunk` holds the extracted text in pieces; `vector` is one row a passage; `passage_terms` holds the analysed
    /// terms, with the passage's id as its row. Every row that cannot be derived carries a checksum.
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
        CREATE VIRTUAL TABLE passage_terms USING fts5 (headings, body, tokenize = 'ascii');
        CREATE VIRTUAL TABLE term_instance USING fts5vocab (passage_terms, instance);
        CREATE VIRTUAL TABLE term_count USING fts5vocab (passage_terms, row);
        """
}

/// The first 16 bytes of a SHA-256 over a record's fields.
enum Checksum {
    static func of(_ parts: [UInt8]...) -> [UInt8] { Array(SecureHash.digest(of: parts).prefix(16)) }

    static func of(_ fields: [String]) -> [UInt8] {
        Array(SecureHash.digest(of: fields.map { Array($0.utf8) }).prefix(16))
    }
}
