// SPDX-License-Identifier: Apache-2.0

extension KnowledgeBase {
    /// A passage as full text has it.
    package struct IndexedPassage: Sendable {
        /// The passage's id.
        package var passage: String
        /// Each term with how often it counts; one of a heading counts more than once.
        package var terms: [String: Int]
    }

    /// The terms that a search looks for.
    package func queryTerms(of query: String) throws -> [String] {
        try read { db in
            TermAnalyzer.queryTerms(of: query, among: try LexicalSearch(db, lexicalCache).languages)
        }
    }

    /// Every distinct passage with its terms, one after the other.
    package func indexedPassages(_ body: (IndexedPassage) throws -> Void) throws {
        try read { db in
            try LexicalIndex.forEachContent(in: db) { content in
                try body(IndexedPassage(passage: LexicalContent.key(of: content.key), terms: content.terms))
            }
        }
    }
}
