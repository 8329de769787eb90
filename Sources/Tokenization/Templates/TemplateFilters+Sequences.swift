// SPDX-License-Identifier: Apache-2.0

/// The filters that work on lists and mappings.
extension TemplateFilters {
    static func sequence(
        _ name: String,
        _ value: TemplateValue,
        _ arguments: TemplateCallArguments,
        in evaluator: inout TemplateEvaluator
    ) throws(TokenizationError) -> TemplateValue? {
        // Jinja looks at the truth of these filters' value before it asks for its elements: nothing is left of `none`.
        if forwarding.contains(name), !value.isTrue { return try evaluator.list([], kind: .generator) }
        switch name {
        case "length", "count": return .integer(try evaluator.length(of: value))
        case "list": return try evaluator.list(try evaluator.elements(of: value))
        case "items":
            if value.isUndefined { return try evaluator.list([], kind: .generator) }
            guard case .mapping(let mapping) = value else { throw evaluator.failure("`items` takes a mapping") }
            return try evaluator.list(mapping.items, kind: .generator)
        case "first": return try evaluator.elements(of: value).first ?? .undefined("the first item of nothing")
        case "last": return try evaluator.elements(of: value).last ?? .undefined("the last item of nothing")
        case "reverse":
            if case .text(let text) = value { return try evaluator.text(MarkedText(units: text.units.reversed())) }
            return try evaluator.list(try evaluator.elements(of: value).reversed(), kind: .generator)
        case "join": return try joined(value, arguments, in: &evaluator)
        case "dictsort": return try dictsorted(value, arguments, in: &evaluator)
        case "sort", "unique", "min", "max": return try ordered(name, value, arguments, in: &evaluator)
        case "sum":
            var sum = arguments.value(1, "start") ?? .integer(0)
            for element in try evaluator.elements(of: value) {
                try evaluator.step()
                let part = try attribute(arguments.value(0, "attribute"), of: element, in: &evaluator)
                sum = try evaluator.arithmetic(.add, sum, part)
            }
            return sum
        case "map": return try mapped(value, arguments, in: &evaluator)
        case "select", "reject", "selectattr", "rejectattr":
            return try selected(name, value, arguments, in: &evaluator)
        default: return nil
        }
    }

    @inline(never)
    private static func joined(
        _ value: TemplateValue,
        _ arguments: TemplateCallArguments,
        in evaluator: inout TemplateEvaluator
    ) throws(TokenizationError) -> TemplateValue {
        let separator = try evaluator.shown(arguments.value(0, "d") ?? .text(MarkedText()))
        var result = MarkedText()
        for (index, element) in try evaluator.elements(of: value).enumerated() {
            try evaluator.step()
            let part = try evaluator.shown(try attribute(arguments.value(1, "attribute"), of: element, in: &evaluator))
            try evaluator.charge(part.count + separator.count)
            if index > 0 { result.append(separator) }
            result.append(part)
        }
        return try evaluator.text(result)
    }

    @inline(never)
    private static func dictsorted(
        _ value: TemplateValue,
        _ arguments: TemplateCallArguments,
        in evaluator: inout TemplateEvaluator
    ) throws(TokenizationError) -> TemplateValue {
        guard case .mapping(let mapping) = value else { throw evaluator.failure("`dictsort` takes a mapping") }
        let isCaseSensitive = arguments.value(0, "case_sensitive")?.isTrue ?? false
        var byValue = false
        if let by = arguments.value(1, "by") {
            guard by == .string("key") || by == .string("value") else {
                throw evaluator.failure("`dictsort` sorts by `key` or by `value`")
            }
            byValue = by == .string("value")
        }
        let descends = arguments.value(2, "reverse")?.isTrue ?? false
        let pairs = try evaluator.sorted(Array(zip(mapping.keys, mapping.values)), descending: descends) {
            folded(byValue ? $0.1 : $0.0, isCaseSensitive)
        }
        return try evaluator.list(pairs.map { .list(TemplateList([$0.0, $0.1], kind: .tuple)) })
    }

    @inline(never)
    private static func ordered(
        _ name: String,
        _ value: TemplateValue,
        _ arguments: TemplateCallArguments,
        in evaluator: inout TemplateEvaluator
    ) throws(TokenizationError) -> TemplateValue {
        let first = name == "sort" ? 1 : 0
        let isCaseSensitive = arguments.value(first, "case_sensitive")?.isTrue ?? false
        let path = arguments.value(first + 1, "attribute")
        var keyed: [(key: TemplateValue, element: TemplateValue)] = []
        for element in try evaluator.elements(of: value) {
            try evaluator.step()
            let key = try attribute(path, of: element, in: &evaluator)
            keyed.append((folded(key, isCaseSensitive), element))
        }
        if name == "unique" {
            var seen: Set<TemplateValue> = []
            var kept: [TemplateValue] = []
            for (key, element) in keyed {
                guard key.isHashable else { throw evaluator.failure("`unique` cannot compare \(key.kindName)") }
                if seen.insert(key).inserted { kept.append(element) }
            }
            return try evaluator.list(kept, kind: .generator)
        }
        let descends = name == "sort" && arguments.value(0, "reverse")?.isTrue ?? false
        let sorted = try evaluator.sorted(keyed, descending: descends || name == "max") { $0.key }
        if name == "sort" { return try evaluator.list(sorted.map(\.element)) }
        return sorted.first?.element ?? .undefined("the \(name) of nothing")
    }

    private static func folded(_ value: TemplateValue, _ isCaseSensitive: Bool) -> TemplateValue {
        if !isCaseSensitive, case .text(let text) = value { return .text(text.lowercased()) }
        return value
    }

    /// What stands at a path such as `function.name`; the value itself without a path.
    private static func attribute(
        _ path: TemplateValue?,
        of value: TemplateValue,
        in evaluator: inout TemplateEvaluator
    ) throws(TokenizationError) -> TemplateValue {
        switch path {
        case nil, .some(.none): return value
        case .text(let path):
            if path.string.contains(",") {
                throw TemplateFault.unsupported("several attributes in one filter", line: evaluator.line)
            }
            var value = value
            for part in path.split(separator: MarkedText(".")) {
                let key = Int(part.string).map(TemplateValue.integer) ?? .text(part)
                value = try evaluator.item(key, of: value)
            }
            return value
        case .some(let key): return try evaluator.item(key, of: value)
        }
    }

    @inline(never)
    private static func mapped(
        _ value: TemplateValue,
        _ arguments: TemplateCallArguments,
        in evaluator: inout TemplateEvaluator
    ) throws(TokenizationError) -> TemplateValue {
        var results: [TemplateValue] = []
        let elements = try evaluator.elements(of: value)
        if arguments.positional.isEmpty {
            guard let path = arguments.named.first(where: { $0.name == "attribute" })?.value,
                arguments.named.allSatisfy({ $0.name == "attribute" || $0.name == "default" })
            else { throw evaluator.failure("`map` takes a filter or an attribute") }
            let standard = arguments.named.first { $0.name == "default" }?.value
            for element in elements {
                try evaluator.step()
                let part = try attribute(path, of: element, in: &evaluator)
                results.append(part.isUndefined ? standard ?? part : part)
            }
        } else {
            guard case .text(let name) = arguments.positional[0] else {
                throw evaluator.failure("`map` takes the name of a filter")
            }
            let rest = TemplateCallArguments(
                positional: Array(arguments.positional.dropFirst()),
                named: arguments.named
            )
            for element in elements {
                try evaluator.step()
                try evaluator.enter()
                results.append(try apply(name.string, to: element, rest, in: &evaluator))
                evaluator.leave()
            }
        }
        return try evaluator.list(results, kind: .generator)
    }

    @inline(never)
    private static func selected(
        _ name: String,
        _ value: TemplateValue,
        _ arguments: TemplateCallArguments,
        in evaluator: inout TemplateEvaluator
    ) throws(TokenizationError) -> TemplateValue {
        var positional = arguments.positional[...]
        let path = name.hasSuffix("attr") ? positional.popFirst() : nil
        if name.hasSuffix("attr"), path == nil { throw evaluator.failure("`\(name)` takes an attribute") }
        var test: String?
        if let first = positional.popFirst() {
            guard case .text(let text) = first else { throw evaluator.failure("`\(name)` takes the name of a test") }
            test = text.string
        }
        let rest = TemplateCallArguments(positional: Array(positional), named: arguments.named)
        let wanted = name.hasPrefix("select")
        var kept: [TemplateValue] = []
        for element in try evaluator.elements(of: value) {
            try evaluator.step()
            let part = try attribute(path, of: element, in: &evaluator)
            let holds =
                if let test { try TemplateTests.holds(test, part, rest, in: &evaluator) } else { part.isTrue }
            if holds == wanted { kept.append(element) }
        }
        return try evaluator.list(kept, kind: .generator)
    }
}

extension TemplateEvaluator {
    func length(of value: TemplateValue) throws(TokenizationError) -> Int {
        switch value {
        case .undefined: return 0
        case .text(let text): return text.count
        case .list(let list) where list.kind != .generator: return list.elements.count
        case .mapping(let mapping): return mapping.count
        case .loop(let state): return state.elements.count
        default: throw failure("\(value.kindName) has no length")
        }
    }

    /// The elements in the order of their keys; equal ones keep theirs.
    mutating func sorted<Element>(
        _ elements: [Element],
        descending: Bool = false,
        by key: (Element) -> TemplateValue
    ) throws(TokenizationError) -> [Element] {
        let keys = elements.map(key)
        try charge(keys.reduce(keys.count) { $0 + $1.weight })
        var fault: TokenizationError?
        let order = keys.indices.sorted { left, right in
            do throws(TokenizationError) {
                if try isLess(keys[left], keys[right]) { return !descending }
                if try isLess(keys[right], keys[left]) { return descending }
            } catch {
                fault = fault ?? error
            }
            return left < right
        }
        if let fault { throw fault }
        return order.map { elements[$0] }
    }
}
