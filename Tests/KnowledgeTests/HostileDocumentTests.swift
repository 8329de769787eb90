// SPDX-License-Identifier: Apache-2.0
import Knowledge
import Testing

/// Documents made to take long or much.
@Suite struct HostileDocumentTests {
    private func passages(_ name: String, _ text: String) throws -> DocumentPassages {
        let folder = try TemporaryFolder()
        return try DocumentPassages(path: try folder.write(name, text), tokenCount: FakeEmbedder.tokenCount)
    }

    @Test(.timeLimit(.minutes(15))) func linksThatNeverCloseAreReadOnce() throws {
        let links = String(repeating: "](", count: 200_000)
        for (name, text) in [("a.md", "# \(links)\n\ntext\n"), ("a.html", "<h1>\(links)</h1><p>text</p>")] {
            #expect(try passages(name, text).passages.last?.text.hasSuffix("text") == true, "\(name)")
        }
    }

    @Test func aHeadingWithoutEndIsText() throws {
        let words = String(repeating: "word ", count: 10_000)
        let read = try passages("a.html", "<h1>\(words)")
        #expect(read.passages.count > 20)
        #expect(read.text.count == 50_000)
    }
}
