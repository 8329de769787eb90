// SPDX-License-Identifier: Apache-2.0

/// A JSON document (RFC 8259), read strictly: objects keep their order and may not repeat a key.
///
/// Model files are hostile until proven otherwise, and chat templates print objects in their written order;
/// neither holds for Foundation's reader, hence this one.
public enum JSONValue: Sendable, Hashable {
    case null
    case bool(Bool)
    case integer(Int)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)
}

/// The members of a JSON object in the order they were written.
public struct JSONObject: Sendable, Hashable, Sequence {
    private var positions: [Key: Int] = [:]
    /// Code points tell keys apart: Swift's own comparison takes é for e and an accent, two tokens of many a vocabulary.
    private struct Key: Sendable, Hashable {
        let text: String

        static func == (left: Key, right: Key) -> Bool { left.text.utf8.elementsEqual(right.text.utf8) }

        func hash(into hasher: inout Hasher) {
            var text = text
            text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        }
    }

    /// The keys in written order.
    public private(set) var keys: [String] = []
    /// The values in written order.
    public private(set) var values: [JSONValue] = []

    /// Makes an object without members.
    public init() {}

    /// The number of members.
    public var count: Int { keys.count }

    /// The member of that name; setting one that exists keeps its place, setting nil does nothing.
    public subscript(key: String) -> JSONValue? {
        get { positions[Key(text: key)].map { values[$0] } }
        set {
            guard let newValue else { return }
            if let position = positions[Key(text: key)] {
                values[position] = newValue
            } else {
                positions[Key(text: key)] = keys.count
                keys.append(key)
                values.append(newValue)
            }
        }
    }

    /// Iterates over the members in written order.
    public func makeIterator() -> Zip2Sequence<[String], [JSONValue]>.Iterator { zip(keys, values).makeIterator() }
}

extension JSONValue {
    /// The text, if this is a string.
    public var string: String? { if case .string(let value) = self { value } else { nil } }
    /// The truth value, if this is one.
    public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
    /// The elements, if this is an array.
    public var array: [JSONValue]? { if case .array(let value) = self { value } else { nil } }
    /// The members, if this is an object.
    public var object: JSONObject? { if case .object(let value) = self { value } else { nil } }
    /// The whole number, if this was written as one that fits.
    public var integer: Int? { if case .integer(let value) = self { value } else { nil } }
    /// The number, whole or not.
    public var number: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .number(let value): value
        default: nil
        }
    }
    /// The member of that name, if this is an object that has one.
    public subscript(key: String) -> JSONValue? { object?[key] }
}

/// Why a text is not JSON, and where.
public struct JSONError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong.
    public let message: String
    /// The byte at which it is wrong.
    public let offset: Int
    /// One line for people.
    public var description: String { "\(message) at byte \(offset)" }
}

extension JSONValue {
    /// Reads one JSON document that fills `bytes`.
    ///
    /// - Parameters:
    ///   - bytes: UTF-8 text.
    ///   - maximumDepth: How deep arrays and objects may nest.
    /// - Throws: `JSONError` for anything RFC 8259 does not allow, for a repeated key, a lone surrogate and for
    ///   nesting beyond `maximumDepth`.
    /// - Complexity: O(n) for n bytes.
    public init(parsing bytes: [UInt8], maximumDepth: Int = 128) throws(JSONError) {
        var reader = JSONReader(bytes: bytes, maximumDepth: maximumDepth)
        self = try reader.document()
    }
}

private struct JSONReader {
    let bytes: [UInt8]
    let maximumDepth: Int
    var position = 0

    init(bytes: [UInt8], maximumDepth: Int) {
        self.bytes = bytes
        self.maximumDepth = maximumDepth
    }

    var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    func error(_ message: String, at offset: Int? = nil) -> JSONError {
        JSONError(message: message, offset: offset ?? position)
    }

    mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    mutating func document() throws(JSONError) -> JSONValue {
        skipSpace()
        let value = try value(depth: 0)
        skipSpace()
        guard position == bytes.count else { throw error("text after the end of the document") }
        return value
    }

    mutating func value(depth: Int) throws(JSONError) -> JSONValue {
        guard depth <= maximumDepth else { throw error("nesting deeper than \(maximumDepth)") }
        switch next {
        case UInt8(ascii: "{"): return .object(try object(depth: depth))
        case UInt8(ascii: "["): return .array(try array(depth: depth))
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case .some(0x2D), .some(0x30...0x39): return try number()
        case nil: throw error("the document ends too early")
        default: throw error("no JSON value starts like this")
        }
    }

    mutating func word(_ text: StaticString, _ value: JSONValue) throws(JSONError) -> JSONValue {
        for offset in 0..<text.utf8CodeUnitCount {
            guard position + offset < bytes.count, bytes[position + offset] == text.utf8Start[offset] else {
                throw error("no JSON value starts like this")
            }
        }
        position += text.utf8CodeUnitCount
        return value
    }

    mutating func object(depth: Int) throws(JSONError) -> JSONObject {
        var members = JSONObject()
        position += 1
        skipSpace()
        if next == UInt8(ascii: "}") {
            position += 1
            return members
        }
        while true {
            guard next == UInt8(ascii: "\"") else { throw error("expected a key in quotes") }
            let start = position
            let key = try string()
            skipSpace()
            guard next == UInt8(ascii: ":") else { throw error("expected a colon after the key") }
            position += 1
            skipSpace()
            let value = try value(depth: depth + 1)
            guard members[key] == nil else { throw error("the key \"\(key.prefix(64))\" stands twice", at: start) }
            members[key] = value
            skipSpace()
            if next == UInt8(ascii: ",") {
                position += 1
                skipSpace()
            } else if next == UInt8(ascii: "}") {
                position += 1
                return members
            } else {
                throw error("expected a comma or the end of the object")
            }
        }
    }

    mutating func array(depth: Int) throws(JSONError) -> [JSONValue] {
        var elements: [JSONValue] = []
        position += 1
        skipSpace()
        if next == UInt8(ascii: "]") {
            position += 1
            return elements
        }
        while true {
            elements.append(try value(depth: depth + 1))
            skipSpace()
            if next == UInt8(ascii: ",") {
                position += 1
                skipSpace()
            } else if next == UInt8(ascii: "]") {
                position += 1
                return elements
            } else {
                throw error("expected a comma or the end of the array")
            }
        }
    }

    mutating func number() throws(JSONError) -> JSONValue {
        let start = position
        var whole = true
        if next == UInt8(ascii: "-") { position += 1 }
        if next == UInt8(ascii: "0") { position += 1 } else { try digits() }
        if next == UInt8(ascii: ".") {
            whole = false
            position += 1
            try digits()
        }
        if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
            whole = false
            position += 1
            if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { position += 1 }
            try digits()
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if whole, let value = Int(text) { return .integer(value) }
        guard let value = Double(text), value.isFinite else { throw error("the number is out of range", at: start) }
        return .number(value)
    }

    mutating func digits() throws(JSONError) {
        guard let first = next, first >= 0x30, first <= 0x39 else { throw error("expected a digit") }
        while let byte = next, byte >= 0x30, byte <= 0x39 { position += 1 }
    }

    mutating func string() throws(JSONError) -> String {
        position += 1
        let start = position
        while let byte = next, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 { position += 1 }
        if next == UInt8(ascii: "\"") {
            defer { position += 1 }
            return try text(bytes[start..<position], at: start)
        }
        var collected = Array(bytes[start..<position])
        while let byte = next {
            switch byte {
            case UInt8(ascii: "\""):
                position += 1
                return try text(collected[...], at: start)
            case UInt8(ascii: "\\"):
                try escape(into: &collected)
            case 0..<0x20:
                throw error("a control character in a string")
            default:
                collected.append(byte)
                position += 1
            }
        }
        throw error("a string without an end", at: start)
    }

    func text(_ slice: ArraySlice<UInt8>, at start: Int) throws(JSONError) -> String {
        guard let text = String(validating: slice, as: UTF8.self) else { throw error("not UTF-8", at: start) }
        return text
    }

    mutating func escape(into collected: inout [UInt8]) throws(JSONError) {
        let start = position
        position += 1
        guard let letter = next else { throw error("the document ends too early") }
        position += 1
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): collected.append(letter)
        case UInt8(ascii: "b"): collected.append(0x08)
        case UInt8(ascii: "f"): collected.append(0x0C)
        case UInt8(ascii: "n"): collected.append(0x0A)
        case UInt8(ascii: "r"): collected.append(0x0D)
        case UInt8(ascii: "t"): collected.append(0x09)
        case UInt8(ascii: "u"):
            var code = try hexadecimal()
            if code & 0xFC00 == 0xD800 {
                guard next == UInt8(ascii: "\\"), position + 1 < bytes.count, bytes[position + 1] == UInt8(ascii: "u")
                else { throw error("a lone surrogate", at: start) }
                position += 2
                let low = try hexadecimal()
                guard low & 0xFC00 == 0xDC00 else { throw error("a lone surrogate", at: start) }
                code = 0x10000 + ((code & 0x3FF) << 10) + (low & 0x3FF)
            }
            guard let scalar = Unicode.Scalar(code) else { throw error("a lone surrogate", at: start) }
            collected.append(contentsOf: String(Character(scalar)).utf8)
        default: throw error("an unknown escape", at: start)
        }
    }

    mutating func hexadecimal() throws(JSONError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw error("expected four hexadecimal digits")
            }
            value = value << 4 | UInt32(digit)
            position += 1
        }
        return value
    }
}
