// SPDX-License-Identifier: Apache-2.0
import Foundation
import Knowledge
import Testing

/// A knowledge base that each earlier version made, of `Examples/knowledge/boiler.md` and a Chinese page.
@Suite struct MigrationTests {
    @Test(arguments: ["schema-1"])
    func anEarlierVersionsFileIsReadOn(version: String) async throws {
        let source = try #require(
            Bundle.module.url(forResource: version, withExtension: "sqlite", subdirectory: "Fixtures")
        )
        let folder = try TemporaryFolder()
        try folder.write("home/knowledge/default.sqlite", [UInt8](try Data(contentsOf: source)))
        let stats = try await KnowledgeBase.open(home: folder.home).stats()
        let identity = try #require(stats.embedder)
        #expect(stats.documents == 2)
        let direction = Float(1 / Double(identity.dimension).squareRoot())
        let embedding = TextEmbedding(
            identity: identity,
            vectors: { texts in texts.map { _ in [Float](repeating: direction, count: identity.dimension) } },
            tokenCount: FakeEmbedder.tokenCount,
            unknownShare: { _ in 0 }
        )
        let base = try await KnowledgeBase.open(home: folder.home, embedding: embedding)
        #expect(try await base.verify().problems == [])
        let hits = try await base.search("fault code E119", top: 3, mode: .lexical)
        #expect(hits.first?.text.contains("E119") == true)
        let chinese = try await base.search("阳台", top: 3, mode: .lexical)
        #expect(chinese.first?.document == "zh/balcony-vegetables.md")
        #expect(try await base.search("anything", top: 3, mode: .semantic).count == 3)
        for document in try base.documents() {
            let text = try await base.wholeText(of: document.document)
            #expect(text.unicodeScalars.count == document.characters)
            for hit in hits where hit.document == document.document {
                #expect(slice(text, hit.start, hit.end) == hit.text)
            }
        }
        let added = try await base.add([try folder.write("new.txt", "A new document about lanterns.")])
        #expect(added.added == 1)
        #expect(try await base.search("lanterns", mode: .lexical).first?.document.hasSuffix("new.txt") == true)
        try await base.remove(["boiler.md"])
        #expect(try await base.search("fault code E119", top: 3, mode: .lexical).isEmpty)
        #expect(try await base.verify().problems == [])
    }
}
