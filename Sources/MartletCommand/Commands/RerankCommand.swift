// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Checkpoints
import LanguageModels
import Tokenization

struct RerankCommand: AsyncParsableCommand, WithCommonOptions {
    static let configuration = CommandConfiguration(
        commandName: "rerank",
        abstract: "Orders passages by how well they answer a question, read together with it. Prints JSON.",
        discussion: """
            The model is a cross-encoder (a folder with a sequence-classification head), whose scores are from 0 to 1,
            or a language model, whose scores are the question's mean log-likelihood a token after the passage.

            EXAMPLES
              martlet rerank "when is the rent due?" --file passages.txt --model ./cross-encoder
              martlet rerank "when is the rent due?" --file passages.txt --model smollm2-135m-instruct --top 3
            """
    )

    @Argument(help: "The question; - is standard input.")
    var query: String

    @Option(help: "A file of passages, one a line; - is standard input.")
    var file: String

    @Option(parsing: .unconditional, help: "How many passages to print (default: all).")
    var top: Int?

    @OptionGroup var model: ModelOptions

    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard query != "-" || file != "-" else {
            throw ValidationError("QUERY and --file cannot both be standard input")
        }
        if let top, top < 1 { throw ValidationError("--top is \(top); give at least 1") }
    }

    func run() async throws {
        let asked = try InputText.argument(query)
        let passages = InputText.lines(try InputText.file(file))
        let name = model.model ?? ModelCatalog.defaultChatModel
        let reranker = try await RerankerLoader.load(name, isAgreed: model.yes)
        let found = try await Interrupts.cancelling { try await reranker.scores(asked, passages) }
        // Equal scores keep the order of the file.
        let order = found.values.indices.sorted { (found.values[$1], $0) < (found.values[$0], $1) }
        let ranked = order.prefix(top ?? order.count).map { index in
            JSONValue.members([
                "index": .integer(index), "score": .number(found.values[index]), "text": .string(passages[index]),
            ])
        }
        try StandardOutput.write(.array(ranked))
        if found.cutCount > 0 {
            Log.warning("\(counted(found.cutCount, "pair")) longer than the model reads and cut there")
        }
    }
}
