// SPDX-License-Identifier: Apache-2.0

/// RDF/XML, a statement as soon as its object is known: https://www.w3.org/TR/rdf-syntax-grammar/#section-Infoset-Grammar.
final class RDFXMLParser: XMLEvents {
    /// What an element is, and so what may be in it.
    enum Role {
        /// The document: `rdf:RDF` or one node.
        case document
        /// `rdf:RDF`: nodes.
        case members
        /// A node, or a property that is one by `parseType="Resource"`: properties.
        case node(Term)
        /// A property: a text or one node.
        case property(Statement)
        /// A property by `parseType="Collection"`: nodes.
        case collection(Statement)
        /// A property by `parseType="Literal"`: any XML.
        case literal(Statement)
        /// A property whose object its attributes give: nothing.
        case empty
    }

    /// A statement whose object is not known yet.
    struct Statement {
        var subject: Term
        var predicate: Term
        /// What the statement itself is called, by `rdf:ID`.
        var name: Term?
        var datatype: String?
    }

    struct Frame {
        var role: Role
        var base: IRIBase
        var language: String?
        /// How many `rdf:li` there were.
        var members = 0
        var text = ""
        /// The node in a property, or the last cell of a collection.
        var object: Term?
    }

    private let scope: String
    private let sink: (Quad) throws -> Void
    private let name: String
    private var stream: XMLStream?
    private var frames: [Frame]
    private var literal = XMLLiteralText()
    private var identifiers = Set<String>()
    private var blanks = 0
    private(set) var prefixes: [String: String]?

    init(name: String, base: String?, scope: String, sink: @escaping (Quad) throws -> Void) {
        (self.name, self.scope, self.sink) = (name, scope, sink)
        frames = [Frame(role: .document, base: IRIBase(base))]
    }

    func parse(_ nextPiece: () throws -> [UInt8]) throws {
        let stream = try XMLStream(name: name, handler: self)
        self.stream = stream
        defer { self.stream = nil }
        try stream.read(nextPiece)
    }

    // MARK: - Events

    func start(_ name: XMLName, _ attributes: [(name: XMLName, value: String)], prefixes: [String: String]) throws {
        if self.prefixes == nil { self.prefixes = prefixes.filter(Self.isUsable) }
        guard let parent = frames.last else { return }
        if case .literal = parent.role {
            literal.start(name, attributes)
            return try check(literal.text)
        }
        var frame = Frame(role: .empty, base: parent.base, language: parent.language)
        let attributes = try own(attributes, &frame)
        guard !name.namespace.isEmpty else { throw error("<\(name.local.prefix(100))>, which is in no namespace") }
        let element = try iri(name.iri, frame)
        switch parent.role {
        case .document where name.iri == RDF.namespace + "RDF":
            guard attributes.isEmpty else { throw error("rdf:RDF with an attribute that it may not have") }
            frame.role = .members
        case .document, .members:
            frame.role = .node(try node(element, attributes, frame))
        case .property(let statement):
            guard parent.object == nil, statement.datatype == nil, Self.isBlank(parent.text) else {
                throw error("<\(name.local.prefix(100))> in a property that has a text, a datatype or a node already")
            }
            let node = try node(element, attributes, frame)
            frames[frames.count - 1].object = node
            try emit(statement, node)
            frame.role = .node(node)
        case .collection(let statement):
            let node = try node(element, attributes, frame)
            let cell = newBlank()
            if let last = parent.object { try emit(last, RDF.rest, cell) } else { try emit(statement, cell) }
            try emit(cell, RDF.first, node)
            frames[frames.count - 1].object = cell
            frame.role = .node(node)
        case .node(let subject):
            try property(element, of: subject, attributes, &frame)
        case .literal, .empty:
            throw error("<\(name.local.prefix(100))> in a property that its attributes describe")
        }
        frames.append(frame)
    }

    func end() throws {
        guard let frame = frames.last else { return }
        switch frame.role {
        case .property(let statement) where frame.object == nil:
            let value: Literal
            if let datatype = statement.datatype {
                value = Literal(frame.text, datatype: datatype)
            } else {
                value = frame.language.map { Literal(frame.text, language: $0) } ?? Literal(frame.text)
            }
            try emit(statement, .literal(value))
        case .collection(let statement):
            if let last = frame.object {
                try emit(last, RDF.rest, .iri(RDF.nil))
            } else {
                try emit(statement, .iri(RDF.nil))
            }
        case .literal(let statement):
            guard literal.isClosed else { return literal.end() }
            try emit(statement, .literal(Literal(literal.text, datatype: RDF.xmlLiteral)))
            literal = XMLLiteralText()
        default: break
        }
        frames.removeLast()
    }

    func text(_ text: String) throws {
        guard let frame = frames.last else { return }
        switch frame.role {
        case .literal:
            literal.append(text)
            try check(literal.text)
        case .property where frame.object == nil:
            frames[frames.count - 1].text += text
            try check(frames[frames.count - 1].text)
        default:
            guard Self.isBlank(text) else { throw error("a text where only elements may be") }
        }
    }

    func comment(_ text: String) throws {
        if case .literal? = frames.last?.role { literal.comment(text) }
    }

    func instruction(_ target: String, _ data: String) throws {
        if case .literal? = frames.last?.role { literal.instruction(target, data) }
    }

    // MARK: - Parts that elements and attributes share

    /// What `xml:` attributes say goes into the frame; the others are returned, by their IRIs.
    private func own(_ attributes: [(name: XMLName, value: String)], _ frame: inout Frame) throws -> [String: String] {
        var kept: [String: String] = [:]
        for (name, value) in attributes {
            let iri: String
            switch (name.namespace, name.local) {
            case (XMLName.xml, "base"):
                guard case .iri(let base) = try self.iri(value, frame) else { continue }
                frame.base = IRIBase(base)
                continue
            case (XMLName.xml, "lang"):
                guard value.isEmpty || NameCharacters.isLanguage(value) else {
                    throw error("the language `\(value.prefix(100))`, which is no language tag")
                }
                frame.language = value.isEmpty ? nil : value
                continue
            case (XMLName.xml, _): continue
            case ("", let local) where local.lowercased().hasPrefix("xml"): continue
            case ("", "ID"), ("", "about"), ("", "resource"), ("", "parseType"), ("", "type"):
                iri = RDF.namespace + name.local
            case ("", let local): throw error("the attribute `\(local.prefix(100))`, which is in no namespace")
            default: iri = name.iri
            }
            guard kept.updateValue(value, forKey: iri) == nil else {
                throw error("the attribute `\(name.local.prefix(100))` twice")
            }
        }
        return kept
    }

    func iri(_ text: String, _ frame: Frame) throws -> Term {
        guard let iri = frame.base.resolve(text) else {
            throw error("the relative IRI <\(text.prefix(200))> without a base; name one")
        }
        guard !iri.unicodeScalars.contains(where: { NameCharacters.isForbiddenInIRI($0.value) }) else {
            throw error("the IRI <\(text.prefix(200))> with a character that no IRI may have")
        }
        return .iri(iri)
    }

    /// The IRI that `rdf:ID` gives, which must be the first of that name.
    func identifier(_ name: String, _ frame: Frame) throws -> Term {
        guard NameCharacters.isName(name) else { throw error("rdf:ID `\(name.prefix(100))`, which is no name") }
        let term = try iri("#" + name, frame)
        guard case .iri(let iri) = term, identifiers.insert(iri).inserted else {
            throw error("rdf:ID `\(name.prefix(100))` a second time")
        }
        return term
    }

    func blank(_ name: String) throws -> Term {
        guard NameCharacters.isName(name) else { throw error("rdf:nodeID `\(name.prefix(100))`, which is no name") }
        // Other syntaxes have no label that ends with a dot; no name begins with a dash, so this is no other node's.
        return .blank(name.hasSuffix(".") ? "\(scope)-\(name)-" : scope + name)
    }

    func newBlank() -> Term {
        blanks += 1
        return .blank("\(scope)-\(blanks)")
    }

    /// The number of the next `rdf:li` in the element that is open.
    func nextMember() -> Int {
        guard !frames.isEmpty else { return 0 }
        frames[frames.count - 1].members += 1
        return frames[frames.count - 1].members
    }

    func emit(_ subject: Term, _ predicate: String, _ object: Term) throws {
        try sink(Quad(Triple(subject, .iri(predicate), object)))
    }

    func emit(_ statement: Statement, _ object: Term) throws {
        try sink(Quad(Triple(statement.subject, statement.predicate, object)))
        guard let name = statement.name else { return }
        try emit(name, RDF.type, .iri(RDF.namespace + "Statement"))
        try emit(name, RDF.namespace + "subject", statement.subject)
        try emit(name, RDF.namespace + "predicate", statement.predicate)
        try emit(name, RDF.namespace + "object", object)
    }

    func error(_ what: String) -> GraphError {
        stream?.error(what) ?? GraphError(.badSyntax, what, subject: name)
    }

    private func check(_ text: String) throws {
        guard text.utf8.count <= ByteScanner.tokenLimit else {
            throw error("a literal of more than \(ByteScanner.tokenLimit >> 20) MiB")
        }
    }

    private static func isBlank(_ text: String) -> Bool {
        text.utf8.allSatisfy { [0x20, 0x09, 0x0A, 0x0D].contains($0) }
    }

    /// Whether a prefix can be used in Turtle and SPARQL too.
    private static func isUsable(_ prefix: String, _ namespace: String) -> Bool {
        !prefix.hasPrefix("_") && !prefix.hasSuffix(".") && IRIReference.isAbsolute(namespace)
            && !namespace.unicodeScalars.contains { NameCharacters.isForbiddenInIRI($0.value) }
    }
}
