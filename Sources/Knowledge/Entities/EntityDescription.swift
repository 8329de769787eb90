// SPDX-License-Identifier: Apache-2.0
import Foundation
import Graphs

/// What the graph says of a term, as a text that an embedder reads: its name, sentences about it, some facts.
struct EntityDescription {
    var text: String
    /// Facts that it stands in, counted to a thousand.
    var facts: Int

    static let sentenceLimit = 400
    static let factLimit = 12

    var digest: [UInt8] { Checksum.of([text]) }
}

/// Reads descriptions, with what they share.
struct EntityDescriber {
    private let db: Database
    private let dataset: StoredDataset
    private let names: [TermID: Int]
    private let sentences: [TermID: Int]

    init(_ dataset: StoredDataset, in db: Database) throws {
        (self.db, self.dataset) = (db, dataset)
        names = try EntityVocabulary.terms(EntityVocabulary.names.map(\.property), in: dataset)
        sentences = try EntityVocabulary.terms(EntityVocabulary.descriptions, in: dataset)
    }

    func term(_ id: TermID) throws -> Term { try dataset.term(of: id) }

    func isLiteral(_ id: TermID) throws -> Bool {
        if case .literal = try dataset.term(of: id) { return true }
        return false
    }

    /// Whether a property names or describes rather than relates.
    func isText(_ predicate: TermID) -> Bool { names[predicate] != nil || sentences[predicate] != nil }

    /// How a term is shown.
    func label(_ term: TermID) throws -> String {
        let statement = try db.cachedStatement(
            sql: "SELECT surface FROM entity_name WHERE term = ? ORDER BY weight DESC, LENGTH(surface), surface LIMIT 1"
        )
        if let label = try String.fetchOne(statement, arguments: [term]) { return label }
        switch try dataset.term(of: term) {
        case .iri(let iri):
            let name = EntityVocabulary.localName(of: iri)
            return name.isEmpty ? iri : name
        case .blank(let label): return "_:" + label
        case .literal(let literal): return literal.lexical
        }
    }

    /// The facts that hold and have a term at one end, oldest first, those of which it is the subject before the others.
    func facts(of term: TermID, limit: Int) throws -> [FactRecord] {
        var facts: [FactRecord] = []
        for column in ["subject", "object"] {
            let statement = try db.cachedStatement(
                sql: "SELECT * FROM graph_quad WHERE \(column) = ? AND valid_to IS NULL ORDER BY id LIMIT ?"
            )
            let rows = try Row.fetchAll(statement, arguments: [term, limit])
            for row in rows {
                let fact = try FactRecord(row: row)
                if column == "subject" || fact.quad.subject != term { facts.append(fact) }
            }
        }
        return facts
    }

    func description(of term: TermID) throws -> EntityDescription {
        let facts = try facts(of: term, limit: 1_000)
        var lines: [String] = []
        var about: [(place: Int, text: String)] = []
        for fact in facts {
            if let place = sentences[fact.quad.predicate], fact.quad.subject == term {
                if case .literal(let literal) = try dataset.term(of: fact.quad.object) {
                    about.append((place, String(literal.lexical.prefix(EntityDescription.sentenceLimit))))
                }
            } else if names[fact.quad.predicate] == nil, lines.count < EntityDescription.factLimit {
                let subject = fact.quad.subject == term ? "" : try label(fact.quad.subject) + " "
                let object = fact.quad.object == term ? "" : " " + (try label(fact.quad.object))
                lines.append(String((subject + (try label(fact.quad.predicate)) + object).prefix(120)))
            }
        }
        // In an order that does not depend on when a fact came.
        let sentence = about.min { ($0.place, $0.text) < ($1.place, $1.text) }?.text
        let text = ([try label(term)] + [sentence].compactMap(\.self) + lines.sorted()).joined(separator: ". ")
        return EntityDescription(text: text, facts: min(1_000, facts.count))
    }
}
