// SPDX-License-Identifier: Apache-2.0

extension QueryParser {
    /// Triples up to what is none; blank nodes become variables without names.
    mutating func triples(into patterns: inout [Pattern], allowingPaths: Bool) throws {
        while isAtTriples {
            try triplesOfOneSubject(into: &patterns, allowingPaths: allowingPaths)
            guard try take(".") else { return }
        }
    }

    /// Whether a subject begins here.
    var isAtTriples: Bool {
        switch token.kind {
        case .variable, .iri, .prefixed, .blank, .anonymous, .emptyList, .string, .integer, .decimal, .double: true
        case .word(let word): word == "TRUE" || word == "FALSE"
        case .symbol(let symbol): ["[", "(", "+", "-"].contains(symbol)
        default: false
        }
    }

    private mutating func triplesOfOneSubject(into patterns: inout [Pattern], allowingPaths: Bool) throws {
        if isSymbol("[") || isSymbol("(") {
            let subject = try node(into: &patterns, allowingPaths: allowingPaths)
            if isAtVerb { try properties(of: subject, into: &patterns, allowingPaths: allowingPaths) }
        } else {
            let subject = try node(into: &patterns, allowingPaths: allowingPaths)
            try properties(of: subject, into: &patterns, allowingPaths: allowingPaths)
        }
    }

    private var isAtVerb: Bool {
        switch token.kind {
        case .variable, .iri, .prefixed, .a: true
        case .symbol(let symbol): ["(", "^", "!"].contains(symbol)
        case .emptyList: false
        default: false
        }
    }

    private mutating func properties(
        of subject: PatternTerm,
        into patterns: inout [Pattern],
        allowingPaths: Bool
    ) throws {
        guard isAtVerb else { throw expected("a predicate") }
        while isAtVerb {
            let verb = try self.verb(allowingPaths: allowingPaths)
            repeat {
                let object = try node(into: &patterns, allowingPaths: allowingPaths)
                add(subject, verb, object, to: &patterns)
            } while try take(",")
            guard isSymbol(";") else { return }
            while try take(";") {}
        }
    }

    private enum Verb {
        case variable(Int)
        case path(PropertyPath)
    }

    private mutating func verb(allowingPaths: Bool) throws -> Verb {
        if let slot = try takeVariable() { return .variable(slot) }
        if allowingPaths { return .path(try path()) }
        if token.kind == .a {
            try advance()
            return .path(.link(.iri(RDF.type)))
        }
        return .path(.link(.iri(try expectIRI())))
    }

    private mutating func add(_ subject: PatternTerm, _ verb: Verb, _ object: PatternTerm, to patterns: inout [Pattern])
    {
        switch verb {
        case .variable(let slot):
            patterns.append(.triple(TriplePattern(subject: subject, predicate: .variable(slot), object: object)))
        case .path(let path): add(subject, path, object, to: &patterns)
        }
    }

    /// https://www.w3.org/TR/sparql11-query/#sparqlTranslatePathExpressions
    private mutating func add(
        _ subject: PatternTerm,
        _ path: PropertyPath,
        _ object: PatternTerm,
        to patterns: inout [Pattern]
    ) {
        switch path {
        case .link(let predicate):
            patterns.append(.triple(TriplePattern(subject: subject, predicate: .term(predicate), object: object)))
        case .inverse(let inner): add(object, inner, subject, to: &patterns)
        case .sequence(let steps):
            var from = subject
            for (index, step) in steps.enumerated() {
                let to = index == steps.count - 1 ? object : .variable(hiddenSlot())
                add(from, step, to, to: &patterns)
                from = to
            }
        case .alternative(let choices):
            var parts: [Pattern] = []
            for choice in choices {
                var part: [Pattern] = []
                add(subject, choice, object, to: &part)
                parts.append(.join(part))
            }
            patterns.append(.union(parts))
        case .zeroOrMore, .oneOrMore, .zeroOrOne, .negated: patterns.append(.path(subject, path, object))
        }
    }

    // MARK: Nodes

    /// A subject or object; what a list or a blank node's brackets hold goes into `patterns`.
    private mutating func node(into patterns: inout [Pattern], allowingPaths: Bool) throws -> PatternTerm {
        if let slot = try takeVariable() { return .variable(slot) }
        if let iri = try takeIRI() { return .term(.iri(iri)) }
        if let literal = try takeLiteral() { return .term(.literal(literal)) }
        switch token.kind {
        case .blank(let label):
            let slot = try blankSlot(label)
            try advance()
            return .variable(slot)
        case .anonymous:
            try advance()
            return .variable(hiddenSlot())
        case .emptyList:
            try advance()
            return .term(.iri(RDF.nil))
        case .symbol("["):
            return try nested { parser in
                try parser.advance()
                let subject = PatternTerm.variable(parser.hiddenSlot())
                try parser.properties(of: subject, into: &patterns, allowingPaths: allowingPaths)
                try parser.expect("]")
                return subject
            }
        case .symbol("("):
            return try nested { parser in try parser.list(into: &patterns, allowingPaths: allowingPaths) }
        default: throw expected("a term or a variable")
        }
    }

    private mutating func list(into patterns: inout [Pattern], allowingPaths: Bool) throws -> PatternTerm {
        try expect("(")
        let head = PatternTerm.variable(hiddenSlot())
        var cell = head
        while true {
            let item = try node(into: &patterns, allowingPaths: allowingPaths)
            let isLast = try take(")")
            let next = isLast ? PatternTerm.term(.iri(RDF.nil)) : .variable(hiddenSlot())
            patterns.append(.triple(TriplePattern(subject: cell, predicate: .term(.iri(RDF.first)), object: item)))
            patterns.append(.triple(TriplePattern(subject: cell, predicate: .term(.iri(RDF.rest)), object: next)))
            if isLast { return head }
            cell = next
        }
    }

    // MARK: Paths

    private mutating func path() throws -> PropertyPath {
        try nested { parser in
            var choices = [try parser.pathSequence()]
            while try parser.take("|") { choices.append(try parser.pathSequence()) }
            return choices.count == 1 ? choices[0] : .alternative(choices)
        }
    }

    private mutating func pathSequence() throws -> PropertyPath {
        var steps = [try pathStep()]
        while try take("/") { steps.append(try pathStep()) }
        return steps.count == 1 ? steps[0] : .sequence(steps)
    }

    private mutating func pathStep() throws -> PropertyPath {
        if try take("^") { return .inverse(try pathElement()) }
        return try pathElement()
    }

    private mutating func pathElement() throws -> PropertyPath {
        let primary = try pathPrimary()
        if try take("*") { return .zeroOrMore(primary) }
        if try take("+") { return .oneOrMore(primary) }
        if try take("?") { return .zeroOrOne(primary) }
        return primary
    }

    private mutating func pathPrimary() throws -> PropertyPath {
        if try take("(") {
            let inner = try path()
            try expect(")")
            return inner
        }
        if try take("!") { return try negatedSet() }
        return .link(try predicate())
    }

    private mutating func predicate() throws -> Term {
        if token.kind == .a {
            try advance()
            return .iri(RDF.type)
        }
        guard let iri = try takeIRI() else { throw expected("a predicate") }
        return .iri(iri)
    }

    private mutating func negatedSet() throws -> PropertyPath {
        var (forward, inverse): ([Term]?, [Term]?) = (nil, nil)
        if token.kind == .emptyList {
            try advance()
            return .negated(forward: [], inverse: nil)
        }
        let isBracketed = try take("(")
        repeat {
            if try take("^") {
                inverse = (inverse ?? []) + [try predicate()]
            } else {
                forward = (forward ?? []) + [try predicate()]
            }
        } while isBracketed ? try take("|") : false
        if isBracketed { try expect(")") }
        return .negated(forward: forward, inverse: inverse)
    }
}
