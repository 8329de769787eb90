// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import LanguageModels
import Testing
import TextGeneration

/// The default models, where they are on disk.
private enum OnDisk {
    static func has(_ name: String) -> Bool { (try? ModelStore().resolve(name)) != nil }
}

@Suite(.serialized, .timeLimit(.minutes(5))) struct RealModelTests {
    @Test(.enabled(if: OnDisk.has("smollm2-135m-instruct"))) func theDefaultModelConverses() async throws {
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

    @Test(.enabled(if: OnDisk.has("smollm2-135m-instruct"))) func theDefaultModelContinuesText() async throws {
        let loaded = try EmbeddedLanguageModel("smollm2-135m-instruct").loaded
        let request = GenerationRequest(
            prompt: try loaded.requirePrompts().ids(of: "The capital of France is"),
            maximumNewTokens: 3
        )
        let result = try await GenerationResult(collecting: loaded.engine.generate(request))
        #expect(String(decoding: result.bytes, as: UTF8.self).hasPrefix(" Paris"))
    }

    @Test(.enabled(if: OnDisk.has("smollm2-135m-instruct"))) func likelihoodsPreferWhatIsTrue() async throws {
        let model = try EmbeddedLanguageModel("smollm2-135m-instruct")
        let likelihoods = try await model.likelihoods(
            of: ["Paris", "Bicycle", "Tuesday"],
            to: Transcript(entries: [.prompt("What is the capital of France? Answer with one word.")])
        )
        #expect(likelihoods.shares[0] > 0.9)
    }

    @Test(.enabled(if: OnDisk.has("all-minilm-l6-v2"))) func theDefaultEmbedderKnowsWhatIsAlike() async throws {
        let embedder = try TextEmbedder("all-minilm-l6-v2", precision: .bfloat16)
        #expect(embedder.identity.dimension == 384 && embedder.identity.tokenLimit == 256)
        let texts = ["How do I reset my password?", "I forgot my login credentials.", "Bananas are rich in potassium."]
        let vectors = try await embedder.embed(texts).vectors
        func cosine(_ a: [Float], _ b: [Float]) -> Float { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
        #expect(cosine(vectors[0], vectors[1]) > 0.4)
        #expect(cosine(vectors[0], vectors[2]) < 0.2)
    }
}
