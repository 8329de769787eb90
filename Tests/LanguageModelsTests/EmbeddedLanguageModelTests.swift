// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Foundation
import LanguageModels
import Testing
import TextGeneration
import Tokenization

@Suite(.timeLimit(.minutes(15))) struct EmbeddedLanguageModelTests {
    private static let options = GenerationOptions(maximumResponseTokens: 8)

    @Test func aSessionSaysWhatTheEngineGenerates() async throws {
        let tiny = try TinyModel.llama()
        let model = try EmbeddedLanguageModel(tiny.folder)
        let session = LanguageModelSession(model: model, instructions: "Be.")
        let response = try await session.respond(to: "Hi", options: Self.options)
        let ids = try model.loaded.requirePrompts().ids(
            of: Transcript(entries: [.instructions("Be."), .prompt("Hi")]).messages
        )
        let engine = model.loaded.engine
        let expected = try await GenerationResult(
            collecting: engine.generate(
                GenerationRequest(prompt: ids, maximumNewTokens: 8, endTokens: [0, 2])
            )
        )
        #expect(response.content == String(decoding: expected.bytes, as: UTF8.self))
        #expect(response.usage.input.totalTokenCount == ids.count)
        #expect(response.usage.output.totalTokenCount == expected.ids.count)
        #expect(response.usage.metadata["finish_reason"] as? String == expected.reason.rawValue)
        #expect(try model.tokenCount(for: Transcript(entries: [.instructions("Be."), .prompt("Hi")])) == ids.count)
        #expect(model.loaded.conversationEndTokens == [0, 2])
    }

    @Test func modelsAreSharedAndSessionsRunSideBySide() async throws {
        let tiny = try TinyModel.llama()
        let model = try EmbeddedLanguageModel(tiny.folder)
        #expect(try EmbeddedLanguageModel(tiny.folder + "/.").loaded === model.loaded)
        let prompts = ["a", "bb", "ccc", "d d", "?"]
        var alone: [String] = []
        for prompt in prompts {
            let session = LanguageModelSession(model: model, instructions: nil as Instructions?)
            alone.append(try await session.respond(to: prompt, options: Self.options).content)
        }
        let together = try await withThrowingTaskGroup(of: (Int, String).self) { group in
            for (number, prompt) in prompts.enumerated() {
                group.addTask {
                    let session = LanguageModelSession(model: model, instructions: nil as Instructions?)
                    return (number, try await session.respond(to: prompt, options: Self.options).content)
                }
            }
            return try await group.reduce(into: [Int: String]()) { $0[$1.0] = $1.1 }
        }
        #expect(prompts.indices.map { together[$0] } == alone)
    }

    @Test func aSecondTurnReusesTheFirst() async throws {
        let tiny = try TinyModel.llama()
        let model = try EmbeddedLanguageModel(tiny.folder)
        let session = LanguageModelSession(model: model, instructions: nil as Instructions?)
        let options = GenerationOptions(maximumResponseTokens: 2)
        let first = try await session.respond(to: "a", options: options)
        #expect(first.usage.input.cachedTokenCount == 0)
        let transcript = session.transcript
        let second = try await session.respond(to: "b", options: options)
        #expect(second.usage.input.cachedTokenCount >= first.usage.input.totalTokenCount)
        // The same turn without anything kept says the same.
        let fresh = LanguageModelSession(model: model, transcript: transcript)
        #expect(try await fresh.respond(to: "b", options: options).content == second.content)
    }

    @Test func prewarmingComputesAhead() async throws {
        let tiny = try TinyModel.llama()
        let model = try EmbeddedLanguageModel(tiny.folder)
        let session = LanguageModelSession(model: model, instructions: "Be brief.")
        session.prewarm(promptPrefix: Prompt("Why"))
        // The engine takes jobs in order, but `prewarm` hands its own in when it pleases.
        var cached = 0
        for _ in 0..<200 where cached == 0 {
            try await Task.sleep(for: .milliseconds(10))
            cached = session.keptTokenCount
        }
        #expect(cached > 10)
        let response = try await session.respond(to: "Why not?", options: GenerationOptions(maximumResponseTokens: 1))
        #expect(response.usage.input.cachedTokenCount > 10)
    }

    @Test func aConversationBeyondTheContextNamesBothNumbers() async throws {
        let tiny = try TinyModel.llama()
        let model = try EmbeddedLanguageModel(tiny.folder)
        let session = LanguageModelSession(model: model, instructions: nil as Instructions?)
        let error = await #expect(throws: LanguageModelError.self) {
            try await session.respond(to: String(repeating: "x", count: 100))
        }
        guard case .contextSizeExceeded(let context) = error else { return }
        #expect(context.contextSize == 64)
        #expect(context.tokenCount > 100)
        #expect(session.transcript.isEmpty)
    }

    @Test func likelihoodsAreThoseOfTheTokens() async throws {
        let tiny = try TinyModel.llama()
        let model = try EmbeddedLanguageModel(tiny.folder)
        let transcript = Transcript(entries: [.prompt("Is it?")])
        let likelihoods = try await model.likelihoods(of: ["yes", "no", "n"], to: transcript)
        #expect(likelihoods.map(\.tokenCount) == [3, 2, 1])
        #expect(likelihoods[1].logProbability < likelihoods[2].logProbability)
        #expect(abs(likelihoods.shares.reduce(0, +) - 1) < 1e-12)
        let prompts = try model.loaded.requirePrompts()
        let prompt = try prompts.ids(of: transcript.messages)
        let whole = try await model.loaded.engine.score(prompt + prompts.continuation("yes"))
        let expected = whole.logprobs.suffix(3).reduce(0, +)
        #expect(abs(likelihoods[0].logProbability - expected) < 1e-12)
    }

    /// The golden checkpoint's folder has no tokenizer; `greedy_from_first4` is what Hugging Face `generate` gives.
    @Test func aModelWithoutATokenizerTakesIds() async throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Fixtures/goldens/llama")
        let golden = try JSONValue(parsing: [UInt8](Data(contentsOf: folder.appending(path: "golden.json"))))
        let wanted = try #require(golden["greedy_from_first4"]?.array).compactMap { $0.integer.map(Int32.init) }
        let model = try EmbeddedLanguageModel(folder.path)
        let request = GenerationRequest(
            prompt: Array(wanted.prefix(4)),
            maximumNewTokens: wanted.count - 4,
            endTokens: model.loaded.endTokens
        )
        let result = try await GenerationResult(collecting: model.loaded.engine.generate(request))
        #expect(result.ids == Array(wanted.dropFirst(4)))
        #expect(result.bytes.isEmpty)
        let session = LanguageModelSession(model: model, instructions: nil as Instructions?)
        let error = await #expect(throws: CheckpointError.self) { try await session.respond(to: "Hi") }
        #expect(error?.code == .unsupported)
    }

    @Test func whatIsNoLanguageModelIsATypedError() throws {
        #expect(throws: (any Error).self) { try EmbeddedLanguageModel("/nowhere/at-all") }
        let tiny = try TinyModel.bert(tokens: 60, maximumLength: nil)
        let error = #expect(throws: (any Error).self) { try EmbeddedLanguageModel(tiny.folder) }
        #expect("\(String(describing: error))".contains("encoder"))
    }
}
