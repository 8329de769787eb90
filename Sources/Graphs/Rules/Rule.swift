// SPDX-License-Identifier: Apache-2.0

/// A Horn rule: where all of its body holds, its head holds.
public struct Rule: Sendable, Hashable {
    /// A place of an atom: a term, or a variable by its number within the rule.
    public enum Place: Sendable, Hashable {
        /// A term.
        case term(Term)
        /// A variable.
        case variable(Int)
    }

    /// A triple with variables.
    public struct Atom: Sendable, Hashable {
        /// The place of the subject.
        public var subject: Place
        /// The place of the predicate.
        public var predicate: Place
        /// The place of the object.
        public var object: Place

        package var places: [Place] { [subject, predicate, object] }
    }

    /// What a proof calls it.
    public var name: String
    /// What must hold.
    public var body: [Atom]
    /// What then holds.
    public var head: [Atom]
    /// How many variables it has.
    public var variableCount: Int
}

/// Reads rules: `?x :parent ?y, ?y :parent ?z -> ?x :grandparent ?z .` with `@prefix` as in Turtle.
public struct RuleReader {
    private var lexer: TurtleLexer
    private var prefixes: [String: String] = [:]
    private var rules: [Rule] = []

    /// The rules of a text; throws `badRule` or `badSyntax` with name and line.
    public static func rules(of text: String, name: String) throws -> [Rule] {
        var bytes = Array(text.utf8)
        let scanner = ByteScanner(name: name) {
            defer { bytes = [] }
            return bytes
        }
        var reader = RuleReader(lexer: TurtleLexer(scanner: scanner, allowsColonInLabels: false))
        try reader.read()
        return reader.rules
    }

    private init(lexer: TurtleLexer) { self.lexer = lexer }

    private func error(_ what: String) -> GraphError {
        let place = lexer.scanner
        return GraphError(
            .badRule,
            "\(what), \(place.name) line \(place.line); correct the rule there",
            subject: place.name
        )
    }

    private mutating func read() throws {
        try lexer.skipSpace()
        while let byte = try lexer.scanner.peek() {
            if byte == UInt8(ascii: "@") { try declaration() } else { try rule() }
            try lexer.skipSpace()
        }
    }

    private mutating func declaration() throws {
        lexer.scanner.advance()
        guard try lexer.prefix() == "prefix" else { throw error("an unknown directive; there is @prefix") }
        try lexer.skipSpace()
        let name = try lexer.prefix()
        try lexer.expect(UInt8(ascii: ":"), "a prefix")
        try lexer.skipSpace()
        guard try lexer.scanner.peek() == UInt8(ascii: "<") else { throw error("a prefix without an IRI") }
        prefixes[name] = try lexer.iriText()
        try lexer.skipSpace()
        try lexer.expect(UInt8(ascii: "."), "the prefix")
    }

    private mutating func rule() throws {
        let line = lexer.scanner.line
        var variables: [String: Int] = [:]
        let body = try atoms(&variables)
        let bound = variables.count
        guard try lexer.scanner.take(UInt8(ascii: "-")), try lexer.scanner.take(UInt8(ascii: ">")) else {
            throw error("\(try lexer.description()) where `->` should follow the body")
        }
        let head = try atoms(&variables)
        guard variables.count == bound else {
            let free = variables.filter { $0.value >= bound }.map { "?\($0.key)" }.sorted().joined(separator: ", ")
            throw error("an unsafe rule: \(free) stands in the head but not in the body")
        }
        try lexer.expect(UInt8(ascii: "."), "the rule")
        let name = "\(lexer.scanner.name) line \(line)"
        rules.append(Rule(name: name, body: body, head: head, variableCount: bound))
    }

    private mutating func atoms(_ variables: inout [String: Int]) throws -> [Rule.Atom] {
        var atoms: [Rule.Atom] = []
        repeat {
            let atom = Rule.Atom(
                subject: try place(&variables),
                predicate: try place(&variables),
                object: try place(&variables)
            )
            atoms.append(atom)
            if atoms.count > 64 { throw error("a rule of more than 64 atoms") }
        } while try lexer.scanner.take(UInt8(ascii: ","))
        return atoms
    }

    private mutating func place(_ variables: inout [String: Int]) throws -> Rule.Place {
        try lexer.skipSpace()
        defer { try? lexer.skipSpace() }
        switch try lexer.scanner.peek() {
        case UInt8(ascii: "?"):
            lexer.scanner.advance()
            let name = try lexer.prefix()
            guard !name.isEmpty else { throw error("a variable without a name") }
            let number = variables[name] ?? variables.count
            variables[name] = number
            return .variable(number)
        case UInt8(ascii: "<"): return .term(.iri(try lexer.iriText()))
        case UInt8(ascii: "\""): return .term(.literal(try literal()))
        default: return .term(.iri(try prefixedName(lexer.prefix())))
        }
    }

    private mutating func literal() throws -> Literal {
        let text = try lexer.string(allowsLong: true)
        if try lexer.scanner.peek() == UInt8(ascii: "@") { return Literal(text, language: try lexer.languageTag()) }
        guard try lexer.scanner.take(UInt8(ascii: "^")) else { return Literal(text) }
        try lexer.expect(UInt8(ascii: "^"), "`^`")
        if try lexer.scanner.peek() == UInt8(ascii: "<") { return Literal(text, datatype: try lexer.iriText()) }
        return Literal(text, datatype: try prefixedName(lexer.prefix()))
    }

    private mutating func prefixedName(_ prefix: String) throws -> String {
        guard try lexer.scanner.take(UInt8(ascii: ":")) else {
            if prefix == "a" { return RDF.type }
            throw error("\(prefix.isEmpty ? try lexer.description() : "`\(prefix)`") where a term should be")
        }
        guard let namespace = prefixes[prefix] else { throw error("the prefix `\(prefix):` is not declared") }
        return namespace + (try lexer.localName())
    }
}
