// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import LanguageModels
import Tensors
import Testing

@Suite(.timeLimit(.minutes(15))) struct TextRerankerTests {
    private func crossEncoder() throws -> (TinyModel, CrossEncoder) {
        let tiny = try TinyModel.bert(tokens: 57, maximumLength: nil, golden: "bert_cross_encoder")
        return (tiny, try CrossEncoder(Checkpoint.open(tiny.folder), precision: .float32))
    }

    @Test func scoresAreProbabilitiesThatDoNotDependOnTheOthers() async throws {
        let (tiny, encoder) = try crossEncoder()
        defer { withExtendedLifetime(tiny) {} }
        let passages = ["hello there", "a", "", "z y x"]
        let together = try await encoder.scores("what", passages)
        #expect(together.cutCount == 0 && together.values.count == 4)
        #expect(together.values.allSatisfy { $0 > 0 && $0 < 1 })
        #expect(Set(together.values).count == 4)
        for (passage, value) in zip(passages, together.values) {
            #expect(try await encoder.scores("what", [passage]).values == [value])
        }
        #expect(try await encoder.scores("other", [passages[0]]).values != [together.values[0]])
        #expect(try await encoder.scores("what", []).values.isEmpty)
    }

    @Test func theLongerTextIsCutFirst() async throws {
        let (tiny, encoder) = try crossEncoder()
        defer { withExtendedLifetime(tiny) {} }
        #expect(encoder.tokenLimit == 40)  // 37 letters beside [CLS] and two [SEP]
        let letters = String(repeating: "abcdefghij", count: 5)
        func score(_ query: String, _ passage: String) async throws -> Double {
            try #require(try await encoder.scores(query, [passage]).values.first)
        }
        let long = try await encoder.scores("abcde", [letters, String(letters.prefix(32)), String(letters.prefix(31))])
        #expect(long.cutCount == 1)
        #expect(long.values[0] == long.values[1] && long.values[1] != long.values[2])
        // Both too long: the shorter, or the question where they are equal, keeps half of 37, the other one more.
        let both = try await score(letters, letters)
        #expect(try await score(String(letters.prefix(18)), String(letters.prefix(19))) == both)
        let longer = try await score(letters, String(letters.dropLast()))
        #expect(try await score(String(letters.prefix(19)), String(letters.prefix(18))) == longer)
    }

    @Test func modelsWithoutSuchAHeadAreRefused() throws {
        for golden in ["bert", "bert_token_classification"] {
            let tiny = try TinyModel.bert(tokens: 57, maximumLength: nil, golden: golden)
            let error = #expect(throws: CheckpointError.self) { try TextReranker(crossEncoder: tiny.folder) }
            #expect(error?.code == .unsupported)
        }
        let three = try TinyModel.bert(tokens: 57, maximumLength: nil, golden: "bert_sequence_classification")
        #expect(throws: CheckpointError.self) { try TextReranker(crossEncoder: three.folder) }
    }

    @Test func likelihoodsOfTheQuestionOrderPassages() async throws {
        let tiny = try TinyModel.llama()
        let reranker = try #require(TextReranker(likelihoodsOf: try EmbeddedLanguageModel(tiny.folder)) { "p \($0):" })
        let scores = try await reranker.scores("what?", ["a", "bc"])
        #expect(scores.values.count == 2)
        #expect(scores.values.allSatisfy { $0 < 0 })
        #expect(try await reranker.scores("what?", ["bc"]).values == [scores.values[1]])
    }
}
