// SPDX-License-Identifier: Apache-2.0

/// Node elements and property elements with their attributes.
extension RDFXMLParser {
    /// Names that only attributes may have, or nothing any more.
    private static let reserved = Set(
        ["RDF", "ID", "about", "parseType", "resource", "nodeID", "datatype", "aboutEach", "aboutEachPrefix", "bagID"]
            .map { RDF.namespace + $0 }
    )
    private static let description = RDF.namespace + "Description"
    private static let member = RDF.namespace + "li"

    /// Whether an element of this name may be a property.
    static func isProperty(_ iri: String) -> Bool { !reserved.contains(iri) && iri != description }

    /// The subject that a node element stands for; what its attributes say of it is reported.
    func node(_ element: Term, _ attributes: [String: String], _ frame: Frame) throws -> Term {
        guard case .iri(let name) = element, !Self.reserved.contains(name), name != Self.member else {
            throw error("an element of RDF's own where a node should be")
        }
        var attributes = attributes
        let identifier = attributes.removeValue(forKey: RDF.namespace + "ID")
        let about = attributes.removeValue(forKey: RDF.namespace + "about")
        let label = attributes.removeValue(forKey: RDF.namespace + "nodeID")
        guard [identifier, about, label].compactMap(\.self).count <= 1 else {
            throw error("a node with two names: one of rdf:ID, rdf:about and rdf:nodeID is allowed")
        }
        let subject =
            try identifier.map { try self.identifier($0, frame) } ?? about.map { try iri($0, frame) }
            ?? label.map { try blank($0) } ?? newBlank()
        if name != Self.description { try emit(subject, RDF.type, element) }
        try emitAttributes(attributes, of: subject, frame)
        return subject
    }

    /// Properties that attributes say.
    private func emitAttributes(_ attributes: [String: String], of subject: Term, _ frame: Frame) throws {
        for (name, value) in attributes.sorted(by: { $0.key < $1.key }) {
            guard Self.isProperty(name), name != Self.member else {
                throw error("the attribute `\(name.prefix(200))` where it may not be")
            }
            guard case .iri(let predicate) = try iri(name, frame) else { continue }
            if name == RDF.type {
                try emit(subject, predicate, iri(value, frame))
            } else {
                let literal = frame.language.map { Literal(value, language: $0) } ?? Literal(value)
                try emit(subject, predicate, .literal(literal))
            }
        }
    }

    /// Begins a property element; the frame gets its role.
    func property(_ element: Term, of subject: Term, _ attributes: [String: String], _ frame: inout Frame) throws {
        guard case .iri(let name) = element, Self.isProperty(name) else {
            throw error("an element of RDF's own where a property should be")
        }
        var attributes = attributes
        var statement = Statement(subject: subject, predicate: element)
        if name == Self.member { statement.predicate = .iri(RDF.namespace + "_\(nextMember())") }
        if let identifier = attributes.removeValue(forKey: RDF.namespace + "ID") {
            statement.name = try self.identifier(identifier, frame)
        }
        if let kind = attributes.removeValue(forKey: RDF.namespace + "parseType") {
            guard attributes.isEmpty else { throw error("rdf:parseType beside an attribute that excludes it") }
            switch kind {
            case "Resource":
                let node = newBlank()
                try emit(statement, node)
                frame.role = .node(node)
            case "Collection": frame.role = .collection(statement)
            default: frame.role = .literal(statement)
            }
            return
        }
        if let datatype = attributes.removeValue(forKey: RDF.namespace + "datatype") {
            guard attributes.isEmpty, case .iri(let type) = try iri(datatype, frame) else {
                throw error("rdf:datatype beside an attribute that excludes it")
            }
            statement.datatype = type
        }
        if attributes.isEmpty {
            frame.role = .property(statement)
            return
        }
        let resource = attributes.removeValue(forKey: RDF.namespace + "resource")
        let label = attributes.removeValue(forKey: RDF.namespace + "nodeID")
        guard resource == nil || label == nil else { throw error("rdf:resource beside rdf:nodeID") }
        let object = try resource.map { try iri($0, frame) } ?? label.map { try blank($0) } ?? newBlank()
        try emit(statement, object)
        try emitAttributes(attributes, of: object, frame)
        frame.role = .empty
    }
}
