// SPDX-License-Identifier: Apache-2.0
import Tokenization

/// Writes JSON as bytes; numbers are the shortest that read back as the same value.
struct JSONText {
    private(set) var bytes: [UInt8] = []

    init() {}

    /// A whole document.
    init(_ value: JSONValue) { append(value) }

    /// Gives the bytes so far and begins anew.
    mutating func take() -> [UInt8] {
        defer { bytes.removeAll(keepingCapacity: true) }
        return bytes
    }

    /// Adds what needs no escaping: punctuation.
    mutating func append(raw text: StaticString) {
        text.withUTF8Buffer { bytes.append(contentsOf: $0) }
    }

    mutating func append(_ value: JSONValue) {
        switch value {
        case .null: append(raw: "null")
        case .bool(let value): append(raw: value ? "true" : "false")
        case .integer(let value): bytes.append(contentsOf: "\(value)".utf8)
        case .number(let value): append(value)
        case .string(let value): append(value)
        case .array(let values):
            append(raw: "[")
            for (place, value) in values.enumerated() {
                if place > 0 { append(raw: ",") }
                append(value)
            }
            append(raw: "]")
        case .object(let members):
            append(raw: "{")
            for (place, (key, value)) in members.enumerated() {
                if place > 0 { append(raw: ",") }
                append(key)
                append(raw: ":")
                append(value)
            }
            append(raw: "}")
        }
    }

    mutating func append(_ value: Double) {
        guard value.isFinite else { return append(raw: "null") }
        bytes.append(contentsOf: value.description.utf8)
    }

    /// Adds an array of numbers.
    mutating func append(_ values: UnsafeBufferPointer<Float>) {
        append(raw: "[")
        for (place, value) in values.enumerated() {
            if place > 0 { append(raw: ",") }
            if value.isFinite { bytes.append(contentsOf: value.description.utf8) } else { append(raw: "null") }
        }
        append(raw: "]")
    }

    private mutating func append(_ text: String) {
        append(raw: "\"")
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""): append(raw: "\\\"")
            case UInt8(ascii: "\\"): append(raw: "\\\\")
            case 0x0A: append(raw: "\\n")
            case 0x0D: append(raw: "\\r")
            case 0x09: append(raw: "\\t")
            case 0..<0x20, 0x7F:
                append(raw: "\\u00")
                let digits = Array("0123456789abcdef".utf8)
                bytes.append(digits[Int(byte >> 4)])
                bytes.append(digits[Int(byte & 15)])
            default: bytes.append(byte)
            }
        }
        append(raw: "\"")
    }
}

extension JSONValue {
    /// An object of these members in this order.
    static func members(_ members: KeyValuePairs<String, JSONValue>) -> JSONValue {
        var object = JSONObject()
        for (key, value) in members { object[key] = value }
        return .object(object)
    }

    /// A text, or null.
    static func text(_ value: String?) -> JSONValue { value.map(JSONValue.string) ?? .null }

    /// A whole number, or null.
    static func count(_ value: Int?) -> JSONValue { value.map(JSONValue.integer) ?? .null }

    /// An array of ids.
    static func ids(_ values: some Sequence<Int32>) -> JSONValue { .array(values.map { .integer(Int($0)) }) }
}

extension StandardOutput {
    /// Writes one document and a line end.
    static func write(_ value: JSONValue) throws {
        var text = JSONText(value)
        text.append(raw: "\n")
        try write(text.bytes)
    }
}
