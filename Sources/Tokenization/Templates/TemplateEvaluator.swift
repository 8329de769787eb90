// SPDX-License-Identifier: Apache-2.0

/// Variables of one scope, looked up outwards.
final class TemplateScope {
    var variables: [String: TemplateValue] = [:]
    let outer: TemplateScope?

    init(outer: TemplateScope?) { self.outer = outer }

    func find(_ name: String) -> TemplateValue? {
        var scope: TemplateScope? = self
        while let current = scope {
            if let value = current.variables[name] { return value }
            scope = current.outer
        }
        return nil
    }
}

/// Runs a template's statements within `TemplateLimits`.
struct TemplateEvaluator {
    enum Signal { case proceed, leaveLoop, nextRound }

    var output = MarkedText()
    var namespaces: [[String: TemplateValue]] = []
    var macros: [(macro: TemplateMacro, scope: TemplateScope)] = []
    var scope: TemplateScope
    /// The line of what is being evaluated, for messages.
    var line = 1
    let now: TemplateDate

    private var steps = 0
    private var work = 0
    private var depth = 0
    private var openLoops = 0

    init(variables: [String: TemplateValue], now: TemplateDate) {
        scope = TemplateScope(outer: nil)
        for name in TemplateFunctions.names { scope.variables[name] = .function(name) }
        scope.variables.merge(variables) { $1 }
        scope = TemplateScope(outer: scope)
        self.now = now
    }

    // MARK: - Limits

    mutating func step() throws(TokenizationError) {
        steps += 1
        if steps > TemplateLimits.steps { throw limit("more than \(TemplateLimits.steps) steps") }
    }

    /// Counts scalars or elements that are about to be made.
    mutating func charge(_ amount: Int) throws(TokenizationError) {
        let (sum, overflow) = work.addingReportingOverflow(max(amount, 0))
        if overflow || sum > TemplateLimits.work {
            throw limit("more than \(TemplateLimits.work) characters and elements made")
        }
        work = sum
    }

    /// A text of the template's making, within the limits.
    mutating func text(_ text: MarkedText) throws(TokenizationError) -> TemplateValue {
        try charge(text.count)
        if text.count > TemplateLimits.textScalars {
            throw limit("a text of more than \(TemplateLimits.textScalars) characters")
        }
        return .text(text)
    }

    mutating func list(
        _ elements: [TemplateValue],
        kind: TemplateList.Kind = .list
    ) throws(TokenizationError) -> TemplateValue {
        try charge(elements.count)
        let list = TemplateList(elements, kind: kind)
        try check(.list(list))
        return .list(list)
    }

    func check(_ value: TemplateValue) throws(TokenizationError) {
        if value.depth > TemplateLimits.valueDepth {
            throw limit("lists and mappings nested deeper than \(TemplateLimits.valueDepth)")
        }
        if value.weight > TemplateLimits.valueWeight {
            throw limit("a value of more than \(TemplateLimits.valueWeight) parts")
        }
    }

    mutating func enter() throws(TokenizationError) {
        depth += 1
        if depth > TemplateLimits.evaluationDepth {
            throw limit("evaluation nested deeper than \(TemplateLimits.evaluationDepth)")
        }
    }

    mutating func leave() { depth -= 1 }

    func failure(_ what: String) -> TokenizationError { TemplateFault.evaluation(what, line: line) }
    func limit(_ what: String) -> TokenizationError { TemplateFault.limit(what, line: line) }

    // MARK: - Statements

    mutating func run(_ statements: [TemplateStatement]) throws(TokenizationError) -> Signal {
        try enter()
        defer { leave() }
        for statement in statements {
            try step()
            let signal = try run(statement)
            if signal != .proceed { return signal }
        }
        return .proceed
    }

    private mutating func run(_ statement: TemplateStatement) throws(TokenizationError) -> Signal {
        switch statement {
        case .text(let text): try write(text)
        case .output(let expression): try write(try shown(try evaluate(expression)))
        case .conditional(let branches, let otherwise): return try run(branches, otherwise)
        case .loop(let loop): try run(loop)
        case .set(let target, let expression): try assign(try evaluate(expression), to: target)
        case .setBlock(let target, let filters, let body, let line):
            let value = try filter(.text(try capture(body)), through: filters, line: line)
            try assign(value, to: target)
        case .filterBlock(let filters, let body, let line):
            try write(try shown(try filter(.text(try capture(body)), through: filters, line: line)))
        case .scope(let body): try write(try capture(body))
        case .macro(let macro):
            try charge(1)
            macros.append((macro, scope))
            scope.variables[macro.name] = .macro(macros.count - 1)
        case .breakLoop: return .leaveLoop
        case .continueLoop: return .nextRound
        }
        return .proceed
    }

    private mutating func write(_ text: MarkedText) throws(TokenizationError) {
        if output.count + text.count > TemplateLimits.textScalars {
            throw limit("an output of more than \(TemplateLimits.textScalars) characters")
        }
        try charge(text.count)
        output.append(text)
    }

    private mutating func run(
        _ branches: [(condition: TemplateExpression, body: [TemplateStatement])],
        _ otherwise: [TemplateStatement]
    ) throws(TokenizationError) -> Signal {
        for branch in branches where try evaluate(branch.condition).isTrue { return try run(branch.body) }
        return try run(otherwise)
    }

    /// What the statements write, in a scope of their own.
    @inline(never)
    private mutating func capture(_ body: [TemplateStatement]) throws(TokenizationError) -> MarkedText {
        let outer = scope
        var written = MarkedText()
        swap(&output, &written)
        scope = TemplateScope(outer: outer)
        _ = try run(body)
        scope = outer
        swap(&output, &written)
        return written
    }

    @inline(never)
    private mutating func filter(
        _ value: TemplateValue,
        through filters: [TemplateFilterCall],
        line: Int
    ) throws(TokenizationError) -> TemplateValue {
        var value = value
        for call in filters {
            let arguments = try evaluate(call.arguments)
            self.line = call.line
            value = try TemplateFilters.apply(call.name, to: value, arguments, in: &self)
        }
        return value
    }

    @inline(never)
    private mutating func run(_ loop: TemplateLoop) throws(TokenizationError) {
        let sequence = try evaluate(loop.sequence)
        line = loop.line
        let hasLength = if case .list(let list) = sequence { list.kind != .generator } else { true }
        var elements = try self.elements(of: sequence)
        let outer = scope
        if let condition = loop.condition {
            var kept: [TemplateValue] = []
            for element in elements {
                scope = TemplateScope(outer: outer)
                try assign(element, to: loop.target)
                if try evaluate(condition).isTrue { kept.append(element) }
            }
            scope = outer
            elements = kept
        }
        guard !elements.isEmpty else {
            scope = TemplateScope(outer: outer)
            _ = try run(loop.otherwise)
            scope = outer
            return
        }
        for index in elements.indices {
            try step()
            scope = TemplateScope(outer: outer)
            try assign(elements[index], to: loop.target)
            scope.variables["loop"] = .loop(
                TemplateLoopState(index: index, elements: elements, hasLength: hasLength, nesting: openLoops)
            )
            if try run(loop.body) == .leaveLoop { break }
        }
        scope = outer
    }

    mutating func assign(_ value: TemplateValue, to target: TemplateTarget) throws(TokenizationError) {
        switch target {
        case .name(let name): scope.variables[name] = value
        case .attribute(let namespace, let name):
            guard case .namespace(let number) = scope.find(namespace) else {
                throw failure("cannot set an attribute of \(TemplateFault.quoted(namespace)), which is no namespace")
            }
            namespaces[number][name] = value
        case .tuple(let targets):
            let values = try elements(of: value)
            guard values.count == targets.count else {
                throw failure("cannot unpack \(values.count) values into \(targets.count) names")
            }
            for (target, value) in zip(targets, values) { try assign(value, to: target) }
        }
    }

    // MARK: - Macros

    @inline(never)
    mutating func call(_ number: Int, _ arguments: TemplateCallArguments) throws(TokenizationError) -> TemplateValue {
        let (macro, home) = macros[number]
        let caller = scope
        let inner = TemplateScope(outer: home)
        guard arguments.positional.count <= macro.parameters.count else {
            throw failure("the macro \(TemplateFault.quoted(macro.name)) takes \(macro.parameters.count) arguments")
        }
        for (name, value) in arguments.named {
            guard let index = macro.parameters.firstIndex(where: { $0.name == name }),
                index >= arguments.positional.count
            else {
                let macroName = TemplateFault.quoted(macro.name)
                throw failure("the macro \(macroName) cannot take the argument \(TemplateFault.quoted(name))")
            }
            inner.variables[name] = value
        }
        scope = inner
        for (index, parameter) in macro.parameters.enumerated() {
            if index < arguments.positional.count {
                inner.variables[parameter.name] = arguments.positional[index]
            } else if inner.variables[parameter.name] == nil {
                let standard = try parameter.standard.map { (expression) throws(TokenizationError) in
                    try evaluate(expression)
                }
                inner.variables[parameter.name] = standard ?? .undefined(parameter.name)
            }
        }
        let written = try capture(macro.body)
        scope = caller
        return try text(written)
    }
}
