// SPDX-License-Identifier: Apache-2.0
import Foundation
import Graphs

/// A place in a text that speaks of a term.
struct ScoredMention: Equatable {
    var tokens: Range<Int>
    var term: TermID
    var score: Double
}

/// Decides what the names in a text stand for, and how sure that is.
///
/// A score is the name's weight, by how the mention is written, and where several terms share the name by how far the best
/// is before the others: by the likeness of what the graph says of them to the text, or without vectors by how much it
/// says.
struct EntityScorer {
    /// What is less sure is not linked.
    static let threshold = 0.5
    /// A name of more terms than this says nothing by itself.
    static let mostTerms = 50
    /// Cosines that differ by this differ by a factor of e.
    private static let temperature = 0.05

    private struct Candidate {
        var term: TermID
        var weight: Double
        var shapes: [NameText.Shape]
    }

    private let db: Database
    private var candidates: [String: [Candidate]] = [:]
    private var records: [TermID: EntityRecord] = [:]

    init(in db: Database) { self.db = db }

    /// Records that are not stored.
    mutating func use(_ records: [EntityRecord]) {
        for record in records { self.records[record.term] = record }
    }

    /// The terms among which the names of a text leave a choice.
    mutating func choices(_ text: NameText, _ matches: [Range<Int>]) throws -> Set<TermID> {
        var terms: Set<TermID> = []
        for tokens in matches {
            let passing = try passing(tokens, of: text, caseTells: text.caseTells)
            if passing.count > 1 { terms.formUnion(passing.map(\.candidate.term)) }
        }
        return terms
    }

    /// What the names in a text stand for, longer ones before shorter, none overlapping another. `vectors` are those of
    /// the text, one after the other, if there are any.
    mutating func mentions(in text: NameText, _ matches: [Range<Int>], vectors: [Float]?) throws -> [ScoredMention] {
        let caseTells = text.caseTells
        var scored: [ScoredMention] = []
        for tokens in matches {
            guard let best = try best(of: passing(tokens, of: text, caseTells: caseTells), vectors: vectors),
                best.score >= Self.threshold
            else { continue }
            scored.append(ScoredMention(tokens: tokens, term: best.term, score: best.score))
        }
        scored.sort { one, other in
            let (a, b) = (text.length(of: one.tokens), text.length(of: other.tokens))
            return a != b ? a > b : one.tokens.lowerBound < other.tokens.lowerBound
        }
        var isTaken = [Bool](repeating: false, count: text.count)
        return scored.filter { mention in
            if mention.tokens.contains(where: { isTaken[$0] }) { return false }
            for token in mention.tokens { isTaken[token] = true }
            return true
        }.sorted { $0.tokens.lowerBound < $1.tokens.lowerBound }
    }

    // MARK: - One mention

    private mutating func passing(
        _ tokens: Range<Int>,
        of text: NameText,
        caseTells: Bool
    ) throws -> [(candidate: Candidate, score: Double)] {
        let shapes = Array(text.shapes[tokens])
        let isCommon = text.isCommon(tokens)
        return try candidates(text.key(tokens)).compactMap { candidate in
            let form = Self.form(
                name: candidate.shapes,
                mention: shapes,
                letters: text.letters[tokens],
                isCommon: isCommon,
                caseTells: caseTells
            )
            return form > 0 ? (candidate, candidate.weight * form) : nil
        }
    }

    private mutating func candidates(_ name: String) throws -> [Candidate] {
        if let known = candidates[name] { return known }
        if candidates.count > 50_000 { candidates.removeAll(keepingCapacity: true) }
        let statement = try db.cachedStatement(
            sql: "SELECT term, weight, surface FROM entity_name WHERE name = ? ORDER BY term LIMIT ?"
        )
        var found = try Row.fetchAll(statement, arguments: [name, Self.mostTerms + 1]).map { row in
            Candidate(
                term: try row.value("term"),
                weight: Double(try row.value("weight") as Int) / 100,
                shapes: NameText(try row.value("surface")).shapes
            )
        }
        if found.count > Self.mostTerms { found = [] }
        candidates[name] = found
        return found
    }

    /// How far the way a mention is written speaks for the name, 0 to 1.
    private static func form(
        name: [NameText.Shape],
        mention: [NameText.Shape],
        letters: ArraySlice<Int>,
        isCommon: Bool,
        caseTells: Bool
    ) -> Double {
        let sum = letters.reduce(0) { $0 + max(0, $1) }
        let characters = letters.count { $0 < 0 }
        // A word of two characters is often one of a longer word.
        if sum == 0 { return characters < 3 ? 0.85 : 1 }
        let isExact = name == mention
        if isCommon || sum + 2 * characters < 4 {
            // "It" is a novel and "US" a country, but mostly they are words.
            if isExact, name.allSatisfy({ $0.hasCapital || $0 == .none }) {
                let isPlain = letters.count <= 1 && name.allSatisfy { $0 == .capitalised || $0 == .none }
                return isPlain ? (isCommon ? 0 : 0.8) : 0.9
            }
            return caseTells || isCommon ? 0 : 0.8
        }
        if isExact || !name.contains(where: \.hasCapital) { return 1 }
        if mention.contains(where: \.hasCapital) { return 0.9 }
        if !caseTells { return 0.9 }
        return letters.count == 1 ? 0 : 0.8
    }

    /// The likeliest of the terms that share a name.
    private mutating func best(
        of passing: [(candidate: Candidate, score: Double)],
        vectors: [Float]?
    ) throws -> (term: TermID, score: Double)? {
        guard passing.count > 1 else { return passing.first.map { ($0.candidate.term, $0.score) } }
        let records = try passing.map { try record($0.candidate.term) }
        var strengths: [Double]
        if let vectors, !vectors.isEmpty,
            records.allSatisfy({ record in record.vector.map { !$0.isEmpty && vectors.count % $0.count == 0 } ?? false }
            )
        {
            let likenesses = zip(passing, records).map { passing, record in
                let likeness = ExactProducts.scores(vectors, record.vector ?? []).max() ?? 0
                return Double(likeness) + 0.1 * passing.score
            }
            let highest = likenesses.max() ?? 0
            strengths = likenesses.map { exp(($0 - highest) / Self.temperature) }
        } else {
            strengths = zip(passing, records).map { $0.score * Double(1 + $1.facts) }
        }
        let sum = strengths.reduce(0, +)
        guard let place = strengths.indices.max(by: { strengths[$0] < strengths[$1] }) else { return nil }
        let share = sum > 0 ? strengths[place] / sum : 0
        return (passing[place].candidate.term, passing[place].score * (0.5 + 0.5 * share))
    }

    private mutating func record(_ term: TermID) throws -> EntityRecord {
        if let known = records[term] { return known }
        if records.count > 10_000 { records.removeAll(keepingCapacity: true) }
        let statement = try db.cachedStatement(sql: "SELECT * FROM entity WHERE term = ?")
        let record =
            try Row.fetchOne(statement, arguments: [term]).map(EntityRecord.init(row:))
            ?? EntityRecord(term: term, facts: 0, description: [], vector: nil)
        records[term] = record
        return record
    }
}

extension NameText {
    /// Whether capitals tell names from words: not in a question that is all in lower case.
    var caseTells: Bool { shapes.dropFirst().contains(where: \.hasCapital) }

    /// Scalars from the first to the last of some tokens.
    func length(of tokens: Range<Int>) -> Int { ends[tokens.upperBound - 1] - starts[tokens.lowerBound] }

    /// Whether all its words are among the most frequent of English.
    func isCommon(_ tokens: Range<Int>) -> Bool {
        tokens.allSatisfy { token in
            if letters[token] <= 0 { return !isCharacter(token) }
            let word = String(decoding: bytes(of: token), as: UTF8.self)
            return StopWords.languages[word]?.contains(LanguageSet(.english)) ?? false
        }
    }
}
