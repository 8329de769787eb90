// SPDX-License-Identifier: Apache-2.0

/// Turtle and TriG by recursive descent, a statement at a time: https://www.w3.org/TR/trig/#sec-grammar.
struct TurtleParser {
    /// How deep blank nodes and collections may nest.
    static let depthLimit = 256

    private var lexer: TurtleLexer
    private let isTriG: Bool
    private let scope: String
    private let sink: (Quad) throws -> Void
    private(set) var prefixes: [String: String] = [:]
    private var base: IRIBase
    private var graph: Term?
    private var blanks = 0
    private var depth = 0

    init(_ scanner: ByteScanner, isTriG: Bool, base: String?, scope: String, sink: @escaping (Quad) throws -> Void) {
        lexer = TurtleLexer(scanner: scanner, allowsColonInLabels: false)
        (self.isTriG, self.scope, self.sink) = (isTriG, scope, sink)
        self.base = IRIBase(base)
    }

    mutating func parse() throws {
        try lexer.skipSpace()
        while let byte = try lexer.scanner.peek() {
            if byte == UInt8(ascii: "@") {
                try directive()
            } else {
                try statement(byte)
            }
            try lexer.skipSpace()
        }
    }

    // MARK: Directives

    private mutating func directive() throws {
        lexer.scanner.advance()
        switch try word() {
        case "prefix": try prefixDeclaration()
        case "base": try baseDeclaration()
        default: throw error("an unknown directive; there are @prefix and @base")
        }
        try lexer.skipSpace()
        try lexer.expect(UInt8(ascii: "."), "the directive")
    }

    private mutating func word() throws -> String {
        var bytes: [UInt8] = []
        while bytes.count < 32, let byte = try lexer.scanner.peek(bytes.count), TurtleLexer.isLetter(byte) {
            bytes.append(byte)
        }
        lexer.scanner.advance(bytes.count)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The word that begins here, uppercased, if it is one of these and ends here.
    private mutating func keyword(_ words: [String]) throws -> String? {
        var bytes: [UInt8] = []
        while bytes.count < 8, let byte = try lexer.scanner.peek(bytes.count), TurtleLexer.isLetter(byte) {
            bytes.append(byte)
        }
        let word = String(decoding: bytes, as: UTF8.self).uppercased()
        guard words.contains(word) else { return nil }
        if let (after, _) = try lexer.scanner.peekScalar(bytes.count),
            NameCharacters.isPart(after) || after == ":" || after == "."
        {
            return nil
        }
        lexer.scanner.advance(bytes.count)
        return word
    }

    private mutating func prefixDeclaration() throws {
        try lexer.skipSpace()
        let prefix = try lexer.prefix()
        try lexer.expect(UInt8(ascii: ":"), "a prefix")
        try lexer.skipSpace()
        prefixes[prefix] = try iriReference()
    }

    private mutating func baseDeclaration() throws {
        try lexer.skipSpace()
        base = IRIBase(try iriReference())
    }

    // MARK: Statements

    private mutating func statement(_ first: UInt8) throws {
        switch try keyword(isTriG ? ["PREFIX", "BASE", "GRAPH"] : ["PREFIX", "BASE"]) {
        case "PREFIX": return try prefixDeclaration()
        case "BASE": return try baseDeclaration()
        case "GRAPH":
            try lexer.skipSpace()
            guard try lexer.scanner.peek() != UInt8(ascii: "("), let label = try graphLabel() else {
                throw error("a graph whose name is neither an IRI nor a blank node")
            }
            try lexer.skipSpace()
            return try wrappedGraph(label)
        default: break
        }
        if isTriG, first == UInt8(ascii: "{") { return try wrappedGraph(nil) }
        if isTriG, first != UInt8(ascii: "("), let label = try graphLabel() {
            try lexer.skipSpace()
            if try lexer.scanner.peek() == UInt8(ascii: "{") { return try wrappedGraph(label) }
            try predicatesAndObjects(label)
        } else {
            try triples(first)
        }
        try lexer.skipSpace()
        try lexer.expect(UInt8(ascii: "."), "the statement")
    }

    /// A term that may name a graph; nil where a blank node with properties begins.
    private mutating func graphLabel() throws -> Term? {
        if try lexer.scanner.peek() == UInt8(ascii: "[") { return try anonymous() }
        return try resource()
    }

    private mutating func wrappedGraph(_ label: Term?) throws {
        try lexer.expect(UInt8(ascii: "{"), "the name of the graph")
        graph = label
        try lexer.skipSpace()
        while let byte = try lexer.scanner.peek(), byte != UInt8(ascii: "}") {
            try triples(byte)
            try lexer.skipSpace()
            guard try lexer.scanner.take(UInt8(ascii: ".")) else { break }
            try lexer.skipSpace()
        }
        try lexer.expect(UInt8(ascii: "}"), "the graph's last statement")
        graph = nil
    }

    private mutating func triples(_ first: UInt8) throws {
        if first == UInt8(ascii: "["), try anonymous(peeksOnly: true) == nil {
            let subject = try blankNodeWithProperties()
            try lexer.skipSpace()
            let next = try lexer.scanner.peek()
            if next != UInt8(ascii: "."), next != UInt8(ascii: "}") { try predicatesAndObjects(subject) }
            return
        }
        let subject: Term
        switch first {
        case UInt8(ascii: "["): subject = try anonymous() ?? newBlank()
        case UInt8(ascii: "("): subject = try collection()
        default: subject = try resource()
        }
        try predicatesAndObjects(subject)
    }

    private mutating func predicatesAndObjects(_ subject: Term) throws {
        repeat {
            try lexer.skipSpace()
            let predicate = try verb()
            repeat {
                try lexer.skipSpace()
                try emit(subject, predicate, try object())
                try lexer.skipSpace()
            } while try lexer.scanner.take(UInt8(ascii: ","))
            guard try lexer.scanner.peek() == UInt8(ascii: ";") else { return }
            while try lexer.scanner.take(UInt8(ascii: ";")) { try lexer.skipSpace() }
        } while try !isAtListEnd()
    }

    private mutating func isAtListEnd() throws -> Bool {
        switch try lexer.scanner.peek() {
        case nil, UInt8(ascii: "."), UInt8(ascii: "]"), UInt8(ascii: "}"): true
        default: false
        }
    }

    private func emit(_ subject: Term, _ predicate: Term, _ object: Term) throws {
        try sink(Quad(Triple(subject, predicate, object), graph: graph))
    }

    private func error(_ what: String) -> GraphError { lexer.scanner.error(what) }

    // MARK: Terms

    private mutating func verb() throws -> Term {
        if try lexer.scanner.peek() == UInt8(ascii: "a"), try keyword(["A"]) != nil { return .iri(RDF.type) }
        if try lexer.scanner.peek() == UInt8(ascii: "_") { throw error("a blank node as a predicate") }
        return try resource()
    }

    private mutating func resource() throws -> Term {
        switch try lexer.scanner.peek() {
        case UInt8(ascii: "<"): return .iri(try iriReference())
        case UInt8(ascii: "_"): return .blank(scope + (try lexer.blankLabel()))
        default: return .iri(try prefixedName(lexer.prefix()))
        }
    }

    private mutating func iriReference() throws -> String {
        guard try lexer.scanner.peek() == UInt8(ascii: "<") else {
            throw error("\(try lexer.description()) where an IRI should be")
        }
        let text = try lexer.iriText()
        guard let iri = base.resolve(text) else {
            throw error("the relative IRI <\(text.prefix(200))> without a base; name one")
        }
        return iri
    }

    private mutating func prefixedName(_ prefix: String) throws -> String {
        guard try lexer.scanner.take(UInt8(ascii: ":")) else {
            let found = prefix.isEmpty ? try lexer.description() : "`\(prefix.prefix(100))`"
            throw error("\(found) where a term should be")
        }
        guard let namespace = prefixes[prefix] else {
            throw error("the prefix `\(prefix.prefix(100)):` is not declared")
        }
        return namespace + (try lexer.localName())
    }

    private mutating func object() throws -> Term {
        guard let byte = try lexer.scanner.peek() else { throw error("the end of the file where an object should be") }
        switch byte {
        case UInt8(ascii: "<"), UInt8(ascii: "_"): return try resource()
        case UInt8(ascii: "["): return try anonymous() ?? blankNodeWithProperties()
        case UInt8(ascii: "("): return try collection()
        case UInt8(ascii: "\""), UInt8(ascii: "'"): return .literal(try literal())
        case UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."), 0x30...0x39: return .literal(try number())
        default: break
        }
        let word = try lexer.prefix()
        if ["true", "false"].contains(word), try lexer.scanner.peek() != UInt8(ascii: ":") {
            return .literal(Literal(word, datatype: XSD.boolean))
        }
        return .iri(try prefixedName(word))
    }

    private mutating func literal() throws -> Literal {
        let text = try lexer.string(allowsLong: true)
        if try lexer.scanner.peek() == UInt8(ascii: "@") { return Literal(text, language: try lexer.languageTag()) }
        guard try lexer.scanner.peek() == UInt8(ascii: "^"), try lexer.scanner.peek(1) == UInt8(ascii: "^") else {
            return Literal(text)
        }
        lexer.scanner.advance(2)
        try lexer.skipSpace()
        guard case .iri(let datatype) = try resource() else { throw error("a datatype that is no IRI") }
        return Literal(text, datatype: datatype)
    }

    private mutating func number() throws -> Literal {
        var bytes: [UInt8] = []
        if let sign = try lexer.scanner.peek(), [UInt8(ascii: "+"), UInt8(ascii: "-")].contains(sign) {
            bytes.append(sign)
            lexer.scanner.advance()
        }
        let whole = try digits(into: &bytes)
        var type = XSD.integer
        var fraction = 0
        // `1.` is an integer and the end of a statement; `1.e5` and `1.5` are numbers.
        if try lexer.scanner.peek() == UInt8(ascii: "."), let after = try lexer.scanner.peek(1),
            TurtleLexer.isDigit(after) || (whole > 0 && after | 0x20 == UInt8(ascii: "e"))
        {
            bytes.append(UInt8(ascii: "."))
            lexer.scanner.advance()
            fraction = try digits(into: &bytes)
            type = XSD.decimal
        }
        guard whole + fraction > 0 else { throw error("a number without digits") }
        if let mark = try lexer.scanner.peek(), mark | 0x20 == UInt8(ascii: "e") {
            bytes.append(mark)
            lexer.scanner.advance()
            if let sign = try lexer.scanner.peek(), [UInt8(ascii: "+"), UInt8(ascii: "-")].contains(sign) {
                bytes.append(sign)
                lexer.scanner.advance()
            }
            guard try digits(into: &bytes) > 0 else { throw error("an exponent without digits") }
            type = XSD.double
        }
        return Literal(try lexer.scanner.text(bytes), datatype: type)
    }

    private mutating func digits(into bytes: inout [UInt8]) throws -> Int {
        var count = 0
        while let byte = try lexer.scanner.peek(), TurtleLexer.isDigit(byte) {
            bytes.append(byte)
            lexer.scanner.advance()
            count += 1
            if bytes.count > ByteScanner.tokenLimit { throw error("a number that never ends") }
        }
        return count
    }

    // MARK: Blank nodes and collections

    private mutating func newBlank() -> Term {
        blanks += 1
        // No label begins with a dash, so this is no other node's.
        return .blank("\(scope)-\(blanks)")
    }

    /// A new blank node if `[]` is here.
    private mutating func anonymous(peeksOnly: Bool = false) throws -> Term? {
        var ahead = 1
        while let byte = try lexer.scanner.peek(ahead), [0x20, 0x09, 0x0A, 0x0D].contains(byte), ahead < 1 << 16 {
            ahead += 1
        }
        guard try lexer.scanner.peek(ahead) == UInt8(ascii: "]") else { return nil }
        if !peeksOnly { lexer.scanner.advance(ahead + 1) }
        return newBlank()
    }

    private mutating func enter() throws {
        depth += 1
        if depth > Self.depthLimit {
            throw error("blank nodes or collections nested more than \(Self.depthLimit) deep")
        }
        lexer.scanner.advance()
        try lexer.skipSpace()
    }

    private mutating func blankNodeWithProperties() throws -> Term {
        try enter()
        let node = newBlank()
        // A comment may stand between the brackets of an empty node.
        if try lexer.scanner.peek() != UInt8(ascii: "]") { try predicatesAndObjects(node) }
        try lexer.skipSpace()
        try lexer.expect(UInt8(ascii: "]"), "a blank node's properties")
        depth -= 1
        return node
    }

    private mutating func collection() throws -> Term {
        try enter()
        var head = Term.iri(RDF.nil)
        var last: Term?
        while try lexer.scanner.peek() != UInt8(ascii: ")") {
            let node = newBlank()
            if let last { try emit(last, .iri(RDF.rest), node) } else { head = node }
            try emit(node, .iri(RDF.first), try object())
            last = node
            try lexer.skipSpace()
        }
        lexer.scanner.advance()
        if let last { try emit(last, .iri(RDF.rest), .iri(RDF.nil)) }
        depth -= 1
        return head
    }
}
