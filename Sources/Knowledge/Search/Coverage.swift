// SPDX-License-Identifier: Apache-2.0
import GRDB

/// How much of a question some texts speak of: its terms weighted by how rare they are in the knowledge base. A
/// character of Han, kana or hangul is covered by a pair that it stands in, so that pairs across words do no harm.
enum Coverage {
    static func share(of question: String, by texts: [String], total: Int, db: Database) throws -> Double {
        let terms = Set(texts.flatMap(TermAnalyzer.terms))
        var whole = 0.0
        var covered = 0.0
        var seen: Set<String> = []
        func weigh(_ term: String, _ isCovered: Bool) throws {
            guard seen.insert(term).inserted else { return }
            let count = try Int.fetchOne(
                db.cachedStatement(sql: "SELECT doc FROM term_count WHERE term = ?"),
                arguments: [term]
            )
            let weight = LexicalRanking.inverseDocumentFrequency(count: min(count ?? 0, total), total: total)
            whole += weight
            if isCovered { covered += weight }
        }
        for unit in TermAnalyzer.questionUnits(of: question) {
            switch unit {
            case .word(let word, _): try weigh(word, terms.contains(word))
            case .code(let code, let parts):
                try weigh(code, terms.contains(code) || (!parts.isEmpty && parts.allSatisfy(terms.contains)))
            case .run(let characters):
                let pairs = TermAnalyzer.pairs(characters)
                for (index, character) in characters.enumerated() {
                    let around =
                        characters.count == 1 ? pairs : Array(pairs[max(0, index - 1)...min(index, pairs.count - 1)])
                    try weigh(String(character), around.contains(where: terms.contains))
                }
            }
        }
        return whole > 0 ? covered / whole : 0
    }
}
