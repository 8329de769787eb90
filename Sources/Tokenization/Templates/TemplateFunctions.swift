// SPDX-License-Identifier: Apache-2.0

/// The global functions that Hugging Face gives chat templates.
enum TemplateFunctions {
    static let names: Set<String> = ["dict", "namespace", "raise_exception", "range", "strftime_now"]

    static func call(
        _ name: String,
        _ arguments: TemplateCallArguments,
        in evaluator: inout TemplateEvaluator
    ) throws(TokenizationError) -> TemplateValue {
        switch name {
        case "range": return try range(arguments, in: &evaluator)
        case "dict", "namespace":
            let members = try mapping(arguments, in: &evaluator)
            try evaluator.charge(16 + members.count)
            guard name == "namespace" else { return .mapping(members) }
            var attributes: [String: TemplateValue] = [:]
            for (key, value) in zip(members.keys, members.values) {
                guard case .text(let key) = key else { throw evaluator.failure("an attribute's name is no string") }
                attributes[key.string] = value
            }
            evaluator.namespaces.append(attributes)
            return .namespace(evaluator.namespaces.count - 1)
        case "strftime_now":
            guard case .text(let format) = arguments.positional.first, format.count <= 256 else {
                throw evaluator.failure("`strftime_now` takes a format")
            }
            guard let text = evaluator.now.formatted(format.string) else {
                throw TemplateFault.unsupported(
                    "the date format \(TemplateFault.quoted(format.string))",
                    line: evaluator.line
                )
            }
            return .string(text)
        default:
            let message = try evaluator.shown(arguments.value(0, "message") ?? .text(MarkedText()))
            let line = MarkedText(units: message.units.prefix(400).map { MarkedText.isSpace($0) ? 0x20 : $0 })
            throw evaluator.failure("the template refuses this conversation: \(line.string)")
        }
    }

    private static func mapping(
        _ arguments: TemplateCallArguments,
        in evaluator: inout TemplateEvaluator
    ) throws(TokenizationError) -> TemplateMapping {
        var members = TemplateMapping()
        if let first = arguments.positional.first {
            guard arguments.positional.count == 1, case .mapping(let mapping) = first else {
                throw evaluator.failure("`dict` and `namespace` take one mapping")
            }
            members = mapping
        }
        for (name, value) in arguments.named { members.set(.string(name), value) }
        try evaluator.check(.mapping(members))
        return members
    }

    private static func range(
        _ arguments: TemplateCallArguments,
        in evaluator: inout TemplateEvaluator
    ) throws(TokenizationError) -> TemplateValue {
        let bounds = arguments.positional.compactMap(\.wholeNumber)
        guard bounds.count == arguments.positional.count, (1...3).contains(bounds.count) else {
            throw evaluator.failure("`range` takes one to three integers")
        }
        let start = bounds.count > 1 ? bounds[0] : 0
        let stop = bounds.count > 1 ? bounds[1] : bounds[0]
        let step = bounds.count > 2 ? bounds[2] : 1
        guard step != 0 else { throw evaluator.failure("a range's step is zero") }
        var elements: [TemplateValue] = []
        var value = start
        while step > 0 ? value < stop : value > stop {
            elements.append(.integer(value))
            guard elements.count <= TemplateLimits.rangeElements else {
                throw evaluator.limit("a range of more than \(TemplateLimits.rangeElements) elements")
            }
            let (next, overflow) = value.addingReportingOverflow(step)
            if overflow { break }
            value = next
        }
        return try evaluator.list(elements)
    }
}
