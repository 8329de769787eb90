// SPDX-License-Identifier: Apache-2.0
public import ArgumentParser
import Checkpoints
public import LanguageModels

extension TextEmbedder.Role: ExpressibleByArgument {}

struct EmbedCommand: AsyncParsableCommand, WithCommonOptions {
    static let configuration = CommandConfiguration(
        commandName: "embed",
        abstract: "Prints the embedding of each text, one JSON array a line, of length 1.",
        discussion: """
            EXAMPLES
              martlet embed "a river" "a stream"
              martlet embed --file sentences.txt --model all-minilm-l6-v2
              martlet embed 河流是什么 --as query --model multilingual-e5-small
            """
    )

    @Argument(help: "Texts; - is standard input as one text.")
    var texts: [String] = []

    @Option(help: "A file of texts, one a line; - is standard input.")
    var file: String?

    @Option(help: "What the texts are to a search, for models that tell: query or passage.")
    var `as` = TextEmbedder.Role.passage

    @OptionGroup var model: ModelOptions

    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard texts.isEmpty != (file == nil) else {
            throw ValidationError(
                file == nil
                    ? "there is nothing to embed; give TEXT or --file FILE" : "TEXT and --file exclude one another"
            )
        }
    }

    func run() async throws {
        let texts = try file.map { InputText.lines(try InputText.file($0)) } ?? texts.map { try InputText.argument($0) }
        let checkpoint = try await model.open(default: ModelCatalog.defaultEmbedder)
        let embedder = try await onOwnThread { try TextEmbedder(checkpoint, precision: .bfloat16) }
        var cutCount = 0
        let bar = ProgressBar(.items)
        // Printed as they come, so that a long file needs no more memory than its text.
        for start in stride(from: 0, to: texts.count, by: 64) {
            let embeddings = try await embedder.embed(Array(texts[start..<min(texts.count, start + 64)]), as: `as`)
            cutCount += embeddings.cutCount
            var lines = JSONText()
            for vector in embeddings.vectors {
                vector.withUnsafeBufferPointer { lines.append($0) }
                lines.append(raw: "\n")
            }
            try StandardOutput.write(lines.bytes)
            bar.update("texts", done: min(texts.count, start + 64), total: texts.count)
        }
        bar.clear()
        if cutCount > 0 {
            let what = cutCount == 1 ? "1 text was" : "\(cutCount) texts were"
            Log.warning("\(what) longer than the model's \(embedder.identity.tokenLimit) tokens and cut there")
        }
    }
}
