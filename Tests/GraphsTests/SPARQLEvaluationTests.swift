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

    /// A dataset that counts how often it is asked for an estimate, which is when something is planned.
    private final class CountingDataset: Dataset {
        let inner: MemoryDataset
        var estimates = 0

        init(_ inner: MemoryDataset) { self.inner = inner }

        func id(of term: Term) throws -> TermID? { inner.id(of: term) }
        func term(of id: TermID) throws -> Term { try inner.term(of: id) }
        func graphs() throws -> [TermID] { inner.graphs() }
        func forEach(matching pattern: QuadPattern, _ body: (QuadID) throws -> Bool) throws {
            try inner.forEach(matching: pattern, body)
        }
        func estimate(matching pattern: QuadPattern) throws -> Int {
            estimates += 1
            return try inner.estimate(matching: pattern)
        }
    }

    private func numbered(_ count: Int) throws -> CountingDataset {
        let dataset = MemoryDataset()
        let lines = (0..<count).map { number in
            "<x:\(number)> <x:p> \(number) ; <x:next> <x:\(number + 1)> ."
                + (number % 2 == 0 ? " <x:\(number)> <x:q> \(number) ." : "")
        }
        try RDFReader(.turtle).read(text: lines.joined(separator: "\n")) { try dataset.insert($0) }
        return CountingDataset(dataset)
    }

    private func count(_ query: String, _ dataset: CountingDataset, steps: Int) throws -> Int {
        let limits = EvaluationLimits(seconds: nil, steps: steps)
        guard case .solutions(_, let rows) = try SPARQL.query(query, over: dataset, limits: limits) else { return -1 }
        return rows.count
    }

    @Test func `EXISTS is planned once, and joins from what is bound around it`() throws {
        let query = """
            SELECT ?s { ?s <x:p> ?n FILTER EXISTS { ?s <x:next> ?t . ?t <x:next> ?u . ?u <x:q> ?m } }
            """
        let (few, many) = try (numbered(10), numbered(2_000))
        #expect(try count(query, few, steps: 1_000) == 4)
        #expect(try count(query, many, steps: 20_000) == 999)
        #expect(few.estimates == many.estimates)
        #expect(throws: GraphError.self) { try count(query, many, steps: 2_000) }
    }

    @Test func `MINUS compares each solution with those of its values alone`() throws {
        let dataset = try numbered(2_000)
        #expect(try count("SELECT ?s { ?s <x:p> ?n MINUS { ?s <x:q> ?m } }", dataset, steps: 20_000) == 1_000)
    }

    @Test func `MINUS with variables bound here and not there removes what is compatible and shares one`() throws {
        let facts = """
            <x:a> <x:p> 1 . <x:b> <x:p> 2 . <x:c> <x:p> 3 . <x:a> <x:q> 5 . <x:b> <x:q> 6 . <x:d> <x:r> 1 .
            <x:e> <x:r> 3 ; <x:q> 5 . <x:b> <x:r> 9 ; <x:s> 6 .
            """
        // On the left (s, n, m): a 1 5, b 2 6, c 3 –. On the right (n, m): 1 –, 3 5, 9 6.
        let query = """
            SELECT ?s { ?s <x:p> ?n OPTIONAL { ?s <x:q> ?m } MINUS { ?o <x:r> ?n OPTIONAL { ?o <x:q> ?m } } } ORDER BY ?s
            """
        #expect(try rows(query, facts) == [["x:b"]])
        let disjoint = "SELECT ?s { ?s <x:p> ?n MINUS { ?o <x:r> ?k } } ORDER BY ?s"
        #expect(try rows(disjoint, facts) == [["x:a"], ["x:b"], ["x:c"]])
    }
}
