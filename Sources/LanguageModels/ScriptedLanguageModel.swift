// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// A language model that answers as it was told: the double for tests of whatever talks to a model.
///
/// ```swift
/// let model = ScriptedLanguageModel(["Hello.", .failure(Offline()), .hang])
/// let session = LanguageModelSession(model: model)
/// ```
/// It records what it was asked, and streams its answers in pieces as a real model does.
public struct ScriptedLanguageModel: LanguageModel {
    /// Who answers.
    public typealias Executor = ScriptedExecutor

    /// What it does when it is asked.
    public enum Reply: Sendable, ExpressibleByStringLiteral {
        /// Says this, a word at a time.
        case text(String)
        /// Says these, a piece at a time.
        case pieces([String])
        /// Says this, then fails.
        case failure(any Error, after: String = "")
        /// Says this, then nothing until it is cancelled.
        case hang(after: String = "")

        /// Says nothing until it is cancelled.
        public static var hang: Reply { .hang(after: "") }

        /// Says this, a word at a time.
        public init(stringLiteral text: String) { self = .text(text) }
    }

    /// Why it had no answer.
    public struct ScriptError: Error, Sendable, CustomStringConvertible {
        /// One line for people.
        public let description: String
    }

    let script: Script

    /// Answers with these replies in turn, and fails when there are no more.
    public init(_ replies: [Reply]) {
        let next = Atomic<Int>(0)
        self.init { _ in
            let index = next.add(1, ordering: .relaxed).oldValue
            guard replies.indices.contains(index) else {
                throw ScriptError(description: "the script has \(replies.count) replies, but was asked once more")
            }
            return replies[index]
        }
    }

    /// Answers with what `respond` makes of the conversation, whose last entry is the prompt.
    public init(_ respond: @escaping @Sendable (Transcript) throws -> Reply) {
        script = Script(respond: respond, likelihood: nil)
    }

    /// Answers as `respond` says, and finds answers as likely as `likelihood` says (a natural logarithm).
    package init(
        likelihood: @escaping @Sendable (_ answer: String, _ transcript: Transcript) throws -> Double,
        _ respond: @escaping @Sendable (Transcript) throws -> Reply
    ) {
        script = Script(respond: respond, likelihood: likelihood)
    }

    /// The conversations that it was asked to go on with, in order.
    public var requests: [Transcript] { script.requests.withLock { $0 } }

    /// The last prompt of each of these.
    public var prompts: [String] { requests.map { $0.last?.text ?? "" } }

    /// None.
    public var capabilities: LanguageModelCapabilities { LanguageModelCapabilities([]) }

    /// The script, by identity.
    public var executorConfiguration: ScriptedExecutor.Configuration { ScriptedExecutor.Configuration(script: script) }
}

/// What a scripted model does, and what it was asked.
final class Script: Sendable {
    let respond: @Sendable (Transcript) throws -> ScriptedLanguageModel.Reply
    let likelihood: (@Sendable (String, Transcript) throws -> Double)?
    let requests = Mutex<[Transcript]>([])

    init(
        respond: @escaping @Sendable (Transcript) throws -> ScriptedLanguageModel.Reply,
        likelihood: (@Sendable (String, Transcript) throws -> Double)?
    ) {
        self.respond = respond
        self.likelihood = likelihood
    }
}

/// Plays the script of a scripted model.
public struct ScriptedExecutor: LanguageModelExecutor {
    /// A script, by identity.
    public struct Configuration: Hashable, Sendable {
        let script: Script

        /// Whether it is the same script.
        public static func == (left: Configuration, right: Configuration) -> Bool { left.script === right.script }

        /// Hashes the script's identity.
        public func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(script)) }
    }

    private let script: Script

    /// Makes the player of a script; never throws.
    public init(configuration: Configuration) { script = configuration.script }

    /// Does what the script says next.
    ///
    /// - Throws: What the script says, `CancellationError` when it is cancelled.
    public nonisolated(nonsending) func respond(
        to request: LanguageModelExecutorGenerationRequest,
        model: ScriptedLanguageModel,
        streamingInto channel: LanguageModelExecutorGenerationChannel
    ) async throws {
        script.requests.withLock { $0.append(request.transcript) }
        var pieces: [String] = []
        var failure: (any Error)?
        var hangs = false
        switch try script.respond(request.transcript) {
        case .text(let text): pieces = Self.words(text)
        case .pieces(let given): pieces = given
        case .failure(let error, let text):
            pieces = Self.words(text)
            failure = error
        case .hang(let text):
            pieces = Self.words(text)
            hangs = true
        }
        for piece in pieces {
            try Task.checkCancellation()
            await channel.send(.response(action: .appendText(piece, tokenCount: 1)))
            await Task.yield()
        }
        if let failure { throw failure }
        while hangs { try await Task.sleep(for: .seconds(3600)) }
        let prompt = request.transcript.reduce(0) { $0 + Self.words($1.text).count }
        await channel.send(
            .response(
                action: .updateUsage(
                    input: LanguageModelSession.Usage.Input(totalTokenCount: prompt, cachedTokenCount: 0),
                    output: LanguageModelSession.Usage.Output(totalTokenCount: pieces.count)
                )
            )
        )
    }

    /// The words of a text, each with the space before it.
    private static func words(_ text: String) -> [String] {
        var words: [String] = []
        for character in text {
            if words.isEmpty || character == " " { words.append("") }
            words[words.count - 1].append(character)
        }
        return words
    }
}

extension ScriptedLanguageModel: LikelihoodModel {
    package func likelihoods(of answers: [String], to transcript: Transcript) async throws -> [AnswerLikelihood] {
        guard let likelihood = script.likelihood else {
            throw ScriptError(description: "the script says nothing of likelihoods; give it a closure for them")
        }
        script.requests.withLock { $0.append(transcript) }
        return try answers.map {
            AnswerLikelihood(answer: $0, logProbability: try likelihood($0, transcript), tokenCount: 1)
        }
    }

    package func likelihood(of text: String, after context: String) async throws -> AnswerLikelihood {
        guard let found = try await likelihoods(of: [text], to: Transcript(entries: [.prompt(context)])).first else {
            throw ScriptError(description: "the script gave no likelihood")
        }
        return found
    }
}
