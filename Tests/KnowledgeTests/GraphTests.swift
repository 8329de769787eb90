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
        #expect(try await base.verify().problems.count == 1)
    }
}
