// SPDX-License-Identifier: Apache-2.0
import Graphs
import Testing
import Tokenization

/// The W3C's own tests are run by `Scripts/prove w3c`; here is what they leave out.
@Suite("JSON-LD")
struct JSONLDTests {
    static func lines(_ text: String, base: String? = "http://base/x", load: [String: String]? = nil) throws -> [String]
    {
        var reader = RDFReader(.jsonLD, base: base, scope: "b")
        if let load { reader.loadContext = { load[$0].map { Array($0.utf8) } } }
        var quads: [Quad] = []
        try reader.read(text: text, name: "t") { quads.append($0) }
        return TurtleTests.text(quads).sorted()
    }

    /// https://www.w3.org/TR/json-ld11/#example-120 with what the specification prints for it.
    @Test("The example of a named graph in the specification")
    func specification() throws {
        let found = try Self.lines(
            """
            {
              "@context": {"generatedAt": {"@id": "http://www.w3.org/ns/prov#generatedAtTime",
                "@type": "http://www.w3.org/2001/XMLSchema#dateTime"},
                "Person": "http://xmlns.com/foaf/0.1/Person", "name": "http://xmlns.com/foaf/0.1/name",
                "knows": "http://xmlns.com/foaf/0.1/knows"},
              "@id": "http://example.org/foaf-graph", "generatedAt": "2012-04-09T00:00:00",
              "@graph": [
                {"@id": "http://manu.sporny.org/about#manu", "@type": "Person", "name": "Manu Sporny",
                 "knows": "https://greggkellogg.net/foaf#me"},
                {"@id": "https://greggkellogg.net/foaf#me", "@type": "Person", "name": "Gregg Kellogg"}
              ]
            }
            """
        )
        let (graph, foaf) = ("<http://example.org/foaf-graph>", "http://xmlns.com/foaf/0.1/")
        let (manu, gregg) = ("<http://manu.sporny.org/about#manu>", "<https://greggkellogg.net/foaf#me>")
        let type = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
        #expect(
            found
                == [
                    "\(graph) <http://www.w3.org/ns/prov#generatedAtTime> "
                        + "\"2012-04-09T00:00:00\"^^<http://www.w3.org/2001/XMLSchema#dateTime> .",
                    "\(manu) \(type) <\(foaf)Person> \(graph) .",
                    "\(manu) <\(foaf)knows> \"https://greggkellogg.net/foaf#me\" \(graph) .",
                    "\(manu) <\(foaf)name> \"Manu Sporny\" \(graph) .",
                    "\(gregg) \(type) <\(foaf)Person> \(graph) .",
                    "\(gregg) <\(foaf)name> \"Gregg Kellogg\" \(graph) .",
                ].sorted()
        )
    }

    @Test("A context of another document is refused by name, and taken where it is given")
    func remoteContexts() throws {
        let text = #"{"@context": "http://schema/c", "@id": "http://a", "name": "x"}"#
        let error = #expect(throws: GraphError.self) { try Self.lines(text) }
        #expect(error?.code == .unreadable)
        #expect(error?.message.contains("<http://schema/c>") == true)
        let given = ["http://schema/c": #"{"@context": {"name": "http://schema/name"}}"#]
        #expect(try Self.lines(text, load: given) == ["<http://a> <http://schema/name> \"x\" ."])
        let circle = ["http://schema/c": #"{"@context": "http://schema/c"}"#]
        #expect(throws: GraphError.self) { try Self.lines(text, load: circle) }
    }

    @Test(
        "What is no JSON names its line, what is no JSON-LD its kind",
        arguments: [
            ("{\n\"@id\": \"http://a\",\n}", "t line 3;"), ("[{\"@id\":\n 1}]", "invalid @id value"),
            ("{\"@context\": {\"a\": \"b:c\", \"b\": \"a:d\"}, \"a\": 1}", "cyclic IRI mapping"),
            ("{\"@id\": \"a:b\", \"@id\": \"a:c\"}", "twice"),
            ("{\"@context\": {\"a\": {\"@id\": \"b:c\", \"@contanier\": \"@list\"}}}", "@contanier"),
        ]
    )
    func errors(_ text: String, _ what: String) {
        let error = #expect(throws: GraphError.self) { try Self.lines(text) }
        #expect(error?.message.contains(what) == true, "\(error?.message ?? "")")
    }

    @Test("Nesting, and terms that need one another, are bounded")
    func bounds() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "{\"a:b\":", count: depth) + "1" + String(repeating: "}", count: depth)
        }
        #expect(try Self.lines(nested(60)).count == 60)
        #expect(throws: GraphError.self) { try Self.lines(nested(100_000)) }
        func chain(_ length: Int) -> String {
            let terms = (0..<length).map { "\"t\($0)\": {\"@id\": \"t\($0 + 1):x\", \"@prefix\": true}" }
            return "{\"@context\": {\(terms.joined(separator: ",")), \"t\(length)\": \"http://e/\"}, \"t0:y\": 1}"
        }
        #expect(try Self.lines(chain(100)).count == 1)
        let error = #expect(throws: GraphError.self) { try Self.lines(chain(50_000)) }
        #expect(error?.code == .limit)
    }

    /// https://www.rfc-editor.org/rfc/rfc8785#appendix-B
    @Test(
        "Numbers are written as RFC 8785 shows",
        arguments: [
            (0x0000_0000_0000_0000, "0"), (0x8000_0000_0000_0000, "0"), (0x0000_0000_0000_0001, "5e-324"),
            (0x8000_0000_0000_0001, "-5e-324"), (0x7FEF_FFFF_FFFF_FFFF, "1.7976931348623157e+308"),
            (0x4340_0000_0000_0000, "9007199254740992"), (0xC340_0000_0000_0000, "-9007199254740992"),
            (0x4430_0000_0000_0000, "295147905179352830000"), (0x44B5_2D02_C7E1_4AF5, "9.999999999999997e+22"),
            (0x44B5_2D02_C7E1_4AF6, "1e+23"), (0x44B5_2D02_C7E1_4AF7, "1.0000000000000001e+23"),
            (0x444B_1AE4_D6E2_EF4E, "999999999999999700000"), (0x444B_1AE4_D6E2_EF4F, "999999999999999900000"),
            (0x444B_1AE4_D6E2_EF50, "1e+21"), (0x3EB0_C6F7_A0B5_ED8C, "9.999999999999997e-7"),
            (0x3EB0_C6F7_A0B5_ED8D, "0.000001"), (0x41B3_DE43_5555_5553, "333333333.3333332"),
            (0x41B3_DE43_5555_5556, "333333333.3333334"), (0xBECB_F647_612F_3696, "-0.0000033333333333333333"),
            (0x4314_3FF3_C1CB_0959, "1424953923781206.2"),
        ] as [(UInt64, String)]
    )
    func numbers(_ bits: UInt64, _ text: String) throws {
        #expect(try JSONValue.number(Double(bitPattern: bits)).canonicalText() == text)
    }

    static let awkward = [
        "<e:a> <e:b> \"x\", \"y\"@de, 1, <e:c>, _:n . _:n a <e:T>, _:t . <e:g> { <e:a> <e:b> ( 1 ( 2 ) () ) }",
        // A cell that two refer to, one that is a type, one that names a graph, a list without an end.
        "<e:a> <e:b> _:l . <e:c> <e:b> _:l . _:l rdf:first 1 ; rdf:rest rdf:nil . <e:d> a _:m ; <e:b> _:m . "
            + "_:m rdf:first 2 ; rdf:rest rdf:nil . <e:e> <e:b> _:o . _:o rdf:first 3 ; rdf:rest rdf:nil . _:o { _:o a <e:G> } "
            + "<e:f> <e:b> _:p . _:p rdf:first 4 ; rdf:rest <e:nowhere> .",
        // Lists that are in one another, and a list in itself.
        "_:a rdf:first _:b ; rdf:rest rdf:nil . _:b rdf:first _:a ; rdf:rest rdf:nil . "
            + "_:c rdf:first _:c ; rdf:rest rdf:nil . <e:x> <e:p> rdf:nil . _:d rdf:rest _:d ; rdf:first 1 .",
        "_:q rdf:first 1 ; rdf:rest rdf:nil . <e:g> { <e:a> <e:b> _:q } <e:h> { <e:a> <e:b> _:q }",
        "<e:a> <e:b> \"{\\\"b\\\":1,\\\"a\\\":[true]}\"^^rdf:JSON .",
    ]

    @Test("What is written is read again as it was, lists too, whatever their cells are used for", arguments: awkward)
    func roundTrip(_ text: String) throws {
        let prefix = "@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> . "
        var written = ""
        var quads: [Quad] = []
        try RDFReader(.triG, scope: "").read(text: prefix + text) { quads.append($0) }
        var writer = try RDFWriter(.jsonLD) { written += $0 }
        for quad in quads { try writer.write(quad) }
        try writer.finish()
        var again: [Quad] = []
        try RDFReader(.jsonLD, scope: "").read(text: written) { again.append($0) }
        // Cells of lists get new names, so that only what is said of each remains to compare.
        let blank = /_:[^ ]+/
        func masked(_ quads: [Quad]) -> [String] {
            TurtleTests.text(quads).map { line in
                // The members of JSON have no order of their own.
                line.replacing(blank, with: "_").replacing(#"{\"b\":1,\"a\":[true]}"#, with: #"{\"a\":[true],\"b\":1}"#)
            }.sorted()
        }
        #expect(masked(again) == masked(quads), "\(written)")
    }

    @Test("Lists are written as lists")
    func lists() throws {
        var written = ""
        var writer = try RDFWriter(.jsonLD) { written += $0 }
        try RDFReader(.turtle).read(text: "<e:a> <e:b> ( 1 ( <e:c> ) ) .") { try writer.write($0) }
        try writer.finish()
        let one = #"{"@type":"http://www.w3.org/2001/XMLSchema#integer","@value":"1"}"#
        #expect(written == "[\n{\"@id\":\"e:a\",\"e:b\":[{\"@list\":[\(one),{\"@list\":[{\"@id\":\"e:c\"}]}]}]}\n]\n")
    }
}

extension TurtleTests {
    /// Quads as N-Quads, a line each.
    static func text(_ quads: [Quad]) -> [String] {
        quads.map { quad in
            let triple = quad.triple
            let terms = [triple.subject, triple.predicate, triple.object, quad.graph].compactMap { $0?.nTriples }
            return terms.joined(separator: " ") + " ."
        }
    }
}
