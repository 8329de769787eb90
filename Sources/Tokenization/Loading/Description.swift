// SPDX-License-Identifier: Apache-2.0

/// A value of tokenizer.json and the path to it, so that every complaint says where.
struct Description {
    let value: JSONValue
    let path: String

    func malformed(_ message: String) -> TokenizationError { TokenizationError(.malformed, message, key: path) }

    func notSupported(_ what: String) -> TokenizationError {
        TokenizationError(.notSupported, "not supported: \(what)", key: path)
    }

    /// The member of that name; nil where it is missing or null.
    func member(_ key: String) throws(TokenizationError) -> Description? {
        guard let object = value.object else { throw malformed("expected an object") }
        guard let member = object[key], member != .null else { return nil }
        return Description(value: member, path: path.isEmpty ? key : "\(path).\(key)")
    }

    func required(_ key: String) throws(TokenizationError) -> Description {
        guard let member = try member(key) else { throw malformed("there is no \"\(key)\"") }
        return member
    }

    func string() throws(TokenizationError) -> String {
        guard let string = value.string else { throw malformed("expected a string") }
        return string
    }

    func bool() throws(TokenizationError) -> Bool {
        guard let bool = value.bool else { throw malformed("expected true or false") }
        return bool
    }

    func elements() throws(TokenizationError) -> [Description] {
        guard let array = value.array else { throw malformed("expected an array") }
        return array.enumerated().map { Description(value: $1, path: "\(path)[\($0)]") }
    }

    /// An id: a whole number that 32 bits can hold.
    func id() throws(TokenizationError) -> Int32 {
        guard let integer = value.integer, let id = Int32(exactly: integer), id >= 0 else {
            throw malformed("expected an id, a whole number from 0 to \(Int32.max)")
        }
        return id
    }

    /// A number of something: a whole number that is not absurd.
    func count() throws(TokenizationError) -> Int {
        guard let integer = value.integer, integer >= 0, integer <= Int(Int32.max) else {
            throw malformed("expected a whole number from 0 to \(Int32.max)")
        }
        return integer
    }

    func string(_ key: String) throws(TokenizationError) -> String { try required(key).string() }
    func bytes(_ key: String) throws(TokenizationError) -> [UInt8] { Array(try required(key).string().utf8) }

    func bool(_ key: String, default value: Bool) throws(TokenizationError) -> Bool {
        try member(key)?.bool() ?? value
    }

    /// The parts of a `Sequence`, which may nest up to 32 deep.
    func sequence<Part>(
        _ key: String,
        depth: Int,
        _ read: (Description, Int) throws(TokenizationError) -> Part
    ) throws(TokenizationError) -> [Part] {
        guard depth < 32 else { throw malformed("sequences nest deeper than 32") }
        let elements = try required(key).elements()
        guard elements.count <= 64 else {
            throw malformed("a sequence of \(elements.count) parts; at most 64 are read")
        }
        var parts: [Part] = []
        for element in elements { parts.append(try read(element, depth + 1)) }
        return parts
    }
}
