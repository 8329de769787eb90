// SPDX-License-Identifier: Apache-2.0

extension TemplateParser {
    private func make(
        _ kind: TemplateExpression.Kind,
        line: Int,
        _ children: [TemplateExpression]
    ) throws(TokenizationError) -> TemplateExpression {
        let height = 1 + children.reduce(0) { max($0, $1.height) }
        guard height <= TemplateLimits.syntaxDepth else {
            throw TemplateFault.limit("an expression of more than \(TemplateLimits.syntaxDepth) levels", line: line)
        }
        return TemplateExpression(kind: kind, line: line, height: height)
    }

    /// One expression, or several with commas between them, which make a tuple.
    mutating func tuple(allowsConditional: Bool = true) throws(TokenizationError) -> TemplateExpression {
        let line = line
        let first = try allowsConditional ? expression() : either()
        guard isSymbol(",") else { return first }
        var elements = [first]
        while skip(symbol: ",") {
            if token.kind == .blockEnd || token.kind == .outputEnd || isSymbol(")") || isName("recursive") { break }
            elements.append(try allowsConditional ? expression() : either())
        }
        return try make(.tuple(elements), line: line, elements)
    }

    mutating func expression() throws(TokenizationError) -> TemplateExpression {
        try enter()
        defer { depth -= 1 }
        var value = try either()
        while isName("if") {
            let line = line
            position += 1
            openConditionals += 1
            let condition = try either()
            let otherwise = skip(name: "else") ? try expression() : nil
            openConditionals -= 1
            let children = [value, condition] + (otherwise.map { [$0] } ?? [])
            value = try make(.conditional(value, condition: condition, otherwise: otherwise), line: line, children)
        }
        return value
    }

    private mutating func either() throws(TokenizationError) -> TemplateExpression {
        var left = try both()
        while isName("or") {
            let line = line
            position += 1
            let right = try both()
            left = try make(.or(left, right), line: line, [left, right])
        }
        return left
    }

    private mutating func both() throws(TokenizationError) -> TemplateExpression {
        var left = try negation()
        while isName("and") {
            let line = line
            position += 1
            let right = try negation()
            left = try make(.and(left, right), line: line, [left, right])
        }
        return left
    }

    private mutating func negation() throws(TokenizationError) -> TemplateExpression {
        let line = line
        guard skip(name: "not") else { return try comparison() }
        try enter()
        defer { depth -= 1 }
        let operand = try negation()
        return try make(.not(operand), line: line, [operand])
    }

    private mutating func comparison() throws(TokenizationError) -> TemplateExpression {
        let line = line
        let first = try sum()
        var operands: [(TemplateComparison, TemplateExpression)] = []
        while let comparison = comparisonOperator() { operands.append((comparison, try sum())) }
        guard !operands.isEmpty else { return first }
        return try make(.comparison(first, operands), line: line, [first] + operands.map(\.1))
    }

    private mutating func comparisonOperator() -> TemplateComparison? {
        if skip(name: "in") { return .isIn }
        if isName("not"), following.kind == .name("in") {
            position += 2
            return .isNotIn
        }
        guard case .symbol(let symbol) = token.kind, let comparison = TemplateComparison(rawValue: symbol) else {
            return nil
        }
        position += 1
        return comparison
    }

    private mutating func arithmeticOperator(_ symbols: [String]) -> TemplateOperator? {
        guard case .symbol(let symbol) = token.kind, symbols.contains(symbol) else { return nil }
        position += 1
        return TemplateOperator(rawValue: symbol)
    }

    private mutating func sum() throws(TokenizationError) -> TemplateExpression {
        var left = try concatenation()
        let line = line
        while let symbol = arithmeticOperator(["+", "-"]) {
            let right = try concatenation()
            left = try make(.arithmetic(symbol, left, right), line: line, [left, right])
        }
        return left
    }

    private mutating func concatenation() throws(TokenizationError) -> TemplateExpression {
        let line = line
        var parts = [try product()]
        while skip(symbol: "~") { parts.append(try product()) }
        return parts.count == 1 ? parts[0] : try make(.concatenation(parts), line: line, parts)
    }

    private mutating func product() throws(TokenizationError) -> TemplateExpression {
        var left = try power()
        let line = line
        while let symbol = arithmeticOperator(["*", "/", "//", "%"]) {
            let right = try power()
            left = try make(.arithmetic(symbol, left, right), line: line, [left, right])
        }
        return left
    }

    private mutating func power() throws(TokenizationError) -> TemplateExpression {
        var left = try unary()
        let line = line
        while let symbol = arithmeticOperator(["**"]) {
            let right = try unary()
            left = try make(.arithmetic(symbol, left, right), line: line, [left, right])
        }
        return left
    }

    private mutating func unary(withFilters: Bool = true) throws(TokenizationError) -> TemplateExpression {
        let line = line
        var value: TemplateExpression
        if isSymbol("-") || isSymbol("+") {
            let isNegative = isSymbol("-")
            position += 1
            try enter()
            defer { depth -= 1 }
            let operand = try unary(withFilters: false)
            value = try make(isNegative ? .negative(operand) : .positive(operand), line: line, [operand])
        } else {
            value = try primary()
        }
        value = try postfix(value)
        return withFilters ? try filtered(value) : value
    }

    private mutating func primary() throws(TokenizationError) -> TemplateExpression {
        let line = line
        switch token.kind {
        case .name(let name):
            position += 1
            switch name {
            case "true", "True": return try make(.constant(.bool(true)), line: line, [])
            case "false", "False": return try make(.constant(.bool(false)), line: line, [])
            case "none", "None": return try make(.constant(.none), line: line, [])
            default:
                try refuseUnbuilt(name)
                return try make(.name(name), line: line, [])
            }
        case .string(var text):
            position += 1
            while case .string(let more) = token.kind {
                text.append(more)
                position += 1
            }
            return try make(.constant(.text(text)), line: line, [])
        case .integer(let value):
            position += 1
            return try make(.constant(.integer(value)), line: line, [])
        case .number(let value):
            position += 1
            return try make(.constant(.number(value)), line: line, [])
        case .symbol("("):
            position += 1
            if skip(symbol: ")") { return try make(.tuple([]), line: line, []) }
            let value = try tuple()
            try expect(symbol: ")")
            return value
        case .symbol("["):
            position += 1
            var elements: [TemplateExpression] = []
            while !skip(symbol: "]") {
                if !elements.isEmpty {
                    try expect(symbol: ",")
                    if skip(symbol: "]") { break }
                }
                elements.append(try expression())
            }
            return try make(.list(elements), line: line, elements)
        case .symbol("{"):
            position += 1
            return try mapping(line: line)
        default:
            throw unexpected("an expression")
        }
    }

    private mutating func mapping(line: Int) throws(TokenizationError) -> TemplateExpression {
        var pairs: [(key: TemplateExpression, value: TemplateExpression)] = []
        while !skip(symbol: "}") {
            if !pairs.isEmpty {
                try expect(symbol: ",")
                if skip(symbol: "}") { break }
            }
            let key = try expression()
            try expect(symbol: ":")
            pairs.append((key, try expression()))
        }
        return try make(.mapping(pairs), line: line, pairs.flatMap { [$0.key, $0.value] })
    }

    // MARK: - What follows a value

    private mutating func postfix(_ value: TemplateExpression) throws(TokenizationError) -> TemplateExpression {
        var value = value
        while true {
            if isSymbol(".") || isSymbol("[") {
                value = try subscripted(value)
            } else if isSymbol("(") {
                value = try call(value)
            } else {
                return value
            }
        }
    }

    private mutating func call(_ callee: TemplateExpression) throws(TokenizationError) -> TemplateExpression {
        let line = line
        if case .attribute(_, let name) = callee.kind, !TemplateMethods.names.contains(name),
            !TemplateMethods.mutating.contains(name)
        {
            throw TemplateFault.unsupported("the method \(TemplateFault.quoted(name))", line: line)
        }
        let arguments = try arguments()
        return try make(.call(callee, arguments), line: line, [callee] + arguments.all)
    }

    private mutating func subscripted(_ value: TemplateExpression) throws(TokenizationError) -> TemplateExpression {
        let line = line
        if skip(symbol: ".") {
            if case .integer(let index) = token.kind {
                position += 1
                let index = try make(.constant(.integer(index)), line: line, [])
                return try make(.item(value, index), line: line, [value])
            }
            return try make(.attribute(value, try name()), line: line, [value])
        }
        position += 1
        var parts: [TemplateExpression?] = [isSymbol(":") ? nil : try expression()]
        while parts.count < 3, skip(symbol: ":") {
            parts.append(isSymbol(":") || isSymbol("]") ? nil : try expression())
        }
        if isSymbol(",") { throw TemplateFault.unsupported("a comma in a subscript", line: line) }
        try expect(symbol: "]")
        if parts.count == 1, let index = parts[0] { return try make(.item(value, index), line: line, [value, index]) }
        parts.append(nil)
        let kind = TemplateExpression.Kind.slice(value, start: parts[0], stop: parts[1], step: parts[2])
        return try make(kind, line: line, [value] + parts.compactMap { $0 })
    }

    private mutating func filtered(_ value: TemplateExpression) throws(TokenizationError) -> TemplateExpression {
        var value = value
        while true {
            let line = line
            if skip(symbol: "|") {
                let name = try filterName()
                let arguments = try optionalArguments()
                value = try make(.filter(value, name, arguments), line: line, [value] + arguments.all)
            } else if skip(name: "is") {
                value = try test(value, line: line)
            } else if isSymbol("(") {
                value = try call(value)
            } else {
                return value
            }
        }
    }

    private mutating func test(_ value: TemplateExpression, line: Int) throws(TokenizationError) -> TemplateExpression {
        let isNegated = skip(name: "not")
        let name = try name()
        guard TemplateTests.names.contains(name) || openConditionals > 0 && !TemplateTests.unbuilt.contains(name) else {
            throw TemplateFault.unsupported("the test \(TemplateFault.quoted(name))", line: line)
        }
        var arguments = TemplateArguments()
        if isSymbol("(") {
            arguments = try self.arguments()
        } else if startsTestArgument() {
            arguments.positional = [try postfix(try primary())]
        }
        let test = try make(.test(value, name, arguments), line: line, [value] + arguments.all)
        return isNegated ? try make(.not(test), line: line, [test]) : test
    }

    private func startsTestArgument() -> Bool {
        switch token.kind {
        case .name(let name): !["else", "or", "and", "is", "if", "in", "not"].contains(name)
        case .string, .integer, .number, .symbol("["), .symbol("{"): true
        default: false
        }
    }

    /// The name of a filter; one that Jinja does not know either may stand where a condition guards it.
    mutating func filterName() throws(TokenizationError) -> String {
        let line = line
        let name = try name()
        guard TemplateFilters.names.contains(name) || openConditionals > 0 && !TemplateFilters.unbuilt.contains(name)
        else { throw TemplateFault.unsupported("the filter \(TemplateFault.quoted(name))", line: line) }
        return name
    }

    mutating func optionalArguments() throws(TokenizationError) -> TemplateArguments {
        isSymbol("(") ? try arguments() : TemplateArguments()
    }

    private mutating func arguments() throws(TokenizationError) -> TemplateArguments {
        var arguments = TemplateArguments()
        try expect(symbol: "(")
        while !skip(symbol: ")") {
            if !arguments.positional.isEmpty || !arguments.named.isEmpty {
                try expect(symbol: ",")
                if skip(symbol: ")") { break }
            }
            if isSymbol("*") || isSymbol("**") { throw TemplateFault.unsupported("unpacking arguments", line: line) }
            if case .name(let name) = token.kind, following.kind == .symbol("=") {
                position += 2
                arguments.named.append((name, try expression()))
            } else {
                guard arguments.named.isEmpty else {
                    throw TemplateFault.syntax("a positional argument after a named one", line: line)
                }
                arguments.positional.append(try expression())
            }
        }
        return arguments
    }
}
