// SPDX-License-Identifier: Apache-2.0

/// N-Triples and N-Quads: a statement a line, nothing abbreviated.
struct LineParser {
    private var lexer: TurtleLexer
    private let scope: String
    private let allowsGraphs: Bool
    private let sink: (Quad) throws -> Void

    init(_ scanner: ByteScanner, allowsGraphs: Bool, scope: String, sink: @escaping (Quad) throws -> Void) {
        lexer = TurtleLexer(scanner: scanner, allowsColonInLabels: true)
        (self.allowsGraphs, self.scope, self.sink) = (allowsGraphs, scope, sink)
    }

    mutating func parse() throws {
        while try lexer.scanner.peek() != nil {
            try skipBlanks()
            if try !isAtLineEnd() { try statement() }
            try endLine()
        }
    }

    private mutating func statement() throws {
        let subject = try resource("the subject")
        let predicate = try iri("the predicate")
        let object: Term
        if try lexer.scanner.peek() == UInt8(ascii: "\"") {
            object = .literal(try literal())
        } else {
            object = try resource("the object")
        }
        var graph: Term?
        if allowsGraphs, try lexer.scanner.peek() != UInt8(ascii: ".") { graph = try resource("the graph") }
        try lexer.expect(UInt8(ascii: "."), "the statement")
        try skipBlanks()
        try sink(Quad(Triple(subject, predicate, object), graph: graph))
    }

    /// The term that a text is.
    static func term(_ text: String, scope: String) throws -> Term {
        var bytes = Array(text.utf8)
        let scanner = ByteScanner(name: "text") {
            defer { bytes = [] }
            return bytes
        }
        var parser = LineParser(scanner, allowsGraphs: false, scope: scope) { _ in }
        let isLiteral = bytes.first == UInt8(ascii: "\"")
        let term = try isLiteral ? .literal(parser.literal()) : parser.resource("a term")
        guard try parser.lexer.scanner.peek() == nil else { throw parser.lexer.scanner.error("a text behind a term") }
        return term
    }

    private mutating func resource(_ what: String) throws -> Term {
        guard try lexer.scanner.peek() == UInt8(ascii: "_") else { return try iri(what) }
        let label = try lexer.blankLabel()
        try skipBlanks()
        return .blank(scope + label)
    }

    private mutating func iri(_ what: String) throws -> Term {
        guard try lexer.scanner.peek() == UInt8(ascii: "<") else {
            throw lexer.scanner.error("\(try lexer.description()) where \(what) should be")
        }
        let text = try lexer.iriText()
        guard IRIReference.isAbsolute(text) else { throw lexer.scanner.error("the relative IRI <\(text.prefix(200))>") }
        try skipBlanks()
        return .iri(text)
    }

    private mutating func literal() throws -> Literal {
        let text = try lexer.string(allowsLong: false)
        var literal = Literal(text)
        if try lexer.scanner.peek() == UInt8(ascii: "@") {
            literal = Literal(text, language: try lexer.languageTag())
        } else if try lexer.scanner.peek() == UInt8(ascii: "^") {
            lexer.scanner.advance()
            try lexer.expect(UInt8(ascii: "^"), "`^`")
            if case .iri(let datatype) = try iri("a datatype") { literal = Literal(text, datatype: datatype) }
        }
        try skipBlanks()
        return literal
    }

    private mutating func skipBlanks() throws {
        while let byte = try lexer.scanner.peek(), byte == 0x20 || byte == 0x09 { lexer.scanner.advance() }
    }

    private mutating func isAtLineEnd() throws -> Bool {
        switch try lexer.scanner.peek() {
        case nil, 0x0A, 0x0D, UInt8(ascii: "#"): true
        default: false
        }
    }

    private mutating func endLine() throws {
        guard try isAtLineEnd() else {
            throw lexer.scanner.error("\(try lexer.description()) behind the end of a statement")
        }
        try lexer.skipComment()
        if try lexer.scanner.peek() != nil { lexer.scanner.advance() }
    }
}
