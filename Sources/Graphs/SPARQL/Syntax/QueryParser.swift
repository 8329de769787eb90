// SPDX-License-Identifier: Apache-2.0

/// A recursive-descent parser of SPARQL 1.1 queries and updates.
struct QueryParser {
    /// How deep groups, expressions, paths and lists may be nested: each level takes stack, here and in evaluation.
    static let maximumDepth = 100
    /// How many patterns a query may hold, for the same reason.
    static let maximumPatterns = 1000

    private var lexer: QueryLexer
    private(set) var token: QueryToken
    private(set) var base: String?
    private var prefixes: [String: String]
    private var depth = 0
    private var patterns = 0
    var variables = VariableTable()
    /// The names in sight: those of a sub-query are its own.
    private var scopes: [[String: Int]] = [[:]]
    /// The basic graph pattern that each blank node's label stands in: it may not stand in two.
    var labels: [String: (slot: Int, block: Int)] = [:]
    var block = 0
    /// Labels that an earlier operation of an update used for data; they may not come again.
    var dataLabels: Set<String> = []
    /// Where aggregates go that stand in a selection; nil where none may stand.
    var aggregates: [(slot: Int, aggregate: Aggregate)]?

    /// `prefixes` are known before the text declares its own.
    init(_ text: String, base: String?, prefixes: [String: String]) throws {
        self.prefixes = prefixes
        lexer = try QueryLexer(text)
        self.base = base
        token = try lexer.next()
    }

    // MARK: Tokens

    mutating func advance() throws { token = try lexer.next() }

    func isSymbol(_ symbol: String) -> Bool { token.kind == .symbol(symbol) }

    func isWord(_ word: String) -> Bool { token.kind == .word(word) }

    /// Whether the next token is the symbol, which is then taken.
    mutating func take(_ symbol: String) throws -> Bool {
        guard isSymbol(symbol) else { return false }
        try advance()
        return true
    }

    mutating func takeWord(_ word: String) throws -> Bool {
        guard isWord(word) else { return false }
        try advance()
        return true
    }

    mutating func expect(_ symbol: String) throws {
        guard try take(symbol) else { throw expected(symbol) }
    }

    mutating func expectWord(_ word: String) throws {
        guard try takeWord(word) else { throw expected(word) }
    }

    func expected(_ what: String) -> GraphError { error("expected \(what), found \(token.description)") }

    func error(_ message: String) -> GraphError { error(message, at: token.start) }

    func error(_ message: String, at offset: Int) -> GraphError { lexer.error(message, at: offset) }

    /// Runs one level deeper.
    mutating func nested<Result>(_ body: (inout QueryParser) throws -> Result) throws -> Result {
        guard depth < Self.maximumDepth else {
            throw error("nested more than \(Self.maximumDepth) deep; split the query")
        }
        depth += 1
        defer { depth -= 1 }
        return try body(&self)
    }

    /// Counts patterns of a group.
    mutating func count(_ more: Int) throws {
        patterns += more
        guard patterns <= Self.maximumPatterns else {
            throw error("the query holds more than \(Self.maximumPatterns) patterns; split it")
        }
    }

    // MARK: Variables and blank nodes

    /// The slot of a variable in the scope at hand.
    mutating func slot(of name: String) -> Int {
        if let slot = scopes[scopes.count - 1][name] { return slot }
        let slot = variables.add(name)
        scopes[scopes.count - 1][name] = slot
        return slot
    }

    /// A slot that no name reaches.
    mutating func hiddenSlot() -> Int { variables.add(nil) }

    mutating func scoped<Result>(_ body: (inout QueryParser) throws -> Result) throws -> Result {
        scopes.append([:])
        let (outerAggregates, outerBlock) = (aggregates, block)
        defer {
            scopes.removeLast()
            aggregates = outerAggregates
            block = outerBlock
        }
        return try body(&self)
    }

    /// Forgets the variables and labels of the operation before; an update's operations have their own.
    mutating func beginOperation() {
        variables = VariableTable()
        scopes = [[:]]
        labels = [:]
        aggregates = nil
        patterns = 0
    }

    /// A blank node in a pattern is a variable that cannot be named.
    mutating func blankSlot(_ label: String) throws -> Int {
        if let known = labels[label] {
            guard known.block == block else {
                throw error("_:\(label) stands in two graph patterns; a blank node's label may stand in one")
            }
            return known.slot
        }
        let slot = hiddenSlot()
        labels[label] = (slot, block)
        return slot
    }

    /// Ends a basic graph pattern.
    mutating func beginBlock() { block = nextBlock() }

    private var blocks = 0

    private mutating func nextBlock() -> Int {
        blocks += 1
        return blocks
    }

    // MARK: IRIs

    mutating func prologue() throws {
        while true {
            if try takeWord("BASE") {
                guard case .iri(let reference) = token.kind else { throw expected("an IRI after BASE") }
                base = try resolved(reference)
                try advance()
            } else if try takeWord("PREFIX") {
                guard case .prefixed(let prefix, "") = token.kind else { throw expected("a prefix and a colon") }
                try advance()
                guard case .iri(let reference) = token.kind else { throw expected("an IRI for the prefix \(prefix):") }
                prefixes[prefix] = try resolved(reference)
                try advance()
            } else {
                return
            }
        }
    }

    private func resolved(_ reference: String) throws -> String {
        guard let iri = IRIBase(base).resolve(reference) else {
            throw error("<\(reference)> is relative and there is no base; write BASE <…> first, or the whole IRI")
        }
        return iri
    }

    /// The IRI that comes next, which is then taken; nil where none comes.
    mutating func takeIRI() throws -> String? {
        let iri: String
        switch token.kind {
        case .iri(let reference): iri = try resolved(reference)
        case .prefixed(let prefix, let local):
            guard let namespace = prefixes[prefix] else {
                throw error("the prefix \(prefix): is not declared; write PREFIX \(prefix): <…> first")
            }
            iri = namespace + local
        default: return nil
        }
        try advance()
        return iri
    }

    mutating func expectIRI() throws -> String {
        guard let iri = try takeIRI() else { throw expected("an IRI") }
        return iri
    }

    mutating func takeVariable() throws -> Int? {
        guard case .variable(let name) = token.kind else { return nil }
        try advance()
        return slot(of: name)
    }

    mutating func expectVariable() throws -> Int {
        guard let slot = try takeVariable() else { throw expected("a variable") }
        return slot
    }

    mutating func variableOrIRI() throws -> PatternTerm {
        if let slot = try takeVariable() { return .variable(slot) }
        guard let iri = try takeIRI() else { throw expected("a variable or an IRI") }
        return .term(.iri(iri))
    }

    // MARK: Literals

    /// The literal that comes next, which is then taken; nil where none comes.
    mutating func takeLiteral() throws -> Literal? {
        switch token.kind {
        case .string(let text):
            try advance()
            return try qualified(text)
        case .integer, .decimal, .double: return try number(sign: "")
        case .symbol(let sign) where sign == "+" || sign == "-":
            // A sign in a term belongs to the number right behind it.
            let end = token.end
            try advance()
            guard token.start == end, let number = try number(sign: sign) else {
                throw expected("a number after \(sign)")
            }
            return number
        case .word("TRUE"), .word("FALSE"):
            let isTrue = isWord("TRUE")
            try advance()
            return Literal(isTrue ? "true" : "false", datatype: XSD.boolean)
        default: return nil
        }
    }

    private mutating func qualified(_ text: String) throws -> Literal {
        if case .language(let tag) = token.kind {
            try advance()
            return Literal(text, language: tag)
        }
        guard try take("^^") else { return Literal(text) }
        return Literal(text, datatype: try expectIRI())
    }

    private mutating func number(sign: String) throws -> Literal? {
        let literal: Literal
        switch token.kind {
        case .integer(let digits): literal = Literal(sign + digits, datatype: XSD.integer)
        case .decimal(let digits): literal = Literal(sign + digits, datatype: XSD.decimal)
        case .double(let digits): literal = Literal(sign + digits, datatype: XSD.double)
        default: return nil
        }
        try advance()
        return literal
    }

    mutating func expectInteger() throws -> Int {
        guard case .integer(let digits) = token.kind, let value = Int(digits) else { throw expected("a whole number") }
        try advance()
        return value
    }

    mutating func expectString() throws -> String {
        guard case .string(let text) = token.kind else { throw expected("a string") }
        try advance()
        return text
    }
}
