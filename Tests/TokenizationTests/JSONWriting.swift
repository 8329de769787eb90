// SPDX-License-Identifier: Apache-2.0
public import Tokenization

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral, ExpressibleByNilLiteral, ExpressibleByFloatLiteral
{
    /// Makes a JSON text of a literal.
    public init(stringLiteral value: String) { self = .string(value) }
    /// Makes a JSON number of a literal.
    public init(floatLiteral value: Double) { self = .number(value) }
    /// Makes a JSON number of a literal.
    public init(integerLiteral value: Int) { self = .integer(value) }
    /// Makes a JSON truth value of a literal.
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    /// Makes a JSON null of a literal.
    public init(nilLiteral: ()) { self = .null }
    /// Makes a JSON array of a literal.
    public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    /// Makes a JSON object of a literal.
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        var object = JSONObject()
        for (key, value) in elements { object[key] = value }
        self = .object(object)
    }

    /// This value as a JSON text.
    var written: String {
        switch self {
        case .null: "null"
        case .bool(let value): "\(value)"
        case .integer(let value): "\(value)"
        case .number(let value): "\(value)"
        case .string(let value): Self.quoted(value)
        case .array(let values): "[\(values.map(\.written).joined(separator: ","))]"
        case .object(let members):
            "{\(members.map { "\(Self.quoted($0)):\($1.written)" }.joined(separator: ","))}"
        }
    }

    private static func quoted(_ text: String) -> String {
        let scalars = text.unicodeScalars.map { scalar in
            if scalar == "\"" || scalar == "\\" { return "\\\(scalar)" }
            guard scalar.value < 0x20 else { return String(scalar) }
            let digits = String(scalar.value, radix: 16)
            return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }
        return "\"\(scalars.joined())\""
    }

    /// This object with one member set.
    func with(_ key: String, _ value: JSONValue) -> JSONValue {
        guard case .object(var object) = self else { return self }
        object[key] = value
        return .object(object)
    }
}
