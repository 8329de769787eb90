// SPDX-License-Identifier: Apache-2.0
import CKernels
package import Tensors

/// Reads a model's weights by their Hugging Face keys, whatever the file calls them, and keeps account of them.
///
/// A weight that is missing or has another shape is noted and an empty one given in its place; `finish` then reports
/// every missing, misshapen and surplus key at once.
package final class WeightReader {
    private let checkpoint: Checkpoint
    private let precision: Precision
    private let expandsQuantized: Bool
    private let names: GGUFNames?
    private let prefix: String
    private let described: [String: TensorDescription]
    private var unread: Set<String>
    private var problems: [String] = []
    /// Memory through which every weight passes, one after the other.
    private var scratch = Scratch()

    /// - Parameters:
    ///   - checkpoint: Where the weights lie.
    ///   - precision: How products with them are computed.
    ///   - optionalPrefix: A prefix, such as `bert.`, that the file's keys have or not.
    ///   - expandsQuantized: Quantised matrices become float32, exactly, so that no activation is rounded to 8 bits.
    /// - Throws: `CheckpointError` without weights, or for GGUF of an architecture whose names are not known.
    package init(
        _ checkpoint: Checkpoint,
        precision: Precision,
        optionalPrefix: String = "",
        expandsQuantized: Bool = false
    ) throws(CheckpointError) {
        guard !checkpoint.tensors.isEmpty else {
            throw CheckpointError(.malformed, "the model holds a vocabulary but no weights", file: checkpoint.path)
        }
        self.checkpoint = checkpoint
        self.precision = precision
        self.expandsQuantized = expandsQuantized
        if checkpoint.format == .gguf {
            let architecture = checkpoint.metadata["general.architecture"]?.string ?? ""
            guard let names = GGUFNames(architecture: architecture) else {
                throw CheckpointError(
                    .unsupported,
                    "\"\(printable(architecture))\" is not read from GGUF files yet; use a Hugging Face folder",
                    file: checkpoint.path,
                    key: "general.architecture"
                )
            }
            self.names = names
        } else {
            names = nil
        }
        described = Dictionary(checkpoint.tensors.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        let prefixed = !optionalPrefix.isEmpty && described.keys.contains { $0.hasPrefix(optionalPrefix) }
        prefix = prefixed ? optionalPrefix : ""
        unread = Set(described.keys)
    }

    /// Whether the weights of that architecture are found in GGUF files too, which have names of their own.
    package static func readsGGUF(of architecture: String) -> Bool { GGUFNames(architecture: architecture) != nil }

    /// Whether the file holds this key.
    package func has(_ key: String, outsidePrefix: Bool = false) -> Bool {
        described[name(of: key, outsidePrefix)] != nil
    }

    /// How the file stores this key's numbers.
    package func elementType(_ key: String) -> ElementType? { described[name(of: key, false)]?.elementType }

    /// The extents of this key's weight in the file, outermost first.
    package func shape(_ key: String, outsidePrefix: Bool = false) -> [Int]? {
        described[name(of: key, outsidePrefix)]?.shape
    }

    /// A matrix packed for products.
    ///
    /// - Parameters:
    ///   - key: The checkpoint's key.
    ///   - rows: The rows expected.
    ///   - columns: The columns expected.
    ///   - heads: Heads among the rows, where the file may permute the rows of each.
    ///   - outsidePrefix: The key never has the optional prefix.
    /// - Returns: The weight, [rows, columns].
    /// - Throws: `CheckpointError` if the file cannot be read or the type has no products.
    package func matrix(
        _ key: String,
        _ rows: Int,
        _ columns: Int,
        heads: Int? = nil,
        outsidePrefix: Bool = false
    ) throws(CheckpointError) -> Parameter {
        guard let tensor = expect(key, [rows, columns], outsidePrefix) else { return try empty(key) }
        let bytes = try scratch.room(for: tensor)
        try checkpoint.read(tensor, into: bytes)
        do throws(TensorError) {
            if let heads, names?.isPermuted(key) == true {
                try Scratch.undoPermutation(bytes, rows: rows, heads: heads)
            }
            let packed = try Tensor(
                packing: UnsafeRawBufferPointer(bytes),
                rows: rows,
                columns: columns,
                elementType: tensor.elementType,
                precision: precision
            )
            guard expandsQuantized, tensor.elementType.blockLength > 1 else {
                return Parameter(name: key, value: packed)
            }
            return Parameter(name: key, value: try packed.expanded(precision: precision))
        } catch {
            throw refusal(error, tensor)
        }
    }

    /// A table whose rows are looked up: float32, or quantised as it lies in the file.
    ///
    /// - Throws: `CheckpointError` if the file cannot be read or holds neither.
    package func table(_ key: String, _ rows: Int, _ columns: Int) throws(CheckpointError) -> Parameter {
        guard let tensor = expect(key, [rows, columns], false) else { return try empty(key) }
        guard tensor.elementType.blockLength > 1 else {
            return Parameter(name: key, value: try floats(tensor, [rows, columns]))
        }
        let bytes = try scratch.room(for: tensor)
        try checkpoint.read(tensor, into: bytes)
        do throws(TensorError) {
            let packed = try Tensor(
                packing: UnsafeRawBufferPointer(bytes),
                rows: rows,
                columns: columns,
                elementType: tensor.elementType,
                precision: precision
            )
            return Parameter(name: key, value: packed)
        } catch {
            throw refusal(error, tensor)
        }
    }

    /// A float32 vector.
    ///
    /// - Throws: `CheckpointError` if the file cannot be read or holds no plain floats.
    package func vector(_ key: String, _ count: Int, outsidePrefix: Bool = false) throws(CheckpointError) -> Parameter {
        guard let tensor = expect(key, [count], outsidePrefix) else { return try empty(key) }
        return Parameter(name: key, value: try floats(tensor, [count]))
    }

    /// Says that a key is known and not needed.
    package func skip(_ key: String, outsidePrefix: Bool = false) { unread.remove(name(of: key, outsidePrefix)) }

    /// Ends the reading.
    ///
    /// - Throws: `CheckpointError` with every key that was missing, misshapen or not asked for.
    package func finish() throws(CheckpointError) {
        let surplus = unread.filter { name in !Self.buffers.contains { name.hasSuffix($0) } }.sorted()
        problems += surplus.map { "\(printable($0)) is no weight of this architecture" }
        guard !problems.isEmpty else { return }
        let shown =
            problems.prefix(8).joined(separator: "; ") + (problems.count > 8 ? "; and \(problems.count - 8) more" : "")
        throw CheckpointError(.malformed, "the weights do not fit the model: \(shown)", file: checkpoint.path)
    }

    /// What training frameworks save beside the weights.
    private static let buffers = ["position_ids", "token_type_ids", "rotary_emb.inv_freq", "attn.masked_bias"]

    private func name(of key: String, _ outsidePrefix: Bool) -> String {
        if let names { return names.name(of: key) ?? key }
        return outsidePrefix ? key : prefix + key
    }

    private func expect(_ key: String, _ shape: [Int], _ outsidePrefix: Bool) -> TensorDescription? {
        let name = name(of: key, outsidePrefix)
        unread.remove(name)
        guard let tensor = described[name] else {
            problems.append("\(name) is missing")
            return nil
        }
        guard tensor.shape == shape else {
            problems.append("\(name) has the shape \(tensor.shape) instead of \(shape)")
            return nil
        }
        return tensor
    }

    private func empty(_ key: String) throws(CheckpointError) -> Parameter {
        do { return Parameter(name: key, value: try Tensor([], shape: [0])) } catch {
            throw CheckpointError(.io, error.message, file: checkpoint.path, key: key, underlying: error)
        }
    }

    /// What a tensor error says of a weight of the file.
    private func refusal(_ error: TensorError, _ tensor: TensorDescription) -> CheckpointError {
        CheckpointError(
            error.code == .outOfMemory ? .io : .unsupported,
            error.message,
            file: checkpoint.path,
            key: tensor.name,
            underlying: error
        )
    }

    private func floats(_ tensor: TensorDescription, _ shape: [Int]) throws(CheckpointError) -> Tensor {
        let bytes = try scratch.room(for: tensor)
        try checkpoint.read(tensor, into: bytes)
        do {
            return try Tensor(
                converting: UnsafeRawBufferPointer(bytes),
                elementType: tensor.elementType,
                shape: shape
            )
        } catch {
            throw refusal(error, tensor)
        }
    }
}

/// Bytes of tensors on their way from the file: as many as the largest needs, given back to the system with the reader.
private struct Scratch: ~Copyable {
    private var buffer = UnsafeMutableRawBufferPointer(start: nil, count: 0)

    mutating func room(for tensor: TensorDescription) throws(CheckpointError) -> UnsafeMutableRawBufferPointer {
        let count = tensor.byteCount
        if count > buffer.count || buffer.baseAddress == nil {
            if let old = buffer.baseAddress { ck_release(old, buffer.count) }
            buffer = UnsafeMutableRawBufferPointer(start: nil, count: 0)
            guard let memory = ck_allocate(count) else {
                throw CheckpointError(.io, "no memory for \(count) bytes", key: tensor.name)
            }
            buffer = UnsafeMutableRawBufferPointer(start: memory, count: count)
        }
        return UnsafeMutableRawBufferPointer(rebasing: buffer[..<count])
    }

    deinit { if let memory = buffer.baseAddress { ck_release(memory, buffer.count) } }

    /// Puts the rows of each head back from interleaved pairs (row 2i + s) to halves (row s·D/2 + i).
    static func undoPermutation(
        _ buffer: UnsafeMutableRawBufferPointer,
        rows: Int,
        heads: Int
    ) throws(TensorError) {
        let dimension = rows / heads
        let stride = buffer.count / rows
        let source = try Storage(byteCount: dimension * stride)
        guard let base = buffer.baseAddress else { return }
        for head in 0..<heads {
            let start = base + head * dimension * stride
            source.bytes.copyMemory(from: start, byteCount: dimension * stride)
            for row in 0..<dimension {
                let from = row % (dimension / 2) * 2 + row / (dimension / 2)
                (start + row * stride).copyMemory(from: source.bytes + from * stride, byteCount: stride)
            }
        }
    }
}
