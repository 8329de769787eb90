// SPDX-License-Identifier: Apache-2.0

/// A way to write RDF down.
public enum RDFSyntax: String, Sendable, CaseIterable {
    /// https://www.w3.org/TR/turtle
    case turtle
    /// https://www.w3.org/TR/n-triples
    case nTriples = "n-triples"
    /// https://www.w3.org/TR/n-quads
    case nQuads = "n-quads"
    /// https://www.w3.org/TR/trig
    case triG = "trig"
    /// https://www.w3.org/TR/rdf-syntax-grammar
    case rdfXML = "rdf-xml"
    /// https://www.w3.org/TR/json-ld11
    case jsonLD = "json-ld"
    /// A table: of statements, or of entities with a property a column; `CSVParser` says which and how.
    case csv

    /// The syntax of files whose names end like this one.
    public init?(path: String) {
        let name = path.split(separator: "/").last ?? ""
        guard let dot = name.lastIndex(of: "."), let syntax = Self(name: String(name[dot...].dropFirst())) else {
            return nil
        }
        self = syntax
    }

    /// The syntax of a name, as `--format` takes it, or of a file name's ending.
    public init?(name: String) {
        switch name.lowercased() {
        case "turtle", "ttl": self = .turtle
        case "n-triples", "ntriples", "nt": self = .nTriples
        case "n-quads", "nquads", "nq": self = .nQuads
        case "trig": self = .triG
        case "rdf-xml", "rdfxml", "rdf", "owl", "xml": self = .rdfXML
        case "json-ld", "jsonld", "json": self = .jsonLD
        case "csv": self = .csv
        default: return nil
        }
    }
}
