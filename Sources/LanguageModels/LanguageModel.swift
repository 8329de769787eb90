// SPDX-License-Identifier: Apache-2.0
public import Foundation
package import TextGeneration

/// A model that sessions can talk to: what it can do, and who does it.
public protocol LanguageModel: Sendable {
    /// What answers for models of this kind.
    associatedtype Executor: LanguageModelExecutor where Self == Executor.Model

    /// What the model can do beyond text.
    var capabilities: LanguageModelCapabilities { get }
    /// What tells executors apart: models of equal configuration share one.
    var executorConfiguration: Executor.Configuration { get }
}

/// Answers for all models of one configuration, whichever session asks.
public protocol LanguageModelExecutor: Sendable {
    /// What tells executors apart.
    associatedtype Configuration: Hashable, Sendable
    /// The models that it answers for.
    associatedtype Model: LanguageModel

    /// Makes the executor of a configuration.
    ///
    /// - Throws: Whatever keeps it from answering.
    init(configuration: Configuration) throws

    /// Prepares for a request that begins with this transcript; may do nothing.
    func prewarm(model: Model, transcript: Transcript)

    /// Answers the last prompt of the request's transcript, piece by piece, and returns when the answer is complete.
    ///
    /// - Throws: Whatever keeps it from answering; `CancellationError` or nothing if its task was cancelled.
    nonisolated(nonsending) func respond(
        to request: LanguageModelExecutorGenerationRequest,
        model: Model,
        streamingInto channel: LanguageModelExecutorGenerationChannel
    ) async throws
}

extension LanguageModelExecutor {
    /// Does nothing.
    public func prewarm(model: Model, transcript: Transcript) {}
}

/// What a model can do beyond text.
public struct LanguageModelCapabilities: Sendable, Equatable {
    /// One such thing.
    public struct Capability: Sendable, Hashable {
        private let name: String
        /// Takes images.
        public static var vision: Capability { Capability(name: "vision") }
        /// Answers in a given structure.
        public static var guidedGeneration: Capability { Capability(name: "guidedGeneration") }
        /// Thinks before it answers.
        public static var reasoning: Capability { Capability(name: "reasoning") }
        /// Calls tools.
        public static var toolCalling: Capability { Capability(name: "toolCalling") }
    }

    private let capabilities: Set<Capability>

    /// These capabilities.
    public init(_ capabilities: [Capability]) { self.capabilities = Set(capabilities) }

    /// Whether this is among them.
    public func contains(_ capability: Capability) -> Bool { capabilities.contains(capability) }
}

/// What a session asks of an executor.
public struct LanguageModelExecutorGenerationRequest: Sendable {
    /// A name of its own.
    public let id: UUID
    /// Everything that was said, the prompt to answer last.
    public let transcript: Transcript
    /// How to answer.
    public let generationOptions: GenerationOptions
    /// Where the session's keys and values are kept from turn to turn.
    package let prefix: PrefixHandle?

    package init(
        id: UUID = UUID(),
        transcript: Transcript,
        generationOptions: GenerationOptions,
        prefix: PrefixHandle? = nil
    ) {
        self.id = id
        self.transcript = transcript
        self.generationOptions = generationOptions
        self.prefix = prefix
    }
}

/// The way by which an answer comes from an executor to a session.
public struct LanguageModelExecutorGenerationChannel: Sendable {
    /// One step of an answer.
    public struct Event: Sendable {
        enum Kind {
            case response(ResponseAction)
        }
        let kind: Kind

        /// A step of the response.
        public static func response(action: ResponseAction) -> Event { Event(kind: .response(action)) }
    }

    /// What a step does to the response.
    public struct ResponseAction: Sendable {
        enum Kind {
            case appendText(String, tokenCount: Int)
            case updateUsage(LanguageModelSession.Usage)
        }
        let kind: Kind

        /// Adds text, made of that many tokens.
        public static func appendText(_ text: String, tokenCount: Int) -> ResponseAction {
            ResponseAction(kind: .appendText(text, tokenCount: tokenCount))
        }

        /// Says what the answer has cost so far.
        public static func updateUsage(
            input: LanguageModelSession.Usage.Input,
            output: LanguageModelSession.Usage.Output,
            metadata: [String: any Sendable & Codable & Equatable] = [:]
        ) -> ResponseAction {
            ResponseAction(
                kind: .updateUsage(LanguageModelSession.Usage(input: input, output: output, metadata: metadata))
            )
        }
    }

    let events: AsyncThrowingStream<Event, any Error>
    private let continuation: AsyncThrowingStream<Event, any Error>.Continuation

    /// A channel that nothing was sent into.
    public init() { (events, continuation) = AsyncThrowingStream.makeStream() }

    /// Sends one step.
    public nonisolated(nonsending) func send(_ event: Event) async { continuation.yield(event) }

    func finish(throwing error: (any Error)? = nil) { continuation.finish(throwing: error) }
}

/// An executor that can compute the beginning of a session's next request ahead of it.
package protocol PrefixWarming {
    func prewarm(transcript: Transcript, prefix: PrefixHandle)
}

/// A model whose likelihoods can be read without generating text.
///
/// What steers control flow asks this: it is one forward pass over the prompt, and its answer needs no parsing.
package protocol LikelihoodModel: LanguageModel {
    /// How likely the model finds each of these texts as its answer to the transcript's last prompt.
    ///
    /// - Throws: `LanguageModelError` if the context is too small, and what the model throws.
    func likelihoods(of answers: [String], to transcript: Transcript) async throws -> [AnswerLikelihood]

    /// How likely the model finds a text after another one, both read as plain text without any conversation's marks.
    ///
    /// - Throws: As `likelihoods(of:to:)`.
    func likelihood(of text: String, after context: String) async throws -> AnswerLikelihood
}

/// How likely a model finds an answer.
package struct AnswerLikelihood: Sendable, Hashable {
    /// The answer.
    package let answer: String
    /// The natural logarithm of the probability of all its tokens, one after the other.
    package let logProbability: Double
    /// The number of its tokens.
    package let tokenCount: Int

    package init(answer: String, logProbability: Double, tokenCount: Int) {
        self.answer = answer
        self.logProbability = logProbability
        self.tokenCount = tokenCount
    }
}

extension [AnswerLikelihood] {
    /// The probability of each answer if it has to be one of them.
    package var shares: [Double] {
        guard let largest = self.map(\.logProbability).max(), largest.isFinite else {
            return self.map { _ in 1 / Double(count) }
        }
        let weights = self.map { Exponential.exp($0.logProbability - largest) }
        let total = weights.reduce(0, +)
        return weights.map { $0 / total }
    }
}
