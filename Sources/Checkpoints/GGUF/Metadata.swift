// SPDX-License-Identifier: Apache-2.0

/// The key-values of a GGUF file in the file's order; empty for other formats.
public struct Metadata: Sendable {
    /// The keys in the file's order.
    public private(set) var keys: [String] = []
    private var values: [String: MetadataValue] = [:]
    private let file: String

    package init(file: String) { self.file = file }

    /// Adds a value; false if the key is there already.
    package mutating func insert(_ value: MetadataValue, for key: String) -> Bool {
        guard values.updateValue(value, forKey: key) == nil else { return false }
        keys.append(key)
        return true
    }

    /// The value of that key as it was stored.
    public subscript(key: String) -> MetadataValue? { values[key] }

    /// The whole number of that key.
    ///
    /// - Throws: `CheckpointError` naming the key if it is absent or of another type.
    public func integer(_ key: String) throws(CheckpointError) -> Int { try required(key, integerIfPresent(key)) }
    /// The number of that key.
    ///
    /// - Throws: `CheckpointError` naming the key if it is absent or of another type.
    public func float(_ key: String) throws(CheckpointError) -> Double { try required(key, floatIfPresent(key)) }
    /// The truth value of that key.
    ///
    /// - Throws: `CheckpointError` naming the key if it is absent or of another type.
    public func bool(_ key: String) throws(CheckpointError) -> Bool { try required(key, boolIfPresent(key)) }
    /// The text of that key.
    ///
    /// - Throws: `CheckpointError` naming the key if it is absent or of another type.
    public func string(_ key: String) throws(CheckpointError) -> String { try required(key, stringIfPresent(key)) }
    /// The array of that key.
    ///
    /// - Throws: `CheckpointError` naming the key if it is absent or of another type.
    public func array(_ key: String) throws(CheckpointError) -> MetadataArray {
        try required(key, value(key, "an array") { $0.array })
    }
    /// The strings of that key.
    ///
    /// - Throws: `CheckpointError` naming the key if it is absent, of another type or not UTF-8.
    public func strings(_ key: String) throws(CheckpointError) -> [String] {
        try required(key, stringsIfPresent(key))
    }
    /// The `float32` numbers of that key.
    ///
    /// - Throws: `CheckpointError` naming the key if it is absent or of another type.
    public func floats(_ key: String) throws(CheckpointError) -> [Float] { try required(key, floatsIfPresent(key)) }
    /// The whole numbers of that key.
    ///
    /// - Throws: `CheckpointError` naming the key if it is absent, of another type or too large.
    public func integers(_ key: String) throws(CheckpointError) -> [Int] {
        try required(key, integersIfPresent(key))
    }

    package func integerIfPresent(_ key: String) throws(CheckpointError) -> Int? {
        try value(key, "a whole number") { $0.integer }
    }
    package func floatIfPresent(_ key: String) throws(CheckpointError) -> Double? {
        try value(key, "a floating-point number") { $0.float }
    }
    package func boolIfPresent(_ key: String) throws(CheckpointError) -> Bool? {
        try value(key, "true or false") { $0.bool }
    }
    package func stringIfPresent(_ key: String) throws(CheckpointError) -> String? {
        try value(key, "a string") { $0.string }
    }
    package func stringsIfPresent(_ key: String) throws(CheckpointError) -> [String]? {
        try value(key, "an array of UTF-8 strings") { $0.array?.strings }
    }
    package func floatsIfPresent(_ key: String) throws(CheckpointError) -> [Float]? {
        try value(key, "an array of float32") { $0.array?.floats }
    }
    package func integersIfPresent(_ key: String) throws(CheckpointError) -> [Int]? {
        try value(key, "an array of whole numbers") { $0.array?.integers }
    }

    /// An error about the value of `key`.
    package func error(_ message: String, key: String) -> CheckpointError {
        CheckpointError(.malformed, message, file: file, key: key)
    }

    private func value<T>(
        _ key: String,
        _ expected: String,
        _ read: (MetadataValue) -> T?
    ) throws(CheckpointError) -> T? {
        guard let stored = values[key] else { return nil }
        guard let value = read(stored) else {
            var found = stored.type.name
            if let array = stored.array { found = "an array of \(array.elementType.name)" }
            throw error("the metadata should hold \(expected) here, not \(found)", key: key)
        }
        return value
    }

    private func required<T>(_ key: String, _ value: T?) throws(CheckpointError) -> T {
        guard let value else { throw error("the metadata lack this key", key: key) }
        return value
    }
}
