// SPDX-License-Identifier: Apache-2.0
import Graphs
import Testing

/// Examples of https://www.w3.org/TR/sparql11-query/, with the results that it prints.
struct SPARQLEvaluationTests {
    private func rows(_ query: String, _ turtle: String) throws -> [[String?]] {
        let dataset = MemoryDataset()
        try RDFReader(.turtle).read(text: turtle) { try dataset.insert($0) }
        guard case .solutions(_, let rows) = try SPARQL.query(query, over: dataset) else { return [] }
        return rows.map { row in
            row.map { term in
                switch term {
                case .literal(let literal): literal.lexical
                case .iri(let iri): iri
                default: nil
                }
            }
        }
    }

    private let people = """
        @prefix foaf: <http://xmlns.com/foaf/0.1/> .
        _:a foaf:name "Alice" ; foaf:mbox <mailto:alice@example.com> , <mailto:alice@work.example> .
        _:b foaf:name "Bob" .
        """

    @Test func `OPTIONAL keeps who has no mail`() throws {
        let query = """
            PREFIX foaf: <http://xmlns.com/foaf/0.1/>
            SELECT ?name ?mbox WHERE { ?x foaf:name ?name . OPTIONAL { ?x foaf:mbox ?mbox } } ORDER BY ?name ?mbox
            """
        #expect(
            try rows(query, people) == [
                ["Alice", "mailto:alice@example.com"], ["Alice", "mailto:alice@work.example"], ["Bob", nil],
            ]
        )
    }

    @Test func `HAVING looks at the sum of a group`() throws {
        let books = """
            @prefix : <http://books.example/> .
            :org1 :affiliates :auth1, :auth2 . :auth1 :writesBook :book1, :book2 . :book1 :price 9 . :book2 :price 5 .
            :auth2 :writesBook :book3 . :book3 :price 7 . :org2 :affiliates :auth3 . :auth3 :writesBook :book4 .
            :book4 :price 7 .
            """
        let query = """
            PREFIX : <http://books.example/>
            SELECT (SUM(?lprice) AS ?totalPrice) WHERE {
              ?org :affiliates ?auth . ?auth :writesBook ?book . ?book :price ?lprice .
            } GROUP BY ?org HAVING (SUM(?lprice) > 10)
            """
        #expect(try rows(query, books) == [["21"]])
    }

    @Test func `decimals are exact`() throws {
        #expect(try rows("SELECT (0.1 + 0.2 = 0.3 AS ?x) {}", "") == [["true"]])
    }

    @Test func `an update moves what a pattern finds`() throws {
        let dataset = MemoryDataset()
        try RDFReader(.turtle).read(text: "<x:a> <x:name> 'Bill' . <x:b> <x:name> 'Fred' .") { try dataset.insert($0) }
        try SPARQL.update(
            "DELETE { ?p <x:name> 'Bill' } INSERT { ?p <x:name> 'William' } WHERE { ?p <x:name> 'Bill' }",
            over: dataset
        )
        let found = try SPARQL.query("SELECT ?n { <x:a> <x:name> ?n }", over: dataset)
        #expect(try found.text(as: .csv) == "n\r\nWilliam\r\n")
    }

    @Test func `rows are bounded`() throws {
        let dataset = MemoryDataset()
        for index in 0..<100 { try dataset.insert(Quad(Triple(.iri("x:\(index)"), .iri("x:p"), .iri("x:o")))) }
        #expect(throws: GraphError.self) {
            try SPARQL.query("SELECT * { ?a ?b ?c . ?d ?e ?f }", over: dataset, limits: EvaluationLimits(rows: 1_000))
        }
    }

    @Test func `a long chain of patterns fits a small stack`() throws {
        let dataset = MemoryDataset()
        try RDFReader(.turtle).read(text: "<x:a> <x:p> <x:a> .") { try dataset.insert($0) }
        let chain = (0..<1_000).map { "?v\($0) <x:p> ?v\($0 + 1) ." }.joined(separator: " ")
        let found = try SPARQL.query("ASK { \(chain) }", over: dataset)
        #expect(try found.text(as: .csv) == "true\n")
    }

    @Test func `a selective join reads few of many quads`() throws {
        let dataset = MemoryDataset()
        for index in 0..<100_000 {
            try dataset.insert(Quad(Triple(.iri("x:\(index)"), .iri("x:next"), .iri("x:\(index + 1)"))))
        }
        // Reading more than a few would take far longer than this.
        let found = try SPARQL.query(
            "SELECT ?c { ?b <x:next> ?c . ?a <x:next> ?b . <x:500> <x:next> ?a }",
            over: dataset,
            limits: EvaluationLimits(seconds: 5, rows: 20)
        )
        #expect(try found.text(as: .csv) == "c\r\nx:503\r\n")
    }

    @Test func `a regular expression that backtracks without end is given up`() throws {
        let text = String(repeating: "a", count: 60)
        #expect(throws: GraphError.self) {
            try SPARQL.query(
                "SELECT (REGEX('\(text)', '^(a+)+$b') AS ?x) {}",
                over: MemoryDataset(),
                limits: EvaluationLimits(seconds: 0.5)
            )
        }
    }
}
