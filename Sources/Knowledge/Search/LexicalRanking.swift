// SPDX-License-Identifier: Apache-2.0
import Foundation
import GRDB

/// BM25 over the terms of headings and text, with Lucene's inverse document frequency (never negative):
/// S. Robertson, H. Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009. A heading's term counts
/// as several.
enum LexicalRanking {
    private static let saturation = 1.2  // k1
    private static let lengthShare = 0.75  // b

    static func inverseDocumentFrequency(count: Int, total: Int) -> Double {
        log(1 + (Double(total - count) + 0.5) / (Double(count) + 0.5))
    }

    /// Scores above 0 of the passages that hold any of the terms.
    static func scores(_ terms: [String], in index: PassageIndex, db: Database) throws -> [(
        position: Int, score: Double
    )] {
        var scores = [Double](repeating: 0, count: index.entries.count)
        let statement = try db.cachedStatement(
            sql: """
                SELECT doc, SUM(CASE col WHEN 'headings' THEN \(IndexTerms.headingWeight) ELSE 1 END) AS times
                FROM term_instance WHERE term = ? GROUP BY doc ORDER BY doc
                """
        )
        for term in terms {
            var found: [(position: Int, times: Double)] = []
            var position = 0
            let rows = try Row.fetchCursor(statement, arguments: [term])
            while let row = try rows.next() {
                // By place, not by name: a frequent term has very many rows. Both are always integers.
                let id: Int64 = row[0]
                let times: Int64 = row[1]
                while position < index.entries.count, index.entries[position].id < id { position += 1 }
                guard position < index.entries.count else { break }
                if index.entries[position].id == id { found.append((position, Double(times))) }
            }
            let weight = inverseDocumentFrequency(count: found.count, total: index.entries.count)
            for (position, times) in found {
                let length = Double(index.entries[position].length) / index.averageLength
                scores[position] +=
                    weight * times / (times + saturation * (1 - lengthShare + lengthShare * length))
            }
        }
        return scores.enumerated().filter { $0.element > 0 }.map { ($0.offset, $0.element) }
    }
}

/// Rankings joined: each place r of each ranking gives 1 / (k + r). G. Cormack, C. Clarke, S. Büttcher, "Reciprocal
/// Rank Fusion outperforms Condorcet and individual Rank Learning Methods", SIGIR 2009.
package enum ReciprocalRankFusion {
    static let constant = 60.0

    package static func fuse(_ rankings: [[Int]]) -> [(position: Int, score: Double)] {
        var scores: [Int: Double] = [:]
        for ranking in rankings {
            for (place, position) in ranking.enumerated() {
                scores[position, default: 0] += 1 / (constant + Double(place + 1))
            }
        }
        return scores.map { ($0.key, $0.value) }
    }
}
