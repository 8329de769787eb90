// SPDX-License-Identifier: Apache-2.0

/// The filters, `value | name(…)`.
enum TemplateFilters {
    /// The filters built, with the names of their parameters in order.
    private static let parameters: [String: [String]] = [
        "abs": [], "capitalize": [], "count": [], "d": ["default_value", "boolean"],
        "default": ["default_value", "boolean"], "dictsort": ["case_sensitive", "by", "reverse"], "first": [],
        "float": ["default"], "indent": ["width", "first", "blank"], "int": ["default"], "items": [],
        "join": ["d", "attribute"], "last": [], "length": [], "list": [], "lower": [],
        "max": ["case_sensitive", "attribute"], "min": ["case_sensitive", "attribute"],
        "replace": ["old", "new", "count"], "reverse": [], "safe": [],
        "sort": ["reverse", "case_sensitive", "attribute"],
        "string": [], "sum": ["attribute", "start"], "title": [],
        "tojson": ["ensure_ascii", "indent", "separators", "sort_keys"], "trim": ["chars"],
        "unique": ["case_sensitive", "attribute"], "upper": [],
    ]

    /// Filters that hand their arguments on to another filter or a test.
    static let forwarding: Set<String> = ["map", "reject", "rejectattr", "select", "selectattr"]

    static let names = forwarding.union(parameters.keys)

    /// Filters of Jinja that are not built, so that a condition around them makes no difference.
    static let unbuilt: Set<String> = [
        "attr", "batch", "center", "e", "escape", "filesizeformat", "forceescape", "format", "groupby", "pprint",
        "random", "round", "slice", "striptags", "truncate", "urlencode", "urlize", "wordcount", "wordwrap", "xmlattr",
    ]

    static func apply(
        _ name: String,
        to value: TemplateValue,
        _ arguments: TemplateCallArguments,
        in evaluator: inout TemplateEvaluator
    ) throws(TokenizationError) -> TemplateValue {
        guard names.contains(name) else {
            throw TemplateFault.unsupported("the filter \(TemplateFault.quoted(name))", line: evaluator.line)
        }
        if let parameters = parameters[name] {
            guard arguments.positional.count <= parameters.count else {
                throw evaluator.failure("the filter `\(name)` takes at most \(parameters.count) arguments")
            }
            for argument in arguments.named where !parameters.contains(argument.name) {
                throw evaluator.failure("the filter `\(name)` takes no \(TemplateFault.quoted(argument.name))")
            }
        }
        if let result = try text(name, value, arguments, in: &evaluator) { return result }
        if let result = try sequence(name, value, arguments, in: &evaluator) { return result }
        return try conversion(name, value, arguments, in: &evaluator)
    }

    // MARK: - Text

    private static func text(
        _ name: String,
        _ value: TemplateValue,
        _ arguments: TemplateCallArguments,
        in evaluator: inout TemplateEvaluator
    ) throws(TokenizationError) -> TemplateValue? {
        switch name {
        case "string": return try evaluator.text(try evaluator.shown(value))
        case "safe":
            var text = try evaluator.shown(value)
            text.isMarkup = true
            return try evaluator.text(text)
        case "upper": return try evaluator.text(try evaluator.shown(value).uppercased())
        case "lower": return try evaluator.text(try evaluator.shown(value).lowercased())
        case "capitalize": return try evaluator.text(try evaluator.shown(value).capitalized())
        case "title": return try evaluator.text(titled(try evaluator.shown(value)))
        case "trim":
            var scalars: MarkedText?
            if case .text(let text) = arguments.value(0, "chars") { scalars = text }
            return try evaluator.text(try evaluator.shown(value).trimmed(scalars: scalars))
        case "replace":
            guard let old = arguments.value(0, "old"), let new = arguments.value(1, "new") else {
                throw evaluator.failure("the filter `replace` takes an old and a new text")
            }
            let limit = arguments.value(2, "count")?.wholeNumber ?? .max
            return try evaluator.replace(
                try evaluator.shown(value),
                try evaluator.shown(old),
                try evaluator.shown(new),
                limit: limit < 0 ? .max : limit
            )
        case "indent": return try indented(value, arguments, in: &evaluator)
        default: return nil
        }
    }

    /// Each word, as Jinja cuts them, in lower case with its first letter in upper case.
    private static func titled(_ text: MarkedText) -> MarkedText {
        var result = MarkedText()
        var word = MarkedText()
        for unit in text.units {
            word.units.append(unit)
            let value = MarkedText.value(unit)
            let isBoundary = [0x2D, 0x28, 0x7B, 0x5B, 0x3C].contains(value) || MarkedText.isSpace(unit)
            if isBoundary {
                result.append(word.capitalized())
                word = MarkedText()
            }
        }
        result.append(word.capitalized())
        return result
    }

    private static func indented(
        _ value: TemplateValue,
        _ arguments: TemplateCallArguments,
        in evaluator: inout TemplateEvaluator
    ) throws(TokenizationError) -> TemplateValue {
        var indentation = MarkedText("    ")
        switch arguments.value(0, "width") {
        case .text(let text): indentation = text
        case .some(let width):
            guard let count = width.wholeNumber, count <= 1024 else {
                throw evaluator.failure("`indent` takes a width of at most 1024")
            }
            indentation = MarkedText(units: Array(repeating: 0x20, count: max(count, 0)))
        case nil: break
        }
        let indentsFirst = arguments.value(1, "first")?.isTrue ?? false
        let indentsBlank = arguments.value(2, "blank")?.isTrue ?? false
        var text = try evaluator.shown(value)
        text.units.append(0x0A)
        let lines = text.lines()
        try evaluator.charge(lines.count * (indentation.count + 16))
        var result = indentsFirst ? indentation : MarkedText()
        for (index, line) in lines.enumerated() {
            if index > 0 {
                result.units.append(0x0A)
                if indentsBlank || !line.isEmpty { result.append(indentation) }
            }
            result.append(line)
        }
        return try evaluator.text(result)
    }

    // MARK: - Numbers, JSON, defaults

    private static func conversion(
        _ name: String,
        _ value: TemplateValue,
        _ arguments: TemplateCallArguments,
        in evaluator: inout TemplateEvaluator
    ) throws(TokenizationError) -> TemplateValue {
        switch name {
        case "default", "d":
            let standard = arguments.value(0, "default_value") ?? .text(MarkedText())
            let alsoFalse = arguments.value(1, "boolean")?.isTrue ?? false
            return value.isUndefined || (alsoFalse && !value.isTrue) ? standard : value
        case "tojson": return try json(value, arguments, in: &evaluator)
        case "int":
            if value.isUndefined { throw evaluator.failure("\(value.kindName) is no number") }
            if let whole = value.wholeNumber { return .integer(whole) }
            if let real = number(value), let whole = Int(exactly: real.rounded(.towardZero)) { return .integer(whole) }
            return arguments.value(0, "default") ?? .integer(0)
        case "float":
            if value.isUndefined { throw evaluator.failure("\(value.kindName) is no number") }
            return number(value).map(TemplateValue.number) ?? arguments.value(0, "default") ?? .number(0)
        default:
            if let whole = value.wholeNumber { return whole < 0 ? try evaluator.negated(value) : .integer(whole) }
            guard let real = value.double else { throw evaluator.failure("\(value.kindName) has no absolute value") }
            return .number(real.magnitude)
        }
    }

    private static func number(_ value: TemplateValue) -> Double? {
        guard case .text(let text) = value else { return value.double }
        let plain = text.trimmed().string
        guard !plain.isEmpty, plain.unicodeScalars.allSatisfy({ "0123456789+-.eE".unicodeScalars.contains($0) }) else {
            return nil
        }
        return Double(plain)
    }

    private static func json(
        _ value: TemplateValue,
        _ arguments: TemplateCallArguments,
        in evaluator: inout TemplateEvaluator
    ) throws(TokenizationError) -> TemplateValue {
        var style = TemplateEvaluator.JSONStyle()
        style.escapesNonASCII = arguments.value(0, "ensure_ascii")?.isTrue ?? false
        style.sortsKeys = arguments.value(3, "sort_keys")?.isTrue ?? false
        switch arguments.value(1, "indent") {
        case nil, .some(.none): break
        case .text(let text): style.indent = text
        case .some(let width):
            guard let count = width.wholeNumber, count <= 64 else {
                throw evaluator.failure("`tojson` takes an indent of at most 64")
            }
            style.indent = MarkedText(units: Array(repeating: 0x20, count: max(count, 0)))
        }
        if style.indent != nil { style.itemSeparator = MarkedText(",") }
        switch arguments.value(2, "separators") {
        case nil, .some(.none): break
        case .list(let list):
            guard list.elements.count == 2, case .text(let item) = list.elements[0],
                case .text(let key) = list.elements[1]
            else { fallthrough }
            style.itemSeparator = item
            style.keySeparator = key
        default: throw evaluator.failure("`tojson` takes two texts as separators")
        }
        var text = MarkedText()
        try evaluator.json(value, style, into: &text)
        return try evaluator.text(text)
    }
}
