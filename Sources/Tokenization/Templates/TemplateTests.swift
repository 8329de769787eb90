// SPDX-License-Identifier: Apache-2.0

/// The tests, `value is name`.
enum TemplateTests {
    /// The tests built, with how many arguments they take.
    private static let arities: [String: Int] = [
        "boolean": 0, "callable": 0, "defined": 0, "divisibleby": 1, "eq": 1, "equalto": 1, "even": 0, "false": 0,
        "float": 0, "ge": 1, "greaterthan": 1, "gt": 1, "in": 1, "integer": 0, "iterable": 0, "le": 1, "lessthan": 1,
        "lower": 0, "lt": 1, "mapping": 0, "ne": 1, "none": 0, "number": 0, "odd": 0, "sequence": 0, "string": 0,
        "true": 0, "undefined": 0, "upper": 0,
    ]

    static let names = Set(arities.keys)

    /// Tests of Jinja that are not built.
    static let unbuilt: Set<String> = ["escaped", "filter", "sameas", "test"]

    static func holds(
        _ name: String,
        _ value: TemplateValue,
        _ arguments: TemplateCallArguments,
        in evaluator: inout TemplateEvaluator
    ) throws(TokenizationError) -> Bool {
        guard let arity = arities[name] else {
            throw TemplateFault.unsupported("the test \(TemplateFault.quoted(name))", line: evaluator.line)
        }
        guard arguments.positional.count == arity, arguments.named.isEmpty else {
            throw evaluator.failure("the test `\(name)` takes \(arity) arguments")
        }
        if let argument = arguments.positional.first {
            return try compares(name, value, argument, in: &evaluator)
        }
        switch name {
        case "defined": return !value.isUndefined
        case "undefined": return value.isUndefined
        case "none": if case .none = value { return true } else { return false }
        case "boolean": if case .bool = value { return true } else { return false }
        case "true": if case .bool(true) = value { return true } else { return false }
        case "false": if case .bool(false) = value { return true } else { return false }
        case "integer": if case .integer = value { return true } else { return false }
        case "float": if case .number = value { return true } else { return false }
        case "number": return value.double != nil
        case "string": if case .text = value { return true } else { return false }
        case "mapping": if case .mapping = value { return true } else { return false }
        case "callable":
            switch value {
            case .macro, .function, .method, .undefined: return true
            default: return false
            }
        case "iterable", "sequence": return isIterable(value, asSequence: name == "sequence")
        case "lower": return isCased(try evaluator.shown(value)) { $0.lowercased() }
        case "upper": return isCased(try evaluator.shown(value)) { $0.uppercased() }
        default:
            guard let whole = value.wholeNumber else {
                throw evaluator.failure("\(value.kindName) is neither odd nor even")
            }
            return (whole % 2 == 0) == (name == "even")
        }
    }

    private static func isIterable(_ value: TemplateValue, asSequence: Bool) -> Bool {
        switch value {
        case .undefined, .text, .mapping: true
        case .list(let list): !asSequence || list.kind == .list || list.kind == .tuple
        case .loop: !asSequence
        default: false
        }
    }

    private static func isCased(_ text: MarkedText, _ change: (MarkedText) -> MarkedText) -> Bool {
        text == change(text) && text.lowercased() != text.uppercased()
    }

    private static func compares(
        _ name: String,
        _ value: TemplateValue,
        _ argument: TemplateValue,
        in evaluator: inout TemplateEvaluator
    ) throws(TokenizationError) -> Bool {
        switch name {
        case "eq", "equalto": return try evaluator.holds(.equal, value, argument)
        case "ne": return try evaluator.holds(.unequal, value, argument)
        case "lt", "lessthan": return try evaluator.holds(.less, value, argument)
        case "le": return try evaluator.holds(.lessOrEqual, value, argument)
        case "gt", "greaterthan": return try evaluator.holds(.greater, value, argument)
        case "ge": return try evaluator.holds(.greaterOrEqual, value, argument)
        case "in": return try evaluator.holds(.isIn, value, argument)
        default: return try evaluator.arithmetic(.modulo, value, argument) == .integer(0)
        }
    }
}
