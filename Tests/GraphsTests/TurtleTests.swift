// SPDX-License-Identifier: Apache-2.0
import Graphs
import Testing

@Suite("Turtle, TriG, N-Triples, N-Quads")
struct TurtleTests {
    static func quads(_ text: String, _ syntax: RDFSyntax = .turtle, base: String? = nil) throws -> [Quad] {
        var quads: [Quad] = []
        try RDFReader(syntax, base: base, scope: "").read(text: text, name: "t") { quads.append($0) }
        return quads
    }

    @Test("The first example of the Turtle specification")
    func firstExample() throws {
        let text = """
            @base <http://example.org/> .
            @prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
            @prefix foaf: <http://xmlns.com/foaf/0.1/> .
            @prefix rel: <http://www.perceive.net/schemas/relationship/> .
            <#green-goblin> rel:enemyOf <#spiderman> ; a foaf:Person ; foaf:name "Green Goblin" .
            <#spiderman> rel:enemyOf <#green-goblin> ; a foaf:Person ; foaf:name "Spiderman", "Человек-паук"@ru .
            """
        let quads = try Self.quads(text)
        #expect(quads.count == 7)
        #expect(quads[0].triple.subject == .iri("http://example.org/#green-goblin"))
        #expect(quads[6].triple.object == .literal(Literal("Человек-паук", language: "ru")))
    }

    /// https://www.rfc-editor.org/rfc/rfc3986#section-5.4
    @Test(
        "References are resolved as RFC 3986 shows",
        arguments: [
            "g:h g:h", "g http://a/b/c/g", "./g http://a/b/c/g", "g/ http://a/b/c/g/", "/g http://a/g", "//g http://g",
            "?y http://a/b/c/d;p?y", "g?y http://a/b/c/g?y", "#s http://a/b/c/d;p?q#s", "g#s http://a/b/c/g#s",
            "g?y#s http://a/b/c/g?y#s", ";x http://a/b/c/;x", "g;x http://a/b/c/g;x", ". http://a/b/c/",
            "./ http://a/b/c/",
            ".. http://a/b/", "../ http://a/b/", "../g http://a/b/g", "../.. http://a/", "../../g http://a/g",
            "../../../g http://a/g", "/./g http://a/g", "/../g http://a/g", "g. http://a/b/c/g.", ".g http://a/b/c/.g",
            "g.. http://a/b/c/g..", "..g http://a/b/c/..g", "./../g http://a/b/g", "./g/. http://a/b/c/g/",
            "g/./h http://a/b/c/g/h", "g/../h http://a/b/c/h", "g;x=1/./y http://a/b/c/g;x=1/y",
            "g?y/./x http://a/b/c/g?y/./x", "g#s/../x http://a/b/c/g#s/../x",
        ]
    )
    func resolution(_ pair: String) throws {
        let parts = pair.split(separator: " ")
        let quads = try Self.quads("<\(parts[0])> a <x:y> .", base: "http://a/b/c/d;p?q")
        #expect(quads.first?.triple.subject == .iri(String(parts[1])))
    }

    @Test(
        "An error names the file and the line",
        arguments: [
            ("<a:b> a <a:c> .\n\n<a:d> <a:e> .", 3), ("@prefix a: <a:> .\na:b a:c \"x\n\" .", 2),
            ("<a:b> a <a:c>,\n [ <a:d> '''\n\n", 2), ("<a:b> a\n\n b:c .", 3), ("<a:b> <a:c> \"\\q\" .", 1),
        ]
    )
    func errors(_ text: String, _ line: Int) {
        let error = #expect(throws: GraphError.self) { try Self.quads(text) }
        #expect(error?.code == .badSyntax)
        #expect(error?.message.contains("t line \(line);") == true)
    }

    @Test("Nesting is bounded, and what is within bounds is read")
    func nesting() throws {
        func nested(_ depth: Int) -> String {
            "<a:b> <a:c> " + String(repeating: "[ <a:c> ", count: depth) + "1" + String(repeating: "]", count: depth)
                + "."
        }
        #expect(try Self.quads(nested(250)).count == 251)
        #expect(throws: GraphError.self) { try Self.quads(nested(100_000)) }
        #expect(throws: GraphError.self) { try Self.quads("<a:b> <a:c> " + String(repeating: "(", count: 100_000)) }
    }

    @Test("A literal of 20 MB is read whole")
    func hugeLiteral() throws {
        let text = String(repeating: "x", count: 20_000_000)
        guard case .literal(let literal)? = try Self.quads("<a:b> <a:c> \"\(text)\" .", .nTriples).first?.triple.object
        else {
            Issue.record("no literal")
            return
        }
        #expect(literal.lexical.utf8.count == 20_000_000)
    }

    @Test("A named graph's quads are in it, and the rest is not")
    func trig() throws {
        let quads = try Self.quads("<a:s> <a:p> 1 . <a:g> { <a:s> <a:p> 2.5, true } GRAPH <a:h> { }", .triG)
        #expect(quads.map(\.graph) == [nil, .iri("a:g"), .iri("a:g")])
        #expect(quads[1].triple.object == .literal(Literal("2.5", datatype: XSD.decimal)))
    }

    @Test("Bytes that are not UTF-8 are an error")
    func notUTF8() {
        let bytes = Array("<a:b> <a:c> \"".utf8) + [0xFF, 0xFE] + Array("\" .".utf8)
        for syntax in [RDFSyntax.turtle, .nTriples, .nQuads, .triG] {
            #expect(throws: GraphError.self) { try RDFReader(syntax).read(bytes: bytes) { _ in } }
        }
    }
}

@Suite("A dataset in memory")
struct MemoryDatasetTests {
    @Test("It answers every pattern as a plain list of quads does, after removals too")
    func patterns() throws {
        let dataset = MemoryDataset()
        let ids = try (0..<6).map { try dataset.intern(.iri("a:\($0)")) }
        var list: [QuadID] = []
        var state: UInt64 = 7
        func draw(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        for _ in 0..<4_000 {
            let quad = QuadID(ids[draw(6)], ids[draw(3)], ids[draw(6)], graph: draw(2) == 0 ? 0 : ids[draw(2)])
            if draw(3) == 0 {
                #expect(try dataset.remove(quad) == list.contains(quad))
                list.removeAll { $0 == quad }
            } else {
                #expect(try dataset.insert(quad) == !list.contains(quad))
                if !list.contains(quad) { list.append(quad) }
            }
        }
        #expect(dataset.count == list.count)
        for bits in 0..<16 {
            func bound(_ bit: Int, _ id: TermID) -> TermID? { bits >> bit & 1 == 1 ? id : nil }
            for graph in [0, ids[0]] {
                let pattern = QuadPattern(
                    subject: bound(0, ids[1]),
                    predicate: bound(1, ids[2]),
                    object: bound(2, ids[3]),
                    graph: bound(3, graph)
                )
                var found: [QuadID] = []
                try dataset.forEach(matching: pattern) {
                    found.append($0)
                    return true
                }
                #expect(found == list.filter(pattern.matches))
                #expect(try dataset.estimate(matching: pattern) >= found.count)
            }
        }
    }
}
