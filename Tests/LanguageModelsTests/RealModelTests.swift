// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import LanguageModels
import Testing
import TextGeneration

/// Fetches a catalog model as a user would, unless it is there; a machine that cannot fetch it fails the test.
private func fetch(_ name: String) async throws {
    let store = try ModelStore()
    if (try? store.resolve(name)) == nil { _ = try await store.pull(name) }
}

@Suite(.serialized, .timeLimit(.minutes(15))) struct RealModelTests {
    @Test func theDefaultModelConverses() async throws {
        try await fetch("smollm2-135m-instruct")
        let model = try EmbeddedLanguageModel("smollm2-135m-instruct")
        let session = LanguageModelSession(model: model, instructions: nil as Instructions?)
        let options = GenerationOptions(maximumResponseTokens: 40)
        let first = try await session.respond(to: "What is the capital of France?", options: options)
        #expect(!first.content.isEmpty && !first.content.contains("<|"))
        let transcript = session.transcript
        let second = try await session.respond(to: "And of Italy?", options: options)
        #expect(second.usage.input.cachedTokenCount >= first.usage.input.totalTokenCount)
        let fresh = LanguageModelSession(model: model, transcript: transcript)
        #expect(try await fresh.respond(to: "And of Italy?", options: options).content == second.content)
    }

    @Test func theDefaultModelContinuesText() async throws {
        try await fetch("smollm2-135m-instruct")
        let loaded = try EmbeddedLanguageModel("smollm2-135m-instruct").loaded
        let request = GenerationRequest(
            prompt: try loaded.requirePrompts().ids(of: "The capital of France is"),
            maximumNewTokens: 3
        )
        // The file names <|im_end|> alone.
        #expect(loaded.endTokens == [0, 2])
        let result = try await GenerationResult(collecting: loaded.engine.generate(request))
        #expect(String(decoding: result.bytes, as: UTF8.self).hasPrefix(" Paris"))
    }

    @Test func likelihoodsPreferWhatIsTrue() async throws {
        try await fetch("smollm2-135m-instruct")
        let model = try EmbeddedLanguageModel("smollm2-135m-instruct")
        let likelihoods = try await model.likelihoods(
            of: ["Paris", "Bicycle", "Tuesday"],
            to: Transcript(entries: [.prompt("What is the capital of France? Answer with one word.")])
        )
        #expect(likelihoods.shares[0] > 0.9)
    }

    @Test func theDefaultEmbedderKnowsWhatIsAlike() async throws {
        try await fetch("all-minilm-l6-v2")
        let embedder = try TextEmbedder("all-minilm-l6-v2", precision: .bfloat16)
        #expect(embedder.identity.dimension == 384 && embedder.identity.tokenLimit == 256)
        let texts = ["How do I reset my password?", "I forgot my login credentials.", "Bananas are rich in potassium."]
        let vectors = try await embedder.embed(texts).vectors
        func cosine(_ a: [Float], _ b: [Float]) -> Float { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
        #expect(cosine(vectors[0], vectors[1]) > 0.4)
        #expect(cosine(vectors[0], vectors[2]) < 0.2)
    }
}
