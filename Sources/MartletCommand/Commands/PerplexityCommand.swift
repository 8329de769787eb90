// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Checkpoints
import Foundation
import Tokenization
import Transformers

struct PerplexityCommand: AsyncParsableCommand, WithCommonOptions {
    static let configuration = CommandConfiguration(
        commandName: "perplexity",
        abstract: "Tells how well a causal model predicts a text. Prints JSON.",
        discussion: """
            A text is cut into windows of --context tokens, one after the other, an incomplete last one left out; scored
            are the tokens after position context/2, as llama.cpp's perplexity tool does. With --stride N windows begin N
            tokens apart, and the last N tokens of each are scored. Ids are one window, all of it scored.

            EXAMPLES
              martlet perplexity book.txt --model smollm2-135m-instruct
              martlet perplexity --ids 504,2436,282 --model smollm2-135m-instruct --detail
            """
    )

    @Argument(help: "A text file; - is standard input.")
    var file: String?

    @Option(parsing: .unconditional, help: "Ids to score instead of a file: 1,2,3 (- is standard input).")
    var ids: String?

    @OptionGroup var model: ModelOptions

    @Option(help: "Tokens in a window (default: 512).")
    var context: Int?

    @Option(help: "Tokens from the start of one window to that of the next.")
    var stride: Int?

    @Flag(help: "Add the loss of each scored token and the likeliest id after each scored place.")
    var detail = false

    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard (file == nil) != (ids == nil) else {
            throw ValidationError(
                file == nil ? "there is nothing to score; give FILE or --ids" : "FILE and --ids exclude one another"
            )
        }
        if ids != nil, context != nil || stride != nil {
            throw ValidationError("--context and --stride cut a file into windows; --ids is one window as given")
        }
        if let context, context < 4 { throw ValidationError("--context is \(context); give at least 4") }
        if let stride, stride < 1 || stride >= context ?? 512 {
            throw ValidationError(
                "--stride is \(stride); give a number from 1 to less than --context (\(context ?? 512))"
            )
        }
    }

    func run() async throws {
        let checkpoint = try await model.open()
        let result = try await onOwnThread { try score(checkpoint) }
        var members = JSONObject()
        members["perplexity"] = .number(exp(result.meanLoss))
        members["nll"] = .number(result.meanLoss)
        members["tokens"] = .integer(result.tokenLosses.count)
        if detail {
            members["token_nll"] = .array(result.tokenLosses.map(JSONValue.number))
            members["top1"] = .ids(result.likeliest)
        }
        try StandardOutput.write(.object(members))
    }

    private func score(_ checkpoint: Checkpoint) throws -> Perplexity {
        if let ids {
            let list = try IDList(single: ids, option: "--ids")
            let model = try ModelRegistry.loadCausal(checkpoint)
            try list.requireIDs(below: model.vocabularySize)
            guard list.ids.count >= 2 else {
                throw CommandError(.data, "--ids has one id; give at least two, the first is not scored")
            }
            try requireContext(list.ids.count, model)
            var result = Perplexity(model)
            try result.score(list.ids, from: 0, looksBeyond: detail)
            return result
        }
        return try scoreFile(checkpoint)
    }

    private func scoreFile(_ checkpoint: Checkpoint) throws -> Perplexity {
        let tokenizer = try checkpoint.requiredTokenizer()
        let text = try InputText.file(file ?? "-")
        var ids = try tokenizer.encode(text, addSpecialTokens: false)
        if tokenizer.addsBOS, let bos = tokenizer.bosID { ids.insert(bos, at: 0) }
        let length = context ?? 512
        guard ids.count >= length else {
            throw CommandError(
                .data,
                "the text has \(ids.count) tokens, too few for one window of \(length); give more text or --context N"
            )
        }
        let model = try ModelRegistry.loadCausal(checkpoint)
        try requireContext(length, model)
        try IDList(ids).requireIDs(below: model.vocabularySize)
        var result = Perplexity(model)
        let bar = ProgressBar(.items)
        let starts = Swift.stride(from: 0, through: ids.count - length, by: stride ?? length)
        let total = (ids.count - length) / (stride ?? length) + 1
        for (number, start) in starts.enumerated() {
            bar.update("windows", done: number, total: total)
            var window = Array(ids[start..<start + length])
            if tokenizer.addsBOS, let bos = tokenizer.bosID { window[0] = bos }
            try result.score(window, from: stride.map { length - $0 - 1 } ?? length / 2)
        }
        bar.clear()
        return result
    }

    private func requireContext(_ length: Int, _ model: any CausalLanguageModel) throws {
        guard length <= model.contextLength else {
            throw CommandError(
                .data,
                "a window of \(length) tokens, but the model's context is \(model.contextLength); make it shorter"
            )
        }
    }
}
