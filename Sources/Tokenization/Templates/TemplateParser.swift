// SPDX-License-Identifier: Apache-2.0

/// Reads the statements of a template; everything it does not know is refused here, before anything runs.
struct TemplateParser {
    var tokens: [TemplateToken]
    var position = 0
    /// How many statements and expressions are open.
    var depth = 0
    private var openLoops = 0
    private var isInMacro = false
    /// How many conditionals are open within the innermost loop or macro; Jinja lets an unknown filter in one wait until
    /// it is reached.
    var openConditionals = 0

    private init(tokens: [TemplateToken]) { self.tokens = tokens }

    static func parse(_ source: String) throws(TokenizationError) -> [TemplateStatement] {
        var parser = TemplateParser(tokens: try TemplateLexer.tokens(of: source))
        let statements = try parser.statements(until: [])
        return statements
    }

    // MARK: - Tokens

    var token: TemplateToken { tokens[min(position, tokens.count - 1)] }
    var line: Int { token.line }
    var following: TemplateToken { tokens[min(position + 1, tokens.count - 1)] }

    func isSymbol(_ symbol: String) -> Bool { token.kind == .symbol(symbol) }
    func isName(_ name: String) -> Bool { token.kind == .name(name) }

    mutating func skip(symbol: String) -> Bool {
        guard isSymbol(symbol) else { return false }
        position += 1
        return true
    }

    mutating func skip(name: String) -> Bool {
        guard isName(name) else { return false }
        position += 1
        return true
    }

    mutating func expect(symbol: String) throws(TokenizationError) {
        guard skip(symbol: symbol) else { throw unexpected("`\(symbol)`") }
    }

    mutating func name() throws(TokenizationError) -> String {
        guard case .name(let name) = token.kind else { throw unexpected("a name") }
        position += 1
        return name
    }

    func unexpected(_ wanted: String) -> TokenizationError {
        let found =
            switch token.kind {
            case .text, .end, .blockBegin, .outputBegin: "the end"
            case .blockEnd: "`%}`"
            case .outputEnd: "`}}`"
            case .name(let name): TemplateFault.quoted(name)
            case .symbol(let symbol): "`\(symbol)`"
            case .string: "a string"
            case .integer, .number: "a number"
            }
        return TemplateFault.syntax("expected \(wanted), not \(found)", line: line)
    }

    mutating func enter() throws(TokenizationError) {
        depth += 1
        if depth > TemplateLimits.syntaxDepth {
            throw TemplateFault.limit("nesting deeper than \(TemplateLimits.syntaxDepth)", line: line)
        }
    }

    private mutating func endOfBlock() throws(TokenizationError) {
        guard token.kind == .blockEnd else { throw unexpected("`%}`") }
        position += 1
    }

    // MARK: - Statements

    /// The statements up to a block that begins with one of `ends`, which is left to be read; none: to the end.
    private mutating func statements(until ends: [String]) throws(TokenizationError) -> [TemplateStatement] {
        try enter()
        defer { depth -= 1 }
        let start = line
        var statements: [TemplateStatement] = []
        while true {
            switch token.kind {
            case .text(let text):
                statements.append(.text(text))
                position += 1
            case .outputBegin:
                position += 1
                statements.append(.output(try tuple()))
                guard token.kind == .outputEnd else { throw unexpected("`}}`") }
                position += 1
            case .blockBegin:
                if case .name(let name) = following.kind, ends.contains(name) {
                    position += 1
                    return statements
                }
                position += 1
                statements.append(try statement())
            default:
                guard ends.isEmpty else {
                    throw TemplateFault.syntax(
                        "the end of the template, expected `\(ends[ends.count - 1])`",
                        line: start
                    )
                }
                return statements
            }
        }
    }

    private mutating func body(until ends: [String]) throws(TokenizationError) -> [TemplateStatement] {
        try endOfBlock()
        return try statements(until: ends)
    }

    private mutating func statement() throws(TokenizationError) -> TemplateStatement {
        let line = line
        let keyword = try name()
        switch keyword {
        case "if": return try conditional()
        case "for": return .loop(try loop(line: line))
        case "set": return try set(line: line)
        case "macro": return .macro(try macro(line: line))
        case "filter":
            let filters = try filterCalls(first: true)
            let body = try detached("endfilter")
            return .filterBlock(filters, body: body, line: line)
        case "generation": return .scope(try detached("endgeneration"))
        case "break", "continue":
            guard openLoops > 0 else { throw TemplateFault.syntax("`\(keyword)` outside of a loop", line: line) }
            try endOfBlock()
            return keyword == "break" ? .breakLoop : .continueLoop
        case "call", "include", "import", "from", "extends", "block", "with", "autoescape", "do", "trans", "debug":
            throw TemplateFault.unsupported("`{% \(keyword) %}`", line: line)
        default:
            throw TemplateFault.syntax("unknown or misplaced tag \(TemplateFault.quoted(keyword))", line: line)
        }
    }

    private mutating func conditional() throws(TokenizationError) -> TemplateStatement {
        openConditionals += 1
        defer { openConditionals -= 1 }
        var branches: [(condition: TemplateExpression, body: [TemplateStatement])] = []
        var otherwise: [TemplateStatement] = []
        while true {
            let condition = try tuple(allowsConditional: false)
            branches.append((condition, try body(until: ["elif", "else", "endif"])))
            let keyword = try name()
            if keyword == "elif" { continue }
            if keyword == "else" {
                otherwise = try body(until: ["endif"])
                position += 1
            }
            try endOfBlock()
            return .conditional(branches, otherwise: otherwise)
        }
    }

    private mutating func loop(line: Int) throws(TokenizationError) -> TemplateLoop {
        let target = try assignmentTarget(allowsAttribute: false)
        guard skip(name: "in") else { throw unexpected("`in`") }
        let sequence = try tuple(allowsConditional: false)
        let condition = skip(name: "if") ? try expression() : nil
        if isName("recursive") { throw TemplateFault.unsupported("a recursive `for`", line: line) }
        let conditionals = openConditionals
        defer { openConditionals = conditionals }
        openConditionals = 0
        openLoops += 1
        let body = try body(until: ["else", "endfor"])
        openLoops -= 1
        var otherwise: [TemplateStatement] = []
        if try name() == "else" {
            otherwise = try self.body(until: ["endfor"])
            position += 1
        }
        try endOfBlock()
        return TemplateLoop(
            target: target,
            sequence: sequence,
            condition: condition,
            body: body,
            otherwise: otherwise,
            line: line
        )
    }

    private mutating func set(line: Int) throws(TokenizationError) -> TemplateStatement {
        let target = try assignmentTarget(allowsAttribute: true)
        if skip(symbol: "=") {
            let value = try tuple()
            try endOfBlock()
            return .set(target, value)
        }
        let filters = try filterCalls(first: false)
        let body = try detached("endset")
        return .setBlock(target, filters: filters, body: body, line: line)
    }

    private mutating func macro(line: Int) throws(TokenizationError) -> TemplateMacro {
        let name = try name()
        var parameters: [(name: String, standard: TemplateExpression?)] = []
        try expect(symbol: "(")
        while !isSymbol(")") {
            if !parameters.isEmpty { try expect(symbol: ",") }
            let parameter = try self.name()
            if skip(symbol: "=") {
                parameters.append((parameter, try expression()))
            } else {
                guard parameters.last?.standard == nil else {
                    throw TemplateFault.syntax("a parameter without a default after one with a default", line: line)
                }
                parameters.append((parameter, nil))
            }
        }
        position += 1
        let wasInMacro = isInMacro
        isInMacro = true
        let body = try detached("endmacro")
        isInMacro = wasInMacro
        return TemplateMacro(name: name, parameters: parameters, body: body, line: line)
    }

    /// A body that no `break` can leave.
    private mutating func detached(_ end: String) throws(TokenizationError) -> [TemplateStatement] {
        let (loops, conditionals) = (openLoops, openConditionals)
        (openLoops, openConditionals) = (0, 0)
        let body = try body(until: [end])
        (openLoops, openConditionals) = (loops, conditionals)
        position += 1
        if end == "endmacro", case .name = token.kind { position += 1 }
        try endOfBlock()
        return body
    }

    private mutating func assignmentTarget(allowsAttribute: Bool) throws(TokenizationError) -> TemplateTarget {
        var targets: [TemplateTarget] = []
        let isParenthesised = skip(symbol: "(")
        repeat {
            if !targets.isEmpty, isName("in") || isSymbol("=") || isSymbol(")") { break }
            let name = try name()
            guard !["true", "false", "none", "True", "False", "None", "namespace"].contains(name) else {
                throw TemplateFault.syntax("cannot assign to `\(name)`", line: line)
            }
            if allowsAttribute, skip(symbol: ".") {
                let attribute = try self.name()
                guard !attribute.hasPrefix("_") else {
                    throw TemplateFault.syntax("cannot assign to \(TemplateFault.quoted(attribute))", line: line)
                }
                targets.append(.attribute(namespace: name, name: attribute))
            } else {
                targets.append(.name(name))
            }
        } while skip(symbol: ",")
        let endsInComma = tokens[position - 1].kind == .symbol(",")
        if isParenthesised { try expect(symbol: ")") }
        return targets.count == 1 && !endsInComma ? targets[0] : .tuple(targets)
    }

    private mutating func filterCalls(first: Bool) throws(TokenizationError) -> [TemplateFilterCall] {
        var calls: [TemplateFilterCall] = []
        while (first && calls.isEmpty) || skip(symbol: "|") {
            let line = line
            let name = try filterName()
            calls.append(TemplateFilterCall(name: name, arguments: try optionalArguments(), line: line))
        }
        return calls
    }

    /// Names that Jinja itself gives a template, or a macro's body, and that are not built here.
    func refuseUnbuilt(_ name: String) throws(TokenizationError) {
        if name == "self" { throw TemplateFault.unsupported("`self`", line: line) }
        if isInMacro, ["varargs", "kwargs", "caller"].contains(name) {
            throw TemplateFault.unsupported("`\(name)` in a macro", line: line)
        }
    }
}
