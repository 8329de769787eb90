// SPDX-License-Identifier: Apache-2.0
import Foundation
import Graphs

/// The entities of a question and what one fact joins them to, each with a weight.
struct Neighbourhood {
    struct Fact {
        var record: FactRecord
        var score: Double
    }

    struct Candidate {
        var key: UInt64
        var score: Double
        /// The terms that it mentions, the strongest first.
        var via: [TermID]
    }

    /// Facts of an entity that are read, in either direction.
    private static let mostFacts = 500
    /// Passages of a term that are read.
    private static let mostPassages = 500
    /// Passages that are compared with the question.
    private static let mostCandidates = 200
    /// What a neighbour counts beside an entity that is named.
    private static let neighbourShare = 0.5

    private var weights: [TermID: Double] = [:]
    private var facts: [Fact] = []
    private var joining: [TermID: Int] = [:]

    init(of mentions: [KnowledgeBase.QuestionMention], question: String, in db: Database) throws {
        let dataset = StoredDataset(db)
        let describer = try EntityDescriber(dataset, in: db)
        let type = try dataset.id(of: .iri(RDF.type))
        let words = Set(TermAnalyzer.queryTerms(of: question))
        for mention in mentions { weights[mention.term] = max(weights[mention.term] ?? 0, mention.score) }
        let asked = weights
        var relevances: [TermID: Double] = [:]
        var known: [Int64: Int] = [:]
        for (term, weight) in asked.sorted(by: { $0.key < $1.key }) {
            let around = try describer.facts(of: term, limit: Self.mostFacts).filter {
                !describer.isText($0.quad.predicate)
            }
            for record in around {
                let predicate = record.quad.predicate
                let relevance = try relevances[predicate] ?? Self.relevance(describer.label(predicate), words)
                relevances[predicate] = relevance
                if let place = known[record.id] {
                    // It joins two that are asked about.
                    facts[place].score += 2 * weight * relevance
                    continue
                }
                known[record.id] = facts.count
                facts.append(Fact(record: record, score: weight * relevance))
                let other = record.quad.subject == term ? record.quad.object : record.quad.subject
                guard predicate != type, asked[other] == nil, try !describer.isLiteral(other) else { continue }
                // Each of many neighbours says less.
                let share = Self.neighbourShare * weight * relevance / log2(2 + Double(around.count))
                weights[other, default: 0] += share
                if joining[other].map({ facts[$0].score < weight * relevance }) ?? true {
                    joining[other] = facts.count - 1
                }
            }
        }
    }

    /// From 1 for a property that the question does not speak of, to 2 for one all of whose words it has.
    private static func relevance(_ label: String, _ words: Set<String>) -> Double {
        let terms = Set(TermAnalyzer.queryTerms(of: label))
        return terms.isEmpty ? 1 : 1 + Double(terms.intersection(words).count) / Double(terms.count)
    }

    /// The best facts; equal ones as they came, asserted before inferred.
    func best(_ count: Int) -> [Fact] {
        let sorted = facts.sorted { one, other in
            if one.score != other.score { return one.score > other.score }
            let (a, b) = (one.record.rule != nil, other.record.rule != nil)
            return a != b ? b : one.record.id < other.record.id
        }
        return Array(sorted.prefix(max(0, count)))
    }

    /// The fact that joins a neighbour to an entity of the question.
    func fact(joining term: TermID) -> Fact? { joining[term].map { facts[$0] } }

    /// The contents that mention these terms, the strongest first.
    func passages(in db: Database) throws -> [Candidate] {
        let statement = try db.cachedStatement(
            sql: """
                SELECT passage.key AS key, MAX(mention.score) AS score FROM mention
                JOIN passage ON passage.id = mention.passage WHERE mention.term = ?
                GROUP BY passage.key ORDER BY passage.key LIMIT ?
                """
        )
        var found: [UInt64: (score: Double, via: [(term: TermID, share: Double)])] = [:]
        for (term, weight) in weights.sorted(by: { $0.key < $1.key }) {
            let rows = try Row.fetchAll(statement, arguments: [term, Self.mostPassages])
            // What many passages mention tells little about one.
            let rarity = 1 / log2(2 + Double(rows.count))
            for row in rows {
                let share = weight * rarity * (try row.value("score") as Double)
                let key = LexicalContent.number(of: try row.value("key"))
                found[key, default: (0, [])].score += share
                found[key]?.via.append((term, share))
            }
        }
        var best = TopList<Candidate>(limit: Self.mostCandidates) { a, b in
            a.score != b.score ? a.score > b.score : a.key < b.key
        }
        for (key, value) in found {
            let via = value.via.sorted { ($1.share, $0.term) < ($0.share, $1.term) }.map(\.term)
            best.insert(Candidate(key: key, score: value.score, via: via))
        }
        return best.sorted()
    }
}
