// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import LanguageModels
import Testing

@Suite(.timeLimit(.minutes(15))) struct TextEmbedderTests {
    @Test func vectorsDoNotDependOnTheBatch() async throws {
        let tiny = try TinyModel.bert(tokens: 57, maximumLength: nil)
        let embedder = try TextEmbedder(tiny.folder)
        let texts = ["a bc", "", "hello there", "A BC", "z"]
        let together = try await embedder.embed(texts)
        #expect(together.cutCount == 0)
        for (text, vector) in zip(texts, together.vectors) {
            #expect(try await embedder.embed([text]).vectors == [vector])
            #expect(vector.count == embedder.identity.dimension)
            #expect(abs(vector.reduce(0) { $0 + $1 * $1 } - 1) < 1e-5)
        }
        #expect(together.vectors[0] == together.vectors[3])
        #expect(together.vectors[0] != together.vectors[4])
        #expect(try await embedder.embed([]).vectors.isEmpty)
    }

    @Test func longTextsAreCutAndCounted() async throws {
        let tiny = try TinyModel.bert(tokens: 57, maximumLength: 12)
        let embedder = try TextEmbedder(tiny.folder)
        #expect(embedder.identity.tokenLimit == 12)
        let fits = "abcdefghij"
        let result = try await embedder.embed([fits, fits + "kl", fits + " zz"])
        #expect(result.cutCount == 2)
        #expect(result.vectors[0] == result.vectors[1])
        #expect(result.vectors[0] == result.vectors[2])
        #expect(try embedder.tokenCount(fits + "kl") == 12)
        #expect(try embedder.tokenCount("") == 0)
    }

    @Test func wordsThatTheVocabularyLacksAreCounted() throws {
        let tiny = try TinyModel.bert(tokens: 57, maximumLength: nil)
        let embedder = try TextEmbedder(tiny.folder)
        #expect(embedder.unknownShare("abc def") == 0)
        #expect(embedder.unknownShare("abc 北") == 0.5)
    }

    @Test func theIdentityTellsPrecisionsAndModelsApart() throws {
        let tiny = try TinyModel.bert(tokens: 57, maximumLength: nil)
        let float = try TextEmbedder(tiny.folder).identity
        #expect(try TextEmbedder(tiny.folder).identity == float)
        let short = try TextEmbedder(tiny.folder, precision: .bfloat16).identity
        #expect(short.modelHash == float.modelHash && short != float)
        #expect(float.modelHash.count == 64)
        let other = try TinyModel.bert(tokens: 57, maximumLength: 12)
        #expect(try TextEmbedder(other.folder).identity.modelHash != float.modelHash)
    }

    @Test func aTextWithoutTokensKeepsItsPlace() async throws {
        let tiny = try TinyModel.bert(tokens: 57, maximumLength: nil, postProcessor: nil)
        let embedder = try TextEmbedder(tiny.folder)
        let vectors = try await embedder.embed(["a", "", "b"]).vectors
        #expect(vectors.count == 3)
        #expect(vectors[1] == [Float](repeating: 0, count: embedder.identity.dimension))
        #expect(try await embedder.embed(["b"]).vectors == [vectors[2]])
    }

    @Test func marksThatFillTheContextAreRefused() throws {
        let mark: [String: Any] = ["SpecialToken": ["id": "[CLS]", "type_id": 0] as [String: Any]]
        let text: [String: Any] = ["Sequence": ["id": "A", "type_id": 0] as [String: Any]]
        let special: [String: Any] = ["id": "[CLS]", "ids": [2], "tokens": ["[CLS]"]]
        let tiny = try TinyModel.bert(
            tokens: 57,
            maximumLength: nil,
            postProcessor: [
                "type": "TemplateProcessing", "single": [[String: Any]](repeating: mark, count: 64) + [text],
                "pair": [[String: Any]](), "special_tokens": ["[CLS]": special],
            ]
        )
        let error = #expect(throws: CheckpointError.self) { try TextEmbedder(tiny.folder) }
        #expect(error?.code == .malformed && error?.key == "max_position_embeddings")
    }

    @Test func aLimitThatIsNoneIsRefused() throws {
        let tiny = try TinyModel.bert(tokens: 57, maximumLength: 2)
        let error = #expect(throws: CheckpointError.self) { try TextEmbedder(tiny.folder) }
        #expect(error?.code == .malformed && error?.key == "max_seq_length")
    }
}
