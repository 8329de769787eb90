// SPDX-License-Identifier: Apache-2.0
public import Transformers

/// Runs a causal language model for any number of callers at once.
///
/// One thread of its own steps all live requests together: one row for each that is writing, and pieces of the prompts
/// of those that are still being read. What a request yields does not depend on which others are live.
///
/// ```swift
/// let engine = try GenerationEngine(model: model)
/// for try await token in engine.generate(GenerationRequest(prompt: [1, 2, 3], maximumNewTokens: 20)) {
///     print(token.id)
/// }
/// ```
public final class GenerationEngine: Sendable {
    /// How much the engine takes on at once. None of it changes a token.
    public struct Limits: Sendable, Hashable {
        /// The most requests that are stepped together, at least one; others wait their turn.
        public var liveRequests = 32
        /// The most rows of prompts in one step, at least one; more make reading faster and other requests wait longer.
        public var promptRowsAStep = 512

        /// The default limits.
        public init() {}

        /// These limits, where they leave room for nothing raised to the least with which the engine gets on.
        var working: Limits {
            var limits = self
            limits.liveRequests = max(1, liveRequests)
            limits.promptRowsAStep = max(1, promptRowsAStep)
            return limits
        }
    }

    /// The model's number of ids.
    public let vocabularySize: Int
    /// The most tokens of prompt and text together.
    public let contextLength: Int
    /// The positions of the key-value cache that all requests share.
    public let cachePositions: Int
    private let worker: EngineWorker

    /// - Parameters:
    ///   - model: The model to run; nobody else should run it meanwhile.
    ///   - cachePositions: The positions of the key-value cache that all requests share; the model's context if nil.
    ///   - limits: How much to take on at once.
    ///   - tokenBytes: The bytes that a token adds to a text, for `GeneratedToken.bytes` and stop strings; empty for
    ///     tokens that are no text.
    /// - Throws: What the model throws when it makes its cache.
    public init(
        model: any CausalLanguageModel,
        cachePositions: Int? = nil,
        limits: Limits = Limits(),
        tokenBytes: @escaping @Sendable (Int32) -> [UInt8] = { _ in [] }
    ) throws {
        vocabularySize = model.vocabularySize
        contextLength = model.contextLength
        let pool = try model.makeCache(positions: cachePositions ?? model.contextLength)
        self.cachePositions = pool.capacity
        worker = EngineWorker(model: model, pool: pool, limits: limits, tokenBytes: tokenBytes)
        worker.start()
    }

    // Nobody waits for what is left of a step: the thread keeps what it needs and ends by itself.
    deinit { worker.tellToStop() }

    /// Ends what is running with an error and joins the thread. The engine refuses all further requests.
    public func shutDown() { worker.stop() }

    /// Continues the request's prompt; the stream yields each token as soon as it is chosen.
    ///
    /// Dropping the stream, or cancelling the task that reads it, cancels the request before the next step. The stream
    /// keeps the engine alive.
    ///
    /// - Returns: A stream that throws `TextGenerationError`, at once for a request that can never be served.
    public func generate(_ request: GenerationRequest) -> AsyncThrowingStream<GeneratedToken, any Error> {
        let (stream, continuation) = AsyncThrowingStream<GeneratedToken, any Error>.makeStream()
        do {
            try request.check(vocabularySize: vocabularySize, contextLength: contextLength)
            let positions = request.prompt.count + request.tokenLimit(contextLength: contextLength) - 1
            try checkCache(positions)
            let cancellation = CancellationFlag()
            continuation.onTermination = { [self] _ in withExtendedLifetime(self) { cancellation.raise() } }
            let live = LiveRequest(
                request,
                contextLength: contextLength,
                continuation: continuation,
                cancellation: cancellation
            )
            guard worker.submit(.generate(live)) else { throw Self.stopped }
        } catch {
            continuation.finish(throwing: error)
        }
        return stream
    }

    /// How likely the model finds each of several continuations of one prompt, read from logits in one pass over the
    /// prompt and one over each continuation of more than one id.
    ///
    /// - Parameters:
    ///   - continuations: The ids that could follow; none may be empty.
    ///   - prompt: The ids before them; at least one.
    ///   - prefix: Where the prompt's keys and values are kept for a later request.
    /// - Returns: One for each continuation, with as many values as it has ids.
    /// - Throws: `TextGenerationError`.
    public func score(
        _ continuations: [[Int32]],
        after prompt: [Int32],
        prefix: PrefixHandle? = nil
    ) async throws -> [TokenScores] {
        guard continuations.allSatisfy({ !$0.isEmpty }) else {
            throw TextGenerationError(.invalidRequest, "a continuation to score is empty; give at least one token")
        }
        return try await score(continuations, after: prompt, looksBeyond: false, prefix: prefix)
    }

    /// How likely the model finds each id after the first, given all before it, and the likeliest after each.
    ///
    /// - Parameter ids: At least one id.
    /// - Returns: n - 1 log-probabilities and n likeliest ids for n ids.
    /// - Throws: `TextGenerationError`.
    public func score(_ ids: [Int32]) async throws -> TokenScores {
        let scores = try await score(
            [Array(ids.dropFirst())],
            after: Array(ids.prefix(1)),
            looksBeyond: true,
            prefix: nil
        )
        return scores.first ?? TokenScores()
    }

    private func score(
        _ continuations: [[Int32]],
        after prompt: [Int32],
        looksBeyond: Bool,
        prefix: PrefixHandle?
    ) async throws -> [TokenScores] {
        let longest = continuations.map(\.count).max() ?? 0
        guard prompt.count + longest <= contextLength else {
            throw TextGenerationError.promptTooLong(tokens: prompt.count + longest, contextLength: contextLength)
        }
        for ids in [prompt] + continuations.filter({ !$0.isEmpty }) {
            try GenerationRequest(prompt: ids).check(vocabularySize: vocabularySize, contextLength: contextLength)
        }
        try checkCache(prompt.count + longest)
        try Task.checkCancellation()
        return try await withCheckedThrowingContinuation { continuation in
            let job = ScoringJob(
                prompt: prompt,
                continuations: continuations,
                looksBeyond: looksBeyond,
                prefix: prefix,
                continuation: continuation
            )
            if !worker.submit(.score(job)) { continuation.resume(throwing: Self.stopped) }
        }
    }

    private func checkCache(_ positions: Int) throws(TextGenerationError) {
        guard positions <= cachePositions else {
            throw TextGenerationError(
                .cacheTooSmall,
                "the request may take \(positions) positions of the key-value cache, which has \(cachePositions); "
                    + "ask for fewer tokens or make the cache larger",
                promptTokens: positions,
                limit: cachePositions
            )
        }
    }

    private static var stopped: TextGenerationError {
        TextGenerationError(.engineStopped, "the engine was shut down; make a new one")
    }
}
