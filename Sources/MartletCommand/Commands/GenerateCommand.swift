// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Checkpoints
import LanguageModels
import TextGeneration
import Tokenization

struct GenerateCommand: AsyncParsableCommand, WithCommonOptions {
    static let configuration = CommandConfiguration(
        commandName: "generate",
        abstract: "Continues a prompt, streaming the text.",
        discussion: """
            Names and meanings of options are those of Hugging Face `generate`. Without sampling the likeliest token is
            taken. A text goes through the model's chat template if it has one; --raw continues it as it stands.

            EXAMPLES
              martlet generate "Name three rivers." --max-new-tokens 40
              martlet generate "Once upon a time" --raw --temperature 0.8 --top-p 0.9 --seed 7
              martlet generate --prompts questions.txt --batch 8 --json
              martlet generate --ids 504,2436,282 --model smollm2-135m-instruct --stop "." --logprobs 3 --json
            """
    )

    @Argument(help: "The prompt; - is standard input.")
    var prompt: String?

    @OptionGroup var model: ModelOptions

    @Option(help: ArgumentHelp("A file of prompts, one a line; the results keep their order.", valueName: "file"))
    var prompts: String?

    @Option(help: "How many prompts of --prompts run together; changes nothing but speed.")
    var batch = 8

    @Option(parsing: .unconditional, help: "Ids to continue instead of a text: 1,2,3.")
    var ids: String?

    @Flag(help: "Continue the prompt as it stands.")
    var raw = false

    @Flag(help: "Put the prompt into the model's chat template.")
    var chat = false

    @OptionGroup(title: "Generation") var sampling: SamplingOptions

    @OptionGroup var common: CommonOptions

    func validate() throws {
        let given = [prompt, prompts, ids].compactMap(\.self).count
        guard given == 1 else {
            throw ValidationError(
                given == 0
                    ? "there is no prompt; give PROMPT (after -- if it begins with a dash), --prompts FILE or --ids"
                    : "PROMPT, --prompts and --ids exclude one another; give one of them"
            )
        }
        if raw, chat { throw ValidationError("--raw and --chat exclude one another") }
        if chat, ids != nil { throw ValidationError("--chat takes a text, not ids; leave out one of --chat and --ids") }
        guard (1...1024).contains(batch) else {
            throw ValidationError("--batch is \(batch); give a number from 1 to 1024")
        }
    }

    func run() async throws {
        let path = try await model.path()
        let loaded = try await onOwnThread { try LoadedLanguageModel.shared(path, precision: .float32) }
        // Seeds that every reader of JSON can hold.
        let seed = common.seed?.value ?? .random(in: 0..<1 << 53)
        let prompts = try promptIDs(loaded)
        let endTokens = usesChat(loaded) ? loaded.conversationEndTokens : loaded.endTokens
        let jobs = prompts.map { prompt in
            (0..<sampling.numReturnSequences).map { place in
                // An odd constant far from 0: the draws of one sequence tell nothing of the next one's.
                let seed = seed &+ UInt64(place) &* 0x9E37_79B9_7F4A_7C15
                return sampling.request(prompt, endTokens: endTokens, seed: seed)
            }
        }
        let engine = loaded.engine
        for (number, requests) in jobs.enumerated() {
            try check(requests, engine, place: self.prompts == nil ? nil : number + 1)
        }
        if jobs.count == 1, jobs[0].count == 1, !common.json {
            try await stream(jobs[0][0], engine, seed: seed)
        } else {
            try await collect(jobs, loaded, seed: seed)
        }
    }

    private func usesChat(_ loaded: LoadedLanguageModel) -> Bool {
        chat || !raw && ids == nil && loaded.prompts?.template != nil
    }

    /// The ids of each prompt.
    private func promptIDs(_ loaded: LoadedLanguageModel) throws -> [[Int32]] {
        if let ids {
            let list = try IDList(single: ids, option: "--ids")
            try list.requireIDs(below: loaded.engine.vocabularySize)
            return [list.ids]
        }
        let encoder = try loaded.requirePrompts()
        if chat, encoder.template == nil {
            throw CommandError(.data, "\(printable(loaded.checkpoint.path)) has no chat template; leave out --chat")
        }
        let texts = try prompts.map { InputText.lines(try InputText.file($0)) } ?? [InputText.argument(prompt ?? "-")]
        return try texts.map { text in
            usesChat(loaded)
                ? try encoder.ids(of: [ChatMessage(role: "user", content: text)]) : try encoder.ids(of: text)
        }
    }

    /// Refuses what can never be served before anything is generated.
    private func check(_ requests: [GenerationRequest], _ engine: GenerationEngine, place: Int?) throws {
        guard let request = requests.first else { return }
        if let place, request.prompt.isEmpty {
            throw CommandError(.data, "line \(place) of \(printable(prompts ?? "-")) is empty; take it out")
        }
        do {
            try request.check(vocabularySize: engine.vocabularySize, contextLength: engine.contextLength)
        } catch {
            guard let place else { throw error }
            let (exit, message) = Exit.of(error)
            throw CommandError(exit, "line \(place) of \(printable(prompts ?? "-")): \(message)")
        }
    }

    /// Shows one text as it comes.
    private func stream(_ request: GenerationRequest, _ engine: GenerationEngine, seed: UInt64) async throws {
        let finish = try await Interrupts.cancelling { () async throws -> GenerationFinish? in
            var text = StreamingText()
            for try await token in engine.generate(request) {
                try StandardOutput.write(text.append(token.bytes, isLast: token.finish != nil))
                try StandardOutput.flush()
                if let finish = token.finish { return finish }
            }
            return nil
        }
        try StandardOutput.write("\n")
        try StandardOutput.flush()
        guard let usage = finish?.usage else { throw CancellationError() }
        Log.info(summary(usage, seed: seed))
    }

    /// Runs all requests, so many prompts together, and prints the results in order.
    private func collect(_ jobs: [[GenerationRequest]], _ loaded: LoadedLanguageModel, seed: UInt64) async throws {
        let isJSON = common.json
        let width = batch
        let bar = ProgressBar(.items)
        let wasCancelled = try await Interrupts.cancelling { () async throws -> Bool in
            try await withThrowingTaskGroup(of: (Int, [GenerationResult]).self) { group in
                var started = 0
                var waiting: [Int: [GenerationResult]] = [:]
                var next = 0
                func start() {
                    guard started < jobs.count else { return }
                    let (place, requests, engine) = (started, jobs[started], loaded.engine)
                    group.addTask { (place, try await Self.results(requests, engine)) }
                    started += 1
                }
                for _ in 0..<width { start() }
                while let (place, results) = try await group.next() {
                    waiting[place] = results
                    while let results = waiting.removeValue(forKey: next) {
                        bar.clear()
                        try Self.write(
                            results,
                            loaded,
                            promptTokens: jobs[next][0].prompt.count,
                            seed: seed,
                            asJSON: isJSON
                        )
                        next += 1
                    }
                    if jobs.count > 1 { bar.update("prompts", done: next, total: jobs.count) }
                    if !Task.isCancelled { start() }
                }
                bar.clear()
                return Task.isCancelled
            }
        }
        if wasCancelled { throw CancellationError() }
    }

    private static func results(
        _ requests: [GenerationRequest],
        _ engine: GenerationEngine
    ) async throws -> [GenerationResult] {
        try await withThrowingTaskGroup(of: (Int, GenerationResult).self) { group in
            for (place, request) in requests.enumerated() {
                group.addTask { (place, try await GenerationResult(collecting: engine.generate(request))) }
            }
            var results: [Int: GenerationResult] = [:]
            for try await (place, result) in group { results[place] = result }
            return requests.indices.compactMap { results[$0] }
        }
    }

    private static func write(
        _ results: [GenerationResult],
        _ loaded: LoadedLanguageModel,
        seed: UInt64,
        asJSON: Bool
    ) throws {
        guard asJSON else {
            for result in results { try StandardOutput.write(String(decoding: result.bytes, as: UTF8.self) + "\n") }
            return try StandardOutput.flush()
        }
        let hasText = loaded.prompts != nil
        var usage = results.first?.usage ?? GenerationUsage()
        usage.promptTokens = promptTokens
        usage.completionTokens = results.reduce(0) { $0 + $1.usage.completionTokens }
        usage.completionSeconds = results.map(\.usage.completionSeconds).max() ?? 0
        try StandardOutput.write(
            .members([
                "sequences": .array(
                    results.map { result in
                        .members([
                            "ids": .ids(result.ids),
                            "text": hasText ? .string(String(decoding: result.bytes, as: UTF8.self)) : .null,
                            "finish_reason": .string(result.reason.rawValue),
                            "logprobs": logprobs(result),
                        ])
                    }
                ),
                "seed": .integer(Int(truncatingIfNeeded: seed)),
                "usage": .members([
                    "prompt_tokens": .integer(usage.promptTokens),
                    "completion_tokens": .integer(usage.completionTokens),
                    "prompt_seconds": .number(usage.promptSeconds),
                    "completion_seconds": .number(usage.completionSeconds),
                ]),
            ])
        )
        try StandardOutput.flush()
    }

    private static func logprobs(_ result: GenerationResult) -> JSONValue {
        guard !result.logprobs.isEmpty else { return .null }
        func value(_ token: TokenLogprob) -> [(String, JSONValue)] {
            [("id", .integer(Int(token.id))), ("logprob", .number(Double(token.logprob)))]
        }
        func object(_ members: [(String, JSONValue)]) -> JSONValue {
            var object = JSONObject()
            for (key, value) in members { object[key] = value }
            return .object(object)
        }
        return .array(
            zip(result.logprobs, result.likeliest).map { chosen, likeliest in
                object(value(chosen) + [("top", .array(likeliest.map { object(value($0)) }))])
            }
        )
    }

    private func summary(_ usage: GenerationUsage, seed: UInt64) -> String {
        func rate(_ tokens: Int, _ seconds: Double) -> String {
            seconds > 0 && tokens > 0 ? ", \(Amount.fixed(Double(tokens) / seconds, 0)) tokens/s" : ""
        }
        // The first token comes out of the prompt's pass.
        var text = "prompt: \(counted(usage.promptTokens, "token"))\(rate(usage.promptTokens, usage.promptSeconds)); "
        text += "text: \(counted(usage.completionTokens, "token"))"
        text += rate(usage.completionTokens - 1, usage.completionSeconds)
        if sampling.samples { text += "; seed \(Int(truncatingIfNeeded: seed))" }
        return text
    }
}
