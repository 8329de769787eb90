// SPDX-License-Identifier: Apache-2.0

extension QueryParser {
    mutating func expression() throws -> Expression {
        try nested { parser in
            var parts = [try parser.conjunction()]
            while try parser.take("||") { parts.append(try parser.conjunction()) }
            return parts.count == 1 ? parts[0] : .or(parts)
        }
    }

    private mutating func conjunction() throws -> Expression {
        var parts = [try relation()]
        while try take("&&") { parts.append(try relation()) }
        return parts.count == 1 ? parts[0] : .and(parts)
    }

    private mutating func relation() throws -> Expression {
        let left = try sum()
        if case .symbol(let symbol) = token.kind, let comparison = ComparisonOperator(rawValue: symbol) {
            try advance()
            return .comparison(comparison, left, try sum())
        }
        if try takeWord("IN") { return .isIn(left, try arguments()) }
        if try takeWord("NOT") {
            try expectWord("IN")
            return .not(.isIn(left, try arguments()))
        }
        return left
    }

    private mutating func sum() throws -> Expression {
        let first = try product()
        var rest: [Expression.Operation] = []
        while case .symbol(let symbol) = token.kind, symbol == "+" || symbol == "-" {
            try advance()
            rest.append(Expression.Operation(sign: symbol == "+" ? .add : .subtract, operand: try product()))
        }
        return rest.isEmpty ? first : .arithmetic(first, rest)
    }

    private mutating func product() throws -> Expression {
        let first = try unary()
        var rest: [Expression.Operation] = []
        while case .symbol(let symbol) = token.kind, symbol == "*" || symbol == "/" {
            try advance()
            rest.append(Expression.Operation(sign: symbol == "*" ? .multiply : .divide, operand: try unary()))
        }
        return rest.isEmpty ? first : .arithmetic(first, rest)
    }

    private mutating func unary() throws -> Expression {
        if try take("!") { return .not(try nested { try $0.unary() }) }
        if isSymbol("+") || isSymbol("-") {
            let sign = isSymbol("-") ? "-" : "+"
            let end = token.end
            try advance()
            if isAtNumber, token.start == end, let literal = try takeLiteral() {
                return .constant(.literal(Literal(sign + literal.lexical, datatype: literal.datatype)))
            }
            let operand = try primary()
            return sign == "-" ? .negative(operand) : .positive(operand)
        }
        return try primary()
    }

    private var isAtNumber: Bool {
        switch token.kind {
        case .integer, .decimal, .double: true
        default: false
        }
    }

    private mutating func primary() throws -> Expression {
        if isSymbol("(") { return try bracketed() }
        if let slot = try takeVariable() { return .variable(slot) }
        if let iri = try takeIRI() {
            guard isSymbol("(") || token.kind == .emptyList else { return .constant(.iri(iri)) }
            return .function(iri, try arguments())
        }
        if let literal = try takeLiteral() { return .constant(.literal(literal)) }
        guard let call = try takeCall() else { throw expected("an expression") }
        return call
    }

    mutating func bracketed() throws -> Expression {
        try expect("(")
        let inner = try expression()
        try expect(")")
        return inner
    }

    /// FILTER's, HAVING's and GROUP BY's: in brackets, or a call.
    mutating func constraint() throws -> Expression {
        if isSymbol("(") { return try bracketed() }
        if let iri = try takeIRI() { return .function(iri, try arguments()) }
        guard let call = try takeCall() else { throw expected("a condition in brackets, or a function's call") }
        return call
    }

    /// Whether a constraint begins here.
    var isAtConstraint: Bool {
        switch token.kind {
        case .iri, .prefixed: true
        case .symbol(let symbol): symbol == "("
        case .word(let word):
            BuiltIn(rawValue: word) != nil || Aggregate.Function(rawValue: word) != nil
                || ["BOUND", "EXISTS", "NOT"].contains(word)
        default: false
        }
    }

    private mutating func arguments() throws -> [Expression] {
        if token.kind == .emptyList {
            try advance()
            return []
        }
        try expect("(")
        var list = [try expression()]
        while try take(",") { list.append(try expression()) }
        try expect(")")
        return list
    }

    private mutating func takeCall() throws -> Expression? {
        guard case .word(let word) = token.kind else { return nil }
        let start = token.start
        if let function = Aggregate.Function(rawValue: word) {
            try advance()
            return try aggregate(function, at: start)
        }
        switch word {
        case "BOUND":
            try advance()
            try expect("(")
            let slot = try expectVariable()
            try expect(")")
            return .bound(slot)
        case "EXISTS":
            try advance()
            return .exists(ExistingPattern(try existing()))
        case "NOT":
            try advance()
            try expectWord("EXISTS")
            return .not(.exists(ExistingPattern(try existing())))
        default:
            guard let function = BuiltIn(rawValue: word) else { return nil }
            try advance()
            let list = try arguments()
            guard function.arguments.contains(list.count) else {
                throw error("\(word) does not take \(list.count) arguments", at: start)
            }
            return .call(function, list)
        }
    }

    private mutating func existing() throws -> Pattern {
        let (outer, outerBlock) = (aggregates, block)
        aggregates = nil
        defer { (aggregates, block) = (outer, outerBlock) }
        return try nested { try $0.groupGraphPattern() }
    }

    private mutating func aggregate(_ function: Aggregate.Function, at start: Int) throws -> Expression {
        guard aggregates != nil else {
            throw error(
                "\(function.rawValue) may stand in SELECT, HAVING and ORDER BY only, and not in another aggregate",
                at: start
            )
        }
        let outer = aggregates
        aggregates = nil
        try expect("(")
        let isDistinct = try takeWord("DISTINCT")
        var made = Aggregate(function: function, isDistinct: isDistinct, argument: nil)
        if function == .count, try take("*") {
            made.argument = nil
        } else {
            made.argument = try expression()
        }
        if function == .concatenation, try take(";") {
            try expectWord("SEPARATOR")
            try expect("=")
            made.separator = try expectString()
        }
        try expect(")")
        let slot = hiddenSlot()
        aggregates = (outer ?? []) + [(slot, made)]
        return .variable(slot)
    }
}
