// SPDX-License-Identifier: Apache-2.0
import Foundation
import Tokenization

/// The quads of expanded JSON-LD: https://www.w3.org/TR/json-ld11-api/#rdf-serialization-deserialization-algorithms.
/// Nodes are not gathered first; what is said twice is reported twice.
struct JSONLDReader {
    /// The most bytes of a document, all of which are in memory.
    static let limit = 1 << 28

    private let scope: String
    private let sink: (Quad) throws -> Void
    private var blanks = 0

    init(scope: String, sink: @escaping (Quad) throws -> Void) { (self.scope, self.sink) = (scope, sink) }

    mutating func read(_ nodes: [JSONValue], graph: Term? = nil) throws {
        for case .object(let node) in nodes { _ = try self.node(node, graph) }
    }

    /// The term of a node, whose properties are reported; nil where it has a name that RDF does not allow.
    private mutating func node(_ node: JSONObject, _ graph: Term?) throws -> Term? {
        let subject = node["@id"].map { $0.string.flatMap(resource) } ?? newBlank()
        for (key, value) in node {
            let values = JSONLDExpander.list(value)
            switch key {
            case "@type":
                for type in values { try emit(subject, .iri(RDF.type), type.string.flatMap(resource), graph) }
            case "@graph":
                if let subject { try read(values, graph: subject) }
            case "@included": try read(values, graph: graph)
            case "@reverse":
                for (key, nodes) in value.object ?? JSONObject() {
                    let predicate = Self.iri(key)
                    for case .object(let other) in JSONLDExpander.list(nodes) {
                        let found = try self.node(other, graph)
                        try emit(found, predicate, subject, graph)
                    }
                }
            case _ where JSONLDKeyword.contains(key): continue
            default:
                let predicate = Self.iri(key)
                for value in values {
                    let object = try object(value, graph)
                    try emit(subject, predicate, object, graph)
                }
            }
        }
        return subject
    }

    private mutating func object(_ value: JSONValue, _ graph: Term?) throws -> Term? {
        guard let object = value.object else { return nil }
        if let items = object["@list"] { return try list(JSONLDExpander.list(items), graph) }
        if let value = object["@value"] { return try literal(value, object).map(Term.literal) }
        return try node(object, graph)
    }

    private mutating func list(_ items: [JSONValue], _ graph: Term?) throws -> Term {
        let cells = items.map { _ in newBlank() }
        for (index, item) in items.enumerated() {
            let object = try object(item, graph)
            try emit(cells[index], .iri(RDF.first), object, graph)
            try emit(cells[index], .iri(RDF.rest), index + 1 < cells.count ? cells[index + 1] : .iri(RDF.nil), graph)
        }
        return cells.first ?? .iri(RDF.nil)
    }

    private func emit(_ subject: Term?, _ predicate: Term?, _ object: Term?, _ graph: Term?) throws {
        guard let subject, let predicate, let object else { return }
        try sink(Quad(Triple(subject, predicate, object), graph: graph))
    }

    // MARK: Terms

    private mutating func newBlank() -> Term {
        blanks += 1
        return .blank("\(scope)-\(blanks)")
    }

    private func resource(_ text: String) -> Term? {
        guard text.hasPrefix("_:") else { return Self.iri(text) }
        let label = String(text.dropFirst(2))
        if NameCharacters.isLabel(label) { return .blank(scope + label) }
        // Another label for each that other syntaxes do not have; none of theirs begins with a dash.
        return .blank(scope + "-x" + label.utf8.map { String(UInt16($0) + 256, radix: 16).dropFirst() }.joined())
    }

    private static func iri(_ text: String) -> Term? {
        guard IRIReference.isAbsolute(text), text.utf8.count(where: { $0 == UInt8(ascii: "#") }) < 2,
            !text.unicodeScalars.contains(where: { NameCharacters.isForbiddenInIRI($0.value) })
        else { return nil }
        return .iri(text)
    }

    private func literal(_ value: JSONValue, _ object: JSONObject) throws -> Literal? {
        let type = object["@type"]?.string ?? object["@type"]?.array?.first?.string
        if type == "@json" { return Literal(try value.canonicalText(), datatype: RDF.json) }
        if let type, Self.iri(type) == nil { return nil }
        switch value {
        case .string(let text):
            if let language = object["@language"]?.string {
                return NameCharacters.isLanguage(language) ? Literal(text, language: language) : nil
            }
            return Literal(text, datatype: type)
        case .bool(let value): return Literal(value ? "true" : "false", datatype: type ?? XSD.boolean)
        case .integer(let value) where type != XSD.double: return Literal(String(value), datatype: type ?? XSD.integer)
        case .integer, .number:
            guard let number = value.number else { return nil }
            if type != XSD.double, number == number.rounded(), abs(number) < 1e21 {
                return Literal(String(format: "%.0f", number), datatype: type ?? XSD.integer)
            }
            return Literal(Self.canonical(number), datatype: type ?? XSD.double)
        default: return nil
        }
    }

    /// The canonical form of xsd:double: one digit, at most fifteen others, and the exponent.
    private static func canonical(_ number: Double) -> String {
        let parts = String(format: "%.15E", number).split(separator: "E")
        guard parts.count == 2, let exponent = Int(parts[1]) else { return String(number) }
        var digits = parts[0]
        while digits.hasSuffix("0"), !digits.hasSuffix(".0") { digits.removeLast() }
        return "\(digits)E\(exponent)"
    }
}
