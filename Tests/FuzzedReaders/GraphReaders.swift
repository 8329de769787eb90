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
    }
}
