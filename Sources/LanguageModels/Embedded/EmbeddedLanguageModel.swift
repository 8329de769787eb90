// SPDX-License-Identifier: Apache-2.0
import Checkpoints
public import Tensors
package import TextGeneration

/// A language model that runs in this process.
///
/// ```swift
/// let model = try EmbeddedLanguageModel("smollm2-135m-instruct")
/// let session = LanguageModelSession(model: model)
/// ```
/// All values of one model share its weights and its engine, which steps the requests of all sessions together.
public struct EmbeddedLanguageModel: LanguageModel {
    /// Who answers.
    public typealias Executor = EmbeddedExecutor

    /// The weights, the tokenizer and the engine.
    package let loaded: LoadedLanguageModel

    /// Loads a model, unless it is in memory already.
    ///
    /// - Parameters:
    ///   - name: A GGUF file, a folder as Hugging Face lays it out, or the name of a model that is on disk.
    ///   - precision: How products of float weights are computed.
    /// - Throws: `CheckpointError` if there is no such model or it is malformed, `ModelError` if its kind is not built.
    /// - Complexity: O(n) for n bytes of weights.
    public init(_ name: String, precision: Precision = .float32) throws {
        loaded = try LoadedLanguageModel.shared(ModelStore().resolve(name), precision: precision)
    }

    /// The most tokens of a conversation and its answer.
    public var contextSize: Int { loaded.engine.contextLength }

    /// Text alone.
    public var capabilities: LanguageModelCapabilities { LanguageModelCapabilities([]) }

    /// The model in memory, by identity.
    public var executorConfiguration: EmbeddedExecutor.Configuration {
        EmbeddedExecutor.Configuration(loaded: loaded)
    }

    /// The number of tokens of a text.
    ///
    /// - Throws: `CheckpointError` if the model has no tokenizer.
    public func tokenCount(for text: String) throws -> Int {
        try loaded.requirePrompts().continuation(text).count
    }

    /// The number of tokens of a conversation, all that the chat template adds among them.
    ///
    /// - Throws: `CheckpointError` if the model has no tokenizer, `TokenizationError` if the template refuses it.
    public func tokenCount(for transcript: Transcript) throws -> Int {
        try loaded.requirePrompts().ids(of: transcript.messages).count
    }
}

/// Answers with a model in memory.
public struct EmbeddedExecutor: LanguageModelExecutor, PrefixWarming {
    /// A model in memory, by identity.
    public struct Configuration: Hashable, Sendable {
        let loaded: LoadedLanguageModel

        /// Whether it is the same model.
        public static func == (left: Configuration, right: Configuration) -> Bool { left.loaded === right.loaded }

        /// Hashes the model's identity.
        public func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(loaded)) }
    }

    private let loaded: LoadedLanguageModel

    /// Makes the executor of a model; never throws.
    public init(configuration: Configuration) { loaded = configuration.loaded }

    /// Answers the last prompt.
    ///
    /// - Throws: `LanguageModelError` if the conversation is longer than the context, `TokenizationError` if the chat
    ///   template refuses it, `TextGenerationError` if the model fails.
    public nonisolated(nonsending) func respond(
        to request: LanguageModelExecutorGenerationRequest,
        model: EmbeddedLanguageModel,
        streamingInto channel: LanguageModelExecutorGenerationChannel
    ) async throws {
        let ids = try loaded.requirePrompts().ids(of: request.transcript.messages)
        let generation = GenerationRequest(
            prompt: ids,
            maximumNewTokens: request.generationOptions.maximumResponseTokens,
            sampling: request.generationOptions.sampling,
            endTokens: loaded.conversationEndTokens,
            prefix: request.prefix
        )
        var decoder = StreamingText()
        do {
            for try await token in loaded.engine.generate(generation) {
                let text = decoder.append(token.bytes, isLast: token.finish != nil)
                await channel.send(.response(action: .appendText(text, tokenCount: 1)))
                if let finish = token.finish { await channel.send(.response(action: Self.usage(finish))) }
            }
        } catch let error as TextGenerationError {
            throw LanguageModelError(error) ?? error
        }
    }

    package func prewarm(transcript: Transcript, prefix: PrefixHandle) {
        guard !transcript.isEmpty,
            let ids = try? loaded.requirePrompts().ids(of: transcript.messages, addGenerationPrompt: false),
            !ids.isEmpty
        else { return }
        let engine = loaded.engine
        // If it fails the request will say why, and if the request comes first it finds nothing kept and goes on.
        Task { _ = try? await engine.score([], after: ids, prefix: prefix) }
    }

    private static func usage(_ finish: GenerationFinish) -> LanguageModelExecutorGenerationChannel.ResponseAction {
        .updateUsage(
            input: LanguageModelSession.Usage.Input(
                totalTokenCount: finish.usage.promptTokens,
                cachedTokenCount: finish.usage.cachedTokens
            ),
            output: LanguageModelSession.Usage.Output(totalTokenCount: finish.usage.completionTokens),
            metadata: [
                "finish_reason": finish.reason.rawValue,
                "prompt_seconds": finish.usage.promptSeconds,
                "completion_seconds": finish.usage.completionSeconds,
            ]
        )
    }
}

extension EmbeddedLanguageModel: LikelihoodModel {
    package func likelihoods(of answers: [String], to transcript: Transcript) async throws -> [AnswerLikelihood] {
        try await likelihoods(of: answers, to: transcript, prefix: nil)
    }

    /// How likely the model finds each of these texts as its answer, by one pass over the prompt.
    ///
    /// The prompt's keys and values are kept at `prefix` for a later request that begins alike.
    /// - Returns: One for each answer.
    /// - Throws: As `likelihoods(of:to:)`.
    package func likelihoods(
        of answers: [String],
        to transcript: Transcript,
        prefix: PrefixHandle?
    ) async throws -> [AnswerLikelihood] {
        let ids = try loaded.requirePrompts().ids(of: transcript.messages)
        return try await likelihoods(of: answers, after: ids, prefix: prefix)
    }

    package func likelihood(of text: String, after context: String) async throws -> AnswerLikelihood {
        let ids = try loaded.requirePrompts().ids(of: context)
        guard let found = try await likelihoods(of: [text], after: ids, prefix: nil).first else {
            throw CancellationError()
        }
        return found
    }

    private func likelihoods(
        of answers: [String],
        after ids: [Int32],
        prefix: PrefixHandle?
    ) async throws -> [AnswerLikelihood] {
        let prompts = try loaded.requirePrompts()
        let continuations = try answers.map { try prompts.continuation($0) }
        let scores: [TokenScores]
        do {
            scores = try await loaded.engine.score(continuations, after: ids, prefix: prefix)
        } catch let error as TextGenerationError {
            throw LanguageModelError(error) ?? error
        }
        return zip(answers, scores).map { answer, score in
            AnswerLikelihood(
                answer: answer,
                logProbability: score.logprobs.reduce(0, +),
                tokenCount: score.logprobs.count
            )
        }
    }
}

extension LanguageModelError {
    /// What a failure of the engine is to a session; nil if it is no such thing.
    init?(_ error: TextGenerationError) {
        guard error.code == .promptTooLong, let tokens = error.promptTokens, let limit = error.limit else { return nil }
        self = .contextSizeExceeded(
            ContextSizeExceeded(contextSize: limit, tokenCount: tokens, debugDescription: error.message)
        )
    }
}

extension GenerationOptions {
    /// What these options mean to the engine: the likeliest token unless chance is asked for.
    var sampling: SamplingParameters {
        var sampling = SamplingParameters()
        if temperature == 0 { return sampling }
        sampling.temperature = temperature ?? 1
        sampling.doSample = temperature != nil
        switch samplingMode?.kind {
        case nil: sampling.seed = .random(in: .min ... .max)
        case .greedy: sampling.doSample = false
        case .randomTopK(let k, let seed):
            sampling.doSample = true
            sampling.topK = k
            sampling.seed = seed ?? .random(in: .min ... .max)
        case .randomProbabilityThreshold(let p, let seed):
            sampling.doSample = true
            sampling.topP = p
            sampling.seed = seed ?? .random(in: .min ... .max)
        }
        return sampling
    }
}
