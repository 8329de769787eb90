// SPDX-License-Identifier: Apache-2.0

/// Writes GGUF bytes, right or deliberately wrong.
struct GGUFBuilder {
    var magic = Array("GGUF".utf8)
    var version: UInt32 = 3
    var tensorCount: UInt64?
    var valueCount: UInt64?
    var alignment = 32
    var values: [[UInt8]] = []
    var tensors: [[UInt8]] = []
    var data: [UInt8] = []

    static func bytes<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
        withUnsafeBytes(of: value.littleEndian, Array.init)
    }
    static func string(_ text: String) -> [UInt8] { bytes(UInt64(text.utf8.count)) + Array(text.utf8) }

    mutating func raw(_ key: String, type: UInt32, _ value: [UInt8]) {
        values.append(Self.string(key) + Self.bytes(type) + value)
    }
    mutating func add(_ key: String, _ value: UInt32) { raw(key, type: 4, Self.bytes(value)) }
    mutating func add(_ key: String, _ value: Int32) { raw(key, type: 5, Self.bytes(value)) }
    mutating func add(_ key: String, _ value: Float) { raw(key, type: 6, Self.bytes(value.bitPattern)) }
    mutating func add(_ key: String, _ value: Bool) { raw(key, type: 7, [value ? 1 : 0]) }
    mutating func add(_ key: String, _ value: String) { raw(key, type: 8, Self.string(value)) }
    mutating func add(_ key: String, _ values: [String]) {
        raw(key, type: 9, Self.bytes(UInt32(8)) + Self.bytes(UInt64(values.count)) + values.flatMap(Self.string))
    }
    mutating func add(_ key: String, _ values: [Float]) {
        raw(
            key,
            type: 9,
            Self.bytes(UInt32(6)) + Self.bytes(UInt64(values.count)) + values.flatMap { Self.bytes($0.bitPattern) }
        )
    }
    mutating func add(_ key: String, _ values: [Int32]) {
        raw(key, type: 9, Self.bytes(UInt32(5)) + Self.bytes(UInt64(values.count)) + values.flatMap { Self.bytes($0) })
    }

    mutating func remove(_ key: String) { values.removeAll { $0.starts(with: Self.string(key)) } }
    mutating func replace(_ key: String, _ value: UInt32) {
        remove(key)
        add(key, value)
    }
    mutating func replace(_ key: String, _ value: Float) {
        remove(key)
        add(key, value)
    }

    /// A tensor entry as given, without data.
    mutating func entry(_ name: String, _ extents: [UInt64], type: UInt32 = 0, offset: UInt64, rank: UInt32? = nil) {
        tensors.append(
            Self.string(name) + Self.bytes(rank ?? UInt32(extents.count)) + extents.flatMap { Self.bytes($0) }
                + Self.bytes(type) + Self.bytes(offset)
        )
    }

    /// A tensor with its data, padded; extents innermost first, as in the file.
    mutating func add(tensor name: String, _ extents: [UInt64], type: UInt32 = 0, _ content: [UInt8]) {
        entry(name, extents, type: type, offset: UInt64(data.count))
        data += content
        while data.count % alignment != 0 { data.append(0) }
    }

    var bytes: [UInt8] {
        var result = magic + Self.bytes(version)
        result += Self.bytes(tensorCount ?? UInt64(tensors.count))
        result += Self.bytes(valueCount ?? UInt64(values.count))
        result += values.joined()
        result += tensors.joined()
        if !tensors.isEmpty {
            while result.count % alignment != 0 { result.append(0) }
        }
        return result + data
    }

    /// A tiny sound model: two tensors, a vocabulary of three.
    static func sound() -> GGUFBuilder {
        var builder = GGUFBuilder()
        builder.add("general.architecture", "llama")
        builder.add("llama.block_count", UInt32(1))
        builder.add("llama.embedding_length", UInt32(4))
        builder.add("llama.context_length", UInt32(16))
        builder.add("llama.attention.head_count", UInt32(2))
        builder.add("llama.attention.head_count_kv", UInt32(1))
        builder.add("llama.attention.layer_norm_rms_epsilon", Float(1e-5))
        builder.add("tokenizer.ggml.model", "gpt2")
        builder.add("tokenizer.ggml.tokens", ["a", "b", "ab"])
        builder.add("tokenizer.ggml.token_type", [Int32(1), 1, 1])
        builder.add("tokenizer.ggml.merges", ["a b"])
        builder.add("tokenizer.ggml.eos_token_id", UInt32(2))
        builder.add(tensor: "token_embd.weight", [4, 3], (0..<48).map { UInt8($0) })
        builder.add(tensor: "output_norm.weight", [4], (100..<116).map { UInt8($0) })
        return builder
    }
}
