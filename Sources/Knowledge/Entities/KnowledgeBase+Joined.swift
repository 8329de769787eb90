// SPDX-License-Identifier: Apache-2.0
import Foundation
import Graphs

extension KnowledgeBase {
    /// The best passages for a question together with the entities that it names, facts about them, and passages that
    /// speak of them or of what one fact joins them to. `hits` are those of `search`, in their order: the graph adds to
    /// them and never replaces one.
    ///
    /// Throws `KnowledgeError`. Cost: the search, `linkEntities`, and at most some thousand rows of facts and mentions.
    public func joinedSearch(
        _ question: String,
        top: Int = 10,
        options: SearchOptions = SearchOptions()
    ) async throws -> JoinedResult {
        guard top > 0 else { throw KnowledgeError(.badArgument, "a search for \(top) passages; ask for 1 or more") }
        var vector: [Float]?
        if options.mode != .lexical { vector = try await queryVectors([question], mode: options.mode).first ?? nil }
        var result = JoinedResult(hits: try await search(question, vector: vector, top: top, options: options))
        guard try read({ db in try EntityLinks.areWanted(in: db) }) else { return result }
        try await linkEntitiesIfPossible()
        let found = try await mentions(inQuestion: question, vector: vector)
        guard !found.isEmpty else { return result }
        let hits = result.hits
        (result.facts, result.related) = try read { [vector] db in
            var neighbourhood = try Neighbourhood(of: found, question: question, in: db)
            let related = try self.related(&neighbourhood, beside: hits, vector: vector, options: options, db: db)
            return (try self.factHits(neighbourhood.best(options.facts), in: db), related)
        }
        let passages = hits + result.related.map(\.hit)
        result.entities = try read { db in try self.entityHits(found, passages: passages, db: db) }
        return result
    }

    /// The passages that the neighbourhood adds.
    private func related(
        _ neighbourhood: inout Neighbourhood,
        beside hits: [Hit],
        vector: [Float]?,
        options: SearchOptions,
        db: Database
    ) throws -> [RelatedHit] {
        let allowed = try options.filter.documents(in: db)
        var groups: Set<String> = []
        for hit in hits {
            groups.insert(hit.passage)
            let key = LexicalContent.number(of: hit.passage)
            if let known = try self.hit(key, score: 0, among: nil, db: db) { groups.insert(known.group) }
        }
        var candidates = try neighbourhood.passages(in: db)
        for index in candidates.indices {
            guard let vector else { break }
            let likeness = try PassageIndex.similarity(of: candidates[index].key, to: vector, in: db) ?? 0
            candidates[index].score *= 0.5 + max(0, likeness)
        }
        candidates.sort { ($1.score, $0.key) < ($0.score, $1.key) }
        let describer = try EntityDescriber(StoredDataset(db), in: db)
        var related: [RelatedHit] = []
        for candidate in candidates where related.count < options.related {
            guard let found = try hit(candidate.key, score: candidate.score, among: allowed, db: db),
                !groups.contains(found.hit.passage), groups.insert(found.group).inserted
            else { continue }
            var hit = found.hit
            hit.similarity = try vector.flatMap { try PassageIndex.similarity(of: candidate.key, to: $0, in: db) }
            let via = try candidate.via.prefix(3).map { term in
                RelatedHit.Via(
                    term: try describer.term(term),
                    label: try describer.label(term),
                    fact: try neighbourhood.fact(joining: term).flatMap { try factHits([$0], in: db).first }
                )
            }
            related.append(RelatedHit(hit: hit, via: via))
        }
        return related
    }

    /// Facts with what they are called and where they come from.
    func factHits(_ facts: [Neighbourhood.Fact], in db: Database) throws -> [FactHit] {
        let dataset = StoredDataset(db)
        let describer = try EntityDescriber(dataset, in: db)
        return try facts.map { fact in
            let record = fact.record
            var hit = FactHit(
                fact: try dataset.quad(of: record.quad),
                labels: try [record.quad.subject, record.quad.predicate, record.quad.object].map(describer.label),
                score: fact.score,
                confidence: record.confidence
            )
            if let rule = record.rule {
                hit.rule = try String.fetchOne(db, sql: "SELECT name FROM graph_rule WHERE id = ?", arguments: [rule])
            }
            if let document = record.document {
                hit.document = try String.fetchOne(
                    db,
                    sql: "SELECT name FROM document WHERE id = ?",
                    arguments: [document]
                )
            }
            if let passage = record.passage {
                let allowed = record.document.map { Set([$0]) }
                hit.source = try self.hit(LexicalContent.number(of: passage), score: 0, among: allowed, db: db)?.hit
            }
            return hit
        }
    }
}
