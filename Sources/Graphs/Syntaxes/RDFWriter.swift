// SPDX-License-Identifier: Apache-2.0

/// Writes quads in any syntax, one after the other; those of one subject that follow each other are grouped in Turtle,
/// TriG and RDF/XML.
public struct RDFWriter {
    private let syntax: RDFSyntax
    private let prefixes: [(name: String, iri: String)]
    private let output: (String) throws -> Void
    private var last: Quad?
    private var isInGraph = false
    private var xml: RDFXMLWriter?
    private var json: JSONLDWriter?

    /// A writer to `output`. JSON-LD is written at the end, all of it; the others as it comes.
    public init(
        _ syntax: RDFSyntax,
        prefixes: [String: String] = [:],
        output: @escaping (String) throws -> Void
    ) throws {
        (self.syntax, self.output) = (syntax, output)
        // The longest namespace comes first, so that it is the one that shortens.
        self.prefixes = prefixes.map { ($0.key, $0.value) }
            .sorted { ($1.iri.utf8.count, $0.name) < ($0.iri.utf8.count, $1.name) }
        if syntax == .rdfXML { xml = try RDFXMLWriter(prefixes: prefixes, output: output) }
        if syntax == .jsonLD { json = JSONLDWriter(output: output) }
        if syntax == .csv { try output("subject,predicate,object,graph\r\n") }
        if isGrouping {
            for (name, iri) in self.prefixes.sorted(by: { $0.name < $1.name }) {
                try output("@prefix \(name): \(Term.iri(iri).nTriples) .\n")
            }
            if !prefixes.isEmpty { try output("\n") }
        }
    }

    private var isGrouping: Bool { syntax == .turtle || syntax == .triG }

    /// Writes a quad; Turtle, N-Triples and RDF/XML leave its graph out.
    ///
    /// Throws `badSyntax` for what RDF/XML cannot say: a predicate without a name, a character that XML lacks.
    public mutating func write(_ quad: Quad) throws {
        var quad = quad
        if syntax == .turtle || syntax == .nTriples { quad.graph = nil }
        let triple = quad.triple
        switch syntax {
        case .csv:
            let terms =
                [triple.subject, triple.predicate, triple.object].map(\.nTriples) + [quad.graph?.nTriples ?? ""]
            try output(terms.map(Self.field).joined(separator: ",") + "\r\n")
        case .turtle, .triG: try writeGrouped(quad)
        case .jsonLD: json?.write(quad)
        case .rdfXML: try xml?.write(triple)
        default:
            let graph = quad.graph.map { " " + $0.nTriples } ?? ""
            try output("\(triple.subject.nTriples) \(triple.predicate.nTriples) \(triple.object.nTriples)\(graph) .\n")
        }
    }

    /// Ends the last statement.
    public mutating func finish() throws {
        try xml?.finish()
        try json?.finish()
        guard isGrouping, last != nil else { return }
        try output(isInGraph ? " .\n}\n" : " .\n")
        last = nil
    }

    private mutating func writeGrouped(_ quad: Quad) throws {
        let triple = quad.triple
        let indent = quad.graph == nil ? "" : "    "
        if let last, last.graph == quad.graph, last.triple.subject == triple.subject {
            if last.triple.predicate == triple.predicate {
                try output(", \(text(triple.object))")
            } else {
                try output(" ;\n\(indent)    \(predicate(triple.predicate)) \(text(triple.object))")
            }
        } else {
            if let last { try output(isInGraph && last.graph != quad.graph ? " .\n}\n" : " .\n") }
            if let graph = quad.graph, last?.graph != graph { try output("\(text(graph)) {\n") }
            isInGraph = quad.graph != nil
            try output("\(indent)\(text(triple.subject)) \(predicate(triple.predicate)) \(text(triple.object))")
        }
        last = quad
    }

    private func predicate(_ term: Term) -> String { term == .iri(RDF.type) ? "a" : text(term) }

    private func text(_ term: Term) -> String {
        switch term {
        case .iri(let iri): return short(iri) ?? term.nTriples
        case .blank: return term.nTriples
        case .literal(let literal):
            guard literal.language == nil, literal.datatype != XSD.string, let type = short(literal.datatype) else {
                return term.nTriples
            }
            return Term.literal(Literal(literal.lexical)).nTriples + "^^" + type
        }
    }

    private func short(_ iri: String) -> String? {
        for (name, namespace) in prefixes where iri.hasPrefix(namespace) {
            let local = iri.dropFirst(namespace.count)
            // A name that would need escapes stays an IRI.
            let isPlain = local.utf8.allSatisfy {
                TurtleLexer.isLetter($0) || TurtleLexer.isDigit($0) || $0 == UInt8(ascii: "_")
                    || $0 == UInt8(ascii: "-")
            }
            if isPlain, local.first != "-" { return "\(name):\(local)" }
        }
        return nil
    }

    private static func field(_ text: String) -> String {
        guard text.utf8.contains(where: { [0x22, 0x2C, 0x0A, 0x0D].contains($0) }) else { return text }
        return "\"" + text.replacing("\"", with: "\"\"") + "\""
    }
}
