// SPDX-License-Identifier: Apache-2.0
import Graphs
import Testing

/// The W3C's own tests are run by `Scripts/prove w3c`; here is what they leave out.
@Suite("RDF/XML")
struct RDFXMLTests {
    static let head = "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns:e='http://e/'>"

    static func triples(_ text: String) throws -> [String] {
        var lines: [String] = []
        try RDFReader(.rdfXML, base: "http://base/x").read(text: text, name: "t") {
            lines.append("\($0.triple.subject.nTriples) \($0.triple.predicate.nTriples) \($0.triple.object.nTriples)")
        }
        return lines.sorted()
    }

    /// https://www.w3.org/TR/rdf-syntax-grammar/#example12, #example13, #example17 and #example19 in one.
    @Test("Examples of the specification give the triples that it prints")
    func examples() throws {
        let found = try Self.triples(
            """
            \(Self.head)
              <rdf:Description rdf:about="http://www.w3.org/TR/rdf-syntax-grammar" e:title="RDF1.1 XML Syntax">
                <e:editor rdf:parseType="Resource"><e:fullName>Dave Beckett</e:fullName></e:editor>
              </rdf:Description>
              <rdf:Seq rdf:about="http://example.org/favourite-fruit">
                <rdf:li rdf:resource="http://example.org/banana"/><rdf:li rdf:resource="http://example.org/apple"/>
              </rdf:Seq>
              <rdf:Description rdf:about="http://example.org/basket">
                <e:hasFruit rdf:parseType="Collection"><rdf:Description rdf:about="http://example.org/pear"/></e:hasFruit>
              </rdf:Description>
            </rdf:RDF>
            """
        )
        let rdf = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#"
        #expect(
            found == [
                "<http://example.org/basket> <http://e/hasFruit> _:b-2",
                "<http://example.org/favourite-fruit> \(rdf)_1> <http://example.org/banana>",
                "<http://example.org/favourite-fruit> \(rdf)_2> <http://example.org/apple>",
                "<http://example.org/favourite-fruit> \(rdf)type> \(rdf)Seq>",
                "<http://www.w3.org/TR/rdf-syntax-grammar> <http://e/editor> _:b-1",
                "<http://www.w3.org/TR/rdf-syntax-grammar> <http://e/title> \"RDF1.1 XML Syntax\"",
                "_:b-1 <http://e/fullName> \"Dave Beckett\"",
                "_:b-2 \(rdf)first> <http://example.org/pear>",
                "_:b-2 \(rdf)rest> \(rdf)nil>",
            ]
        )
    }

    @Test("Entities of plain text are expanded, as ontologies use them, in attributes and in text")
    func entities() throws {
        let text = """
            <!DOCTYPE rdf:RDF [<!ENTITY e "http://e/"> <!ENTITY ex "&e;x/">]>
            \(Self.head)<rdf:Description rdf:about="&ex;a"><e:p>[&ex;]</e:p></rdf:Description></rdf:RDF>
            """
        #expect(try Self.triples(text) == ["<http://e/x/a> <http://e/p> \"[http://e/x/]\""])
    }

    @Test(
        "What would read other files or grow without bound is refused",
        arguments: [
            "<!ENTITY x SYSTEM 'file:///etc/passwd'>", "<!ENTITY % x SYSTEM 'file:///etc/passwd'> %x;",
            "<!ENTITY x '<e:p>1</e:p>'>", "<!ENTITY x '&x;'>",
            "<!ENTITY a0 'aaaaaaaaaa'>"
                + (1...9).map { "<!ENTITY a\($0) '\(String(repeating: "&a\($0 - 1);", count: 10))'>" }.joined()
                + "<!ENTITY x '&a9;&a9;'>",
        ]
    )
    func bombs(_ declarations: String) {
        let body = "<rdf:Description rdf:about='http://a'><e:p>&x;</e:p></rdf:Description>"
        let inText = "<!DOCTYPE rdf:RDF [\(declarations)]>\(Self.head)\(body)</rdf:RDF>"
        #expect(throws: GraphError.self) { try Self.triples(inText) }
        let inAttribute = inText.replacing("<e:p>&x;</e:p>", with: "<e:p rdf:resource='&x;'/>")
        #expect(throws: GraphError.self) { try Self.triples(inAttribute) }
    }

    @Test(
        "An error names the file and the line",
        arguments: [
            ("\n<rdf:Description>\n<e:p></e:q></rdf:Description></rdf:RDF>", 3, "not well-formed"),
            ("\n\n<rdf:li/></rdf:RDF>", 3, "RDF's own"), ("<rdf:Description\n\n x='1'/></rdf:RDF>", 3, "no namespace"),
            ("\n<rdf:Description rdf:ID='a'/>\n<rdf:Description rdf:ID='a'/></rdf:RDF>", 3, "second time"),
            ("\n<rdf:Description><f:p/></rdf:Description></rdf:RDF>", 2, "not declared"),
            ("\n<rdf:Description rdf:about='a b'/></rdf:RDF>", 2, "no IRI may have"),
            ("\n<e:n>&nbsp;</e:n></rdf:RDF>", 2, "not well-formed"), ("\n<e:n>", 2, "not well-formed"),
        ]
    )
    func errors(_ body: String, _ line: Int, _ what: String) {
        let error = #expect(throws: GraphError.self) { try Self.triples(Self.head + body) }
        #expect(error?.code == .badSyntax)
        #expect(error?.message.contains("t line \(line);") == true, "\(error?.message ?? "")")
        #expect(error?.message.contains(what) == true, "\(error?.message ?? "")")
    }

    @Test("Nesting is bounded, and an error of what takes the facts is passed on")
    func bounds() throws {
        let deep = String(repeating: "<rdf:Description><e:p>", count: 100_000)
        #expect(throws: GraphError.self) { try Self.triples(Self.head + deep) }
        struct Enough: Error {}
        #expect(throws: Enough.self) {
            try RDFReader(.rdfXML).read(text: Self.head + "<rdf:Bag/><rdf:Bag/></rdf:RDF>") { _ in throw Enough() }
        }
    }

    @Test("Bytes come in any pieces and in any encoding that XML declares")
    func encodings() throws {
        let text = "<?xml version='1.0' encoding='UTF-16'?>\(Self.head)<e:é e:p='\u{1F600}'/></rdf:RDF>"
        var bytes: [UInt8] = [0xFF, 0xFE]
        for unit in text.utf16 { bytes += [UInt8(unit & 0xFF), UInt8(unit >> 8)] }
        var found: [Quad] = []
        try RDFReader(.rdfXML).read(bytes: bytes) { found.append($0) }
        #expect(found.map(\.triple.object) == [.iri("http://e/é"), .literal(Literal("\u{1F600}"))])
    }

    @Test("What is written is read again as it was")
    func roundTrip() throws {
        let text = """
            @prefix e: <http://e/> . @prefix p: <http://p/x#> . @prefix xml: <http://no/> .
            e:a e:b e:c, _:x, "1"^^e:d, "zwei"@de-at, " <&>\\"'\\r\\n\\t", "<b/>"^^<http://www.w3.org/1999/02/22-rdf-syntax-ns#XMLLiteral> .
            _:0 a p:q ; <urn:a:b-1c> _:a.b, 1 ; <http://e/q?a=b&c=d> true . e:a e:b "", ( 1 ) .
            """
        var quads: [Quad] = []
        let prefixes = try RDFReader(.turtle).read(text: text) { quads.append($0) }
        var written = ""
        var writer = try RDFWriter(.rdfXML, prefixes: prefixes) { written += $0 }
        for quad in quads { try writer.write(quad) }
        try writer.finish()
        var again: [Quad] = []
        try RDFReader(.rdfXML, scope: "").read(text: written) { again.append($0) }
        func masked(_ quads: [Quad]) -> [String] {
            var numbers: [Term: Int] = [:]
            func text(_ term: Term) -> String {
                guard case .blank = term else { return term.nTriples }
                numbers[term] = numbers[term] ?? numbers.count
                return "_:\(numbers[term] ?? 0)"
            }
            return quads.map(\.triple).map { [$0.subject, $0.predicate, $0.object].map(text).joined(separator: " ") }
        }
        #expect(quads.count == 14)
        #expect(masked(again) == masked(quads))
    }

    @Test(
        "What RDF/XML cannot say is refused by the writer",
        arguments: [
            "<a:b> <http://e/> 1", "<a:b> <http://e/1> 1",
            "<a:b> <http://www.w3.org/1999/02/22-rdf-syntax-ns#li> 1", "<a:b> <a:c> '\\u0001'",
        ]
    )
    func unwritable(_ triple: String) throws {
        var writer = try RDFWriter(.rdfXML) { _ in }
        let quad = try Quad(Triple(parsing: triple))
        #expect(throws: GraphError.self) { try writer.write(quad) }
    }
}
