// SPDX-License-Identifier: Apache-2.0

/// How much of a question some texts speak of: its terms weighted by how rare they are in the knowledge base. A
/// character of Han, kana or hangul is covered by a pair that it stands in, so that pairs across words do no harm.
enum Coverage {
    static func share(of question: String, by texts: [String], in search: LexicalSearch) throws -> Double {
        let terms = Set(texts.flatMap(TermAnalyzer.terms))
        var whole = 0.0
        var covered = 0.0
        var seen: Set<String> = []
        func weigh(_ term: String, _ isCovered: Bool) throws {
            guard seen.insert(term).inserted else { return }
            let weight = try search.inverseDocumentFrequency(of: term)
            whole += weight
            if isCovered { covered += weight }
        }
        for unit in TermAnalyzer.questionUnits(of: question, among: search.languages) {
            switch unit {
            case .word(let stems, _):
                // A word that may be in several languages weighs what the most frequent of its stems does.
                let counts = try stems.map(search.count)
                let place = counts.indices.max { counts[$0] < counts[$1] } ?? 0
                if stems.indices.contains(place) { try weigh(stems[place], stems.contains(where: terms.contains)) }
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
