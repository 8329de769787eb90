// SPDX-License-Identifier: Apache-2.0
import Graphs
import Testing

@Suite("Rules")
struct RulesTests {
    static func reasoner(_ turtle: String, _ rules: [Rule]) throws -> Reasoner {
        let facts = MemoryDataset()
        try RDFReader(.turtle).read(
            text:
                "@prefix : <e:> . @prefix owl: <http://www.w3.org/2002/07/owl#> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> . "
                + turtle
        ) {
            try facts.insert($0)
        }
        let reasoner = try Reasoner(facts, rules: rules)
        try reasoner.run()
        return reasoner
    }

    static func inferred(_ reasoner: Reasoner) throws -> Set<String> {
        Set(
            try (reasoner.assertedCount..<reasoner.count).map {
                let triple = try reasoner.facts.quad(of: reasoner.fact(at: $0)).triple
                return [triple.subject, triple.predicate, triple.object].map(\.nTriples).joined(separator: " ")
            }
        )
    }

    @Test("A rule of one's own, with its proof")
    func grandparents() throws {
        let rules = try RuleReader.rules(
            of: "@prefix : <e:> .\n?x :parent ?y, ?y :parent ?z -> ?x :grandparent ?z .",
            name: "own"
        )
        let reasoner = try Self.reasoner(":a :parent :b . :b :parent :c . :c :parent :d .", rules)
        #expect(try Self.inferred(reasoner) == ["<e:a> <e:grandparent> <e:c>", "<e:b> <e:grandparent> <e:d>"])
        #expect(reasoner.derivation(at: 3)?.rule == 0)
        #expect(reasoner.derivation(at: 3)?.premises == [0, 1])
        #expect(rules.first?.name == "own line 2")
    }

    @Test("A rule whose head has a variable that its body has not is refused, with its line")
    func unsafe() {
        let error = #expect(throws: GraphError.self) { try RuleReader.rules(of: "\n?x a ?y -> ?x a ?z .", name: "r") }
        #expect(error?.code == .badRule)
        #expect(error?.message.contains("?z") == true && error?.message.contains("r line 2") == true)
    }

    @Test(
        "RDFS and OWL infer what their specifications say, and no more",
        arguments: [
            (":p rdfs:domain :C . :x :p :y .", ["<e:x> a <e:C>"]), (":p rdfs:range :C . :x :p :y .", ["<e:y> a <e:C>"]),
            (":p rdfs:subPropertyOf :q . :x :p :y .", ["<e:x> <e:q> <e:y>"]),
            (":p owl:inverseOf :q . :x :p :y . :u :q :v .", ["<e:y> <e:q> <e:x>", "<e:v> <e:p> <e:u>"]),
            (":p a owl:TransitiveProperty . :x :p :y . :y :p :z .", ["<e:x> <e:p> <e:z>"]),
            (":p a owl:SymmetricProperty . :x :p :y .", ["<e:y> <e:p> <e:x>"]),
            (":C rdfs:subClassOf :D . :x a :C .", ["<e:x> a <e:D>"]), (":p rdfs:range :C . :x :p 1 .", []),
        ]
    )
    func ontology(_ turtle: String, _ expected: [String]) throws {
        let reasoner = try Self.reasoner(turtle, Ontology.rules())
        let type = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
        #expect(try Self.inferred(reasoner) == Set(expected.map { $0.replacing(" a ", with: " \(type) ") }))
    }

    @Test("Values of a functional property are the same, and what is said of one is said of the other")
    func functional() throws {
        let reasoner = try Self.reasoner(":p a owl:FunctionalProperty . :x :p :y, :z . :y :q 1 .", Ontology.rules())
        let inferred = try Self.inferred(reasoner)
        #expect(inferred.contains("<e:y> <http://www.w3.org/2002/07/owl#sameAs> <e:z>"))
        #expect(inferred.contains("<e:z> <e:q> \"1\"^^<http://www.w3.org/2001/XMLSchema#integer>"))
    }

    @Test("The transitive closure of a random graph is that of a plain definition, and every proof holds")
    func closure() throws {
        var state: UInt64 = 3
        func draw() -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % 30
        }
        let edges = Set((0..<45).map { _ in [draw(), draw()] })
        let turtle = edges.map { ":n\($0[0]) :p :n\($0[1]) . " }.joined()
        let reasoner = try Self.reasoner(":p a owl:TransitiveProperty . " + turtle, Ontology.rules())
        var closed = edges
        while true {
            let more = closed.flatMap { first in closed.filter { $0[0] == first[1] }.map { [first[0], $0[1]] } }
            let before = closed.count
            closed.formUnion(more)
            if closed.count == before { break }
        }
        #expect(reasoner.count == closed.count + 1)
        for position in reasoner.assertedCount..<reasoner.count {
            let proof = try #require(reasoner.derivation(at: position))
            #expect(proof.premises.allSatisfy { $0 < position })
            let (fact, first, second) = (
                reasoner.fact(at: position), reasoner.fact(at: proof.premises[1]), reasoner.fact(at: proof.premises[2])
            )
            #expect(first.subject == fact.subject && first.object == second.subject && second.object == fact.object)
        }
    }
}

@Suite("Writing RDF")
struct WriterTests {
    @Test("What is written is read again as it was", arguments: [RDFSyntax.triG, .nQuads])
    func roundTrip(_ syntax: RDFSyntax) throws {
        let text = """
            @prefix e: <http://e/> .
            e:a a e:b ; e:p "x\\"\\n\\u0001\\\\", "y"@en-GB, 1.5, 1e3, true ; e:q e:c, <http://e/a/b>, <http://e/%20'> .
            e:g { e:a e:p _:x . _:x e:p [ e:q ( 1 2 ) ] . } e:h { e:a e:p e:a } e:z e:p e:p .
            """
        var quads: [Quad] = []
        let prefixes = try RDFReader(.triG, scope: "").read(text: text) { quads.append($0) }
        quads = quads.map { quad in
            func named(_ term: Term) -> Term {
                guard case .blank(let label) = term else { return term }
                return .blank("b" + label)
            }
            return Quad(
                Triple(named(quad.triple.subject), quad.triple.predicate, named(quad.triple.object)),
                graph: quad.graph
            )
        }
        var written = ""
        var writer = try RDFWriter(syntax, prefixes: prefixes) { written += $0 }
        for quad in quads { try writer.write(quad) }
        try writer.finish()
        var again: [Quad] = []
        try RDFReader(syntax, scope: "").read(text: written) { again.append($0) }
        #expect(again == quads)
    }
}
