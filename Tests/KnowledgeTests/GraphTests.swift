// SPDX-License-Identifier: Apache-2.0
import Foundation
import Graphs
import Knowledge
import Testing

@Suite("The graph of a knowledge base")
struct GraphTests {
    private let home = FileManager.default.temporaryDirectory.appending(path: "graph-\(UUID().uuidString)")

    private func write(_ text: String, _ name: String) throws -> String {
        try FileManager.default.createDirectory(at: home, withIntermediateDirectories: true)
        let path = home.appending(path: name).path
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }

    private func lines(_ base: KnowledgeBase) throws -> [String] {
        var lines = ""
        var writer = try RDFWriter(.nQuads) { lines += $0 }
        try base.readGraph { dataset in
            try dataset.forEachInOrder {
                try writer.write(dataset.quad(of: $0))
                return true
            }
        }
        return lines.split(separator: "\n").map(String.init)
    }

    @Test("What is imported is there, in order, and a second import brings nothing new")
    func importing() async throws {
        defer { try? FileManager.default.removeItem(at: home) }
        let base = try await TestStore.open(home: home)
        let path = try write("<e:b> <e:p> \"x\"@en, 1 . <e:a> <e:p> <e:b> .", "a.ttl")
        let first = try await base.importGraph(path, reader: RDFReader(.turtle))
        #expect(first.read == 3 && first.new == 3)
        let second = try await base.importGraph(path, reader: RDFReader(.turtle))
        #expect(second.read == 3 && second.new == 0)
        let integer = "^^<http://www.w3.org/2001/XMLSchema#integer>"
        #expect(
            try lines(base) == [
                "<e:a> <e:p> <e:b> .", "<e:b> <e:p> \"1\"\(integer) .", "<e:b> <e:p> \"x\"@en .",
            ]
        )
        #expect(try await base.verify().problems == [])
    }

    @Test("A file with an error on its last line leaves nothing")
    func partial() async throws {
        defer { try? FileManager.default.removeItem(at: home) }
        let base = try await TestStore.open(home: home)
        let text = (0..<1_000).map { "<e:\($0)> <e:p> <e:q> .\n" }.joined() + "<e:x> <e:p> ."
        let path = try write(text, "bad.nt")
        let error = await #expect(throws: GraphError.self) {
            _ = try await base.importGraph(path, reader: RDFReader(.nTriples))
        }
        #expect(error?.message.contains("bad.nt line 1001") == true)
        #expect(try base.graphStatistics().asserted == 0)
        #expect(try base.graphStatistics().terms == 0)
    }

    @Test("What is inferred is explained down to what was asserted, and inferring again changes nothing")
    func explaining() async throws {
        defer { try? FileManager.default.removeItem(at: home) }
        let base = try await TestStore.open(home: home)
        let path = try write("@prefix : <e:> . :a :p :b . :b :p :c . :c :p :d .", "a.ttl")
        _ = try await base.importGraph(path, reader: RDFReader(.turtle))
        let rules = try RuleReader.rules(of: "?x <e:p> ?y, ?y <e:p> ?z -> ?x <e:p> ?z .", name: "closure")
        #expect(try await base.infer(rules).facts == 3)
        let before = try lines(base)
        #expect(try await base.infer(rules).facts == 3)
        #expect(try lines(base) == before)
        let proof = try base.explain(Triple(.iri("e:a"), .iri("e:p"), .iri("e:d")))
        #expect(proof.rule == "closure line 1")
        func leaves(_ proof: GraphProof) -> [String] {
            proof.rule == nil ? [proof.fact.triple.subject.nTriples] : proof.premises.flatMap(leaves)
        }
        #expect(leaves(proof) == ["<e:a>", "<e:b>", "<e:c>"])
        #expect(throws: GraphError.self) { try base.explain(Triple(.iri("e:d"), .iri("e:p"), .iri("e:a"))) }
        #expect(try await base.verify().problems == [])
    }

    @Test("A fact that is replaced is closed, not deleted")
    func replacing() async throws {
        defer { try? FileManager.default.removeItem(at: home) }
        let base = try await TestStore.open(home: home)
        for city in ["Paris", "Rome"] {
            try await base.replaceFact(Quad(Triple(.iri("e:a"), .iri("e:city"), .literal(Literal(city)))))
        }
        #expect(try lines(base) == ["<e:a> <e:city> \"Rome\" ."])
        let size = try base.graphStatistics()
        #expect(size.asserted == 1 && size.closed == 1)
        #expect(try await base.verify().problems == [])
    }

    private func date(_ text: String) throws -> Date { try Date("\(text)T00:00:00Z", strategy: .iso8601) }

    @Test("A property of one value at a time: a new value closes the old one, which still held then")
    func contradicting() async throws {
        defer { try? FileManager.default.removeItem(at: home) }
        let base = try await TestStore.open(home: home)
        let (flat, rent, tenant) = (Term.iri("e:flat"), Term.iri("e:rent"), Term.iri("e:tenant"))
        for property in [rent, tenant] {
            let kind = Triple(property, .iri(RDF.type), .iri(OWL.functionalProperty))
            #expect(try await base.state([Fact(Quad(kind))]) == 1)
        }
        func state(_ property: Term, _ value: Term, from: String? = nil, confidence: Double? = nil) async throws -> Int
        {
            let origin = FactOrigin(validFrom: try from.map(date), confidence: confidence)
            return try await base.state([Fact(Quad(Triple(flat, property, value)), origin: origin)])
        }
        func rents(at day: String? = nil) throws -> [String] {
            try base.facts(subject: flat, predicate: rent, at: day.map(date)).map { $0.quad.triple.object.nTriples }
        }
        #expect(try await state(rent, .literal(Literal("800")), from: "2024-01-01", confidence: 0.5) == 1)
        #expect(try await state(rent, .literal(Literal("900")), from: "2025-01-01") == 1)
        #expect(try await state(rent, .literal(Literal("900")), from: "2025-01-01") == 0)
        // One that is older than what is known takes its place before it.
        #expect(try await state(rent, .literal(Literal("700")), from: "2023-01-01") == 1)
        #expect(try rents() == ["\"900\""])
        #expect(try rents(at: "2024-06-30") == ["\"800\""])
        #expect(try rents(at: "2022-06-30") == [])
        let past = try base.facts(subject: flat, predicate: rent, includingPast: true)
        #expect(past.map(\.origin.validTo) == [try date("2025-01-01"), nil, try date("2024-01-01")])
        #expect(past.map(\.origin.confidence) == [0.5, nil, nil])
        // One that comes between two takes its time from the first.
        #expect(try await state(rent, .literal(Literal("850")), from: "2024-07-01") == 1)
        #expect(
            try ["2024-06-30", "2024-12-31", "2025-01-01"].map(rents(at:)) == [["\"800\""], ["\"850\""], ["\"900\""]]
        )
        // Two names without a time may be names of one thing; with one they are not.
        #expect(try await state(tenant, .iri("e:ann")) == 1)
        #expect(try await state(tenant, .iri("e:anna")) == 1)
        #expect(try base.facts(subject: flat, predicate: tenant).count == 2)
        #expect(try await state(tenant, .iri("e:bob"), from: "2026-01-01") == 1)
        #expect(try base.facts(subject: flat, predicate: tenant).map(\.quad.triple.object) == [.iri("e:bob")])
        // Without a time it holds from now on, and what it contradicts held before.
        #expect(try await state(rent, .literal(Literal("950"))) == 1)
        #expect(try rents() == ["\"950\""])
        #expect(try rents(at: "2025-06-30") == ["\"900\""])
        let tomorrow = Date().addingTimeInterval(86_400)
        let sure = FactOrigin(validFrom: tomorrow)
        try await base.state([Fact(Quad(Triple(flat, .iri("e:owner"), .iri("e:eve"))), origin: sure)])
        #expect(try base.facts(subject: flat, predicate: .iri("e:owner")) == [])
        #expect(try base.facts(subject: flat, predicate: .iri("e:owner"), at: tomorrow).count == 1)
        for wrong in [
            FactOrigin(confidence: 2), FactOrigin(validFrom: tomorrow, validTo: Date()), FactOrigin(document: "x"),
        ] {
            let fact = Fact(Quad(Triple(flat, rent, .literal(Literal("1")))), origin: wrong)
            await #expect(throws: KnowledgeError.self) { try await base.state([fact]) }
        }
        #expect(try await base.verify().problems == [])
    }

    @Test("Facts of a passage go with it, and so does what was inferred from them")
    func sources() async throws {
        let folder = try TemporaryFolder()
        let document = try folder.write("a.txt", "Ann is the mother of Bob.")
        let base = try await folder.open()
        _ = try await base.add([document])
        let passage = try #require(try await base.search("mother", mode: .lexical).first?.passage)
        let (ann, bob, cid) = (Term.iri("e:ann"), Term.iri("e:bob"), Term.iri("e:cid"))
        let parent = Term.iri("e:parent")
        let said = FactOrigin(document: document, passage: passage)
        try await base.state([Fact(Quad(Triple(ann, parent, bob)), origin: said), Fact(Quad(Triple(bob, parent, cid)))])
        let rules = try RuleReader.rules(of: "?x <e:parent> ?y, ?y <e:parent> ?z -> ?x <e:elder> ?z .", name: "elder")
        #expect(try await base.infer(rules).facts == 1)
        #expect(try base.facts(subject: ann).map(\.origin) == [said, FactOrigin()])
        // The passage is still there in another version of the document.
        try folder.write("a.txt", "Ann is the mother of Bob.\n")
        _ = try await base.add([document])
        #expect(try base.facts(subject: ann, predicate: parent).map(\.origin) == [said])
        #expect(try await base.verify().problems == [])
        try folder.write("a.txt", "Ann is nobody's mother.")
        _ = try await base.add([document])
        #expect(try base.facts(subject: ann) == [])
        #expect(try base.facts(subject: bob).count == 1)
        #expect(try await base.verify().problems == [])
    }

    @Test(
        "A fact, rule or prefix that is gone is missed",
        arguments: [
            "DELETE FROM graph_quad WHERE id = 1", "DELETE FROM graph_prefix", "UPDATE graph_prefix SET iri = 'f:'",
            "UPDATE graph_rule SET name = 'other'", "UPDATE graph_quad SET document = 1 WHERE id = 2",
        ]
    )
    func gone(_ sql: String) async throws {
        let folder = try TemporaryFolder()
        let document = try folder.write("a.txt", "Any text.")
        let base = try await folder.open()
        _ = try await base.add([document])
        let path = try folder.write("a.ttl", "@prefix : <e:> . :a :p :b . :b :p :c . :c :q 1 .")
        _ = try await base.importGraph(path, reader: RDFReader(.turtle))
        let rules = try RuleReader.rules(of: "?x <e:p> ?y, ?y <e:p> ?z -> ?x <e:p> ?z .", name: "closure")
        _ = try await base.infer(rules)
        #expect(try await base.verify().problems == [])
        try await TestStore.change(home: folder.home, sql)
        #expect(try await base.verify().problems.count >= 1)
    }

    @Test(
        "A changed byte of a term or a fact is found",
        arguments: [
            "UPDATE graph_term SET value = 'e:z' WHERE value = 'e:a'", "UPDATE graph_quad SET confidence = 0.5",
            "UPDATE graph_quad SET object = subject",
        ]
    )
    func damage(_ sql: String) async throws {
        defer { try? FileManager.default.removeItem(at: home) }
        let base = try await TestStore.open(home: home)
        let path = try write("<e:a> <e:p> <e:b> .", "a.nt")
        _ = try await base.importGraph(path, reader: RDFReader(.nTriples))
        try await TestStore.change(home: home, sql)
        #expect(try await base.verify().problems.count >= 1)
    }
}
