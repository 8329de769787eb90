// SPDX-License-Identifier: Apache-2.0

import Tensors
import Tokenization

/// What was found sound in a model.
public struct Verification: Sendable {
    /// The GGUF file, or the folder.
    public let path: String
    /// How it is laid out.
    public let format: Checkpoint.Format
    /// The number of tensors.
    public let tensorCount: Int
    /// The number of weights.
    public let parameterCount: Int
    /// The size of the vocabulary; nil if the model carries no tokenizer.
    public let vocabularyCount: Int?
    /// Whether the files are those of the catalog, byte for byte; nil for a model that the catalog does not know.
    public let matchesCatalog: Bool?
    /// Names of tensors with values or scales that are no finite numbers; a model with such may still run.
    public let tensorsWithNonFiniteValues: [String]
}

extension ModelStore {
    /// Checks a model: the structure of its files, its tokenizer, every weight for being a number, and for a model
    /// of the catalog the SHA-256 of each file.
    ///
    /// - Throws: `CheckpointError` for the first thing that is wrong.
    /// - Complexity: O(n) for n bytes; every byte is read.
    public func verify(_ name: String) throws(CheckpointError) -> Verification {
        let path = try resolve(name)
        let model = ModelCatalog.model(named: name)
        if let model {
            let pull = CatalogPull(
                model: model,
                staging: folder,
                settings: PullSettings(),
                progress: { _ in }
            )
            if let wrong = try pull.wrongFile(in: "\(folder)/\(model.name)", source: "disk") {
                throw CheckpointError(
                    .checksum,
                    "the file is not the catalog's (its SHA-256 differs); fetch it again with `martlet models pull \(model.name)`",
                    file: "\(folder)/\(model.name)/\(wrong)"
                )
            }
        }
        let checkpoint = try Checkpoint.open(path)
        let tokenizer = try checkpoint.tokenizer()
        try checkpoint.checkAgainst(tokenizer)
        try checkpoint.checkTemplate(of: tokenizer)
        _ = try checkpoint.endTokenIDs()
        return Verification(
            path: path,
            format: checkpoint.format,
            tensorCount: checkpoint.tensors.count,
            parameterCount: checkpoint.parameterCount,
            vocabularyCount: tokenizer?.vocabularyCount,
            matchesCatalog: model.map { _ in true },
            tensorsWithNonFiniteValues: try checkpoint.tensorsWithNonFiniteValues()
        )
    }
}

extension Checkpoint {
    /// The number of weights; tables of whole numbers are none.
    public var parameterCount: Int {
        tensors.reduce(0) { $1.elementType == .int32 || $1.elementType == .int64 ? $0 : $0 + $1.count }
    }

    /// Every id that the tokenizer can give has a row in the embedding.
    func checkAgainst(_ tokenizer: Tokenizer?) throws(CheckpointError) {
        guard let tokenizer, let rows = config["vocab_size"]?.integer else { return }
        guard tokenizer.vocabularyCount <= rows else {
            throw CheckpointError(
                .malformed,
                "the tokenizer has \(tokenizer.vocabularyCount) tokens, config.json only \(rows)",
                file: path,
                key: "vocab_size"
            )
        }
    }

    /// A chat template that is no Jinja shows now, not when someone first talks to the model.
    func checkTemplate(of tokenizer: Tokenizer?) throws(CheckpointError) {
        guard let source = tokenizer?.chatTemplate else { return }
        do throws(TokenizationError) {
            _ = try ChatTemplate(source)
        } catch {
            // One that asks for more than is built leaves the model sound, and usable without it.
            if error.code != .notSupported { throw Self.error(error, path) }
        }
    }

    /// The tensors in which a value, or the scale or minimum of a block, is infinite or no number.
    func tensorsWithNonFiniteValues() throws(CheckpointError) -> [String] {
        var names: [String] = []
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)
        defer { buffer.deallocate() }
        for tensor in tensors {
            // Bytes from one exponent to the next, and where in that step exponents stand.
            let (step, places): (Int, [Int])
            switch tensor.elementType {
            case .float32: (step, places) = (4, [2])
            case .float16, .bfloat16: (step, places) = (2, [0])
            case .q4_0: (step, places) = (18, [0])
            case .q4_1: (step, places) = (20, [0, 2])
            case .q5_0: (step, places) = (22, [0])
            case .q8_0: (step, places) = (34, [0])
            case .q4_k: (step, places) = (144, [0, 2])
            case .q6_k: (step, places) = (210, [208])
            case .int32, .int64: continue
            }
            // The upper half of binary32 is a bfloat16, so both are told by the same eight bits.
            let isHalf = tensor.elementType != .float32 && tensor.elementType != .bfloat16
            let mask: UInt16 = isHalf ? 0x7C00 : 0x7F80
            let piece = buffer.count / step * step
            var start = 0
            var isFinite = true
            while start < tensor.byteCount, isFinite {
                let length = min(piece, tensor.byteCount - start)
                try read(tensor, from: start, into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<length]))
                for offset in stride(from: 0, to: length, by: step) {
                    for place in places {
                        let bits = UInt16(
                            littleEndian: buffer.loadUnaligned(fromByteOffset: offset + place, as: UInt16.self)
                        )
                        if bits & mask == mask { isFinite = false }
                    }
                }
                start += length
            }
            if !isFinite { names.append(tensor.name) }
        }
        return names
    }
}
