// SPDX-License-Identifier: Apache-2.0
import Graphs

extension KnowledgeBase {
    /// The entities that a question names, in its order. Names are found in any case where the question has no capitals.
    ///
    /// Throws `KnowledgeError`. Cost: some look-ups a word, and a vector where several entities share a name.
    public func entities(in question: String) async throws -> [EntityHit] {
        guard try read({ db in try EntityLinks.areWanted(in: db) }) else { return [] }
        try await linkEntitiesIfPossible()
        var vector: [Float]?
        if embedding != nil { vector = try await queryVectors([question], mode: .hybrid).first ?? nil }
        let found = try await mentions(inQuestion: question, vector: vector)
        return try read { db in try self.entityHits(found, passages: [], db: db) }
    }

    /// The mentions of passages that a search found, in the order of the text.
    public func mentions(in hit: Hit) throws -> [EntityMention] {
        try read { db in try self.mentions(in: hit, EntityDescriber(StoredDataset(db), in: db), db: db) }
    }

    /// A mention with its place in the question.
    struct QuestionMention {
        var term: TermID
        var score: Double
        var start: Int
        var end: Int
    }

    func mentions(inQuestion question: String, vector: [Float]?) async throws -> [QuestionMention] {
        let text = NameText(String(question.prefix(Self.longestQuestion)))
        let (matches, descriptions) = try read { db in
            let matches = try EntityLinks.matches(in: text, db: db)
            var scorer = EntityScorer(in: db)
            return (matches, try LinkingBatch.descriptions(of: scorer.choices(text, matches), in: db))
        }
        guard !matches.isEmpty else { return [] }
        let records = try await records(descriptions)
        return try read { db in
            var scorer = EntityScorer(in: db)
            scorer.use(records)
            return try scorer.mentions(in: text, matches, vectors: vector).map { mention in
                let (start, end) = text.scalars(of: mention.tokens)
                return QuestionMention(term: mention.term, score: mention.score, start: start, end: end)
            }
        }
    }

    private static let longestQuestion = 4_000

    /// Each entity once, at its first place.
    func entityHits(_ mentions: [QuestionMention], passages: [Hit], db: Database) throws -> [EntityHit] {
        let dataset = StoredDataset(db)
        let describer = try EntityDescriber(dataset, in: db)
        let inside = try passages.flatMap { try self.mentions(in: $0, describer, db: db) }
        let count = try db.cachedStatement(sql: "SELECT COUNT(DISTINCT passage) FROM mention WHERE term = ?")
        var seen: Set<TermID> = []
        return try mentions.filter { seen.insert($0.term).inserted }.map { mention in
            let term = try dataset.term(of: mention.term)
            return EntityHit(
                term: term,
                label: try describer.label(mention.term),
                score: mention.score,
                start: mention.start,
                end: mention.end,
                passages: try Int.fetchOne(count, arguments: [mention.term]) ?? 0,
                mentions: inside.filter { $0.term == term }
            )
        }
    }

    func mentions(in hit: Hit, _ describer: EntityDescriber, db: Database) throws -> [EntityMention] {
        let statement = try db.cachedStatement(
            sql: """
                SELECT mention.start AS start, mention."end" AS "end", mention.term AS term, mention.score AS score
                FROM mention JOIN passage ON passage.id = mention.passage JOIN document ON document.id = passage.document
                WHERE passage.key = ? AND document.name = ? AND passage.start = ? ORDER BY mention.start
                """
        )
        return try Row.fetchAll(statement, arguments: [hit.passage, hit.document, hit.start]).map { row in
            let term: TermID = try row.value("term")
            return EntityMention(
                term: try describer.term(term),
                label: try describer.label(term),
                score: try row.value("score"),
                document: hit.document,
                passage: hit.passage,
                start: try row.value("start"),
                end: try row.value("end")
            )
        }
    }
}

extension EntityLinks {
    /// The tokens of each name that stands in a short text, by looking into the table.
    static func matches(in text: NameText, db: Database) throws -> [Range<Int>] {
        let exact = try db.cachedStatement(sql: "SELECT 1 FROM entity_name WHERE name = ? LIMIT 1")
        let longer = try db.cachedStatement(sql: "SELECT name FROM entity_name WHERE name >= ? ORDER BY name LIMIT 1")
        var found: [Range<Int>] = []
        for start in 0..<text.count {
            for end in (start + 1)...min(text.count, start + NameMatcher.depth) {
                let key = text.key(start..<end)
                if try Int.fetchOne(exact, arguments: [key]) != nil { found.append(start..<end) }
                let next = try String.fetchOne(longer, arguments: [key + " "])
                guard let next, next.utf8.starts(with: (key + " ").utf8) else { break }
            }
        }
        return found
    }
}
