// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import TextGeneration

/// An addition to the logit of one id: `ID=V`.
struct LogitBias: ExpressibleByArgument {
    let id: Int32
    let value: Float

    init?(argument: String) {
        guard let equals = argument.lastIndex(of: "="), let id = Int32(argument[..<equals]),
            let value = Float(argument[argument.index(after: equals)...])
        else { return nil }
        self.id = id
        self.value = value
    }
}

/// How tokens are chosen and when a text ends; names and meanings are those of Hugging Face `generate`.
struct SamplingOptions: ParsableArguments {
    @Option(help: "The most tokens to generate (default: 512).")
    var maxNewTokens: Int?

    @Option(help: "The least tokens to generate: until then no end token is chosen.")
    var minNewTokens: Int?

    @Option(help: "The most tokens of prompt and text together.")
    var maxLength: Int?

    @Flag(help: "Draw tokens at random instead of taking the likeliest.")
    var doSample = false

    @Option(parsing: .unconditional, help: "What logits are divided by before drawing; implies sampling.")
    var temperature: Double?

    @Option(parsing: .unconditional, help: "Draw among this many likeliest tokens; implies sampling.")
    var topK: Int?

    @Option(parsing: .unconditional, help: "Draw among the likeliest tokens that make up this share; implies sampling.")
    var topP: Double?

    @Option(
        parsing: .unconditional,
        help: "Draw among tokens at least this share as likely as the likeliest; implies sampling."
    )
    var minP: Double?

    @Option(parsing: .unconditional, help: "Above 1, tokens that occurred become less likely.")
    var repetitionPenalty: Double?

    @Option(help: "How many texts to draw for each prompt; needs sampling.")
    var numReturnSequences = 1

    @Option(parsing: .unconditionalSingleValue, help: "A text that ends the answer; may be repeated.")
    var stop: [String] = []

    @Option(
        parsing: .unconditionalSingleValue,
        help: ArgumentHelp("Adds V to the logit of ID; may be repeated.", valueName: "id=v")
    )
    var logitBias: [LogitBias] = []

    @Option(parsing: .unconditional, help: "Report so many of the likeliest tokens at each step, 0 for the chosen one.")
    var logprobs: Int?

    // What is promised but not built yet is refused, never ignored.
    @Option(parsing: .unconditional, help: .hidden) var typicalP: String?
    @Option(parsing: .unconditional, help: .hidden) var noRepeatNgramSize: String?
    @Option(parsing: .unconditional, help: .hidden) var numBeams: String?
    @Option(parsing: .unconditional, help: .hidden) var lengthPenalty: String?
    @Option(parsing: .unconditional, help: .hidden) var jsonSchema: String?
    @Option(parsing: .unconditional, help: .hidden) var grammar: String?
    @Option(parsing: .unconditional, help: .hidden) var regex: String?

    /// Whether tokens are drawn at random.
    var samples: Bool { doSample || temperature != nil || topK != nil || topP != nil || minP != nil }

    func validate() throws {
        let missing = [
            ("--typical-p", typicalP), ("--no-repeat-ngram-size", noRepeatNgramSize), ("--num-beams", numBeams),
            ("--length-penalty", lengthPenalty), ("--json-schema", jsonSchema), ("--grammar", grammar),
            ("--regex", regex),
        ]
        if let (name, _) = missing.first(where: { $0.1 != nil }) {
            throw ValidationError("\(name) is not built yet; leave it out")
        }
        if let maxNewTokens, maxNewTokens < 1 {
            throw ValidationError("--max-new-tokens is \(maxNewTokens); give at least 1")
        }
        if let minNewTokens, minNewTokens < 0 {
            throw ValidationError("--min-new-tokens is \(minNewTokens); give 0 or more")
        }
        if let maxLength, maxLength < 2 { throw ValidationError("--max-length is \(maxLength); give at least 2") }
        guard (1...256).contains(numReturnSequences) else {
            throw ValidationError("--num-return-sequences is \(numReturnSequences); give a number from 1 to 256")
        }
        guard numReturnSequences == 1 || samples else {
            throw ValidationError("--num-return-sequences needs sampling, or all texts are the same; add --do-sample")
        }
        if stop.contains("") { throw ValidationError("--stop is empty; give at least one character") }
    }

    /// A request for one text after `prompt`.
    func request(_ prompt: [Int32], endTokens: Set<Int32>, seed: UInt64) -> GenerationRequest {
        var sampling = SamplingParameters()
        sampling.doSample = samples
        sampling.temperature = temperature ?? 1
        sampling.topK = topK
        sampling.topP = topP
        sampling.minP = minP
        sampling.repetitionPenalty = repetitionPenalty ?? 1
        for bias in logitBias { sampling.logitBias[bias.id, default: 0] += bias.value }
        sampling.seed = seed
        // As in Hugging Face, a limit on new tokens counts before one on the whole length.
        return GenerationRequest(
            prompt: prompt,
            maximumNewTokens: maxNewTokens ?? (maxLength == nil ? 512 : nil),
            minimumNewTokens: minNewTokens ?? 0,
            maximumLength: maxNewTokens == nil ? maxLength : nil,
            sampling: sampling,
            endTokens: endTokens,
            stopStrings: stop.map { Array($0.utf8) },
            logprobs: logprobs
        )
    }
}
