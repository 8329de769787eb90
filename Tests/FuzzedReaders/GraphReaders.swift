// SPDX-License-Identifier: Apache-2.0
import Graphs

/// Readers of facts and rules. What was read of a syntax, written again and read again, is the same.
let graphReaders: [FuzzedReader] = [
    facts("turtle", .triG, "Turtle and TriG", turtleWords),
    facts(
        "n-quads",
        .nQuads,
        "N-Triples and N-Quads",
        ["<http://a/b> ", "_:b ", "\"c\"", "@en", "^^<http://d> ", " .\n", "\\u00e9", "\\U0001F600", "#", "\r\n"]
    ),
    facts(
        "rdf-xml",
        .rdfXML,
        "RDF/XML",
        [
            "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns:e='http://e/'>", "</rdf:RDF>",
            "<rdf:Description>", "</rdf:Description>", "<e:p>", "</e:p>", " rdf:about='a'", " rdf:ID='b'",
            " rdf:nodeID='c.'", " rdf:resource='d'", " rdf:datatype='e'", " rdf:parseType='Literal'",
            " rdf:parseType='Resource'", " rdf:parseType='Collection'", " xml:lang='de'", " xml:base='../f'",
            " rdf:type='g'", " e:q='h'", "<rdf:li/>", "<!DOCTYPE a [<!ENTITY b 'c'>]>", "&b;", "&#xD;", "<!-- x -->",
            "<![CDATA[y]]>", "<?z?>",
        ]
    ),
    facts(
        "json-ld",
        .jsonLD,
        "JSON-LD",
        [
            "{\"@context\": ", "\"@id\": \"a:b\"", "\"@type\": ", "\"@graph\": [", "\"@list\": [", "\"@set\": [",
            "\"@value\": ", "\"@language\": \"de\"", "\"@index\"", "\"@reverse\": {", "\"@nest\"", "\"@included\": [",
            "\"@container\": \"@list\"", "\"@container\": [\"@graph\", \"@id\"]", "\"@vocab\": \"c:\"",
            "\"@base\": null",
            "\"@propagate\": false", "\"@protected\": true", "\"@prefix\": true", "\"@type\": \"@json\"",
            "\"@direction\"",
            "\"@none\"", "\"_:d\"", "1e21", "-0.0", "null", "]", "}", ",",
        ]
    ),
    facts(
        "csv-facts",
        .csv,
        "tables",
        [
            "subject,predicate,object", ",graph", ",datatype", ",language", "<a:b>", "_:c", "\"\"\"d\"\"\"", "\r\n",
            "http://e",
            "true", "1.5", "2024-01-01", "..",
        ]
    ),
    FuzzedReader(
        "rules",
        "Horn rules",
        dictionary: turtleWords + ["?x ", "?y ", " -> ", ", ", "@prefix : <http://a/> .\n"]
    ) { bytes in _ = try RuleReader.rules(of: String(decoding: bytes, as: UTF8.self), name: "fuzz") },
]

private let turtleWords = [
    "@prefix p: <http://a/> .\n", "@base <http://b/> .\n", "PREFIX q: <c#>\n", "p:x ", "<d> ", "_:b ", "[ ", " ]", "( ",
    " )", "a ", "; ", ", ", " .\n", "\"e\"", "'f'", "\"\"\"g\n\"\"\"", "'''", "@en-GB", "^^", "12 ", "-1.5e3 ", "true ",
    "GRAPH ", "{ ", " }", "\\u00e9", "\\n", "%20", "\\,", "#", "..", "/../",
]

private func facts(_ name: String, _ syntax: RDFSyntax, _ what: String, _ words: [String]) -> FuzzedReader {
    FuzzedReader(name, "facts in \(what)", dictionary: words) { bytes in
        var quads: [Quad] = []
        _ = try RDFReader(syntax, base: "http://base/x").read(bytes: bytes) { quads.append($0) }
        let written = quads.map { quad in
            let graph = quad.graph.map { " \($0.nTriples)" } ?? ""
            let (subject, predicate) = (quad.triple.subject.nTriples, quad.triple.predicate.nTriples)
            return "\(subject) \(predicate) \(quad.triple.object.nTriples)\(graph) .\n"
        }
        var again: [Quad] = []
        do {
            _ = try RDFReader(.nQuads, scope: "").read(text: written.joined()) { again.append($0) }
        } catch {
            throw BrokenPromise(message: "what was written is not read: \(error)")
        }
        try promise(again.count == quads.count, "\(quads.count) facts become \(again.count)")
        try attempt { try writesAgain(quads, in: syntax) }
    }
}

/// What a syntax's writer does not refuse, its reader reads.
private func writesAgain(_ quads: [Quad], in syntax: RDFSyntax) throws {
    var written = ""
    var writer = try RDFWriter(syntax, prefixes: ["p": "http://a/"]) { written += $0 }
    for quad in quads { try writer.write(quad) }
    try writer.finish()
    var again = Set<Quad>()
    do {
        _ = try RDFReader(syntax, scope: "").read(text: written) { again.insert($0) }
    } catch {
        throw BrokenPromise(message: "what was written as \(syntax.rawValue) is not read: \(error)")
    }
    try promise(
        again.count == Set(quads).count,
        "\(Set(quads).count) facts become \(again.count) in \(syntax.rawValue)"
    )
}
