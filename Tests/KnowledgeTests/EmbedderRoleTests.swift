// SPDX-License-Identifier: Apache-2.0
import Knowledge
import Testing

/// Embedders that tell questions from passages, and the name by which a base finds its embedder again.
@Suite struct EmbedderRoleTests {
    private func embedding(model: String?) -> TextEmbedding {
        let plain = FakeEmbedder().embedding
        var identity = plain.identity
        identity.model = model
        return TextEmbedding(
            identity: identity,
            vectors: { texts in texts.map { FakeEmbedder.vector("said " + $0) } },
            queryVectors: { texts in texts.map { _ in FakeEmbedder.vector("said the lamp is green") } },
            tokenCount: plain.tokenCount,
            unknownShare: plain.unknownShare
        )
    }

    private func open(_ folder: TemporaryFolder, _ embedding: TextEmbedding?) async throws -> KnowledgeBase {
        try await TestStore.open(home: folder.home, embedding: embedding)
    }

    @Test func questionsAreEmbeddedAsQuestions() async throws {
        let folder = try TemporaryFolder()
        let green = try folder.write("green.txt", "The lamp is green.")
        try folder.write("door.txt", "A door stands open at night.")
        let base = try await open(folder, embedding(model: nil))
        _ = try await base.add([green, folder.path + "/door.txt"])
        // As a passage the question would be nearer to the other document.
        let hits = try await base.search("a door at night", top: 1, mode: .semantic)
        #expect(hits.first?.document == green)
    }

    @Test func theBaseKeepsTheNameAndDoesNotCompareIt() async throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("green.txt", "The lamp is green.")
        let base = try await open(folder, embedding(model: "one"))
        #expect(try base.embedder() == nil)
        _ = try await base.add([file])
        #expect(try await open(folder, nil).embedder()?.model == "one")
        let other = embedding(model: "two")
        #expect(other.identity == embedding(model: "one").identity)
        #expect(try await open(folder, other).search("green", top: 1).count == 1)
    }
}
