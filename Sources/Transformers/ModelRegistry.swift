// SPDX-License-Identifier: Apache-2.0
public import Checkpoints
public import Tensors

/// A model of either kind, made from a checkpoint.
public enum LoadedModel: Sendable {
    /// A model that continues texts.
    case causal(any CausalLanguageModel)
    /// A model that reads texts.
    case encoder(any TextEncoder)
}

/// The architectures that are built, by the name that configurations give them.
public enum ModelRegistry {
    private static let causal: [String: @Sendable (Checkpoint, Precision) throws -> any CausalLanguageModel] = [
        "llama": { try Llama($0, precision: $1) },
        "qwen2": { try Qwen2($0, precision: $1) },
    ]
    private static let encoders: [String: @Sendable (Checkpoint, Precision) throws -> any TextEncoder] = [
        "bert": { try Bert($0, precision: $1) },
        "roberta": { try Roberta($0, precision: $1) },
        "xlm-roberta": { try Roberta($0, precision: $1) },
    ]

    /// The names of all architectures.
    public static var names: [String] { (Array(causal.keys) + encoders.keys).sorted() }

    /// The names of architectures that read texts.
    package static var encoderNames: Set<String> { Set(encoders.keys) }

    /// Whether the architecture that a checkpoint names is built, and read from files of its format.
    public static func isBuilt(_ checkpoint: Checkpoint) -> Bool {
        guard let name = architecture(of: checkpoint), names.contains(name) else { return false }
        return checkpoint.format != .gguf || WeightReader.readsGGUF(of: name)
    }

    /// The architecture that a checkpoint names.
    public static func architecture(of checkpoint: Checkpoint) -> String? {
        checkpoint.format == .gguf
            ? checkpoint.metadata["general.architecture"]?.string : checkpoint.config["model_type"]?.string
    }

    /// Makes the model that a checkpoint describes.
    ///
    /// - Throws: `ModelError` for an architecture that is not built, `CheckpointError` for a malformed model.
    /// - Complexity: O(n) for n bytes of weights, which are packed on all threads.
    public static func load(_ checkpoint: Checkpoint, precision: Precision = .float32) throws -> LoadedModel {
        guard let name = architecture(of: checkpoint) else {
            throw ModelError(.unsupportedArchitecture, "\(checkpoint.path) does not name its architecture")
        }
        if let make = causal[name] { return .causal(try make(checkpoint, precision)) }
        if let make = encoders[name] { return .encoder(try make(checkpoint, precision)) }
        throw ModelError(
            .unsupportedArchitecture,
            "the architecture \"\(printable(name))\" of \(checkpoint.path) is not built; known are \(names.joined(separator: ", "))"
        )
    }

    /// Makes a model that continues texts.
    ///
    /// - Throws: as `load`, and `ModelError.wrongKind` for an encoder.
    public static func loadCausal(
        _ checkpoint: Checkpoint,
        precision: Precision = .float32
    ) throws -> any CausalLanguageModel {
        if case .causal(let model) = try load(checkpoint, precision: precision) { return model }
        throw ModelError(.wrongKind, "\(checkpoint.path) is an encoder, it continues no text; choose a language model")
    }

    /// Makes a model that reads texts.
    ///
    /// - Throws: as `load`, and `ModelError.wrongKind` for a model that continues texts.
    public static func loadEncoder(
        _ checkpoint: Checkpoint,
        precision: Precision = .float32
    ) throws -> any TextEncoder {
        if case .encoder(let model) = try load(checkpoint, precision: precision) { return model }
        throw ModelError(.wrongKind, "\(checkpoint.path) is no encoder; choose an embedding model")
    }
}
