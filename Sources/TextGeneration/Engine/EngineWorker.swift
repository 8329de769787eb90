// SPDX-License-Identifier: Apache-2.0
import Foundation
internal import Tensors
internal import Transformers

/// The engine's thread: takes requests in, steps all live ones together, and makes room in the cache.
///
/// Safe: `inbox`, `isStopping`, `hasEnded` and `thread` are used under `condition` only; all else by the thread only.
final class EngineWorker: @unchecked Sendable {
    enum Job {
        case generate(LiveRequest)
        case score(ScoringJob)
    }

    private let model: any CausalLanguageModel
    private let pool: KeyValueCachePool
    private let tokenBytes: @Sendable (Int32) -> [UInt8]
    private let limits: GenerationEngine.Limits

    private let condition = NSCondition()
    private var inbox: [Job] = []
    private var isStopping = false
    private var hasEnded = false
    private var thread: Thread?

    private var waiting: [LiveRequest] = []
    private var live: [LiveRequest] = []
    private var idlePrefixes: [WeakPrefix] = []

    private struct WeakPrefix {
        weak var handle: PrefixHandle?
    }

    init(
        model: any CausalLanguageModel,
        pool: KeyValueCachePool,
        limits: GenerationEngine.Limits,
        tokenBytes: @escaping @Sendable (Int32) -> [UInt8]
    ) {
        self.model = model
        self.pool = pool
        self.limits = limits.working
        self.tokenBytes = tokenBytes
    }

    func start() {
        let thread = Thread { self.run() }
        thread.name = "martlet engine"
        thread.stackSize = 4 << 20
        condition.withLock { self.thread = thread }
        thread.start()
    }

    /// Hands a job to the thread; false if it has been told to stop.
    func submit(_ job: Job) -> Bool {
        condition.lock()
        defer { condition.unlock() }
        guard !isStopping else { return false }
        inbox.append(job)
        condition.broadcast()
        return true
    }

    /// Has the thread end what is running with an error, after the step that it is in, and then itself.
    func tellToStop() {
        condition.withLock {
            isStopping = true
            condition.broadcast()
        }
    }

    /// Ends what is running with an error, and waits for the thread to end, unless it is the thread that calls.
    func stop() {
        tellToStop()
        condition.lock()
        defer { condition.unlock() }
        guard thread !== Thread.current else { return }
        while !hasEnded { condition.wait() }
    }

    // MARK: - On the thread

    private func run() {
        while let jobs = receive() {
            for job in jobs {
                switch job {
                case .generate(let request): waiting.append(request)
                case .score(let job): score(job)
                }
            }
            step()
        }
        let stopped = TextGenerationError(.engineStopped, "the engine was shut down before the text was done")
        // Nothing comes in any more. What failing sets off (a stream's end may let go of the engine, which then calls
        // `tellToStop`) must not find the lock held.
        let unread = condition.withLock { inbox }
        for request in live + waiting { request.fail(stopped) }
        for job in unread {
            switch job {
            case .generate(let request): request.fail(stopped)
            case .score(let job): job.continuation.resume(throwing: stopped)
            }
        }
        live = []
        waiting = []
        condition.withLock {
            inbox = []
            hasEnded = true
            condition.broadcast()
        }
    }

    /// What has come in since; waits for something if there is nothing to do. Nil when it is time to end.
    private func receive() -> [Job]? {
        condition.lock()
        defer { condition.unlock() }
        while inbox.isEmpty, live.isEmpty, waiting.isEmpty, !isStopping { condition.wait() }
        if isStopping { return nil }
        defer { inbox = [] }
        return inbox
    }

    private func step() {
        for request in live where request.cancellation.isRaised { release(request) }
        live.removeAll { $0.cancellation.isRaised }
        for request in waiting where request.cancellation.isRaised { release(request) }
        waiting.removeAll { $0.cancellation.isRaised }
        makeRoom(for: 0)
        admit()
        guard !live.isEmpty else { return }
        let plan = planStep()
        do {
            let hidden = try model(plan.batch, cache: pool)
            guard !plan.answering.isEmpty else { return }
            let logits = try model.logits(hidden, rows: plan.answering.map(\.row))
            logits.withFloats { values in
                for (index, (request, _)) in plan.answering.enumerated() {
                    advance(request, values.row(index, of: model.vocabularySize))
                }
            }
        } catch {
            let failure = TextGenerationError(.model, "the forward pass failed: \(error)", underlying: error)
            for request in plan.taking { request.fail(failure) }
            live.removeAll { request in plan.taking.contains { $0 === request } }
        }
    }

    private struct Plan {
        var batch = TokenBatch()
        var taking: [LiveRequest] = []
        /// The requests whose next token this step gives, and the row that gives it.
        var answering: [(request: LiveRequest, row: Int)] = []
    }

    /// The rows of one step: first the requests that are writing, one row each, then pieces of prompts.
    private func planStep() -> Plan {
        var plan = Plan()
        var budget = limits.promptRowsAStep
        let writing = live.filter { $0.pending.count == 1 }
        let reading = live.filter { $0.pending.count > 1 }
        for request in writing + reading {
            guard let sequence = request.sequence else { continue }
            let pending = request.pending
            let ids = pending.count == 1 ? pending : pending.prefix(budget)
            guard !ids.isEmpty else { continue }
            if pending.count > 1 { budget -= ids.count }
            for (offset, id) in ids.enumerated() {
                plan.batch.append(
                    id: id,
                    position: Int32(sequence.count + offset),
                    segment: 0,
                    sequence: sequence.id
                )
            }
            plan.taking.append(request)
            if ids.count == pending.count { plan.answering.append((request, plan.batch.ids.count - 1)) }
        }
        return plan
    }

    private func advance(_ request: LiveRequest, _ logits: UnsafeBufferPointer<Float>) {
        do {
            guard try request.advance(logits, bytes: tokenBytes) else { return }
            release(request)
        } catch {
            request.fail(error)
        }
        live.removeAll { $0 === request }
    }

    private func release(_ request: LiveRequest) {
        request.finish(pool: pool)
        if let prefix = request.request.prefix { noteIdle(prefix) }
    }

    private func score(_ job: ScoringJob) {
        makeRoom(for: blocks(job.positions), sparing: job.prefix)
        do {
            job.continuation.resume(
                returning: try job.run(model: model, pool: pool, rowsAStep: limits.promptRowsAStep)
            )
        } catch let error as TextGenerationError {
            job.continuation.resume(throwing: error)
        } catch {
            job.continuation.resume(
                throwing: TextGenerationError(.model, "the forward pass failed: \(error)", underlying: error)
            )
        }
        if let prefix = job.prefix { noteIdle(prefix) }
    }
}

// MARK: - Room in the cache

extension EngineWorker {
    /// Positions rounded up to whole blocks, which is what they take.
    private func blocks(_ positions: Int) -> Int {
        let length = KeyValueLayout.blockLength
        return (positions + length - 1) / length * length
    }

    private var taken: Int { live.reduce(0) { $0 + blocks($1.history.ids.count) } }

    private func idle(sparing prefix: PrefixHandle?) -> Int {
        idlePrefixes.reduce(0) { $1.handle === prefix ? $0 : $0 + blocks($1.handle?.tokenCount ?? 0) }
    }

    private func noteIdle(_ prefix: PrefixHandle) {
        idlePrefixes.removeAll { $0.handle == nil || $0.handle === prefix }
        idlePrefixes.append(WeakPrefix(handle: prefix))
    }

    /// Clears kept prefixes, the one unused for longest first, until that many positions are free; false if they are
    /// not even then. The prefix of the request that asks is neither counted nor cleared: it is part of what it needs.
    private func clearPrefixes(for positions: Int, sparing own: PrefixHandle? = nil) -> Bool {
        idlePrefixes.removeAll { $0.handle == nil }
        while taken + idle(sparing: own) + positions > pool.capacity {
            guard let index = idlePrefixes.firstIndex(where: { $0.handle !== own }) else { return false }
            idlePrefixes.remove(at: index).handle?.clear()
        }
        return true
    }

    /// Makes room for what is live to grow by a token and for `positions` more.
    ///
    /// Where kept prefixes are not enough, the request that came last gives up its keys and values and waits; they are
    /// computed anew when it is its turn. That costs time and changes no token: a row's bits do not depend on how the
    /// rows before it came into the cache.
    private func makeRoom(for positions: Int, sparing own: PrefixHandle? = nil) {
        while !clearPrefixes(for: positions, sparing: own), live.count > (positions > 0 ? 0 : 1) {
            let last = live.removeLast()
            last.sequence = nil
            waiting.insert(last, at: 0)
        }
    }

    /// Lets waiting requests in, in order, as long as there is room for them and a block to grow.
    private func admit() {
        while let next = waiting.first, live.count < limits.liveRequests {
            let needed = blocks(next.history.ids.count) + (live.isEmpty ? 0 : KeyValueLayout.blockLength)
            guard clearPrefixes(for: needed, sparing: next.request.prefix) || live.isEmpty else { return }
            waiting.removeFirst()
            next.start(in: pool)
            live.append(next)
        }
    }
}
