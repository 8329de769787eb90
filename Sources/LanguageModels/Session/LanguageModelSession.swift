// SPDX-License-Identifier: Apache-2.0
import Synchronization
import TextGeneration

/// A conversation with a language model.
///
/// ```swift
/// let session = LanguageModelSession(model: model, instructions: "You are brief.")
/// print(try await session.respond(to: "What is a martlet?").content)
/// ```
/// One answer at a time; each goes on from what was said before. Sessions of one model run side by side.
public final class LanguageModelSession: Sendable {
    struct State {
        var transcript: Transcript
        var usage = Usage()
        /// The answer that is under way.
        var turn: Turn?
    }

    struct Turn {
        let id: UInt64
        /// How many entries the transcript had before it.
        let start: Int
        var response = ""
        var usage = Usage()
    }

    /// How a request reaches whoever answers; made in `init`, where the model's type is known.
    struct Responder: Sendable {
        let respond:
            @Sendable (LanguageModelExecutorGenerationRequest, LanguageModelExecutorGenerationChannel) async throws
                -> Void
        let prewarm: @Sendable (Transcript, PrefixHandle) throws -> Void
    }

    let state: Mutex<State>
    let responder: Responder
    let prefix = PrefixHandle()
    private let turns = Atomic<UInt64>(0)

    /// A conversation that goes on from a transcript.
    public init(model: some LanguageModel, transcript: Transcript) {
        state = Mutex(State(transcript: transcript))
        responder = Self.responder(for: model)
    }

    /// A new conversation.
    public convenience init(model: some LanguageModel, instructions: Instructions? = nil) {
        self.init(
            model: model,
            transcript: Transcript(entries: instructions.map { [.instructions($0.text)] } ?? [])
        )
    }

    /// A new conversation.
    @_disfavoredOverload
    public convenience init(model: some LanguageModel, instructions: String? = nil) {
        self.init(model: model, instructions: instructions.map { Instructions($0) })
    }

    /// A new conversation.
    ///
    /// - Throws: What the instructions throw.
    public convenience init(
        model: some LanguageModel,
        @InstructionsBuilder instructions: () throws -> Instructions
    ) rethrows {
        self.init(model: model, instructions: try instructions())
    }

    /// What was said so far. It may not be changed while an answer is under way; then a change does nothing.
    public var transcript: Transcript {
        get { state.withLock { $0.transcript } }
        set { state.withLock { if $0.turn == nil { $0.transcript = newValue } } }
    }

    /// Whether an answer is under way.
    public var isResponding: Bool { state.withLock { $0.turn != nil } }

    /// What all answers so far have cost.
    public var usage: Usage { state.withLock { $0.usage } }

    /// Computes ahead what the next request begins with: the conversation so far, and how the prompt will begin.
    public func prewarm(promptPrefix: Prompt? = nil) {
        var transcript = self.transcript
        if let promptPrefix { transcript.append(.prompt(promptPrefix.text)) }
        // Whatever is wrong will be reported by the request itself.
        try? responder.prewarm(transcript, prefix)
    }

    /// The tokens of the conversation whose keys and values are kept for the next request.
    package var keptTokenCount: Int { prefix.tokenCount }

    private static func responder<Model: LanguageModel>(for model: Model) -> Responder {
        let configuration = model.executorConfiguration
        // The executor lives as long as the session; whatever keeps it from being made is the answer's error.
        let made = Result { try ExecutorCache.executor(of: Model.Executor.self, configuration: configuration) }
        return Responder(
            respond: { request, channel in
                try await made.get().executor.respond(to: request, model: model, streamingInto: channel)
            },
            prewarm: { transcript, prefix in
                let executor = try made.get().executor
                if let warming = executor as? any PrefixWarming {
                    warming.prewarm(transcript: transcript, prefix: prefix)
                } else {
                    executor.prewarm(model: model, transcript: transcript)
                }
            }
        )
    }

    func nextTurn() -> UInt64 { turns.add(1, ordering: .relaxed).newValue }
}

extension LanguageModelSession {
    /// Why a session refused a request.
    public enum Error: Swift.Error, Sendable, Hashable, CustomStringConvertible {
        /// An answer is still under way.
        case concurrentRequests

        /// One line for people.
        public var description: String {
            "the session is still answering; wait until `isResponding` is false, or use a session of its own"
        }
    }

    /// What answers have cost.
    public struct Usage: Sendable {
        /// What went in.
        public struct Input: Sendable, Hashable {
            /// Tokens of the prompts.
            public var totalTokenCount: Int
            /// Those of them that did not have to be computed again.
            public var cachedTokenCount: Int

            /// These numbers.
            public init(totalTokenCount: Int, cachedTokenCount: Int) {
                self.totalTokenCount = totalTokenCount
                self.cachedTokenCount = cachedTokenCount
            }
        }

        /// What came out.
        public struct Output: Sendable, Hashable {
            /// Tokens of the answers.
            public var totalTokenCount: Int

            /// This number.
            public init(totalTokenCount: Int) { self.totalTokenCount = totalTokenCount }
        }

        /// What went in.
        public var input: Input
        /// What came out.
        public var output: Output
        /// What else the model tells; the embedded one `finish_reason`, `prompt_seconds` and `completion_seconds`.
        public var metadata: [String: any Sendable & Codable & Equatable]

        /// These figures.
        public init(
            input: Input = Input(totalTokenCount: 0, cachedTokenCount: 0),
            output: Output = Output(totalTokenCount: 0),
            metadata: [String: any Sendable & Codable & Equatable] = [:]
        ) {
            self.input = input
            self.output = output
            self.metadata = metadata
        }

        /// Tokens in and out.
        public var totalTokenCount: Int { input.totalTokenCount + output.totalTokenCount }

        mutating func add(_ other: Usage) {
            input.totalTokenCount += other.input.totalTokenCount
            input.cachedTokenCount += other.input.cachedTokenCount
            output.totalTokenCount += other.output.totalTokenCount
            metadata = other.metadata
        }
    }
}
