// SPDX-License-Identifier: Apache-2.0
import Graphs
import Testing

@Suite("Tables")
struct CSVTests {
    static func lines(_ text: String, base: String? = "http://b/t.csv") throws -> [String] {
        var quads: [Quad] = []
        try RDFReader(.csv, base: base, scope: "").read(text: text, name: "t") { quads.append($0) }
        return TurtleTests.text(quads)
    }

    @Test("What is written is read again as it was")
    func roundTrip() throws {
        let text = """
            <a:b> <a:c> <a:d>, _:x, "say \\"a,b\\"\\r\\n\\\\", "zwei"@de, 1.5, "" . _:x a <a:é> . <a:g> { <a:b> <a:c> "<a:d>" } _:g { _:x a _:x }
            """
        var quads: [Quad] = []
        try RDFReader(.triG, scope: "").read(text: text) { quads.append($0) }
        var written = ""
        var writer = try RDFWriter(.csv) { written += $0 }
        for quad in quads { try writer.write(quad) }
        try writer.finish()
        var again: [Quad] = []
        try RDFReader(.csv, scope: "").read(text: written) { again.append($0) }
        #expect(quads.count == 9)
        #expect(again == quads)
    }

    @Test("Statements may have a datatype and a language of their own, and IRIs without brackets")
    func statements() throws {
        let table = """
            subject,predicate,object,datatype,language,graph
            http://a/s,p#q,"1, 2",http://a/type,,
            _:n,<http://a/p>,Möwe,,de,g

            s,p,"<http://a/o>"
            """
        #expect(
            try Self.lines(table) == [
                "<http://a/s> <http://b/p#q> \"1, 2\"^^<http://a/type> .",
                "_:n <http://a/p> \"Möwe\"@de <http://b/g> .", "<http://b/s> <http://b/p> <http://a/o> .",
            ]
        )
    }

    @Test("A table of entities: names under the base, values by what they look like")
    func entities() throws {
        let table =
            "boat,length,built,home port,code,seen,see\r\n"
            + "Sea Gull,12.5,1998,\"Kiel, Germany\",007,2024-02-30,https://example.org/x\r\n"
            + "http://a/b,-3,,,+4,1e5,true\r\n"
        let xsd = "^^<http://www.w3.org/2001/XMLSchema#"
        #expect(
            try Self.lines(table, base: "http://b/") == [
                "<http://b/Sea%20Gull> <http://b/length> \"12.5\"\(xsd)decimal> .",
                "<http://b/Sea%20Gull> <http://b/built> \"1998\"\(xsd)integer> .",
                "<http://b/Sea%20Gull> <http://b/home%20port> \"Kiel, Germany\" .",
                "<http://b/Sea%20Gull> <http://b/code> \"007\" .",
                "<http://b/Sea%20Gull> <http://b/seen> \"2024-02-30\"\(xsd)date> .",
                "<http://b/Sea%20Gull> <http://b/see> <https://example.org/x> .",
                "<http://a/b> <http://b/length> \"-3\"\(xsd)integer> .", "<http://a/b> <http://b/code> \"+4\" .",
                "<http://a/b> <http://b/seen> \"1e5\" .", "<http://a/b> <http://b/see> \"true\"\(xsd)boolean> .",
            ]
        )
        #expect(try Self.lines("a,b\n..,z", base: "http://b/") == ["<http://b/%2E.> <http://b/b> \"z\" ."])
        #expect(try Self.lines("a,b\nx/y,z") == ["<http://b/t.csv#x%2Fy> <http://b/t.csv#b> \"z\" ."])
    }

    @Test(
        "An error names the file and the line",
        arguments: [
            ("a,b\n\nx,\"y", 3), ("a,b\nx,y,z", 2), ("a,b\nx,\"y\"z", 2), ("a,b\nx,y\"", 2), ("a,b\n\"x\n\",1\n,y", 4),
            ("subject,predicate,object\ns,_:p,o", 2), ("subject,predicate,object\ns,p,<a b>", 2),
            ("subject,predicate,object\n\"\"\"s\"\"\",p,o", 2), ("subject,predicate,object\ns,p,\"\"\"o\"\"\"x", 2),
        ]
    )
    func errors(_ table: String, _ line: Int) {
        let error = #expect(throws: GraphError.self) { try Self.lines(table) }
        #expect(error?.message.contains("t line \(line);") == true, "\(error?.message ?? "")")
    }
}
