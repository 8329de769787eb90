// SPDX-License-Identifier: Apache-2.0

/// How values become text: Python's `str` and `repr`, and `json.dumps`.
extension TemplateEvaluator {
    /// What `{{ value }}` writes.
    mutating func shown(_ value: TemplateValue) throws(TokenizationError) -> MarkedText {
        switch value {
        case .text(let text): return text
        case .undefined: return MarkedText()
        default:
            var text = MarkedText()
            try represent(value, into: &text)
            return text
        }
    }

    private mutating func put(_ string: String, into text: inout MarkedText) throws(TokenizationError) {
        let addition = MarkedText(string)
        try charge(addition.count)
        text.append(addition)
    }

    private mutating func represent(_ value: TemplateValue, into text: inout MarkedText) throws(TokenizationError) {
        switch value {
        case .undefined: try put("Undefined", into: &text)
        case .none: try put("None", into: &text)
        case .bool(let value): try put(value ? "True" : "False", into: &text)
        case .integer(let value): try put(String(value), into: &text)
        case .number(let value): try put(TemplateNumber.text(value), into: &text)
        case .text(let part):
            try charge(2 * part.count + 2)
            text.append(TemplateQuoting.python(part))
        case .list(let list) where list.kind == .list || list.kind == .tuple:
            try put(list.kind == .list ? "[" : "(", into: &text)
            for (index, element) in list.elements.enumerated() {
                if index > 0 { try put(", ", into: &text) }
                try represent(element, into: &text)
            }
            if list.kind == .tuple, list.elements.count == 1 { try put(",", into: &text) }
            try put(list.kind == .list ? "]" : ")", into: &text)
        case .mapping(let mapping):
            try put("{", into: &text)
            for (index, (key, value)) in zip(mapping.keys, mapping.values).enumerated() {
                if index > 0 { try put(", ", into: &text) }
                try represent(key, into: &text)
                try put(": ", into: &text)
                try represent(value, into: &text)
            }
            try put("}", into: &text)
        default: throw TemplateFault.unsupported("printing \(value.kindName)", line: line)
        }
    }

    // MARK: - JSON

    struct JSONStyle {
        var escapesNonASCII = false
        /// One step of indentation; nil writes everything on one line.
        var indent: MarkedText?
        var itemSeparator = MarkedText(", ")
        var keySeparator = MarkedText(": ")
        var sortsKeys = false
    }

    /// What `json.dumps` of Python writes.
    mutating func json(
        _ value: TemplateValue,
        _ style: JSONStyle,
        level: Int = 0,
        into text: inout MarkedText
    ) throws(TokenizationError) {
        switch value {
        case .none: try put("null", into: &text)
        case .bool(let value): try put(value ? "true" : "false", into: &text)
        case .integer(let value): try put(String(value), into: &text)
        case .number(let value): try put(TemplateNumber.json(value), into: &text)
        case .text(let part):
            try charge(2 * part.count + 2)
            text.append(TemplateQuoting.json(part, escapesNonASCII: style.escapesNonASCII))
        case .list(let list) where list.kind == .list || list.kind == .tuple:
            try put("[", into: &text)
            for (index, element) in list.elements.enumerated() {
                if index > 0 { text.append(style.itemSeparator) }
                try newLine(style, level: level + 1, into: &text)
                try json(element, style, level: level + 1, into: &text)
            }
            if !list.elements.isEmpty { try newLine(style, level: level, into: &text) }
            try put("]", into: &text)
        case .mapping(let mapping):
            try put("{", into: &text)
            var pairs = Array(zip(mapping.keys, mapping.values))
            if style.sortsKeys { pairs = try sorted(pairs) { $0.0 } }
            for (index, (key, value)) in pairs.enumerated() {
                if index > 0 { text.append(style.itemSeparator) }
                try newLine(style, level: level + 1, into: &text)
                try jsonKey(key, style, into: &text)
                text.append(style.keySeparator)
                try json(value, style, level: level + 1, into: &text)
            }
            if mapping.count > 0 { try newLine(style, level: level, into: &text) }
            try put("}", into: &text)
        default: throw failure("\(value.kindName) cannot be written as JSON")
        }
    }

    private mutating func jsonKey(
        _ key: TemplateValue,
        _ style: JSONStyle,
        into text: inout MarkedText
    ) throws(TokenizationError) {
        if case .text = key { return try json(key, style, into: &text) }
        guard key.isHashable, key.depth == 0 else { throw failure("\(key.kindName) cannot be a key in JSON") }
        try put("\"", into: &text)
        try json(key, style, into: &text)
        try put("\"", into: &text)
    }

    private mutating func newLine(
        _ style: JSONStyle,
        level: Int,
        into text: inout MarkedText
    ) throws(TokenizationError) {
        guard let indent = style.indent else { return }
        try charge(1 + level * indent.count)
        text.append(MarkedText("\n"))
        for _ in 0..<level { text.append(indent) }
    }
}

// MARK: - Numbers

/// Floats as Python prints them.
enum TemplateNumber {
    static func json(_ value: Double) -> String {
        value.isNaN ? "NaN" : value.isInfinite ? (value < 0 ? "-Infinity" : "Infinity") : text(value)
    }

    /// The shortest decimal that reads back the same, with an exponent below 1e-4 and from 1e16 on.
    static func text(_ value: Double) -> String {
        guard value.isFinite else { return value.isNaN ? "nan" : value < 0 ? "-inf" : "inf" }
        let sign = value.sign == .minus ? "-" : ""
        var digits = ""
        var exponent = 0
        var pointPosition: Int?
        let parts = value.magnitude.description.split(separator: "e")
        for character in parts[0] {
            if character == "." { pointPosition = digits.count } else { digits.append(character) }
        }
        if parts.count > 1 { exponent = Int(parts[1]) ?? 0 }
        // The value is 0.DIGITS times ten to the power of `point`.
        var point = (pointPosition ?? digits.count) + exponent
        while digits.hasPrefix("0"), digits.count > 1 {
            digits.removeFirst()
            point -= 1
        }
        while digits.hasSuffix("0"), digits.count > 1 { digits.removeLast() }
        if digits == "0" { return sign + "0.0" }
        if point > 16 || point < -3 {
            let power = point - 1
            let mantissa = digits.count > 1 ? "\(digits.prefix(1)).\(digits.dropFirst())" : digits
            let size = power.magnitude < 10 ? "0\(power.magnitude)" : "\(power.magnitude)"
            return "\(sign)\(mantissa)e\(power < 0 ? "-" : "+")\(size)"
        }
        if point <= 0 { return "\(sign)0.\(String(repeating: "0", count: -point))\(digits)" }
        if point >= digits.count { return "\(sign)\(digits)\(String(repeating: "0", count: point - digits.count)).0" }
        return "\(sign)\(digits.prefix(point)).\(digits.dropFirst(point))"
    }
}

// MARK: - Strings in quotes

/// Strings in quotes; an escape carries the mark of the scalar that it stands for.
enum TemplateQuoting {
    static func json(_ text: MarkedText, escapesNonASCII: Bool) -> MarkedText {
        var result = MarkedText("\"")
        for unit in text.units {
            let mark = unit & MarkedText.untrustedBit
            let value = MarkedText.value(unit)
            switch value {
            case 0x22, 0x5C: result.units += [0x5C | mark, unit]
            case 0x0A: put("\\n", mark, &result)
            case 0x0D: put("\\r", mark, &result)
            case 0x09: put("\\t", mark, &result)
            case 0x08: put("\\b", mark, &result)
            case 0x0C: put("\\f", mark, &result)
            case 0..<0x20: put("\\u" + hexadecimal(value, 4), mark, &result)
            case 0x7F... where escapesNonASCII:
                for half in Character(Unicode.Scalar(value) ?? "\u{FFFD}").utf16 {
                    put("\\u" + hexadecimal(UInt32(half), 4), mark, &result)
                }
            default: result.units.append(unit)
            }
        }
        result.append(MarkedText("\""))
        return result
    }

    static func python(_ text: MarkedText) -> MarkedText {
        let hasSingle = text.units.contains { MarkedText.value($0) == 0x27 }
        let hasDouble = text.units.contains { MarkedText.value($0) == 0x22 }
        let quote: UInt32 = hasSingle && !hasDouble ? 0x22 : 0x27
        var result = MarkedText(units: [quote])
        for unit in text.units {
            let mark = unit & MarkedText.untrustedBit
            let value = MarkedText.value(unit)
            switch value {
            case quote, 0x5C: result.units += [0x5C | mark, unit]
            case 0x0A: put("\\n", mark, &result)
            case 0x0D: put("\\r", mark, &result)
            case 0x09: put("\\t", mark, &result)
            case _ where isPrintable(value): result.units.append(unit)
            case 0...0xFF: put("\\x" + hexadecimal(value, 2), mark, &result)
            case 0...0xFFFF: put("\\u" + hexadecimal(value, 4), mark, &result)
            default: put("\\U" + hexadecimal(value, 8), mark, &result)
            }
        }
        result.units.append(quote)
        return result
    }

    private static func put(_ text: String, _ mark: UInt32, _ result: inout MarkedText) {
        for scalar in text.unicodeScalars { result.units.append(scalar.value | mark) }
    }

    private static func hexadecimal(_ value: UInt32, _ width: Int) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: max(width - digits.count, 0)) + digits
    }

    /// What `str.isprintable` of Python holds for one scalar.
    private static func isPrintable(_ value: UInt32) -> Bool {
        guard value != 0x20, let scalar = Unicode.Scalar(value) else { return value == 0x20 }
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator,
            .spaceSeparator:
            return false
        default: return true
        }
    }
}
