// SPDX-License-Identifier: Apache-2.0
import Foundation

extension KnowledgeBase {
    /// The best passages for a question, best first; equal content of several documents once, from the one whose name
    /// comes first. In `hybrid` mode the vectors have no say where the embedder's vocabulary misses more than a fifth
    /// of the question's words. An empty question finds nothing.
    ///
    /// Cost: postings of the question's terms, and one scan of all vectors or a walk through their graph.
    public func search(_ query: String, top: Int = 10, mode: SearchMode = .hybrid) async throws -> [Hit] {
        try await search([query], top: top, options: SearchOptions(mode: mode)).first ?? []
    }

    /// The best passages for a question, with all that a search can be told.
    public func search(_ query: String, top: Int = 10, options: SearchOptions) async throws -> [Hit] {
        try await search([query], top: top, options: options).first ?? []
    }

    /// The best passages for each of many questions, as if each were asked alone.
    public func search(_ queries: [String], top: Int = 10, mode: SearchMode = .hybrid) async throws -> [[Hit]] {
        try await search(queries, top: top, options: SearchOptions(mode: mode))
    }

    /// The best passages for each of many questions, with all that a search can be told.
    public func search(_ queries: [String], top: Int = 10, options: SearchOptions) async throws -> [[Hit]] {
        guard top > 0 else { throw KnowledgeError(.badArgument, "a search for \(top) passages; ask for 1 or more") }
        let mode = options.mode
        let vectors = mode == .lexical ? queries.map { _ in nil } : try await queryVectors(queries, mode: mode)
        var found: [[Hit]] = []
        for (query, vector) in zip(queries, vectors) {
            found.append(try await search(query, vector: vector, top: top, options: options))
        }
        return found
    }

    /// The search for a question with its vector.
    package func search(_ query: String, vector: [Float]?, top: Int, options: SearchOptions) async throws -> [Hit] {
        let count = max(top, options.scorer == nil ? 0 : options.scored, options.diversity == nil ? 0 : 4 * top)
        let candidates = {
            try self.read { db in try self.candidates(query, vector: vector, count: count, options: options, db: db) }
        }
        var hits: [Hit]
        do {
            hits = try candidates()
        } catch is LexicalDamage {
            // The index derives from the passages.
            try await write { db in
                try LexicalIndex.rebuild(in: db)
                try Store.bumpVersion(in: db)
            }
            do { hits = try candidates() } catch is LexicalDamage { throw LexicalPart.damage }
        }
        if let scorer = options.scorer, !hits.isEmpty {
            let scores = try await scorer.checkedScores(query, hits.map(\.text))
            for (index, score) in scores.enumerated() { hits[index].score = score }
            hits.sort { ($1.score, $0.passage) < ($0.score, $1.passage) }
        }
        if let diversity = options.diversity {
            let vectors = try read { db in
                let dimension = try Store.embedder(in: db)?.dimension ?? 0
                return try hits.map { hit in
                    Array(
                        try (PassageIndex.vectors(of: LexicalContent.number(of: hit.passage), in: db) ?? [])
                            .prefix(dimension)
                    )
                }
            }
            hits = Diversity.order(scores: hits.map(\.score), vectors: vectors, relevance: diversity, count: top)
                .map { hits[$0] }
        }
        return Array(hits.prefix(top))
    }

    private struct LexicalDamage: Error {}

    /// The contents that full text finds, best first.
    private func lexicalRanking(
        _ query: String,
        depth: Int,
        among allowed: Set<Int64>?,
        db: Database
    ) throws -> [(key: UInt64, score: Double)] {
        do {
            let search = try LexicalSearch(db, lexicalCache)
            let terms = TermAnalyzer.queryTerms(of: query, among: search.languages)
            guard let allowed else {
                return try search.ranked(terms, limit: depth).map { (LexicalContent.number(of: $0.key), $0.score) }
            }
            // The index knows no documents: more and more of its ranking is read until enough may be found.
            let statement = try db.cachedStatement(sql: "SELECT document FROM passage WHERE key = ?")
            var limit = 4 * depth
            while true {
                let ranked = try search.ranked(terms, limit: limit)
                let passing = try ranked.lazy.filter {
                    try Int64.fetchAll(statement, arguments: [$0.key]).contains(where: allowed.contains)
                }
                if passing.count >= depth || ranked.count < limit {
                    return passing.prefix(depth).map { (LexicalContent.number(of: $0.key), $0.score) }
                }
                limit *= 8
            }
        } catch let error as KnowledgeError where error.code == .damaged {
            throw LexicalDamage()
        }
    }

    /// A vector for each question whose meaning counts, made in batches.
    func queryVectors(_ queries: [String], mode: SearchMode) async throws -> [[Float]?] {
        let isEmpty = try read { db in
            try checkEmbedder(in: db)
            return try Int.fetchOne(db, sql: "SELECT 1 FROM document WHERE name IS NOT NULL LIMIT 1") == nil
        }
        if isEmpty { return queries.map { _ in nil } }
        guard let embedding else {
            throw KnowledgeError(
                .wrongEmbedder,
                "a search by meaning needs an embedder; open the knowledge base with one, or search in "
                    + "mode lexical"
            )
        }
        var vectors = [[Float]?](repeating: nil, count: queries.count)
        let wanted = try queries.indices.filter { index in
            let query = queries[index]
            if query.allSatisfy(\.isWhitespace) { return false }
            return try mode == .semantic || embedding.unknownShare(query) <= 0.2
        }
        for start in stride(from: 0, to: wanted.count, by: 32) {
            let part = wanted[start..<min(wanted.count, start + 32)]
            let made = try await embedding.checkedVectors(part.map { queries[$0] }, asQueries: true)
            for (index, vector) in zip(part, made) { vectors[index] = vector }
        }
        return vectors
    }

    /// The passages that the rankings put first, joined where there are two.
    private func candidates(
        _ query: String,
        vector: [Float]?,
        count: Int,
        options: SearchOptions,
        db: Database
    ) throws -> [Hit] {
        let allowed = try options.filter.documents(in: db)
        let depth = max(100, count)
        var lexical: [(key: UInt64, score: Double)] = []
        if options.mode != .semantic { lexical = try lexicalRanking(query, depth: depth, among: allowed, db: db) }
        var semantic: [(key: UInt64, score: Double)] = []
        if let vector {
            let index = try currentIndex(options.vectors, in: db)
            semantic = try index.nearest(vector, limit: depth, among: allowed, db: db)
        }
        let ranked: [(key: UInt64, score: Double)]
        switch options.mode {
        case .lexical: ranked = lexical
        case .semantic: ranked = semantic
        case .hybrid:
            let weights = options.weights
            ranked = ReciprocalRankFusion.fuse(
                [lexical.map(\.key), semantic.map(\.key)],
                weights: [weights.lexical, weights.semantic]
            )
            .map { ($0.item, $0.score) }.sorted { ($1.score, $0.key) < ($0.score, $1.key) }
        }
        let similarities = Dictionary(semantic.map { ($0.key, $0.score) }) { first, _ in first }
        var hits: [Hit] = []
        var groups: Set<String> = []
        for (key, score) in ranked where hits.count < count {
            guard let found = try hit(key, score: score, among: allowed, db: db) else { throw LexicalDamage() }
            guard groups.insert(found.group).inserted else { continue }
            var hit = found.hit
            if let vector {
                hit.similarity = try similarities[key] ?? PassageIndex.similarity(of: key, to: vector, in: db)
            }
            hits.append(hit)
        }
        return hits
    }

    /// The passage of a content: of equal ones that of the document whose name comes first. With it the id that it
    /// shares with those that say nearly the same, of which one is given out.
    func hit(
        _ key: UInt64,
        score: Double,
        among allowed: Set<Int64>?,
        db: Database
    ) throws -> (hit: Hit, group: String)? {
        let statement = try db.cachedStatement(
            sql: """
                SELECT passage.*, document.name AS name FROM passage JOIN document ON document.id = passage.document
                WHERE passage.key = ? ORDER BY document.name, passage.id
                """
        )
        let rows = try Row.fetchCursor(statement, arguments: [LexicalContent.key(of: key)])
        while let row = try rows.next() {
            let record = try PassageRecord(row: row)
            if let allowed, !allowed.contains(record.document) { continue }
            return (try record.hit(in: try row.value("name"), score: score), record.twin ?? record.key)
        }
        return nil
    }

    /// Whether some passage mentions a word, in any of its forms.
    package func mentions(_ word: String) throws -> Bool {
        try read { db in
            let search = try LexicalSearch(db, lexicalCache)
            return try TermAnalyzer.queryTerms(of: word, among: search.languages)
                .allSatisfy { try search.count(of: $0) > 0 }
        }
    }

    /// The share of a question's terms, weighted by their rarity here, that the texts speak of: 0 to 1.
    package func coverage(of question: String, by texts: [String]) throws -> Double {
        try read { db in
            try Coverage.share(of: question, by: texts, in: LexicalSearch(db, lexicalCache))
        }
    }
}

extension PassageRecord {
    /// The passage as a search returns it; one that is not what was written is damage.
    func hit(in document: String, score: Double) throws -> Hit {
        guard checksum == expectedChecksum else {
            throw KnowledgeError(
                .damaged,
                "a stored passage of `\(document)` is not what was written; run `martlet kb verify`",
                subject: document
            )
        }
        return Hit(
            document: document,
            passage: key,
            score: score,
            text: text,
            start: start,
            end: end,
            headings: headings,
            page: page,
            time: time,
            source: source
        )
    }
}

extension DocumentFilter {
    /// The documents that pass, or nil where all do.
    func documents(in db: Database) throws -> Set<Int64>? {
        if isEmpty { return nil }
        var conditions = ["name IS NOT NULL"]
        var arguments: StatementArguments = []
        func require(_ tests: [(condition: String, value: String)]) {
            guard !tests.isEmpty else { return }
            conditions.append("(" + tests.map(\.condition).joined(separator: " OR ") + ")")
            arguments += StatementArguments(tests.map(\.value))
        }
        require(names.map { db.dialect.glob("name", $0) })
        require(titles.map { db.dialect.glob("title", $0) })
        require(formats.map { ("format = ?", $0) })
        if let addedAfter {
            conditions.append("added >= ?")
            arguments += [Int(addedAfter.timeIntervalSince1970.rounded(.up))]
        }
        if let addedBefore {
            conditions.append("added < ?")
            arguments += [Int(addedBefore.timeIntervalSince1970.rounded(.up))]
        }
        let sql = "SELECT id FROM document WHERE " + conditions.joined(separator: " AND ")
        return Set(try Int64.fetchAll(db, sql: sql, arguments: arguments))
    }
}
