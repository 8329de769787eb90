// SPDX-License-Identifier: Apache-2.0
import Foundation
import Graphs

extension EntityLinks {
    /// What of names and mentions is not what graph and passages give.
    ///
    /// Cost: reads the graph's labels and links every passage anew.
    static func problems(in db: Database) throws -> [String] {
        guard try areWanted(in: db) else { return [] }
        var problems: [String] = []
        let (state, graph) = (try LinkingState(in: db), try LinkingState.graph(in: db))
        // Names of an earlier state of the graph are made anew by the next who needs them.
        if state.graph == graph, try !EntityNames(of: StoredDataset(db), in: db).isStored(in: db) {
            problems.append("entities: the names are not those of the graph")
        }
        for row in try Row.fetchAll(db, sql: "SELECT * FROM entity ORDER BY term") {
            do { _ = try EntityRecord(row: row) } catch let error as KnowledgeError {
                problems.append("entities: \(error.message)")
            }
        }
        guard problems.isEmpty else { return problems }
        let matcher = try matcher(in: db)
        var scorer = EntityScorer(in: db)
        var damaged = 0
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT passage.id AS id, start, text FROM passage
                JOIN linked_passage ON linked_passage.passage = passage.id ORDER BY passage.id
                """
        )
        while let row = try rows.next() {
            let id: Int64 = try row.value("id")
            let text = NameText(try row.value("text"))
            let matches = matcher.matches(in: text)
            let vectors = try scorer.choices(text, matches).isEmpty ? nil : LinkingBatch.vectors(of: id, in: db)
            let derived = try scorer.mentions(in: text, matches, vectors: vectors)
            if try !isStored(derived, of: text, passage: id, from: row.value("start"), in: db) { damaged += 1 }
        }
        let stray = try Int.fetchOne(
            db,
            sql: """
                SELECT COUNT(*) FROM mention WHERE NOT EXISTS
                    (SELECT 1 FROM linked_passage WHERE linked_passage.passage = mention.passage)
                """
        )
        damaged += stray ?? 0
        if damaged > 0 {
            problems.append("entities: the mentions of \(damaged) passages are not what their texts give")
        }
        return problems
    }

    private static func isStored(
        _ mentions: [ScoredMention],
        of text: NameText,
        passage: Int64,
        from start: Int,
        in db: Database
    ) throws -> Bool {
        let statement = try db.cachedStatement(
            sql: "SELECT start, \"end\", term, score FROM mention WHERE passage = ? ORDER BY start"
        )
        let rows = try Row.fetchAll(statement, arguments: [passage])
        guard rows.count == mentions.count else { return false }
        return try zip(rows, mentions).allSatisfy { row, mention in
            let place = text.scalars(of: mention.tokens)
            let score: Double = try row.value("score")
            // Another machine's exponential may end in another digit.
            return try row.value("start") == start + place.start && row.value("end") == start + place.end
                && row.value("term") == mention.term && abs(score - mention.score) < 1e-9
        }
    }
}
