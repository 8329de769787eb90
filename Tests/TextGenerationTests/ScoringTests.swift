// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing
import TextGeneration

@Suite(.timeLimit(.minutes(15))) struct ScoringTests {
    private func logprob(_ model: FakeModel, _ id: Int32, after ids: [Int32]) -> Double {
        let logits = model.expectedLogits(after: ids).map(Double.init)
        return logits[Int(id)] - log(logits.reduce(0) { $0 + exp($1) })
    }

    private func likeliest(_ model: FakeModel, after ids: [Int32]) -> Int32 {
        let logits = model.expectedLogits(after: ids)
        return Int32(logits.firstIndex(of: logits.max() ?? 0) ?? -1)
    }

    @Test func continuationsAreScoredAfterOneReadingOfThePrompt() async throws {
        let model = FakeModel()
        let engine = try GenerationEngine(model: model)
        let prompt: [Int32] = [4, 8, 15, 16, 23]
        let choices: [[Int32]] = [[1], [2, 3, 4], [39, 0]]
        let scores = try await engine.score(choices, after: prompt)
        for (choice, score) in zip(choices, scores) {
            for place in choice.indices {
                let before = prompt + choice[..<place]
                #expect(abs(score.logprobs[place] - logprob(model, choice[place], after: before)) < 1e-9)
                #expect(score.likeliest[place] == likeliest(model, after: before))
            }
            #expect(score.logprobs.count == choice.count)
        }
        #expect(model.rows == 5 + 0 + 2 + 1)
    }

    @Test(arguments: [2, 512]) func aWholeTextIsScored(rowsAStep: Int) async throws {
        let model = FakeModel()
        var limits = GenerationEngine.Limits()
        limits.promptRowsAStep = rowsAStep
        let engine = try GenerationEngine(model: model, limits: limits)
        let ids = (0..<150).map { Int32(($0 * 13) % 40) }
        let scores = try await engine.score(ids)
        #expect(scores.logprobs.count == 149)
        #expect(scores.likeliest.count == 150)
        for place in [1, 2, 63, 64, 65, 149] {
            #expect(abs(scores.logprobs[place - 1] - logprob(model, ids[place], after: Array(ids[..<place]))) < 1e-9)
        }
        for place in [1, 70, 150] {
            #expect(scores.likeliest[place - 1] == likeliest(model, after: Array(ids[..<place])))
        }
        #expect(try await engine.score([7]).likeliest == [likeliest(model, after: [7])])
    }

    @Test func scoringMakesItsRoomBesideWhatIsLive() async throws {
        let model = FakeModel(onStep: { _ in usleep(500) })
        let engine = try GenerationEngine(model: model, cachePositions: 128)
        let request = GenerationRequest(prompt: [1, 2, 3], maximumNewTokens: 100)
        let alone = try await GenerationResult(collecting: engine.generate(request))
        let stream = engine.generate(request)
        var iterator = stream.makeAsyncIterator()
        var ids: [Int32] = []
        for _ in 0..<5 { if let token = try await iterator.next() { ids.append(token.id) } }
        let scores = try await engine.score((0..<120).map { Int32($0 % 40) })
        #expect(scores.logprobs.count == 119)
        while let token = try await iterator.next() { ids.append(token.id) }
        #expect(ids == alone.ids)
    }

    @Test func whatDoesNotFitIsRefused() async throws {
        let engine = try GenerationEngine(model: FakeModel(contextLength: 16))
        let long = await #expect(throws: TextGenerationError.self) {
            try await engine.score(Array(repeating: 1, count: 17))
        }
        #expect(long?.code == .promptTooLong)
        for (choices, prompt) in [([[]], [1]), ([[1]], []), ([[40]], [1])] as [([[Int32]], [Int32])] {
            let error = await #expect(throws: TextGenerationError.self) {
                try await engine.score(choices, after: prompt)
            }
            #expect(error?.code == .invalidRequest)
        }
    }
}
