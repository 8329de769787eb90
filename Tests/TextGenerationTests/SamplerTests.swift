// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing
import TextGeneration

@Suite struct SamplerTests {
    private func next(_ logits: [Float], _ parameters: SamplingParameters, step: Int = 0) throws -> Int32 {
        try logits.withUnsafeBufferPointer { pointer in
            try Sampler(parameters).next(pointer, history: TokenHistory([0]), step: step)
        }
    }

    @Test func theLikeliestIsFoundWhereverItStands() throws {
        // Sixteen are looked at together, and the rest one by one.
        for place in 0..<37 {
            var logits = (0..<37).map { Float($0 % 5) }
            logits[place] = 9
            if place < 36 { logits[36] = 9 }  // of equals the lowest id
            #expect(try logits.withUnsafeBufferPointer { try Sampler.likeliest($0) } == Int32(place))
            logits[place] = .nan
            #expect(throws: TextGenerationError.self) {
                try logits.withUnsafeBufferPointer { try Sampler.likeliest($0) }
            }
        }
    }

    @Test func greedyTakesTheLowestIdAmongEquals() throws {
        #expect(try next([1, 7, 3, 7, 7], .greedy) == 1)
        #expect(try next([-.infinity, -2, -2], .greedy) == 1)
    }

    @Test func logitsThatAreNoNumbersAreAnError() {
        for logits: [Float] in [[1, .nan], [-.infinity, -.infinity], [.infinity, 0]] {
            let error = #expect(throws: TextGenerationError.self) { try next(logits, .greedy) }
            #expect(error?.code == .invalidLogits)
        }
    }

    @Test func drawsFollowTheProbabilities() throws {
        var parameters = SamplingParameters()
        parameters.doSample = true
        parameters.seed = 11
        let logits: [Float] = [0, Float(Foundation.log(2.0)), -.infinity, Float(Foundation.log(5.0))]
        var counts = [0, 0, 0, 0]
        for step in 0..<8000 { counts[Int(try next(logits, parameters, step: step))] += 1 }
        #expect(counts[2] == 0)
        for (count, share) in zip(counts, [1.0 / 8, 2.0 / 8, 0, 5.0 / 8]) {
            #expect(abs(Double(count) / 8000 - share) < 0.02)
        }
    }

    @Test func aDrawDependsOnSeedAndStepAlone() throws {
        var parameters = SamplingParameters()
        parameters.doSample = true
        let logits = (0..<100).map { Float($0 % 7) / 3 }
        func draws(seed: UInt64) throws -> [Int32] {
            parameters.seed = seed
            return try (0..<50).map { try next(logits, parameters, step: $0) }
        }
        #expect(try draws(seed: 1) == draws(seed: 1))
        #expect(try draws(seed: 1) != draws(seed: 2))
        #expect(try draws(seed: 1) != draws(seed: 1 << 40 | 1))
    }

    /// The known answers of the generator's authors (Random123, `kat_vectors`).
    @Test func philoxGivesItsKnownAnswers() {
        let zero = CounterRandom(seed: 0).block(0, 0, 0, 0)
        #expect(zero == (0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8))
        let ones = CounterRandom(seed: .max).block(.max, .max, .max, .max)
        #expect(ones == (0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd))
        let pi = CounterRandom(seed: 0x299f_31d0_a409_3822)
            .block(0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344)
        #expect(pi == (0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1))
    }

    @Test func ownExponentialAndLogarithmAreExactEnough() {
        var worst = 0.0
        for index in 0...20_000 {
            let x = -Double(index) * 0.035
            let exact = Foundation.exp(x)
            worst = max(worst, abs(Exponential.exp(x) - exact) / exact)
            let y = Foundation.exp(Double(index) * 0.001)
            worst = max(worst, abs(Exponential.log(y) - Foundation.log(y)) / max(1e-3, Foundation.log(y)))
        }
        #expect(worst < 1e-15)
        #expect(Exponential.exp(-1000) == 0)
        #expect(Exponential.exp(0) == 1)
        #expect(Exponential.log(1) == 0)
    }

    @Test func logprobsAreSortedAndSumToOne() throws {
        let logits: [Float] = [1, 3, -2, 3, 0]
        try logits.withUnsafeBufferPointer { pointer in
            let all = try TokenLogprobs(of: 3, in: pointer, count: 5)
            #expect(all.likeliest.map(\.id) == [1, 3, 0, 4, 2])
            #expect(abs(all.likeliest.reduce(0) { $0 + Foundation.exp(Double($1.logprob)) } - 1) < 1e-6)
            #expect(all.chosen == all.likeliest[1])
            #expect(try TokenLogprobs(of: 0, in: pointer, count: 2).likeliest.map(\.id) == [1, 3])
            #expect(try TokenLogprobs(of: 0, in: pointer, count: 0).likeliest.isEmpty)
        }
    }
}
