// SPDX-License-Identifier: Apache-2.0
import Foundation
import Graphs
import Knowledge
import Testing

@Suite struct TransferTests {
    private func filled(_ folder: TemporaryFolder) async throws -> KnowledgeBase {
        let long = (0..<1_500).map { "Line \($0) tells of lamp \($0 % 37) and boat \($0 % 11), 灯塔。" }.joined(
            separator: "\n"
        )
        let paths = [
            try folder.write(
                "a.md",
                "# Boats\n\nA boat floats.\n\n## Sails\n\nSails catch the wind. \"They\" are white.\t"
            ),
            try folder.write("b.txt", "北京的冬天很冷。夏天很热。"), try folder.write("long.txt", long),
        ]
        let base = try await folder.open()
        _ = try await base.add(paths)
        return base
    }

    private func archive(_ base: KnowledgeBase) throws -> Data {
        var data = Data()
        _ = try base.export { data += $0 }
        return data
    }

    /// The archive in pieces of a few bytes.
    private func reading(_ data: Data, by count: Int = 4_099) -> () throws -> Data? {
        var rest = data
        return {
            defer { rest = rest.dropFirst(count) }
            return rest.isEmpty ? nil : Data(rest.prefix(count))
        }
    }

    /// All lines but those that depend on the name of the knowledge base.
    private func lines(_ data: Data) -> [String] {
        String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
            .filter { !$0.hasPrefix("{\"header\"") && !$0.hasPrefix("{\"seal\"") }
    }

    @Test func theGraphComesAlong() async throws {
        let (folder, other) = (try TemporaryFolder(), try TemporaryFolder())
        let base = try await filled(folder)
        let facts = try folder.write(
            "facts.ttl",
            """
            @prefix : <http://example.org/> . :a :p :b . :b :p :c . :c :p "d\u{e9}"@fr . [] :q 1.50 .
            """
        )
        _ = try await base.importGraph(facts, reader: RDFReader(.turtle))
        let rules = try RuleReader.rules(
            of: "@prefix : <http://example.org/> . ?x :p ?y, ?y :p ?z -> ?x :p ?z .",
            name: "closure"
        )
        #expect(try await base.infer(rules).facts == 3)
        for colour in ["red", "blue"] {
            let property = Term.iri("http://example.org/colour")
            let fact = Triple(.iri("http://example.org/a"), property, .literal(Literal(colour)))
            try await base.replaceFact(Quad(fact))
        }
        let data = try archive(base)
        let copy = try await other.open(nil)
        #expect(try await copy.importArchive(reading(data)).facts == 9)
        #expect(try lines(archive(copy)) == lines(data))
        #expect(try copy.graphPrefixes() == base.graphPrefixes())
        let last = Triple(
            .iri("http://example.org/a"),
            .iri("http://example.org/p"),
            .literal(Literal("d\u{e9}", language: "fr"))
        )
        #expect(try copy.explain(last).rule == base.explain(last).rule)
        #expect(try await copy.importArchive(reading(data)).facts == 0)
        #expect(try lines(archive(copy)) == lines(data))
        #expect(try await copy.verify().problems == [])
        // A fact that was changed on the way, and one that is missing, bring in none.
        for (old, new) in [("\"red", "\"rad"), ("\"facts\":9", "\"facts\":8"), ("\"facts\":9", "\"facts\":10")] {
            let third = try TemporaryFolder()
            let changed = String(decoding: data, as: UTF8.self).replacing(old, with: new)
            let target = try await third.open(nil)
            await #expect(throws: KnowledgeError.self) { try await target.importArchive(reading(Data(changed.utf8))) }
            #expect(try target.graphStatistics().asserted == 0)
        }
    }

    @Test func whatComesBackIsWhatWentOut() async throws {
        let (folder, other) = (try TemporaryFolder(), try TemporaryFolder())
        let base = try await filled(folder)
        let data = try archive(base)
        let copy = try await other.open(nil)
        let report = try await copy.importArchive(reading(data))
        #expect((report.added, report.unchanged, report.skipped.count) == (3, 0, 0))
        #expect(try lines(archive(copy)) == lines(data))
        #expect(try copy.documents() == base.documents())
        #expect(try await copy.verify().problems == [])
        for mode in SearchMode.allCases {
            let found = try await other.open().search("lamp 12 of boat 3", top: 20, mode: mode)
            #expect(try await base.search("lamp 12 of boat 3", top: 20, mode: mode) == found)
            #expect(!found.isEmpty)
        }
        let again = try await copy.importArchive(reading(data))
        #expect((again.added, again.unchanged) == (0, 3))
    }

    /// Cut anywhere, or with one byte changed: an error, and no document that is not as it was.
    @Test func aDamagedArchiveBringsInNothingWrong() async throws {
        let folder = try TemporaryFolder()
        let base = try await filled(folder)
        let data = try archive(base)
        var texts: [String: String] = [:]
        for document in try base.documents() {
            texts[document.document] = try await base.wholeText(of: document.document)
        }
        for place in stride(from: 1, to: data.count - 1, by: data.count / 16) {
            var changed = data
            changed[place] ^= 0x04
            for damaged in [data.prefix(place), changed] {
                let other = try TemporaryFolder()
                let copy = try await other.open(nil)
                let error = await #expect(throws: KnowledgeError.self, "\(place)") {
                    _ = try await copy.importArchive(reading(damaged, by: 1 << 20))
                }
                #expect(error?.code == .badDocument)
                for document in try copy.documents() {
                    #expect(try await copy.wholeText(of: document.document) == texts[document.document])
                }
                #expect(try await copy.verify().problems == [])
            }
        }
    }

    @Test func refusesVectorsOfAnother() async throws {
        let (folder, other) = (try TemporaryFolder(), try TemporaryFolder())
        let data = try archive(try await filled(folder))
        let copy = try await other.open(FakeEmbedder(hash: "another"))
        _ = try await copy.add([other.write("x.txt", "Something else.")])
        let error = await #expect(throws: KnowledgeError.self) { _ = try await copy.importArchive(reading(data)) }
        #expect(error?.code == .wrongEmbedder)
    }
}
