// SPDX-License-Identifier: Apache-2.0
import Foundation
import Graphs

/// The tables that link text to the graph. All of it derives from passages and the graph.
enum EntityTables {
    /// `entity_name`: how a term is called, by the key that equal names share; `weight` in hundredths. `entity`: a term
    /// that shares a name with others, with what they are told apart by. `mention`: where a passage speaks of a term, in
    /// scalars of the document. `linked_passage`: the passages whose mentions are there.
    static let tables = """
        CREATE TABLE entity_name (
            name TEXT NOT NULL, term INTEGER NOT NULL, weight INTEGER NOT NULL, surface TEXT NOT NULL,
            PRIMARY KEY (name, term)) WITHOUT ROWID;
        CREATE INDEX entity_name_term ON entity_name (term);
        CREATE TABLE entity (
            term INTEGER NOT NULL PRIMARY KEY, facts INTEGER NOT NULL, description BLOB NOT NULL, vector BLOB,
            checksum BLOB NOT NULL);
        CREATE TABLE linked_passage (passage INTEGER NOT NULL PRIMARY KEY REFERENCES passage ON DELETE CASCADE);
        CREATE TABLE mention (
            passage INTEGER NOT NULL REFERENCES passage ON DELETE CASCADE, start INTEGER NOT NULL,
            "end" INTEGER NOT NULL, term INTEGER NOT NULL, score REAL NOT NULL, PRIMARY KEY (passage, start)
            ) WITHOUT ROWID;
        CREATE INDEX mention_term ON mention (term, passage);
        """
}

/// What the stored mentions derive from.
struct LinkingState: Equatable {
    static let settingKey = "entities"
    /// Raised when the same graph and passages give other names or mentions than before.
    private static let revision = "1"

    /// Raised with every change of the names.
    var edition = 0
    /// The graph that the names are of.
    var graph = ""
    /// The embedder that told entities of one name apart; empty where none did.
    var embedder = ""
    /// The version of the knowledge base for which all is done.
    var version = -1

    init() {}

    /// What is stored; that of another revision is nothing.
    init(in db: Database) throws {
        guard let text = try Store.setting(Self.settingKey, in: db) else { return }
        let fields = text.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        guard fields.count == 5, fields[0] == Self.revision, let edition = Int(fields[1]), let version = Int(fields[4])
        else { return }
        (self.edition, graph, embedder, self.version) = (edition, fields[2], fields[3], version)
    }

    func write(in db: Database) throws {
        let fields = [Self.revision, String(edition), graph, embedder, String(version)]
        try Store.set(Self.settingKey, fields.joined(separator: " "), in: db)
    }

    /// Tells one state of the facts that hold from every other: numbers of facts only grow, and a fact that was closed
    /// or taken out never holds again.
    static func graph(in db: Database) throws -> String {
        let last = try Int64.fetchOne(db, sql: "SELECT MAX(id) FROM graph_quad") ?? 0
        let count = try Int.fetchOne(db, sql: "SELECT COUNT(*) FROM graph_quad WHERE valid_to IS NULL") ?? 0
        return "\(last):\(count)"
    }
}

/// A term that shares a name with others.
struct EntityRecord {
    var term: TermID
    var facts: Int
    /// The digest of its description.
    var description: [UInt8]
    var vector: [Float]?

    init(term: TermID, facts: Int, description: [UInt8], vector: [Float]?) {
        (self.term, self.facts, self.description, self.vector) = (term, facts, description, vector)
    }

    init(row: Row) throws {
        term = try row.value("term")
        facts = try row.value("facts")
        description = Array(try row.value("description") as Data)
        let data: Data? = try row.optional("vector")
        vector = data.map(Array.init(littleEndian:))
        guard checksum == Array(try row.value("checksum") as Data) else {
            throw KnowledgeError(
                .damaged,
                "what is kept of the term \(term) is not what was written; run `martlet kb verify`"
            )
        }
    }

    private var checksum: [UInt8] {
        Checksum.of(Array("\(term) \(facts)".utf8), description, vector?.littleEndianBytes ?? [])
    }

    func write(in db: Database) throws {
        try db.cachedStatement(
            sql: """
                INSERT INTO entity (term, facts, description, vector, checksum) VALUES (?, ?, ?, ?, ?)
                ON CONFLICT (term) DO UPDATE SET facts = excluded.facts, description = excluded.description,
                    vector = excluded.vector, checksum = excluded.checksum
                """
        ).execute(arguments: [
            term, facts, Data(description), vector.map { Data($0.littleEndianBytes) }, Data(checksum),
        ])
    }
}
