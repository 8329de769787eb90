// SPDX-License-Identifier: Apache-2.0

package import Tokenization

/// Folders as Hugging Face lays them out. Links in them are followed: its cache is made of links.
extension Checkpoint {
    /// The files beside the weights that decide what a model computes.
    static let auxiliaryNames = [
        "config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json", "modules.json",
        "sentence_bert_config.json", "config_sentence_transformers.json", "1_Pooling/config.json",
    ]
    private static let configurationLimit = 1 << 20

    static func openFolder(_ folder: String) throws(CheckpointError) -> Checkpoint {
        let names = try Checkpoints.names(inFolder: folder)
        let hasConfig = names.contains("config.json")
        let hasTokenizer = names.contains("tokenizer.json")
        guard hasConfig || hasTokenizer else {
            throw notAModelFolder(names, folder, "it holds neither config.json nor tokenizer.json")
        }
        var config = JSONValue.object(JSONObject())
        if hasConfig { config = try readJSON("\(folder)/config.json") }
        guard config.object != nil else {
            throw CheckpointError(.malformed, "config.json is no JSON object", file: "\(folder)/config.json")
        }
        let weights = try weights(folder, names)
        guard !weights.files.isEmpty || hasTokenizer else {
            throw notAModelFolder(names, folder, "it holds no *.safetensors file")
        }
        return Checkpoint(
            path: folder,
            format: .huggingFace,
            metadata: Metadata(file: folder),
            config: config,
            tensors: weights.tensors,
            buffers: weights.buffers,
            files: weights.files
        )
    }

    /// A `.safetensors` file named by itself: its folder, with this file as the only weights.
    static func openSafeTensors(_ file: OpenFile) throws(CheckpointError) -> Checkpoint {
        let contents = try SafeTensorsReader.read(file)
        let folder = folder(of: file.path)
        guard PathKind("\(folder)/config.json") != .missing else {
            throw CheckpointError(
                .notAModel,
                "the weights are sound, but no config.json beside them says of what model",
                file: file.path
            )
        }
        return Checkpoint(
            path: folder,
            format: .huggingFace,
            metadata: Metadata(file: folder),
            config: try readJSON("\(folder)/config.json"),
            tensors: contents.tensors,
            buffers: contents.buffers,
            files: [file]
        )
    }

    /// A `tokenizer.json` named by itself: its folder's tokenizer without weights.
    static func openTokenizer(_ file: OpenFile) throws(CheckpointError) -> Checkpoint {
        let folder = folder(of: file.path)
        return Checkpoint(
            path: folder,
            format: .huggingFace,
            metadata: Metadata(file: folder),
            config: .object(JSONObject()),
            tensors: [],
            files: []
        )
    }

    /// The JSON file of that name in the folder; nil if there is none or this is a GGUF file.
    ///
    /// - Throws: `CheckpointError` if it is no JSON or longer than 1 MiB.
    package func json(named name: String) throws(CheckpointError) -> JSONValue? {
        let file = "\(path)/\(name)"
        guard format == .huggingFace, PathKind(file) != .missing else { return nil }
        return try Self.readJSON(file)
    }

    static func readJSON(_ path: String) throws(CheckpointError) -> JSONValue {
        let bytes = try OpenFile(path).contents(limit: configurationLimit)
        do throws(JSONError) {
            return try JSONValue(parsing: bytes)
        } catch {
            throw CheckpointError(.malformed, error.message, file: path, offset: error.offset, underlying: error)
        }
    }

    private typealias Weights = (files: [OpenFile], tensors: [TensorDescription], buffers: [String: String])

    private static func weights(_ folder: String, _ names: [String]) throws(CheckpointError) -> Weights {
        var shards = names.filter { $0.hasSuffix(".safetensors") }
        var index: ShardIndex.Contents?
        let indexPath = "\(folder)/model.safetensors.index.json"
        if names.contains("model.safetensors") {
            shards = ["model.safetensors"]
        } else if names.contains("model.safetensors.index.json") {
            let contents = try ShardIndex.read(try OpenFile(indexPath))
            index = contents
            shards = contents.shards
        } else if shards.count > 1 {
            throw CheckpointError(
                .notAModel,
                "several *.safetensors files, but no model.safetensors.index.json that joins them",
                file: folder
            )
        }
        var result: Weights = ([], [], [:])
        var places: [String: Int] = [:]
        for (place, shard) in shards.enumerated() {
            guard PathKind("\(folder)/\(shard)") != .missing else {
                throw CheckpointError(
                    .malformed,
                    "the index names a file that is not there",
                    file: indexPath,
                    key: shard
                )
            }
            let file = try OpenFile("\(folder)/\(shard)")
            let contents = try SafeTensorsReader.read(file, fileIndex: place)
            for name in contents.tensors.map(\.name) + contents.buffers.keys {
                guard places.updateValue(place, forKey: name) == nil else {
                    throw CheckpointError(.malformed, "the tensor stands in two files", file: file.path, key: name)
                }
                guard index == nil || index?.places[name] == place else {
                    throw CheckpointError(.malformed, "the index has this tensor elsewhere", file: file.path, key: name)
                }
            }
            result.files.append(file)
            result.tensors += contents.tensors
            result.buffers.merge(contents.buffers) { first, _ in first }
        }
        if let missing = index?.places.first(where: { places[$0.key] == nil }) {
            throw CheckpointError(
                .malformed,
                "the index places the tensor in \(shards[missing.value]), which lacks it",
                file: indexPath,
                key: missing.key
            )
        }
        return result
    }

    private static func notAModelFolder(_ names: [String], _ folder: String, _ why: String) -> CheckpointError {
        var advice = "a model folder holds config.json and *.safetensors"
        if let file = names.first(where: { $0.hasSuffix(".gguf") }) {
            advice = "name the file \(printable(file)) in it"
        } else if let file = names.first(where: { $0.hasSuffix(".bin") || $0.hasSuffix(".pt") || $0.hasSuffix(".pth") })
        {
            advice = "\(printable(file)) looks like a PyTorch pickle; convert it to safetensors"
        }
        return CheckpointError(.notAModel, "the folder is no model: \(why); \(advice)", file: folder)
    }

    private static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}
