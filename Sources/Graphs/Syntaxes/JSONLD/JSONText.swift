// SPDX-License-Identifier: Apache-2.0
package import Tokenization

extension JSONValue {
    /// The value by https://www.rfc-editor.org/rfc/rfc8785: no spaces, keys in the order of their UTF-16. Throws `limit`
    /// where it nests too deep.
    package func canonicalText(maximumDepth: Int = 256) throws -> String {
        var text = ""
        try write(to: &text, maximumDepth)
        return text
    }

    private func write(to text: inout String, _ depth: Int) throws {
        guard depth >= 0 else { throw GraphError(.limit, "values that nest too deep for JSON; choose another syntax") }
        switch self {
        case .null: text += "null"
        case .bool(let value): text += value ? "true" : "false"
        case .integer(let value) where value.magnitude <= 1 << 53: text += String(value)
        case .integer(let value): text += Self.text(of: Double(value))
        case .number(let value): text += Self.text(of: value)
        case .string(let value): text += Self.quoted(value)
        case .array(let values):
            text += "["
            for (index, value) in values.enumerated() {
                if index > 0 { text += "," }
                try value.write(to: &text, depth - 1)
            }
            text += "]"
        case .object(let object):
            text += "{"
            let pairs = object.sorted { $0.0.utf16.lexicographicallyPrecedes($1.0.utf16) }
            for (index, (key, value)) in pairs.enumerated() {
                text += (index > 0 ? "," : "") + Self.quoted(key) + ":"
                try value.write(to: &text, depth - 1)
            }
            text += "}"
        }
    }

    package static func quoted(_ text: String) -> String {
        var made = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": made += "\\\""
            case "\\": made += "\\\\"
            case "\n": made += "\\n"
            case "\r": made += "\\r"
            case "\t": made += "\\t"
            case "\u{8}": made += "\\b"
            case "\u{C}": made += "\\f"
            case "\0"..."\u{1F}":
                made += "\\u00" + String(scalar.value + 256, radix: 16).dropFirst()
            default: made.unicodeScalars.append(scalar)
            }
        }
        return made + "\""
    }

    /// A number as ECMAScript writes it: the shortest digits that give it back.
    static func text(of number: Double) -> String {
        if number == 0 { return "0" }
        let parts = "\(abs(number))".split(separator: "e")
        let mantissa = parts[0].split(separator: ".")
        let fraction = mantissa.count > 1 && mantissa[1] != "0" ? String(mantissa[1]) : ""
        var digits = String(mantissa[0]) + fraction
        // The decimal point stands behind so many digits.
        var point = mantissa[0].count + (parts.count > 1 ? Int(parts[1]) ?? 0 : 0)
        while digits.hasPrefix("0") {
            digits.removeFirst()
            point -= 1
        }
        while digits.hasSuffix("0") { digits.removeLast() }
        let sign = number < 0 ? "-" : ""
        if digits.count <= point, point <= 21 {
            return sign + digits + String(repeating: "0", count: point - digits.count)
        }
        if 0 < point, point <= 21 { return sign + digits.prefix(point) + "." + digits.dropFirst(point) }
        if -6 < point, point <= 0 { return sign + "0." + String(repeating: "0", count: -point) + digits }
        let exponent = point - 1
        let tail = digits.count > 1 ? "." + digits.dropFirst() : ""
        return sign + digits.prefix(1) + tail + "e" + (exponent < 0 ? "-" : "+") + String(abs(exponent))
    }
}
