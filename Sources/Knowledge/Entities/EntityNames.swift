// SPDX-License-Identifier: Apache-2.0
import Graphs

/// How the entities of the graph are called.
///
/// Cost of reading them: one pass over all labels and terms; memory about 150 bytes a name.
struct EntityNames {
    /// Longer labels are sentences, not names.
    private static let longest = 128

    struct Key: Hashable {
        var name: String
        var term: TermID
    }

    struct Value: Equatable {
        var weight: Int
        var surface: String
    }

    private(set) var values: [Key: Value] = [:]

    /// The names that the facts which hold now give.
    init(of dataset: StoredDataset, in db: Database) throws {
        try readLabels(dataset, db)
        try readLocalNames(dataset, db)
    }

    private mutating func readLabels(_ dataset: StoredDataset, _ db: Database) throws {
        for (property, weight) in EntityVocabulary.names {
            guard let predicate = try dataset.id(of: .iri(property)) else { continue }
            let rows = try Row.fetchCursor(
                db,
                sql: """
                    SELECT q.subject AS term, t.value AS value FROM graph_quad q JOIN graph_term t ON t.id = q.object
                    WHERE q.predicate = ? AND q.valid_to IS NULL AND t.kind = 2
                        AND NOT EXISTS (SELECT 1 FROM graph_quad u WHERE u.predicate = q.subject AND u.valid_to IS NULL)
                    """,
                arguments: [predicate]
            )
            while let row = try rows.next() {
                add(try row.value("value"), of: try row.value("term"), weight: weight)
            }
        }
    }

    /// The last parts of the IRIs that are spoken of; classes and properties have to be labelled to be found in text.
    private mutating func readLocalNames(_ dataset: StoredDataset, _ db: Database) throws {
        let type = try dataset.id(of: .iri(RDF.type)) ?? 0
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT id, value FROM graph_term WHERE kind = 0
                    AND NOT EXISTS (SELECT 1 FROM graph_quad WHERE predicate = graph_term.id AND valid_to IS NULL)
                    AND NOT EXISTS (SELECT 1 FROM graph_quad
                        WHERE predicate = ? AND object = graph_term.id AND valid_to IS NULL)
                    AND (EXISTS (SELECT 1 FROM graph_quad WHERE subject = graph_term.id AND valid_to IS NULL)
                        OR EXISTS (SELECT 1 FROM graph_quad WHERE object = graph_term.id AND valid_to IS NULL))
                """,
            arguments: [type]
        )
        while let row = try rows.next() {
            let name = EntityVocabulary.localName(of: try row.value("value"))
            // A number of a record is not how anybody calls it.
            let digits = name.unicodeScalars.count { $0.properties.numericType != nil }
            guard 2 * digits < name.unicodeScalars.count else { continue }
            add(name, of: try row.value("id"), weight: EntityVocabulary.localName)
        }
    }

    private mutating func add(_ label: String, of term: TermID, weight: Int) {
        guard let name = Self.key(of: label) else { return }
        let key = Key(name: name.key, term: term)
        if let known = values[key], (known.weight, name.surface) >= (weight, known.surface) { return }
        values[key] = Value(weight: weight, surface: name.surface)
    }

    /// The key of a label that can name something, and the label with single spaces; nil for a sentence, a number, a
    /// single letter.
    static func key(of label: String) -> (key: String, surface: String)? {
        guard label.utf8.count <= 8 * longest else { return nil }
        let surface = label.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        guard surface.unicodeScalars.count <= longest else { return nil }
        let text = NameText(surface)
        guard text.count > 0, text.count <= NameMatcher.depth else { return nil }
        let letters = text.letters.reduce(0) { $0 + max(0, $1) }
        let characters = text.letters.count { $0 < 0 }
        guard letters + characters >= 2 else { return nil }
        return (text.key(0..<text.count), surface)
    }

    /// Makes the stored names these; returns the keys of the names that are new, gone or otherwise than before.
    func store(in db: Database) throws -> Set<String> {
        var left = values
        var gone: [Key] = []
        var changed: Set<String> = []
        let rows = try Row.fetchCursor(db, sql: "SELECT name, term, weight, surface FROM entity_name")
        while let row = try rows.next() {
            let key = Key(name: try row.value("name"), term: try row.value("term"))
            let value = Value(weight: try row.value("weight"), surface: try row.value("surface"))
            if left[key] == value { left[key] = nil } else { gone.append(key) }
        }
        let deletion = try db.cachedStatement(sql: "DELETE FROM entity_name WHERE name = ? AND term = ?")
        for key in gone {
            try deletion.execute(arguments: [key.name, key.term])
            changed.insert(key.name)
        }
        let insertion = try db.cachedStatement(
            sql: "INSERT INTO entity_name (name, term, weight, surface) VALUES (?, ?, ?, ?)"
        )
        for (key, value) in left.sorted(by: { ($0.key.name, $0.key.term) < ($1.key.name, $1.key.term) }) {
            try insertion.execute(arguments: [key.name, key.term, value.weight, value.surface])
            changed.insert(key.name)
        }
        return changed
    }

    /// Whether the stored names are these.
    func isStored(in db: Database) throws -> Bool {
        let rows = try Row.fetchCursor(db, sql: "SELECT name, term, weight, surface FROM entity_name")
        var count = 0
        while let row = try rows.next() {
            let key = Key(name: try row.value("name"), term: try row.value("term"))
            let value = Value(weight: try row.value("weight"), surface: try row.value("surface"))
            guard values[key] == value else { return false }
            count += 1
        }
        return count == values.count
    }
}
