// SPDX-License-Identifier: Apache-2.0

/// What Python's operators do to the values of a template.
extension TemplateEvaluator {
    @inline(never)
    mutating func arithmetic(
        _ symbol: TemplateOperator,
        _ left: TemplateValue,
        _ right: TemplateValue
    ) throws(TokenizationError) -> TemplateValue {
        if let left = left.wholeNumber, let right = right.wholeNumber { return try whole(symbol, left, right) }
        if let left = left.double, let right = right.double { return try real(symbol, left, right) }
        switch (symbol, left, right) {
        case (.add, .text(let left), .text(let right)):
            return try sum(left, right)
        case (.add, .list(let left), .list(let right))
        where left.kind == right.kind && (left.kind == .list || left.kind == .tuple):
            try charge(left.elements.count + right.elements.count)
            return try list(left.elements + right.elements, kind: left.kind)
        case (.multiply, .text(let text), _):
            if let count = right.wholeNumber { return try repeated(text, count) }
        case (.multiply, _, .text(let text)):
            if let count = left.wholeNumber { return try repeated(text, count) }
        case (.multiply, .list(let elements), _) where elements.kind == .list:
            if let count = right.wholeNumber {
                try charge(saturated(elements.elements.count.multipliedReportingOverflow(by: max(count, 0))))
                return try list(Array(repeating: elements.elements, count: max(count, 0)).flatMap { $0 })
            }
        case (.modulo, .text, _): throw TemplateFault.unsupported("formatting with `%`", line: line)
        default: break
        }
        throw failure("`\(symbol.rawValue)` does not go with \(left.kindName) and \(right.kindName)")
    }

    private mutating func sum(_ left: MarkedText, _ right: MarkedText) throws(TokenizationError) -> TemplateValue {
        try charge(left.count + right.count)
        guard left.isMarkup || right.isMarkup else { return try text(MarkedText(units: left.units + right.units)) }
        var result = left.isMarkup ? left : left.escapedForMarkup()
        result.append(right.isMarkup ? right : right.escapedForMarkup())
        result.isMarkup = true
        return try text(result)
    }

    private mutating func repeated(_ text: MarkedText, _ count: Int) throws(TokenizationError) -> TemplateValue {
        try charge(saturated(text.count.multipliedReportingOverflow(by: max(count, 0))))
        var units: [UInt32] = []
        if !text.isEmpty { for _ in 0..<max(count, 0) { units.append(contentsOf: text.units) } }
        return try self.text(MarkedText(units: units))
    }

    private func whole(_ symbol: TemplateOperator, _ left: Int, _ right: Int) throws(TokenizationError) -> TemplateValue
    {
        let result: (partialValue: Int, overflow: Bool)
        switch symbol {
        case .add: result = left.addingReportingOverflow(right)
        case .subtract: result = left.subtractingReportingOverflow(right)
        case .multiply: result = left.multipliedReportingOverflow(by: right)
        case .divide: return try real(symbol, Double(left), Double(right))
        case .floorDivide, .modulo:
            guard right != 0 else { throw failure("division by zero") }
            // Python rounds towards minus infinity; −1 as the divisor apart, neither division can overflow.
            guard right != -1 else {
                result = symbol == .modulo ? (0, false) : 0.subtractingReportingOverflow(left)
                break
            }
            let isBelow = left % right != 0 && (left % right < 0) != (right < 0)
            return .integer(symbol == .modulo ? left % right + (isBelow ? right : 0) : left / right - (isBelow ? 1 : 0))
        case .power:
            guard right >= 0 else { throw TemplateFault.unsupported("`**` with a negative exponent", line: line) }
            var value = (partialValue: 1, overflow: false)
            // A base beyond ±1 overflows within 64 rounds; the powers of the others repeat themselves.
            let rounds = left.magnitude <= 1 ? right % 2 + (right > 0 ? 2 : 0) : min(right, 64)
            for _ in 0..<rounds where !value.overflow {
                value = value.partialValue.multipliedReportingOverflow(by: left)
            }
            result = value
        }
        guard !result.overflow else { throw failure("the integer is out of range") }
        return .integer(result.partialValue)
    }

    private func real(_ symbol: TemplateOperator, _ left: Double, _ right: Double) throws(TokenizationError)
        -> TemplateValue
    {
        switch symbol {
        case .add: return .number(left + right)
        case .subtract: return .number(left - right)
        case .multiply: return .number(left * right)
        case .divide, .floorDivide, .modulo:
            guard right != 0 else { throw failure("division by zero") }
            if symbol == .divide { return .number(left / right) }
            let rest = left.truncatingRemainder(dividingBy: right)
            let modulo = rest != 0 && (rest < 0) != (right < 0) ? rest + right : rest
            return .number(symbol == .modulo ? modulo : ((left - modulo) / right).rounded())
        case .power: throw TemplateFault.unsupported("`**` with a float", line: line)
        }
    }

    func negated(_ value: TemplateValue) throws(TokenizationError) -> TemplateValue {
        if let whole = value.wholeNumber { return try self.whole(.subtract, 0, whole) }
        guard let real = value.double else { throw failure("`-` does not go with \(value.kindName)") }
        return .number(-real)
    }

    // MARK: - Comparison

    @inline(never)
    mutating func compare(
        _ first: TemplateExpression,
        _ operands: [(TemplateComparison, TemplateExpression)]
    ) throws(TokenizationError) -> Bool {
        var left = try evaluate(first)
        for (comparison, expression) in operands {
            let right = try evaluate(expression)
            line = first.line
            guard try holds(comparison, left, right) else { return false }
            left = right
        }
        return true
    }

    @inline(never)
    mutating func holds(
        _ comparison: TemplateComparison,
        _ left: TemplateValue,
        _ right: TemplateValue
    ) throws(TokenizationError) -> Bool {
        switch comparison {
        case .equal: return try isEqual(left, right)
        case .unequal: return try !isEqual(left, right)
        case .less: return try isLess(left, right)
        case .greater: return try isLess(right, left)
        case .lessOrEqual: return try isLess(left, right) ? true : isEqual(left, right)
        case .greaterOrEqual: return try isLess(right, left) ? true : isEqual(left, right)
        case .isIn: return try contains(right, left)
        case .isNotIn: return try !contains(right, left)
        }
    }

    private mutating func isEqual(_ left: TemplateValue, _ right: TemplateValue) throws(TokenizationError) -> Bool {
        try charge(min(left.weight, right.weight) / 8)
        return left == right
    }

    func isLess(_ left: TemplateValue, _ right: TemplateValue) throws(TokenizationError) -> Bool {
        if let left = left.wholeNumber, let right = right.wholeNumber { return left < right }
        if let left = left.double, let right = right.double { return left < right }
        switch (left, right) {
        case (.text(let left), .text(let right)): return left < right
        case (.list(let left), .list(let right)) where left.kind == right.kind:
            for (left, right) in zip(left.elements, right.elements) where left != right {
                return try isLess(left, right)
            }
            return left.elements.count < right.elements.count
        default: throw failure("\(left.kindName) and \(right.kindName) have no order")
        }
    }

    private mutating func contains(_ container: TemplateValue, _ value: TemplateValue) throws(TokenizationError) -> Bool
    {
        switch container {
        case .text(let text):
            guard case .text(let part) = value else { throw failure("only a string can be in a string") }
            try charge(text.count / 8)
            return text.firstIndex(of: part) != nil
        case .mapping(let mapping): return value.isHashable && mapping[value] != nil
        case .list(let list):
            try charge(list.weight / 8)
            return list.elements.contains(value)
        case .undefined: return false
        default: throw failure("\(container.kindName) contains nothing")
        }
    }

    // MARK: - Sequences

    /// What a loop over the value sees.
    mutating func elements(of value: TemplateValue) throws(TokenizationError) -> [TemplateValue] {
        switch value {
        case .undefined: return []
        case .list(let list): return list.elements
        case .mapping(let mapping): return mapping.keys
        case .text(let text):
            // A text of its own costs far more than its one scalar.
            try charge(text.count.multipliedReportingOverflow(by: 16).partialValue)
            return text.units.map { .text(MarkedText(units: [$0])) }
        default: throw failure("\(value.kindName) is not iterable")
        }
    }

    @inline(never)
    mutating func slice(_ value: TemplateValue, _ bounds: [Int?]) throws(TokenizationError) -> TemplateValue {
        switch value {
        case .text(let text):
            let indices = try indices(bounds, count: text.count)
            return try self.text(MarkedText(units: indices.map { text.units[$0] }))
        case .list(let list) where list.kind == .list || list.kind == .tuple:
            return try self.list(
                try indices(bounds, count: list.elements.count).map { list.elements[$0] },
                kind: list.kind
            )
        case .undefined(let name): throw failure("\(TemplateFault.quoted(name)) is undefined, so it has no items")
        default: throw failure("\(value.kindName) has no items")
        }
    }

    /// The positions that Python's `[start:stop:step]` picks.
    private func indices(_ bounds: [Int?], count: Int) throws(TokenizationError) -> [Int] {
        let step = bounds[2] ?? 1
        guard step != 0 else { throw failure("a slice's step is zero") }
        func clamp(_ bound: Int, _ low: Int, _ high: Int) -> Int {
            min(max(bound < 0 ? bound &+ count : bound, low), high)
        }
        var indices: [Int] = []
        if step > 0 {
            var index = bounds[0].map { clamp($0, 0, count) } ?? 0
            let stop = bounds[1].map { clamp($0, 0, count) } ?? count
            while index < stop {
                indices.append(index)
                index = saturated(index.addingReportingOverflow(step))
            }
        } else {
            var index = bounds[0].map { clamp($0, -1, count - 1) } ?? count - 1
            let stop = bounds[1].map { clamp($0, -1, count - 1) } ?? -1
            while index > stop {
                indices.append(index)
                let (next, overflow) = index.addingReportingOverflow(step)
                index = overflow ? -1 : next
            }
        }
        return indices
    }
}

/// The result of an arithmetic operation, the largest integer where that overflowed.
private func saturated(_ result: (partialValue: Int, overflow: Bool)) -> Int {
    result.overflow ? .max : result.partialValue
}
