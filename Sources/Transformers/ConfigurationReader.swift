// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Tokenization

/// Reads a model's dimensions from `config.json` with bounds, so that no later product of them can overflow.
struct ConfigurationReader {
    let config: JSONValue
    let path: String

    /// The most layers that a model may claim: each is looked for, and reported where its weights are missing.
    static let layerLimit = 1024

    /// A count from 1 to `limit`; `fallback` where the key is absent or null.
    func count(
        _ key: String,
        default fallback: Int? = nil,
        limit: Int = 1 << 24
    ) throws(CheckpointError) -> Int {
        let value = config[key]
        if value == nil || value == .null {
            guard let fallback else { throw error("is missing", key) }
            return fallback
        }
        guard let count = value?.integer, (1...limit).contains(count) else {
            throw error("is no whole number from 1 to \(limit)", key)
        }
        return count
    }

    /// An id of the vocabulary, from 0.
    func index(_ key: String, default fallback: Int32) throws(CheckpointError) -> Int32 {
        guard let value = config[key], value != .null else { return fallback }
        guard let index = value.integer, (0..<1 << 24).contains(index) else {
            throw error("is no whole number from 0 to \(1 << 24 - 1)", key)
        }
        return Int32(index)
    }

    /// A number above zero.
    func positive(_ key: String, in object: JSONValue? = nil, default fallback: Double? = nil) throws(CheckpointError)
        -> Float
    {
        let value = (object ?? config)[key]
        if value == nil || value == .null {
            guard let fallback else { throw error("is missing", key) }
            return Float(fallback)
        }
        guard let number = value?.number, number > 0, number < 1e30 else { throw error("is no number above zero", key) }
        return Float(number)
    }

    /// A truth value.
    func flag(_ key: String, default fallback: Bool) throws(CheckpointError) -> Bool {
        guard let value = config[key], value != .null else { return fallback }
        guard let flag = value.bool else { throw error("is neither true nor false", key) }
        return flag
    }

    /// Refuses a setting that no code here honours.
    func require(_ condition: Bool, _ key: String, _ what: String) throws(CheckpointError) {
        if !condition { throw CheckpointError(.unsupported, what, file: path, key: key) }
    }

    func error(_ what: String, _ key: String) -> CheckpointError {
        CheckpointError(.malformed, "\"\(key)\" \(what)", file: path, key: key)
    }
}
