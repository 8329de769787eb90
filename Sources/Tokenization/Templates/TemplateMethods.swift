// SPDX-License-Identifier: Apache-2.0

/// The methods of Python's strings, lists and mappings that templates call.
enum TemplateMethods {
    static let ofText: Set<String> = [
        "capitalize", "count", "endswith", "find", "format", "isalpha", "isdigit", "isspace", "join", "lower", "lstrip",
        "removeprefix", "removesuffix", "replace", "rfind", "rsplit", "rstrip", "split", "splitlines", "startswith",
        "strip", "upper",
    ]
    static let ofList: Set<String> = ["count", "index"]
    static let ofMapping: Set<String> = ["copy", "get", "items", "keys", "values"]
    static let mutatingMapping: Set<String> = ["clear", "pop", "popitem", "setdefault", "update"]

    /// Methods that change what they are called on; as in the sandbox, a template may name but not call them.
    static let mutating: Set<String> = mutatingMapping.union([
        "append", "extend", "insert", "remove", "reverse", "sort", "add", "discard",
    ])

    /// Every name that may be called; `cycle` is `loop.cycle`.
    static let names = ofText.union(ofList).union(ofMapping).union(["cycle"])

    static func call(
        _ name: String,
        of receiver: TemplateValue,
        _ arguments: TemplateCallArguments,
        in evaluator: inout TemplateEvaluator
    ) throws(TokenizationError) -> TemplateValue {
        guard arguments.named.isEmpty || ["split", "rsplit", "splitlines", "format"].contains(name) else {
            throw evaluator.failure("the method `\(name)` takes no named arguments")
        }
        switch receiver {
        case .text(let text):
            if let result = try predicate(name, text, arguments, in: &evaluator) { return result }
            return try transform(name, text, arguments, in: &evaluator)
        case .list(let list): return try call(name, of: list, arguments, in: &evaluator)
        case .mapping(let mapping): return try call(name, of: mapping, arguments, in: &evaluator)
        case .loop(let state):
            guard !arguments.positional.isEmpty else { throw evaluator.failure("`cycle` takes at least one value") }
            return arguments.positional[state.index % arguments.positional.count]
        default: throw evaluator.failure("\(receiver.kindName) has no method `\(name)`")
        }
    }

    private static func text(
        _ position: Int,
        of method: String,
        _ arguments: TemplateCallArguments,
        in evaluator: TemplateEvaluator
    ) throws(TokenizationError) -> MarkedText {
        guard position < arguments.positional.count, case .text(let text) = arguments.positional[position] else {
            throw evaluator.failure("the method `\(method)` takes a string as its argument \(position + 1)")
        }
        return text
    }

    // MARK: - Strings

    private static func predicate(
        _ name: String,
        _ text: MarkedText,
        _ arguments: TemplateCallArguments,
        in evaluator: inout TemplateEvaluator
    ) throws(TokenizationError) -> TemplateValue? {
        switch name {
        case "startswith", "endswith":
            guard arguments.positional.count == 1 else {
                throw TemplateFault.unsupported("`\(name)` with other than one argument", line: evaluator.line)
            }
            var affixes = arguments.positional
            if case .list(let list) = affixes[0], list.kind == .tuple { affixes = list.elements }
            for affix in affixes {
                guard case .text(let affix) = affix else { throw evaluator.failure("`\(name)` takes strings") }
                if name == "startswith" ? text.hasPrefix(affix) : text.hasSuffix(affix) { return .bool(true) }
            }
            return .bool(false)
        case "find": return .integer(text.firstIndex(of: try self.text(0, of: name, arguments, in: evaluator)) ?? -1)
        case "rfind":
            let part = try self.text(0, of: name, arguments, in: evaluator)
            var position = text.count - part.count
            while position >= 0, !text.matches(part, at: position) { position -= 1 }
            return .integer(max(position, -1))
        case "count":
            let part = try self.text(0, of: name, arguments, in: evaluator)
            try evaluator.charge(text.count)
            return .integer(part.isEmpty ? text.count + 1 : text.split(separator: part).count - 1)
        case "isdigit": return .bool(all(text) { $0.numericType == .digit || $0.numericType == .decimal })
        case "isalpha":
            return .bool(
                all(text) {
                    switch $0.generalCategory {
                    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: true
                    default: false
                    }
                }
            )
        case "isspace": return .bool(!text.isEmpty && text.units.allSatisfy(MarkedText.isSpace))
        default: return nil
        }
    }

    private static func all(_ text: MarkedText, _ holds: (Unicode.Scalar.Properties) -> Bool) -> Bool {
        !text.isEmpty
            && text.units.allSatisfy { Unicode.Scalar(MarkedText.value($0)).map { holds($0.properties) } ?? false }
    }

    private static func transform(
        _ name: String,
        _ text: MarkedText,
        _ arguments: TemplateCallArguments,
        in evaluator: inout TemplateEvaluator
    ) throws(TokenizationError) -> TemplateValue {
        switch name {
        case "upper": return try evaluator.text(text.uppercased())
        case "lower": return try evaluator.text(text.lowercased())
        case "capitalize": return try evaluator.text(text.capitalized())
        case "strip", "lstrip", "rstrip":
            var scalars: MarkedText?
            if let argument = arguments.positional.first, argument != .none {
                scalars = try self.text(0, of: name, arguments, in: evaluator)
            }
            return try evaluator.text(
                text.trimmed(leading: name != "rstrip", trailing: name != "lstrip", scalars: scalars)
            )
        case "removeprefix", "removesuffix":
            let affix = try self.text(0, of: name, arguments, in: evaluator)
            if name == "removeprefix", text.hasPrefix(affix) {
                return try evaluator.text(MarkedText(text.units.dropFirst(affix.count)))
            }
            if name == "removesuffix", text.hasSuffix(affix) {
                return try evaluator.text(MarkedText(text.units.dropLast(affix.count)))
            }
            return .text(text)
        case "replace":
            let limit = arguments.positional.count > 2 ? arguments.positional[2].wholeNumber ?? .max : .max
            return try evaluator.replace(
                text,
                try self.text(0, of: name, arguments, in: evaluator),
                try self.text(1, of: name, arguments, in: evaluator),
                limit: limit < 0 ? .max : limit
            )
        case "split", "rsplit": return try split(name, text, arguments, in: &evaluator)
        case "splitlines":
            if arguments.value(0, "keepends")?.isTrue ?? false {
                throw TemplateFault.unsupported("`splitlines` that keeps line ends", line: evaluator.line)
            }
            return try evaluator.list(parts: text.lines())
        case "join":
            var result = MarkedText()
            let elements = try arguments.positional.first.map { (value) throws(TokenizationError) in
                try evaluator.elements(of: value)
            }
            for (index, element) in (elements ?? []).enumerated() {
                guard case .text(let part) = element else { throw evaluator.failure("`join` takes strings") }
                try evaluator.charge(part.count + text.count)
                if index > 0 { result.append(text) }
                result.append(part)
            }
            return try evaluator.text(result)
        default: return try format(text, arguments, in: &evaluator)
        }
    }

    private static func split(
        _ name: String,
        _ text: MarkedText,
        _ arguments: TemplateCallArguments,
        in evaluator: inout TemplateEvaluator
    ) throws(TokenizationError) -> TemplateValue {
        let limit = arguments.value(1, "maxsplit")?.wholeNumber ?? -1
        let cuts = limit < 0 ? Int.max : limit
        try evaluator.charge(text.count)
        switch arguments.value(0, "sep") {
        case nil, .some(.none):
            if name == "rsplit", limit >= 0 {
                throw TemplateFault.unsupported("`rsplit` at white space with a limit", line: evaluator.line)
            }
            return try evaluator.list(parts: text.splitAtSpace(limit: cuts))
        case .text(let separator):
            guard !separator.isEmpty else { throw evaluator.failure("an empty separator") }
            return try evaluator.list(
                parts: name == "split"
                    ? text.split(separator: separator, limit: cuts)
                    : text.splitFromEnd(separator: separator, limit: cuts)
            )
        default: throw evaluator.failure("`\(name)` takes a string")
        }
    }

    /// `'{} {0} {name}'.format(…)`, without conversions and format specifications.
    private static func format(
        _ text: MarkedText,
        _ arguments: TemplateCallArguments,
        in evaluator: inout TemplateEvaluator
    ) throws(TokenizationError) -> TemplateValue {
        var result = MarkedText()
        var next = 0
        var position = 0
        while position < text.count {
            let unit = text.units[position]
            let value = MarkedText.value(unit)
            let isDoubled = position + 1 < text.count && MarkedText.value(text.units[position + 1]) == value
            if (value == 0x7B || value == 0x7D) && isDoubled {
                result.units.append(unit)
                position += 2
            } else if value == 0x7B {
                var end = position + 1
                while end < text.count, MarkedText.value(text.units[end]) != 0x7D { end += 1 }
                guard end < text.count else { throw evaluator.failure("a `{` without `}` in a format") }
                let field = MarkedText.string(text.units[(position + 1)..<end])
                let argument: TemplateValue?
                if field.isEmpty || Int(field) != nil {
                    let index = Int(field) ?? next
                    argument = arguments.positional.indices.contains(index) ? arguments.positional[index] : nil
                    next += 1
                } else if field.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "_" }) {
                    argument = arguments.named.first { $0.name == field }?.value
                } else {
                    throw TemplateFault.unsupported("the format \(TemplateFault.quoted(field))", line: evaluator.line)
                }
                guard let argument else { throw evaluator.failure("a format lacks its argument") }
                let part = try evaluator.shown(argument)
                try evaluator.charge(part.count)
                result.append(part)
                position = end + 1
            } else if value == 0x7D {
                throw evaluator.failure("a `}` without `{` in a format")
            } else {
                result.units.append(unit)
                position += 1
            }
        }
        return try evaluator.text(result)
    }

    // MARK: - Lists and mappings

    private static func call(
        _ name: String,
        of list: TemplateList,
        _ arguments: TemplateCallArguments,
        in evaluator: inout TemplateEvaluator
    ) throws(TokenizationError) -> TemplateValue {
        guard arguments.positional.count == 1 else { throw evaluator.failure("the method `\(name)` takes one value") }
        try evaluator.charge(list.weight / 8)
        let value = arguments.positional[0]
        if name == "count" { return .integer(list.elements.count { $0 == value }) }
        guard let index = list.elements.firstIndex(of: value) else {
            throw evaluator.failure("the value is not in the list")
        }
        return .integer(index)
    }

    private static func call(
        _ name: String,
        of mapping: TemplateMapping,
        _ arguments: TemplateCallArguments,
        in evaluator: inout TemplateEvaluator
    ) throws(TokenizationError) -> TemplateValue {
        switch name {
        case "get":
            guard (1...2).contains(arguments.positional.count) else { throw evaluator.failure("`get` takes a key") }
            let key = arguments.positional[0]
            let standard = arguments.positional.count == 2 ? arguments.positional[1] : .none
            return key.isHashable ? mapping[key] ?? standard : standard
        case "items": return try evaluator.list(mapping.items, kind: .view)
        case "keys": return try evaluator.list(mapping.keys, kind: .view)
        case "values": return try evaluator.list(mapping.values, kind: .view)
        default: return .mapping(mapping)
        }
    }
}

extension TemplateEvaluator {
    mutating func list(parts: [MarkedText]) throws(TokenizationError) -> TemplateValue {
        // A text of its own costs far more than its scalars.
        try charge(parts.reduce(0) { $0 + 16 + $1.count })
        return try list(parts.map(TemplateValue.text))
    }

    mutating func replace(
        _ text: MarkedText,
        _ old: MarkedText,
        _ new: MarkedText,
        limit: Int
    ) throws(TokenizationError) -> TemplateValue {
        let found = old.isEmpty ? text.count + 1 : text.split(separator: old, limit: limit).count - 1
        let (growth, overflow) = min(found, limit).multipliedReportingOverflow(by: new.count)
        try charge(overflow ? .max : growth)
        return try self.text(text.replacing(old, with: new, limit: limit))
    }
}
