// SPDX-License-Identifier: Apache-2.0
import Foundation
import Graphs

/// The stored links between passages and the graph, and how they follow what they derive from.
enum EntityLinks {
    /// Passages that are linked in one transaction.
    static let batch = 512

    /// Whether a graph or what once was linked to one is there.
    static func areWanted(in db: Database) throws -> Bool {
        for table in ["graph_quad", "entity_name", "linked_passage"] {
            if try Int.fetchOne(db, sql: "SELECT 1 FROM \(table) LIMIT 1") != nil { return true }
        }
        return false
    }

    /// Whether all is as the graph, the passages and the embedder give it.
    static func areCurrent(_ state: LinkingState, embedder: String?, in db: Database) throws -> Bool {
        guard try state.version == Store.version(in: db), embedder.map({ $0 == state.embedder }) ?? true else {
            return false
        }
        return try state.graph == LinkingState.graph(in: db)
    }

    /// Makes the names those of the graph, and takes back what was linked by names that are otherwise now.
    static func update(embedder: String?, in db: Database) throws -> LinkingState {
        var state = try LinkingState(in: db)
        let graph = try LinkingState.graph(in: db)
        var changed: Set<String> = []
        if state.edition == 0 {
            // Nothing was made by this revision.
            for table in ["mention", "linked_passage", "entity", "entity_name"] {
                try db.execute(sql: "DELETE FROM \(table)")
            }
        }
        if state.graph != graph {
            let dataset = StoredDataset(db)
            changed = try EntityNames(of: dataset, in: db).store(in: db)
            changed.formUnion(try forgetChanged(dataset, in: db))
            state.graph = graph
            state.edition += 1
        }
        if let embedder, state.embedder != embedder {
            // Who is one of several was decided without meaning, or by that of another embedder.
            let terms = try Int64.fetchAll(db, sql: "SELECT term FROM entity")
            try forget(terms, in: db)
            changed.formUnion(try names(of: terms, in: db))
            state.embedder = embedder
            state.edition += 1
        }
        if !changed.isEmpty { try unlink(passagesWith: changed, in: db) }
        try state.write(in: db)
        return state
    }

    /// Forgets the terms of which the graph says otherwise now; returns their names.
    private static func forgetChanged(_ dataset: StoredDataset, in db: Database) throws -> Set<String> {
        let describer = try EntityDescriber(dataset, in: db)
        var terms: [TermID] = []
        for row in try Row.fetchAll(db, sql: "SELECT * FROM entity ORDER BY term") {
            let record = try? EntityRecord(row: row)
            let term: TermID = try row.value("term")
            let description = try describer.description(of: term)
            if record?.description != description.digest || record?.facts != description.facts { terms.append(term) }
        }
        try forget(terms, in: db)
        return try names(of: terms, in: db)
    }

    /// Has the terms told apart anew by the next who has an embedder.
    static func noteWithoutMeaning(in db: Database) throws {
        var state = try LinkingState(in: db)
        guard !state.embedder.isEmpty else { return }
        state.embedder = ""
        try state.write(in: db)
    }

    private static func forget(_ terms: [TermID], in db: Database) throws {
        let statement = try db.cachedStatement(sql: "DELETE FROM entity WHERE term = ?")
        for term in terms { try statement.execute(arguments: [term]) }
    }

    private static func names(of terms: [TermID], in db: Database) throws -> Set<String> {
        let statement = try db.cachedStatement(sql: "SELECT name FROM entity_name WHERE term = ?")
        var names: Set<String> = []
        for term in terms { names.formUnion(try String.fetchAll(statement, arguments: [term])) }
        return names
    }

    /// Takes back the mentions of the passages in which a name stands.
    ///
    /// Cost: reads the text of all linked passages once.
    private static func unlink(passagesWith names: Set<String>, in db: Database) throws {
        let matcher = NameMatcher(names)
        var found: [Int64] = []
        let rows = try Row.fetchCursor(
            db,
            sql: "SELECT passage.id AS id, text FROM passage JOIN linked_passage ON linked_passage.passage = passage.id"
        )
        while let row = try rows.next() {
            if !matcher.matches(in: NameText(try row.value("text"))).isEmpty { found.append(try row.value("id")) }
        }
        let mentions = try db.cachedStatement(sql: "DELETE FROM mention WHERE passage = ?")
        let linked = try db.cachedStatement(sql: "DELETE FROM linked_passage WHERE passage = ?")
        for passage in found {
            try mentions.execute(arguments: [passage])
            try linked.execute(arguments: [passage])
        }
    }

    /// All names that are stored, for finding them in text.
    static func matcher(in db: Database) throws -> NameMatcher {
        var matcher = NameMatcher()
        let rows = try Row.fetchCursor(db, sql: "SELECT DISTINCT name FROM entity_name")
        while let row = try rows.next() { matcher.insert(try row.value("name")) }
        return matcher
    }
}

/// A passage with the names that stand in it.
struct PassageDraftLinks: Sendable {
    var passage: Int64
    var start: Int
    var text: NameText
    var matches: [Range<Int>]
    /// Its vectors, where the names leave a choice.
    var vectors: [Float]?
}

/// A batch of passages on their way to being linked.
struct LinkingBatch: Sendable {
    var passages: [PassageDraftLinks] = []
    /// The terms that are to be told apart and are not known yet, with what the graph says of them.
    var descriptions: [(term: TermID, description: EntityDescription)] = []

    /// The next passages after `last` that are not linked yet; nil where there are none.
    init?(after last: Int64, _ matcher: NameMatcher, in db: Database) throws {
        let rows = try Row.fetchAll(
            db,
            sql: """
                SELECT id, start, text FROM passage WHERE id > ?
                    AND NOT EXISTS (SELECT 1 FROM linked_passage WHERE linked_passage.passage = passage.id)
                ORDER BY id LIMIT ?
                """,
            arguments: [last, EntityLinks.batch]
        )
        guard !rows.isEmpty else { return nil }
        var scorer = EntityScorer(in: db)
        var choices: Set<TermID> = []
        for row in rows {
            let text = NameText(try row.value("text"))
            var draft = PassageDraftLinks(
                passage: try row.value("id"),
                start: try row.value("start"),
                text: text,
                matches: matcher.matches(in: text)
            )
            let terms = try scorer.choices(text, draft.matches)
            if !terms.isEmpty {
                choices.formUnion(terms)
                draft.vectors = try Self.vectors(of: draft.passage, in: db)
            }
            passages.append(draft)
        }
        descriptions = try Self.descriptions(of: choices, in: db)
    }

    static func vectors(of passage: Int64, in db: Database) throws -> [Float]? {
        try Data.fetchOne(
            db.cachedStatement(sql: "SELECT data FROM vector WHERE passage = ?"),
            arguments: [passage]
        ).map(Array.init(littleEndian:))
    }

    /// What the graph says of those terms that are not told from others yet.
    static func descriptions(
        of terms: Set<TermID>,
        in db: Database
    ) throws -> [(term: TermID, description: EntityDescription)] {
        guard !terms.isEmpty else { return [] }
        let describer = try EntityDescriber(StoredDataset(db), in: db)
        let known = try db.cachedStatement(sql: "SELECT 1 FROM entity WHERE term = ?")
        return try terms.sorted().compactMap { term in
            if try Int.fetchOne(known, arguments: [term]) != nil { return nil }
            return (term, try describer.description(of: term))
        }
    }

    /// Writes what the names stand for.
    func store(_ records: [EntityRecord], in db: Database) throws -> Int {
        for record in records { try record.write(in: db) }
        if records.contains(where: { $0.vector == nil }) { try EntityLinks.noteWithoutMeaning(in: db) }
        var scorer = EntityScorer(in: db)
        var count = 0
        let exists = try db.cachedStatement(sql: "SELECT 1 FROM passage WHERE id = ?")
        let linking = try db.cachedStatement(
            sql: "INSERT INTO linked_passage (passage) VALUES (?) ON CONFLICT (passage) DO NOTHING"
        )
        let insertion = try db.cachedStatement(
            sql: """
                INSERT INTO mention (passage, start, "end", term, score) VALUES (?, ?, ?, ?, ?)
                ON CONFLICT (passage, start) DO NOTHING
                """
        )
        for draft in passages {
            // It may have been removed meanwhile.
            guard try Int.fetchOne(exists, arguments: [draft.passage]) != nil else { continue }
            try linking.execute(arguments: [draft.passage])
            for mention in try scorer.mentions(in: draft.text, draft.matches, vectors: draft.vectors) {
                let (start, end) = draft.text.scalars(of: mention.tokens)
                try insertion.execute(
                    arguments: [draft.passage, draft.start + start, draft.start + end, mention.term, mention.score]
                )
                count += 1
            }
        }
        return count
    }
}

extension NameText {
    /// Where some tokens begin and end in the text.
    func scalars(of tokens: Range<Int>) -> (start: Int, end: Int) {
        (starts[tokens.lowerBound], ends[tokens.upperBound - 1])
    }
}
