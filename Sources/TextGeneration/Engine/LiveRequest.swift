// SPDX-License-Identifier: Apache-2.0
import Synchronization
internal import Transformers

/// A flag that a stream's reader raises and the engine's thread reads.
final class CancellationFlag: Sendable {
    private let raised = Atomic<Bool>(false)

    var isRaised: Bool { raised.load(ordering: .relaxed) }

    func raise() { raised.store(true, ordering: .relaxed) }
}

/// A request on its way through the engine. Used by the engine's thread only, once it is handed over.
final class LiveRequest {
    typealias Continuation = AsyncThrowingStream<GeneratedToken, any Error>.Continuation

    let request: GenerationRequest
    let cancellation: CancellationFlag
    /// The keys and values so far; nil while the request waits.
    var sequence: CachedSequence?
    private(set) var history: TokenHistory
    private let continuation: Continuation
    private let sampler: Sampler
    private let tokenLimit: Int
    private var stops: StopMatcher
    private var usage = GenerationUsage()
    private var started: ContinuousClock.Instant?
    private var answered: ContinuousClock.Instant?

    init(
        _ request: GenerationRequest,
        contextLength: Int,
        continuation: Continuation,
        cancellation: CancellationFlag
    ) {
        self.request = request
        self.continuation = continuation
        self.cancellation = cancellation
        history = TokenHistory(request.prompt)
        sampler = Sampler(request.sampling, minimum: request.minimum)
        tokenLimit = request.tokenLimit(contextLength: contextLength)
        stops = StopMatcher(request.stopStrings)
        usage.promptTokens = request.prompt.count
    }

    /// The ids that the model has not seen yet: at first the prompt, then the token chosen last.
    var pending: ArraySlice<Int32> { history.ids[(sequence?.count ?? 0)...] }

    /// Takes a sequence of the cache, the kept prefix's where there is one.
    ///
    /// At least one id stays pending: its hidden state gives the next token's logits.
    func start(in pool: KeyValueCachePool) {
        if let kept = request.prefix?.take(sharedWith: history.ids.dropLast(), pool: pool) {
            sequence = kept
            if started == nil { usage.cachedTokens = kept.count }
        } else {
            sequence = pool.makeSequence()
        }
        if started == nil { started = .now }
    }

    /// Chooses the next token and sends it to the reader. True if it was the last.
    func advance(_ logits: UnsafeBufferPointer<Float>, bytes: (Int32) -> [UInt8]) throws(TextGenerationError) -> Bool {
        let id = try sampler.next(logits, history: history, step: usage.completionTokens)
        let logprobs =
            if let count = request.logprobs { try TokenLogprobs(of: id, in: logits, count: count) } else {
                TokenLogprobs?.none
            }
        history.append(id)
        usage.completionTokens += 1
        if answered == nil {
            answered = .now
            usage.promptSeconds = seconds(from: started, to: answered)
        }
        var reason: FinishReason?
        var text: [UInt8] = []
        if request.endTokens.contains(id) {
            reason = .stop
        } else {
            let matched = stops.append(bytes(id))
            text = matched.text
            if matched.stopped { reason = .stop }
        }
        if reason == nil, usage.completionTokens >= tokenLimit { reason = .length }
        if reason != nil { text += stops.finish() }
        usage.completionSeconds = seconds(from: answered, to: .now)
        continuation.yield(
            GeneratedToken(
                id: id,
                bytes: text,
                logprob: logprobs?.chosen,
                likeliest: logprobs?.likeliest ?? [],
                finish: reason.map { GenerationFinish(reason: $0, usage: usage) }
            )
        )
        return reason != nil
    }

    /// Ends the stream and leaves the keys and values to the prefix handle, if the request has one.
    func finish(pool: KeyValueCachePool) {
        if let sequence, let prefix = request.prefix {
            prefix.keep(sequence, ids: Array(history.ids.prefix(sequence.count)), pool: pool)
        }
        sequence = nil
        continuation.finish()
    }

    /// Ends the stream with an error; what the cache holds is let go.
    func fail(_ error: any Error) {
        sequence = nil
        continuation.finish(throwing: error)
    }

    private func seconds(from start: ContinuousClock.Instant?, to end: ContinuousClock.Instant?) -> Double {
        guard let start, let end else { return 0 }
        return (end - start) / .seconds(1)
    }
}
