// SPDX-License-Identifier: Apache-2.0

/// An RDF term: https://www.w3.org/TR/rdf11-concepts/#section-triples.
public enum Term: Hashable, Sendable {
    /// An absolute IRI.
    case iri(String)
    /// A blank node; its label means something within its dataset only.
    case blank(String)
    /// A literal.
    case literal(Literal)
}

/// A literal: its lexical form with a datatype, or with a language.
public struct Literal: Hashable, Sendable {
    /// The lexical form, as it was written.
    public var lexical: String
    /// The datatype's IRI; `rdf:langString` where there is a language.
    public var datatype: String
    /// The language tag, lowercased; nil where there is none.
    public var language: String?

    /// A literal of a datatype, `xsd:string` where none is given.
    public init(_ lexical: String, datatype: String? = nil) {
        (self.lexical, self.datatype, self.language) = (lexical, datatype ?? XSD.string, nil)
    }

    /// A text in a language.
    public init(_ lexical: String, language: String) {
        (self.lexical, self.datatype, self.language) = (lexical, RDF.langString, language.lowercased())
    }
}

/// A subject, a predicate, an object.
public struct Triple: Hashable, Sendable {
    /// An IRI or a blank node.
    public var subject: Term
    /// An IRI.
    public var predicate: Term
    /// Any term.
    public var object: Term

    /// The triple of these terms.
    public init(_ subject: Term, _ predicate: Term, _ object: Term) {
        (self.subject, self.predicate, self.object) = (subject, predicate, object)
    }
}

/// A triple in a named graph, or in the default graph where `graph` is nil.
public struct Quad: Hashable, Sendable {
    /// What is said.
    public var triple: Triple
    /// Where it is said: an IRI or a blank node; nil for the default graph.
    public var graph: Term?

    /// The triple in a graph.
    public init(_ triple: Triple, graph: Term? = nil) {
        (self.triple, self.graph) = (triple, graph)
    }
}
