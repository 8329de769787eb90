// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing
import TextGeneration

/// Made by `Scripts/make-generation-fixtures` with Hugging Face transformers.
private struct ProcessorCase: Decodable, CustomTestStringConvertible {
    struct Settings: Decodable {
        var doSample: Bool?
        var temperature: Double?
        var topK: Int?
        var topP: Double?
        var minP: Double?
        var repetitionPenalty: Double?
        var logitBias: [String: Float]?
    }
    let name: String
    let settings: Settings
    let ids: [Int32]
    let logits: [Float]
    let scores: [Float?]

    var testDescription: String { name }

    static let all: [ProcessorCase] = {
        guard let url = Bundle.module.url(forResource: "Fixtures/processors", withExtension: "json"),
            let data = try? Data(contentsOf: url)
        else { return [] }
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return (try? decoder.decode([ProcessorCase].self, from: data)) ?? []
    }()

    var parameters: SamplingParameters {
        var result = SamplingParameters()
        result.doSample = settings.doSample ?? false
        result.temperature = settings.temperature ?? 1
        result.topK = settings.topK
        result.topP = settings.topP
        result.minP = settings.minP
        result.repetitionPenalty = settings.repetitionPenalty ?? 1
        for (id, bias) in settings.logitBias ?? [:] { result.logitBias[Int32(id) ?? -1] = bias }
        return result
    }
}

@Suite struct ProcessorTests {
    @Test func fixturesAreThere() { #expect(ProcessorCase.all.count == 42) }

    @Test(arguments: ProcessorCase.all)
    fileprivate func scoresEqualTransformers(_ test: ProcessorCase) {
        var scores = test.logits
        for processor in test.parameters.processors() {
            processor.process(&scores, history: TokenHistory(test.ids))
        }
        var expected = test.scores.map { $0 ?? -.infinity }
        if test.settings.topP != nil, !test.name.contains("spread") {
            // Which of several equal tokens top-p keeps is torch's accident; how many it keeps is not.
            scores.sort()
            expected.sort()
        }
        for (index, (ours, theirs)) in zip(scores, expected).enumerated() {
            #expect(ours == theirs || abs(ours - theirs) <= 1e-5 * max(1, abs(theirs)), "id \(index)")
        }
    }

    @Test func topPKeepsTheLowerIdAmongEquals() {
        var scores: [Float] = [0, 1, 1, 1, 1]
        TopP(p: 0.4).process(&scores, history: TokenHistory())
        #expect(scores == [-.infinity, 1, 1, -.infinity, -.infinity])
    }

    @Test(arguments: [
        ("temperature", 0.0), ("temperature", -1), ("temperature", .nan), ("topP", 1.5), ("topP", .nan), ("minP", -0.1),
        ("topK", 0), ("penalty", 0), ("bias", 99),
    ])
    func valuesOutOfRangeAreRefused(_ name: String, _ value: Double) {
        var parameters = SamplingParameters()
        switch name {
        case "temperature": parameters.temperature = value
        case "topP": parameters.topP = value
        case "minP": parameters.minP = value
        case "topK": parameters.topK = Int(value)
        case "penalty": parameters.repetitionPenalty = value
        default: parameters.logitBias = [Int32(value): 1]
        }
        let error = #expect(throws: TextGenerationError.self) { try parameters.check(vocabularySize: 40) }
        #expect(error?.code == .invalidRequest)
    }

    /// Hugging Face: `MinNewTokensLengthLogitsProcessor(prompt_length_to_skip: 3, min_new_tokens: 2, eos_token_id: [1])`.
    @Test func noEndTokenBeforeTheLeastLength() {
        let processor = MinimumNewTokens(minimum: 2, promptLength: 3, endTokens: [1])
        for (count, isForbidden) in [(3, true), (4, true), (5, false), (6, false)] {
            var scores: [Float] = [0, 9, 2]
            processor.process(&scores, history: TokenHistory([Int32](repeating: 0, count: count)))
            #expect(scores == [0, isForbidden ? -.infinity : 9, 2], "after \(count) ids")
        }
    }
}
