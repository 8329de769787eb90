// SPDX-License-Identifier: Apache-2.0
import Foundation
import GRDB
import Graphs
import Knowledge
import Testing

@Suite struct StoreTests {
    private func filled(_ folder: TemporaryFolder) async throws -> [String] {
        let paths = [
            try folder.write("a.md", "# Boats\n\nA boat floats.\n\n## Sails\n\nSails catch the wind. They are white."),
            try folder.write("b.txt", "北京的冬天很冷。夏天很热。"),
        ]
        let base = try await folder.open()
        _ = try await base.add(paths)
        return paths
    }

    /// Each column of each record that is stored, changed by one byte.
    @Test(arguments: [
        "UPDATE document SET name = name || 'x' WHERE id = 1", "UPDATE document SET title = 'x' WHERE id = 1",
        "UPDATE document SET format = 'texs' WHERE id = 1", "UPDATE document SET encoding = 'UTF-7' WHERE id = 1",
        "UPDATE document SET bytes = bytes + 1 WHERE id = 1", "UPDATE document SET characters = characters + 1",
        "UPDATE document SET passages = 1 WHERE id = 1", "UPDATE document SET sha256 = zeroblob(32) WHERE id = 2",
        "UPDATE document SET pipeline = 9 WHERE id = 1", "UPDATE document SET added = added + 1 WHERE id = 1",
        "UPDATE document SET checksum = zeroblob(16) WHERE id = 1",
        "UPDATE chunk SET text = replace(text, 'wind', 'wine')", "UPDATE chunk SET ordinal = 1 WHERE document = 1",
        "UPDATE chunk SET checksum = zeroblob(16) WHERE document = 2", "DELETE FROM chunk WHERE document = 2",
        "UPDATE passage SET text = replace(text, 'boat', 'goat')", "UPDATE passage SET headings = 'Boat'",
        "UPDATE passage SET start = start + 1", "UPDATE passage SET \"end\" = \"end\" - 1 WHERE id = 1",
        "UPDATE passage SET key = '0123456789abcdef' WHERE id = 1", "UPDATE passage SET length = 4000 WHERE id = 1",
        "UPDATE passage SET checksum = zeroblob(16) WHERE id = 1", "DELETE FROM passage WHERE id = 1",
        "UPDATE passage SET ordinal = 7 WHERE id = 1",
        "UPDATE vector SET data = zeroblob(256) WHERE passage = 1", "DELETE FROM vector WHERE passage = 1",
        "UPDATE vector SET checksum = zeroblob(16) WHERE passage = 1",
        "UPDATE lexical_posting SET term = 'other' WHERE term = 'boat'",
        "DELETE FROM lexical_posting WHERE term = 'wind'",
        "UPDATE lexical_posting SET data = zeroblob(length(data)) WHERE term = 'wind'",
        "UPDATE lexical_posting SET count = 2 WHERE term = 'wind'",
        "UPDATE lexical_posting SET part = 0 WHERE term = 'wind'",
        "UPDATE lexical_entry SET data = zeroblob(length(data))", "DELETE FROM lexical_entry WHERE segment = 1",
        "UPDATE lexical_segment SET count = count + 1", "UPDATE lexical_segment SET average = 90",
        "DELETE FROM lexical_segment WHERE id = 2", "DELETE FROM lexical_segment; DELETE FROM lexical_posting",
        "UPDATE setting SET value = replace(value, 'fake', 'fame') WHERE key = 'embedder'",
        "UPDATE setting SET value = '77' WHERE key = 'version'", "DELETE FROM setting WHERE key = 'embedder'",
    ])
    func verifyFindsWhatWasChanged(change: String) async throws {
        let folder = try TemporaryFolder()
        _ = try await filled(folder)
        let clean = try await folder.open(nil).verify()
        #expect(clean.problems == [])
        #expect((clean.documents, clean.passages) == (2, 3))
        try await TestStore.change(home: folder.home, change)
        let report = try await folder.open(nil).verify()
        #expect(!report.problems.isEmpty)
    }

    /// A value of another kind than was written.
    @Test(.ofFiles) func verifyNamesTheDocumentOfAWrongKindOfValue() async throws {
        let folder = try TemporaryFolder()
        let paths = try await filled(folder)
        for change in ["UPDATE vector SET data = 'x' WHERE passage = 1", "UPDATE passage SET start = 'x' WHERE id = 1"]
        {
            try await TestStore.change(home: folder.home, change)
            let problems = try await folder.open(nil).verify().problems
            #expect(problems.contains { $0.contains(paths[0]) }, "\(problems)")
        }
    }

    /// Passages of an earlier pipeline were cut and embedded otherwise, even where their text is the same.
    @Test func vectorsOfAnEarlierPipelineAreMadeAnew() async throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("a.txt", "The lamp was lit in 1907.")
        let first = FakeEmbedder()
        _ = try await folder.open(first).add([path])
        try await TestStore.change(home: folder.home, "UPDATE document SET pipeline = pipeline - 1")
        let second = FakeEmbedder()
        let report = try await folder.open(second).add([path])
        #expect((report.added, report.unchanged) == (1, 0))
        #expect(second.count == first.count && first.count > 0)
    }

    /// Bits of the file itself: never a trap, and text that was changed is never given out.
    @Test(.ofFiles) func flippedBitsAreFoundOrHarmless() async throws {
        let folder = try TemporaryFolder()
        var paths = try await filled(folder)
        let lines = (0..<300).map { "Line \($0) says that \($0 * $0) is a square number." }
        paths.append(try folder.write("c.txt", lines.joined(separator: "\n")))
        _ = try await folder.open().add(paths)
        let file = TestStore.file(home: folder.home)
        try await DatabaseQueue(path: file).writeWithoutTransaction { db in
            _ = try Row.fetchAll(db, sql: "PRAGMA wal_checkpoint(TRUNCATE)")
        }
        let original = Array(try Data(contentsOf: URL(fileURLWithPath: file)))
        var texts: [String] = []
        let base = try await folder.open(nil)
        for path in paths { texts.append(try await base.wholeText(of: path)) }
        let hits = try await base.search(["wind", "北京"], mode: .lexical)
        var found = 0
        for flip in 0..<100 {
            var damaged = original
            let place = (flip &* 7_919 &+ flip / 3) &* 97 % original.count
            damaged[place] ^= 1 << UInt8(flip % 8)
            let copy = try TemporaryFolder()
            try copy.write("home/knowledge/default.sqlite", damaged)
            do {
                let base = try await copy.open(nil)
                if try await !base.verify().problems.isEmpty {
                    found += 1
                    continue
                }
                // What verify calls clean is what was written.
                for (path, text) in zip(paths, texts) {
                    #expect(try await base.wholeText(of: path) == text, "\(place)")
                }
                #expect(try await base.search(["wind", "北京"], mode: .lexical) == hits, "byte \(place)")
            } catch let error as KnowledgeError {
                #expect([.damaged, .notFound, .notWritable, .noSpace].contains(error.code), "\(error)")
                found += 1
            }
        }
        #expect(found > 20)
    }

    @Test(.ofFiles) func removedTextIsGoneFromTheFile() async throws {
        let folder = try TemporaryFolder()
        let secret = "xylophonist"
        let path = try folder.write(
            "a.txt",
            "The \(secret) plays. " + String(repeating: "Other words here. ", count: 500)
        )
        let other = try folder.write("b.txt", "Another text.")
        do {
            let base = try await folder.open()
            _ = try await base.add([path, other])
            try await base.remove([path])
        }
        for ending in ["", "-wal"] {
            let file = folder.home.path + "/knowledge/default.sqlite" + ending
            guard let data = FileManager.default.contents(atPath: file) else { continue }
            #expect(data.range(of: Data(secret.utf8)) == nil, "\(ending)")
        }
    }

    @Test(arguments: ["a\0b", "\0", "", "\u{10FFFF}", "\u{10FFFF}0\0\u{10FFFF}1", "\u{10FFFF}x\u{10FFFF}"])
    func textComesBackWithItsZeroes(_ text: String) async throws {
        let folder = try TemporaryFolder()
        let base = try await folder.open(nil)
        let fact = Fact(Quad(Triple(.iri("e:a"), .iri("e:p"), .literal(Literal(text)))))
        for other in ["", "a"] {
            try await base.state([Fact(Quad(Triple(.iri("e:a"), .iri("e:p"), .literal(Literal(other)))))])
        }
        try await base.state([fact])
        #expect(try base.facts(object: .literal(Literal(text))).map(\.quad) == [fact.quad])
        #expect(try await base.verify().problems == [])
    }

    @Test func removesFoldersAndNothingOnAMistake() async throws {
        let folder = try TemporaryFolder()
        for name in ["d/a.txt", "d/e/b.txt", "dd.txt"] { try folder.write(name, "Text of \(name).") }
        let base = try await folder.open()
        _ = try await base.add([folder.path + "/d", folder.path + "/dd.txt"])
        await #expect(throws: KnowledgeError.self) { try await base.remove([folder.path + "/dd.txt", "nothing"]) }
        #expect(try base.documents().count == 3)
        #expect(try await base.remove([folder.path + "/d"]).count == 2)
        #expect(try base.documents().map(\.document) == [folder.path + "/dd.txt"])
    }

    @Test func commitsAreDurable() async throws {
        let folder = try TemporaryFolder()
        let base = try await folder.open()
        let durability = try base.durability()
        #expect(durability == "wal 2" || durability.hasPrefix("fsync on, synchronous_commit on, full_page_writes on"))
    }

    @Test func aWatcherSeesWhatAnotherProcessAdds() async throws {
        let folder = try TemporaryFolder()
        let reader = try await folder.open()
        let writer = try await folder.open()
        let one = try folder.write("one.txt", "Swans are white.")
        _ = try await writer.add([one])
        #expect(try await reader.search("swans", mode: .lexical).count == 1)
        try await writer.remove([one])
        #expect(try await reader.search("swans", mode: .lexical).isEmpty)
    }

    @Test(.ofFiles) func refusesWhatIsNoDatabase() async throws {
        let folder = try TemporaryFolder()
        try folder.write("home/knowledge/default.sqlite", "This is not a database, only a text that is long enough.")
        let error = await #expect(throws: KnowledgeError.self) { _ = try await folder.open() }
        #expect(error?.code == .damaged)
    }
}
