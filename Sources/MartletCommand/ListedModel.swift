// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Tensors
import Tokenization
import Transformers

/// What is known of a model without reading its weights.
struct ListedModel {
    var name: String
    var purpose: String?
    var architecture: String?
    var parameters: Int?
    var quantisation: String?
    var byteCount: Int?
    var license: String?
    var contextLength: Int?
    var isSupported: Bool
    /// Where it lies, if it is on this machine.
    var path: String?

    /// The catalog, and what else is on disk.
    static func all(in store: ModelStore) throws -> [ListedModel] {
        var models = ModelCatalog.models.map { model in
            ListedModel(
                name: model.name,
                purpose: model.purpose.rawValue,
                architecture: model.architecture,
                parameters: model.parameters,
                quantisation: model.quantisation,
                byteCount: model.byteCount,
                license: model.license,
                contextLength: model.contextLength,
                isSupported: model.isSupported,
                path: store.isInstalled(model) ? store.path(of: model) : nil
            )
        }
        for found in try store.installed() where ModelCatalog.model(named: found.name) == nil {
            // A model that cannot be opened is listed all the same; `models verify` says what is wrong with it.
            let checkpoint = try? Checkpoint.open(found.path)
            var model =
                checkpoint.map { ListedModel($0, name: found.name) }
                ?? ListedModel(name: found.name, isSupported: false, path: found.path)
            model.byteCount = found.byteCount
            models.append(model)
        }
        return models
    }

    init(
        name: String,
        purpose: String? = nil,
        architecture: String? = nil,
        parameters: Int? = nil,
        quantisation: String? = nil,
        byteCount: Int? = nil,
        license: String? = nil,
        contextLength: Int? = nil,
        isSupported: Bool,
        path: String?
    ) {
        self.name = name
        self.purpose = purpose
        self.architecture = architecture
        self.parameters = parameters
        self.quantisation = quantisation
        self.byteCount = byteCount
        self.license = license
        self.contextLength = contextLength
        self.isSupported = isSupported
        self.path = path
    }

    /// What an opened model says of itself.
    init(_ checkpoint: Checkpoint, name: String) {
        let architecture = ModelRegistry.architecture(of: checkpoint)
        self.init(
            name: name,
            architecture: architecture,
            parameters: checkpoint.parameterCount,
            quantisation: checkpoint.mixture ?? checkpoint.mainElementType?.name,
            byteCount: checkpoint.tensors.reduce(0) { $0 + $1.byteCount },
            license: checkpoint.metadata["general.license"]?.string,
            contextLength: architecture.flatMap { checkpoint.metadata["\($0).context_length"]?.integer }
                ?? checkpoint.config["max_position_embeddings"]?.integer,
            isSupported: ModelRegistry.isBuilt(checkpoint),
            path: checkpoint.path
        )
    }

    var json: JSONValue {
        .members([
            "name": .string(name),
            "purpose": .text(purpose),
            "architecture": .text(architecture),
            "parameters": .count(parameters),
            "quantisation": .text(quantisation),
            "size": .count(byteCount),
            "license": .text(license),
            "context": .count(contextLength),
            "supported": .bool(isSupported),
            "installed": .bool(path != nil),
            "path": .text(path),
        ])
    }

    var cells: [String] {
        let state = path != nil ? "yes" : isSupported ? "no" : "no, not built yet"
        let cells = [
            name, purpose, architecture, parameters.map(Amount.count), quantisation, byteCount.map(Amount.bytes),
            contextLength.map { "\($0)" }, license, state,
        ]
        return cells.map { printable($0 ?? "–") }
    }
}

extension Checkpoint {
    /// What a GGUF file calls its mixture of types (`general.file_type`, llama.h's llama_ftype): a Q4_K_M file may store
    /// most of its bytes otherwise.
    var mixture: String? {
        let names = [
            2: "Q4_0", 3: "Q4_1", 7: "Q8_0", 8: "Q5_0", 9: "Q5_1", 10: "Q2_K", 11: "Q3_K_S", 12: "Q3_K_M", 13: "Q3_K_L",
            14: "Q4_K_S", 15: "Q4_K_M", 16: "Q5_K_S", 17: "Q5_K_M", 18: "Q6_K", 32: "BF16",
        ]
        return metadata["general.file_type"]?.integer.flatMap { names[$0] }
    }

    /// The type that stores most of its bytes.
    var mainElementType: ElementType? {
        var bytes: [ElementType: Int] = [:]
        for tensor in tensors { bytes[tensor.elementType, default: 0] += tensor.byteCount }
        return bytes.max { ($0.value, $0.key.rawValue) < ($1.value, $1.key.rawValue) }?.key
    }
}
