// SPDX-License-Identifier: Apache-2.0

/// The evaluated arguments of a call, a filter or a test.
struct TemplateCallArguments {
    var positional: [TemplateValue] = []
    var named: [(name: String, value: TemplateValue)] = []

    /// The argument at a position or of a name.
    func value(_ position: Int, _ name: String) -> TemplateValue? {
        position < positional.count ? positional[position] : named.first { $0.name == name }?.value
    }
}

extension TemplateEvaluator {
    mutating func evaluate(_ expression: TemplateExpression) throws(TokenizationError) -> TemplateValue {
        try step()
        try enter()
        defer { leave() }
        line = expression.line
        return try value(of: expression)
    }

    // Each kind has a function of its own that is never inlined, since nesting is bounded by the stack: the temporaries
    // of all kinds together would make one frame of 2.5 KB.
    private mutating func value(of expression: TemplateExpression) throws(TokenizationError) -> TemplateValue {
        switch expression.kind {
        case .constant(let value): return value
        case .name(let name): return scope.find(name) ?? .undefined(name)
        case .list(let elements): return try sequence(elements, .list)
        case .tuple(let elements): return try sequence(elements, .tuple)
        case .mapping(let pairs): return try mapping(pairs)
        case .attribute(let base, let name): return try part(of: base, name)
        case .item(let base, let key): return try part(of: base, key)
        case .slice(let base, let start, let stop, let step): return try part(of: base, [start, stop, step])
        case .call(let callee, let arguments): return try call(callee, arguments, line: expression.line)
        case .filter(let base, let name, let arguments):
            return try filter(base, name, arguments, line: expression.line)
        case .test(let base, let name, let arguments):
            return .bool(try test(base, name, arguments, line: expression.line))
        case .not(let operand): return .bool(!(try isTrue(operand)))
        case .negative(let operand): return try signed(operand, isNegative: true)
        case .positive(let operand): return try signed(operand, isNegative: false)
        case .arithmetic(let symbol, let left, let right):
            return try computed(symbol, left, right, line: expression.line)
        case .concatenation(let parts): return try concatenation(parts)
        case .comparison(let first, let operands): return .bool(try compare(first, operands))
        case .and(let left, let right): return try either(left, right, unless: false)
        case .or(let left, let right): return try either(left, right, unless: true)
        case .conditional(let value, let condition, let otherwise):
            if try isTrue(condition) { return try evaluate(value) }
            guard let otherwise else { return .undefined("the value of an `if` without `else`") }
            return try evaluate(otherwise)
        }
    }

    @inline(never)
    private mutating func isTrue(_ expression: TemplateExpression) throws(TokenizationError) -> Bool {
        try evaluate(expression).isTrue
    }

    /// The left value if its truth is `truth`, else the right one.
    @inline(never)
    private mutating func either(
        _ left: TemplateExpression,
        _ right: TemplateExpression,
        unless truth: Bool
    ) throws(TokenizationError) -> TemplateValue {
        let value = try evaluate(left)
        return value.isTrue == truth ? value : try evaluate(right)
    }

    @inline(never)
    private mutating func sequence(
        _ elements: [TemplateExpression],
        _ kind: TemplateList.Kind
    ) throws(TokenizationError) -> TemplateValue {
        try list(try evaluate(all: elements), kind: kind)
    }

    @inline(never)
    private mutating func part(of base: TemplateExpression, _ name: String) throws(TokenizationError) -> TemplateValue {
        let value = try evaluate(base)
        return try attribute(name, of: value)
    }

    @inline(never)
    private mutating func part(
        of base: TemplateExpression,
        _ key: TemplateExpression
    ) throws(TokenizationError) -> TemplateValue {
        let value = try evaluate(base)
        let key = try evaluate(key)
        return try item(key, of: value)
    }

    @inline(never)
    private mutating func part(
        of base: TemplateExpression,
        _ bounds: [TemplateExpression?]
    ) throws(TokenizationError) -> TemplateValue {
        try slice(try evaluate(base), try evaluate(bounds: bounds))
    }

    @inline(never)
    private mutating func signed(
        _ operand: TemplateExpression,
        isNegative: Bool
    ) throws(TokenizationError) -> TemplateValue {
        let value = try evaluate(operand)
        return isNegative ? try negated(value) : try arithmetic(.add, .integer(0), value)
    }

    @inline(never)
    private mutating func computed(
        _ symbol: TemplateOperator,
        _ left: TemplateExpression,
        _ right: TemplateExpression,
        line: Int
    ) throws(TokenizationError) -> TemplateValue {
        let left = try evaluate(left)
        let right = try evaluate(right)
        self.line = line
        return try arithmetic(symbol, left, right)
    }

    @inline(never)
    private mutating func evaluate(all expressions: [TemplateExpression]) throws(TokenizationError) -> [TemplateValue] {
        var values: [TemplateValue] = []
        for expression in expressions { values.append(try evaluate(expression)) }
        return values
    }

    @inline(never)
    private mutating func evaluate(bounds: [TemplateExpression?]) throws(TokenizationError) -> [Int?] {
        var values: [Int?] = []
        for bound in bounds {
            let value = if let bound { try evaluate(bound) } else { TemplateValue.none }
            if case .none = value {
                values.append(nil)
            } else if let number = value.wholeNumber {
                values.append(number)
            } else {
                throw failure("a slice's bound is \(value.kindName)")
            }
        }
        return values
    }

    @inline(never)
    mutating func evaluate(_ arguments: TemplateArguments) throws(TokenizationError) -> TemplateCallArguments {
        var values = TemplateCallArguments(positional: try evaluate(all: arguments.positional))
        for (name, expression) in arguments.named { values.named.append((name, try evaluate(expression))) }
        return values
    }

    @inline(never)
    private mutating func mapping(
        _ pairs: [(key: TemplateExpression, value: TemplateExpression)]
    ) throws(TokenizationError) -> TemplateValue {
        var mapping = TemplateMapping()
        for pair in pairs {
            let key = try evaluate(pair.key)
            guard key.isHashable else { throw failure("\(key.kindName) cannot be the key of a mapping") }
            mapping.set(key, try evaluate(pair.value))
        }
        try charge(mapping.count)
        try check(.mapping(mapping))
        return .mapping(mapping)
    }

    @inline(never)
    private mutating func concatenation(_ parts: [TemplateExpression]) throws(TokenizationError) -> TemplateValue {
        var result = MarkedText()
        for part in parts {
            let part = try shown(try evaluate(part))
            try charge(part.count)
            result.append(part)
        }
        return try text(result)
    }

    @inline(never)
    private mutating func filter(
        _ base: TemplateExpression,
        _ name: String,
        _ arguments: TemplateArguments,
        line: Int
    ) throws(TokenizationError) -> TemplateValue {
        let value = try evaluate(base)
        let arguments = try evaluate(arguments)
        self.line = line
        return try TemplateFilters.apply(name, to: value, arguments, in: &self)
    }

    @inline(never)
    private mutating func test(
        _ base: TemplateExpression,
        _ name: String,
        _ arguments: TemplateArguments,
        line: Int
    ) throws(TokenizationError) -> Bool {
        let value = try evaluate(base)
        let arguments = try evaluate(arguments)
        self.line = line
        return try TemplateTests.holds(name, value, arguments, in: &self)
    }

    @inline(never)
    private mutating func call(
        _ callee: TemplateExpression,
        _ arguments: TemplateArguments,
        line: Int
    ) throws(TokenizationError) -> TemplateValue {
        let function = try evaluate(callee)
        if case .attribute(_, let name) = callee.kind, TemplateMethods.mutating.contains(name), function.isUndefined {
            throw TemplateFault.evaluation(
                "\(TemplateFault.quoted(name)) would change a value, which is not allowed",
                line: line
            )
        }
        let arguments = try evaluate(arguments)
        self.line = line
        switch function {
        case .macro(let number): return try call(number, arguments)
        case .function(let name): return try TemplateFunctions.call(name, arguments, in: &self)
        case .method(let receiver, let name):
            return try TemplateMethods.call(name, of: receiver, arguments, in: &self)
        default: throw failure("\(function.kindName) cannot be called")
        }
    }

    // MARK: - Parts of values

    /// `value.name`: a method if the value has one of that name, else an item, as Jinja looks.
    func attribute(_ name: String, of value: TemplateValue) throws(TokenizationError) -> TemplateValue {
        switch value {
        case .undefined(let base):
            throw failure("\(TemplateFault.quoted(base)) is undefined, so it has no \(TemplateFault.quoted(name))")
        case .namespace(let number): return namespaces[number][name] ?? .undefined(name)
        case .loop(let state): return loopAttribute(name, state)
        case .text where TemplateMethods.ofText.contains(name): return .method(value, name)
        case .list where TemplateMethods.ofList.contains(name): return .method(value, name)
        case .mapping(let mapping):
            if TemplateMethods.ofMapping.contains(name) { return .method(value, name) }
            if TemplateMethods.mutatingMapping.contains(name) { return .undefined(name) }
            return mapping[.string(name)] ?? .undefined(name)
        default: return .undefined(name)
        }
    }

    /// `value[key]`: an item, else the attribute of that name.
    func item(_ key: TemplateValue, of value: TemplateValue) throws(TokenizationError) -> TemplateValue {
        switch value {
        case .undefined(let base): throw failure("\(TemplateFault.quoted(base)) is undefined, so it has no items")
        case .mapping(let mapping):
            if key.isHashable, let value = mapping[key] { return value }
        case .list(let list):
            if let index = key.wholeNumber, list.kind == .list || list.kind == .tuple {
                return position(index, in: list.elements.count).map { list.elements[$0] } ?? .undefined("item \(index)")
            }
        case .text(let text):
            if let index = key.wholeNumber {
                return position(index, in: text.count).map { .text(MarkedText(units: [text.units[$0]])) }
                    ?? .undefined("item \(index)")
            }
        default: break
        }
        if case .text(let name) = key { return try attribute(name.string, of: value) }
        return .undefined("an item")
    }

    private func position(_ index: Int, in count: Int) -> Int? {
        let position = index < 0 ? count &+ index : index
        return position >= 0 && position < count ? position : nil
    }

    private func loopAttribute(_ name: String, _ state: TemplateLoopState) -> TemplateValue {
        let count = state.elements.count
        switch name {
        case "index": return .integer(state.index + 1)
        case "index0": return .integer(state.index)
        case "first": return .bool(state.index == 0)
        case "last": return .bool(state.index == count - 1)
        case "length": return .integer(count)
        case "revindex": return .integer(count - state.index)
        case "revindex0": return .integer(count - state.index - 1)
        case "previtem":
            return state.index > 0 ? state.elements[state.index - 1] : .undefined("there is no previous item")
        case "nextitem":
            return state.index + 1 < count ? state.elements[state.index + 1] : .undefined("there is no next item")
        case "depth": return .integer(1)
        case "depth0": return .integer(0)
        case "cycle": return .method(.loop(state), name)
        default: return .undefined(name)
        }
    }
}
