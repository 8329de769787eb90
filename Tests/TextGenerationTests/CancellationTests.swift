// SPDX-License-Identifier: Apache-2.0
import Foundation
import Synchronization
import Testing
import TextGeneration
import Transformers

/// A request that is cancelled in any step of its life leaves the engine, its cache and its neighbours as they were.
@Suite(.timeLimit(.minutes(15))) struct CancellationTests {
    private typealias Reading = Task<GenerationResult, any Error>

    /// 30 ids, read in pieces of four, then 12 tokens: about twenty steps, the first eight inside the prompt.
    private static let steps = 0..<22

    private static func victim(_ prefix: PrefixHandle?) -> GenerationRequest {
        GenerationRequest(prompt: (0..<30).map { Int32($0 * 3 % 40) }, maximumNewTokens: 12, prefix: prefix)
    }

    private static func neighbour(_ number: Int32) -> GenerationRequest {
        GenerationRequest(prompt: [number, 7], maximumNewTokens: 40)
    }

    private static func engine(_ model: FakeModel) throws -> GenerationEngine {
        var limits = GenerationEngine.Limits()
        limits.promptRowsAStep = 4
        return try GenerationEngine(model: model, cachePositions: 512, limits: limits)
    }

    private static func ids(_ request: GenerationRequest, _ engine: GenerationEngine) async throws -> [Int32] {
        try await GenerationResult(collecting: engine.generate(request)).ids
    }

    /// Waits for the step that may be under way still; true if all blocks came back.
    private static func isEmpty(_ pool: KeyValueCachePool) async throws -> Bool {
        for _ in 0..<2000 where pool.available != pool.capacity { try await Task.sleep(for: .milliseconds(1)) }
        return pool.available == pool.capacity
    }

    @Test(arguments: steps, [false, true]) func cancelledInAnyStep(step: Int, keepsPrefix: Bool) async throws {
        let whole = try await Self.ids(Self.victim(nil), Self.engine(FakeModel()))
        var alone: [[Int32]] = []
        for number in 0..<3 {
            alone.append(try await Self.ids(Self.neighbour(Int32(number)), Self.engine(FakeModel())))
        }

        let reading = Mutex<Reading?>(nil)
        let count = Mutex(0)
        let model = FakeModel(onStep: { _ in
            // The first step waits until there is a task to cancel.
            while reading.withLock({ $0 == nil }) { usleep(100) }
            let now = count.withLock { count in
                defer { count += 1 }
                return count
            }
            if now == step { reading.withLock { $0?.cancel() } }
        })
        let engine = try Self.engine(model)
        let prefix = keepsPrefix ? PrefixHandle() : nil
        async let first = Self.ids(Self.neighbour(0), engine)
        async let second = Self.ids(Self.neighbour(1), engine)
        let stream = engine.generate(Self.victim(prefix))
        let task = Reading { try await GenerationResult(collecting: stream) }
        reading.withLock { $0 = task }
        let result = try await task.value
        let later = try await Self.ids(Self.neighbour(2), engine)

        #expect(whole.starts(with: result.ids))
        #expect(result.reason == .cancelled || result.ids == whole)
        // Those that shared its steps, and one that came after it, have the tokens that they have alone.
        #expect(try await [first, second, later] == alone)

        // With what it left in its handle, and without, its text is what it would have been.
        #expect(try await Self.ids(Self.victim(prefix), engine) == whole)
        prefix?.clear()
        let pool = try #require(model.pools.withLock { $0.first })
        #expect(try await Self.isEmpty(pool))
        // A request that needs every block of the cache runs.
        let all = GenerationRequest(prompt: [7], maximumNewTokens: 511)
        #expect(try await Self.ids(all, engine).count == 511)
    }

    @Test(arguments: 0..<12) func droppedAtAnyToken(token: Int) async throws {
        let alone = try await Self.ids(Self.neighbour(5), Self.engine(FakeModel()))
        let whole = try await Self.ids(Self.victim(nil), Self.engine(FakeModel()))
        let model = FakeModel()
        let engine = try Self.engine(model)
        async let neighbour = Self.ids(Self.neighbour(5), engine)
        var seen: [Int32] = []
        for try await next in engine.generate(Self.victim(nil)) {
            seen.append(next.id)
            if seen.count > token { break }
        }
        #expect(seen == Array(whole.prefix(token + 1)))
        #expect(try await neighbour == alone)
        let pool = try #require(model.pools.withLock { $0.first })
        #expect(try await Self.isEmpty(pool))
    }
}
