// SPDX-License-Identifier: Apache-2.0
import Foundation
import Graphs
import Testing

@Suite struct SPARQLSyntaxTests {
    @Test(arguments: [
        "SELECT ?title WHERE { <http://example.org/book/book1> <http://purl.org/dc/elements/1.1/title> ?title . }",
        "PREFIX : <http://e/> SELECT ?g (SUM(?p) AS ?total) { ?x :p ?p ; :g ?g } GROUP BY ?g HAVING (SUM(?p) > 10)",
        "PREFIX : <http://e/> SELECT * { ?x (:a/^:b|!(:c|^:d))* ?y FILTER NOT EXISTS { ?y :e 1.5e3 } } LIMIT 3",
        "PREFIX : <http://e/> CONSTRUCT { ?x :p [ :q (1 2) ] } WHERE { ?x :p _:b . VALUES (?x) { (:a) (UNDEF) } }",
        "ASK { BIND(2-1 AS ?x) FILTER(?x < 3 && ?x > -1) }",
    ])
    func readsQueries(_ text: String) throws { _ = try QueryText(text) }

    @Test(arguments: [
        ("SELECT ?x\nWHERE { ?x }", "line 2, column 12"),
        ("SELECT (1 AS ?x) (2 AS ?x) {}", "line 1, column 18"),
        ("SELECT ?x { ?x <p> ?y }", "line 1, column 16"),
        ("SELECT ?x ?y { ?x ?y ?z } GROUP BY ?x", "line 1, column 11"),
        ("ASK { \"\u{e9}\u{e9} }", "line 1, column 7"),
    ])
    func namesLineAndColumn(_ text: String, _ place: String) {
        #expect { _ = try QueryText(text) } throws: { "\($0)".hasPrefix(place) }
    }

    @Test func boundsDepth() {
        let deep = "SELECT * " + String(repeating: "{", count: 100_000)
        #expect { _ = try QueryText(deep) } throws: { "\($0)".contains("nested") }
    }

    @Test func survivesTruncation() throws {
        let whole =
            "PREFIX : <http://e/> SELECT (GROUP_CONCAT(?n; SEPARATOR=\", \") AS ?l) { ?x :p+ 'a\\n'@en, 1.5, _:b . }"
        for length in 0..<whole.count { _ = try? QueryText(String(whole.prefix(length))) }
        for length in 0..<whole.count { _ = try? UpdateText("INSERT " + whole.suffix(length)) }
    }

    @Test func readsUpdates() throws {
        _ = try UpdateText("INSERT DATA { <http://e/a> <http://e/b> 1 } ; CLEAR SILENT GRAPH <http://e/g>")
        #expect(throws: GraphError.self) { _ = try UpdateText("INSERT DATA { ?x <http://e/b> 1 }") }
        #expect(throws: GraphError.self) { _ = try UpdateText("DELETE WHERE { _:b <http://e/b> 1 }") }
    }
}
