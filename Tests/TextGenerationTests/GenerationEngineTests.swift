// SPDX-License-Identifier: Apache-2.0
import Foundation
import Synchronization
import Testing
import TextGeneration
import Transformers

@Suite(.timeLimit(.minutes(15))) struct GenerationEngineTests {
    /// Each id's text is a letter, the same for ids 26 apart.
    @Sendable private static func letter(_ id: Int32) -> [UInt8] { [97 + UInt8(id % 26)] }

    private func engine(_ model: FakeModel, positions: Int? = nil, live: Int = 32, rows: Int = 512) throws
        -> GenerationEngine
    {
        var limits = GenerationEngine.Limits()
        limits.liveRequests = live
        limits.promptRowsAStep = rows
        return try GenerationEngine(
            model: model,
            cachePositions: positions,
            limits: limits,
            tokenBytes: Self.letter
        )
    }

    private func requests(_ count: Int) -> [GenerationRequest] {
        (0..<count).map { number in
            let prompt = (0...number * 5).map { Int32(($0 * 7 + number) % 40) }
            var request = GenerationRequest(prompt: prompt, maximumNewTokens: 12 + number)
            request.sampling.doSample = number % 2 == 0
            request.sampling.seed = UInt64(number)
            request.sampling.repetitionPenalty = 1.2
            return request
        }
    }

    @Test(arguments: [0, -1])
    func limitsThatLeaveRoomForNothingAreRaised(_ limit: Int) async throws {
        let engine = try engine(FakeModel(), live: limit, rows: limit)
        let result = try await GenerationResult(
            collecting: engine.generate(GenerationRequest(prompt: [3, 1, 4], maximumNewTokens: 2))
        )
        #expect(result.ids.count == 2)
        #expect(try await engine.score([1, 2, 3]).likeliest.count == 3)
    }

    @Test func greedyFollowsTheModel() async throws {
        let model = FakeModel()
        let result = try await GenerationResult(
            collecting: engine(model).generate(GenerationRequest(prompt: [3, 1, 4], maximumNewTokens: 6))
        )
        var ids: [Int32] = [3, 1, 4]
        for _ in 0..<6 {
            let logits = model.expectedLogits(after: ids)
            ids.append(Int32(logits.firstIndex(of: logits.max() ?? 0) ?? -1))
        }
        #expect(result.ids == Array(ids[3...]))
        #expect(result.bytes == result.ids.flatMap(Self.letter))
        #expect(result.reason == .length)
        #expect(result.usage.promptTokens == 3 && result.usage.completionTokens == 6)
        #expect(result.usage.promptSeconds > 0 && result.usage.completionSeconds > 0)
        // The prompt's three rows, then one row for each token but the last; logits for one row a step.
        #expect(model.rows == 8)
        #expect(model.record.withLock { $0.logitRows } == Array(repeating: 1, count: 6))
    }

    @Test(arguments: [(32, 512, 2048), (3, 512, 2048), (32, 4, 2048), (32, 7, 256)])
    func inABatchAsAlone(live: Int, rows: Int, positions: Int) async throws {
        var alone: [[Int32]] = []
        for request in requests(8) {
            let engine = try engine(FakeModel())
            alone.append(try await GenerationResult(collecting: engine.generate(request)).ids)
        }
        let model = FakeModel()
        let shared = try engine(model, positions: positions, live: live, rows: rows)
        let together = try await withThrowingTaskGroup(of: (Int, [Int32]).self) { group in
            for (number, request) in requests(8).enumerated() {
                let stream = shared.generate(request)
                group.addTask { (number, try await GenerationResult(collecting: stream).ids) }
            }
            return try await group.reduce(into: [Int: [Int32]]()) { $0[$1.0] = $1.1 }
        }
        #expect((0..<8).map { together[$0] } == alone)
        let batches = model.record.withLock { $0.batches }
        #expect(batches.contains { $0.runs.count > 1 })
        #expect(batches.allSatisfy { $0.runs.count <= live })
    }

    @Test func whoeverGivesUpItsPlaceInAFullCacheTakesItUpAgain() async throws {
        var requests: [GenerationRequest] = []
        for number in 0..<3 {
            var request = GenerationRequest(
                prompt: Array(repeating: Int32(number), count: 60),
                maximumNewTokens: 100
            )
            request.sampling.doSample = true
            requests.append(request)
        }
        var alone: [[Int32]] = []
        for request in requests {
            alone.append(try await GenerationResult(collecting: engine(FakeModel()).generate(request)).ids)
        }
        let model = FakeModel()
        let shared = try engine(model, positions: 256)
        let streams = requests.map(shared.generate)
        for (stream, ids) in zip(streams, alone) {
            #expect(try await GenerationResult(collecting: stream).ids == ids)
        }
        #expect(model.rows > 3 * 159, "no request had to give way")
    }

    @Test func anEndTokenStopsAndAddsNoText() async throws {
        let engine = try engine(FakeModel())
        let free = try await GenerationResult(
            collecting: engine.generate(GenerationRequest(prompt: [9], maximumNewTokens: 8))
        )
        let end = free.ids[5]
        let stop = try #require(free.ids.firstIndex(of: end))
        let result = try await GenerationResult(
            collecting: engine.generate(GenerationRequest(prompt: [9], maximumNewTokens: 8, endTokens: [end]))
        )
        #expect(result.ids == Array(free.ids[...stop]))
        #expect(result.bytes == free.ids[..<stop].flatMap(Self.letter))
        #expect(result.reason == .stop)
    }

    @Test func aStopStringEndsTheTextAcrossTokens() async throws {
        let engine = try engine(FakeModel())
        let free = try await GenerationResult(
            collecting: engine.generate(GenerationRequest(prompt: [9], maximumNewTokens: 8))
        )
        let result = try await GenerationResult(
            collecting: engine.generate(
                GenerationRequest(prompt: [9], maximumNewTokens: 8, stopStrings: [Array(free.bytes[3...5])])
            )
        )
        #expect(result.ids == Array(free.ids.prefix(6)))
        #expect(result.bytes == Array(free.bytes[..<3]))
        #expect(result.reason == .stop)
    }

    @Test func theContextIsTheLimitOfLength() async throws {
        let engine = try engine(FakeModel(contextLength: 64))
        let result = try await GenerationResult(
            collecting: engine.generate(GenerationRequest(prompt: Array(repeating: 1, count: 60)))
        )
        #expect(result.ids.count == 5)
        #expect(result.reason == .length)
        let limited = try await GenerationResult(
            collecting: engine.generate(GenerationRequest(prompt: [1, 2], maximumNewTokens: 9, maximumLength: 5))
        )
        #expect(limited.ids.count == 3)
    }

    @Test func aPromptBeyondTheContextNamesBothNumbers() async throws {
        let engine = try engine(FakeModel(contextLength: 64))
        let error = await #expect(throws: TextGenerationError.self) {
            try await GenerationResult(
                collecting: engine.generate(GenerationRequest(prompt: Array(repeating: 1, count: 65)))
            )
        }
        #expect(error?.code == .promptTooLong)
        #expect(error?.promptTokens == 65 && error?.limit == 64)
        #expect(error?.message.contains("65") == true && error?.message.contains("64") == true)
    }

    @Test func aRequestThatCanNeverFitTheCacheIsRefused() async throws {
        let engine = try engine(FakeModel(contextLength: 512), positions: 64)
        let error = await #expect(throws: TextGenerationError.self) {
            try await GenerationResult(
                collecting: engine.generate(GenerationRequest(prompt: [1, 2], maximumNewTokens: 64))
            )
        }
        #expect(error?.code == .cacheTooSmall && error?.limit == 64)
        let fits = try await GenerationResult(
            collecting: engine.generate(GenerationRequest(prompt: [1, 2], maximumNewTokens: 63))
        )
        #expect(fits.ids.count == 63)
    }

    @Test(arguments: [[], [-1], [40]] as [[Int32]])
    func idsOutsideTheVocabularyAreRefused(_ prompt: [Int32]) async throws {
        let engine = try engine(FakeModel())
        let error = await #expect(throws: TextGenerationError.self) {
            try await GenerationResult(collecting: engine.generate(GenerationRequest(prompt: prompt)))
        }
        #expect(error?.code == .invalidRequest)
    }

    @Test func aCancelledRequestLeavesTheBatchAndTheCache() async throws {
        let model = FakeModel(contextLength: 1024, onStep: { _ in usleep(1000) })
        let engine = try engine(model, positions: 1024)
        let neighbour = engine.generate(GenerationRequest(prompt: [5, 5], maximumNewTokens: 400))
        var seen = 0
        for try await _ in engine.generate(GenerationRequest(prompt: [1, 2, 3])) {
            seen += 1
            if seen == 4 { break }
        }
        let steps = model.record.withLock { $0.batches.count }
        #expect(try await GenerationResult(collecting: neighbour).ids.count == 400)
        // The step that was under way may still hold it.
        let later = model.record.withLock { $0.batches.dropFirst(steps + 1) }
        #expect(later.allSatisfy { $0.runs.count == 1 })
        // All the cache is free again: a request that needs the whole of it runs.
        let whole = try await GenerationResult(
            collecting: engine.generate(GenerationRequest(prompt: [7], maximumNewTokens: 1024))
        )
        #expect(whole.ids.count == 1024)
    }

    @Test func aCancelledTaskEndsItsTextAsCancelled() async throws {
        let engine = try engine(FakeModel(contextLength: 4096, onStep: { _ in usleep(1000) }))
        let task = Task {
            try await GenerationResult(collecting: engine.generate(GenerationRequest(prompt: [1], endTokens: [])))
        }
        try await Task.sleep(for: .milliseconds(50))
        task.cancel()
        let result = try await task.value
        #expect(result.reason == .cancelled)
        #expect(result.ids.count < 4096)
    }

    @Test func aKeptPrefixSparesRowsAndChangesNothing() async throws {
        let plain = try engine(FakeModel())
        let model = FakeModel()
        let engine = try engine(model)
        let prefix = PrefixHandle()
        var prompt = (0..<100).map { Int32($0 % 40) }
        for turn in 0..<3 {
            let before = model.rows
            let kept = try await GenerationResult(
                collecting: engine.generate(GenerationRequest(prompt: prompt, maximumNewTokens: 10, prefix: prefix))
            )
            let fresh = try await GenerationResult(
                collecting: plain.generate(GenerationRequest(prompt: prompt, maximumNewTokens: 10))
            )
            #expect(kept.ids == fresh.ids)
            if turn > 0 {
                // The last token of the turn before was never fed; then the new one, and nine of the ten answers.
                #expect(model.rows - before == 1 + 1 + 9)
                #expect(kept.usage.cachedTokens == prompt.count - 2)
            }
            prompt += kept.ids + [Int32(turn)]
        }
        // Another course from the middle on: only what is shared is reused.
        let before = model.rows
        let branch = Array(prompt[..<50]) + [39, 39]
        _ = try await GenerationResult(
            collecting: engine.generate(GenerationRequest(prompt: branch, maximumNewTokens: 1, prefix: prefix))
        )
        #expect(model.rows - before == 2)
        #expect(prefix.tokenCount == 52)
    }

    @Test func keptPrefixesGiveWayWhenTheCacheRunsShort() async throws {
        let engine = try engine(FakeModel(), positions: 256)
        let prefixes = (0..<6).map { _ in PrefixHandle() }
        for (number, prefix) in prefixes.enumerated() {
            let prompt = Array(repeating: Int32(number), count: 60)
            let result = try await GenerationResult(
                collecting: engine.generate(GenerationRequest(prompt: prompt, maximumNewTokens: 4, prefix: prefix))
            )
            #expect(result.ids.count == 4)
        }
        #expect(prefixes.first?.tokenCount == 0)
        #expect(prefixes.last?.tokenCount == 63)
    }

    @Test func aModelErrorEndsTheStepsRequestsAndTheEngineLivesOn() async throws {
        let engine = try engine(FakeModel(poison: 39))
        let error = await #expect(throws: TextGenerationError.self) {
            try await GenerationResult(collecting: engine.generate(GenerationRequest(prompt: [1, 39])))
        }
        #expect(error?.code == .model)
        #expect(error?.underlying is FakeModel.Failure)
        var request = GenerationRequest(prompt: [1, 2], maximumNewTokens: 3)
        request.sampling.logitBias = [39: -100]
        #expect(try await GenerationResult(collecting: engine.generate(request)).ids.count == 3)
    }

    @Test func shuttingDownEndsWhatRuns() async throws {
        let engine = try engine(FakeModel(contextLength: 100_000, onStep: { _ in usleep(500) }))
        let stream = engine.generate(GenerationRequest(prompt: [1]))
        var iterator = stream.makeAsyncIterator()
        _ = try await iterator.next()
        engine.shutDown()
        let error = await #expect(throws: TextGenerationError.self) { while try await iterator.next() != nil {} }
        #expect(error?.code == .engineStopped)
        let late = await #expect(throws: TextGenerationError.self) { try await engine.score([1, 2]) }
        #expect(late?.code == .engineStopped)
    }

    @Test func logprobsComeWithEachToken() async throws {
        let model = FakeModel()
        var request = GenerationRequest(prompt: [8], maximumNewTokens: 3, logprobs: 4)
        request.sampling.doSample = true
        let result = try await GenerationResult(collecting: engine(model).generate(request))
        #expect(result.logprobs.map(\.id) == result.ids)
        #expect(result.likeliest.allSatisfy { $0.count == 4 })
        let logits = model.expectedLogits(after: [8])
        let sum = logits.reduce(0) { $0 + exp(Double($1)) }
        #expect(abs(Double(result.logprobs[0].logprob) - (Double(logits[Int(result.ids[0])]) - log(sum))) < 1e-6)
    }
}
