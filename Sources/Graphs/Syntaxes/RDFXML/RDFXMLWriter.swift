// SPDX-License-Identifier: Apache-2.0

/// Writes triples as RDF/XML, those of one subject that follow each other in one element.
struct RDFXMLWriter {
    private let output: (String) throws -> Void
    private let prefixes: [String: String]
    private var subject: Term?

    init(prefixes: [String: String], output: @escaping (String) throws -> Void) throws {
        self.output = output
        // Names that XML or RDF/XML gives a meaning of its own cannot be given another.
        let usable = prefixes.filter { name, iri in
            NameCharacters.isName(name) && !name.lowercased().hasPrefix("xml") && name != "rdf" && !iri.isEmpty
        }
        .sorted { $0.key < $1.key }
        self.prefixes = Dictionary(usable.map { ($0.value, $0.key) }) { first, _ in first }
        let declared = self.prefixes.sorted { $0.value < $1.value }
        try output("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rdf:RDF xmlns:rdf=\"\(RDF.namespace)\"")
        for (iri, name) in declared { try output("\n    xmlns:\(name)=\"\(XMLLiteralText.attribute(iri))\"") }
        try output(">\n")
    }

    /// Writes a triple. Throws `badSyntax` for a predicate that no XML name stands for, and for characters that XML lacks.
    mutating func write(_ triple: Triple) throws {
        if triple.subject != subject {
            if subject != nil { try output("  </rdf:Description>\n") }
            try output("  <rdf:Description \(reference(triple.subject, "rdf:about"))>\n")
            subject = triple.subject
        }
        let (tag, declaration) = try element(triple.predicate)
        switch triple.object {
        case .literal(let literal):
            var attribute = ""
            if let language = literal.language {
                attribute = " xml:lang=\"\(XMLLiteralText.attribute(language))\""
            } else if literal.datatype != XSD.string {
                attribute = " rdf:datatype=\"\(XMLLiteralText.attribute(literal.datatype))\""
            }
            let text = XMLLiteralText.content(try XMLLiteralText.checked(literal.lexical))
            try output("    <\(tag)\(declaration)\(attribute)>\(text)</\(tag)>\n")
        default:
            try output("    <\(tag)\(declaration) \(reference(triple.object, "rdf:resource"))/>\n")
        }
    }

    mutating func finish() throws {
        if subject != nil { try output("  </rdf:Description>\n") }
        subject = nil
        try output("</rdf:RDF>\n")
    }

    private func reference(_ term: Term, _ attribute: String) -> String {
        switch term {
        case .blank(let label): "rdf:nodeID=\"\(Self.name(label))\""
        case .iri(let iri): "\(attribute)=\"\(XMLLiteralText.attribute(iri))\""
        case .literal(let literal): "\(attribute)=\"\(XMLLiteralText.attribute(literal.lexical))\""
        }
    }

    /// A label as an XML name, another for each; one that is no name becomes its bytes' digits.
    private static func name(_ label: String) -> String {
        if NameCharacters.isName(label), !label.hasPrefix("x-"), !label.hasSuffix(".") { return label }
        let digits = label.utf8.map { byte in
            (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }
        return "x-" + digits.joined()
    }

    /// The tag of a predicate, and the declaration of its namespace if the document has none.
    private func element(_ predicate: Term) throws -> (tag: String, declaration: String) {
        guard case .iri(let iri) = predicate, RDFXMLParser.isProperty(iri), iri != RDF.namespace + "li",
            let start = Self.localName(iri)
        else {
            throw GraphError(
                .badSyntax,
                "the predicate \(predicate.nTriples.prefix(200)) has no name in RDF/XML; choose another syntax"
            )
        }
        let (namespace, local) = (String(iri[..<start]), iri[start...])
        if namespace == RDF.namespace { return ("rdf:\(local)", "") }
        if let prefix = prefixes[namespace] { return ("\(prefix):\(local)", "") }
        return ("p:\(local)", " xmlns:p=\"\(XMLLiteralText.attribute(namespace))\"")
    }

    /// Where the longest name begins that an IRI ends with.
    private static func localName(_ iri: String) -> String.Index? {
        let scalars = iri.unicodeScalars
        var (index, found): (String.Index, String.Index?) = (scalars.endIndex, nil)
        while index > scalars.startIndex {
            let before = scalars.index(before: index)
            guard NameCharacters.isPart(scalars[before]) || scalars[before] == "." else { break }
            index = before
            if NameCharacters.isStart(scalars[index]) { found = index }
        }
        return index == scalars.startIndex ? nil : found
    }
}
