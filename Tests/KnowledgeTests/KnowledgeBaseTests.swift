// SPDX-License-Identifier: Apache-2.0
import Foundation
import Knowledge
import Testing

@Suite struct KnowledgeBaseTests {
    private let pump = """
        # Heat pump K2-410

        Intro text about the machine.

        ## Cleaning the filter

        Clean the filter every three months. Rinse it under warm water. Let it dry before you put it back.

        ## Noise

        The unit makes 42.5 dB at night. It is quieter than a fridge.
        """
    private let school = "北京大学位于北京市海淀区。学校创办于1898年。\n\n上海有很多公园。"

    @Test func addsSearchesShowsAndRemoves() async throws {
        let folder = try TemporaryFolder()
        let one = try folder.write("docs/pump.md", pump)
        let two = try folder.write("docs/school.txt", school)
        let base = try await folder.open()
        let report = try await base.add([folder.path + "/docs"])
        #expect(report.added == 2)
        #expect(report.skipped.isEmpty)
        #expect(report.passages >= 4)
        #expect(try base.documents().map(\.document) == [one, two])

        for mode in SearchMode.allCases {
            let hits = try await base.search("how often should I clean the filters?", top: 3, mode: mode)
            #expect(hits.first?.document == one, "\(mode)")
            #expect(hits.first?.headings == ["Heat pump K2-410", "Cleaning the filter"], "\(mode)")
            #expect(hits.first?.text.hasPrefix("Clean the filter every three months.") == true, "\(mode)")
            for hit in hits {
                let text = try await base.wholeText(of: hit.document)
                #expect(slice(text, hit.start, hit.end) == hit.text)
            }
            #expect(hits.map(\.score) == hits.map(\.score).sorted(by: >))
        }
        #expect(try await base.wholeText(of: one) == pump)
        let chinese = try await base.search("北京大学", top: 1, mode: .lexical)
        #expect(chinese.first?.document == two)
        #expect(try await base.search("北京", top: 1, mode: .lexical).first?.document == two)
        #expect(try await base.search("园", top: 1, mode: .lexical).first?.text.contains("公园") == true)
        #expect(try await base.search("", top: 1).isEmpty)
        #expect(try await base.search("zzyzx", top: 1, mode: .lexical).isEmpty)

        try await base.remove([one])
        #expect(try base.documents().map(\.document) == [two])
        #expect(try await base.search("filter", mode: .lexical).isEmpty)
        #expect(try await base.verify().problems.isEmpty)
    }

    @Test(arguments: ["K2-410", "k2410", "k2 410", "the K2‑410"])
    func findsCodesWholeAndInParts(query: String) async throws {
        let folder = try TemporaryFolder()
        try folder.write("d/a.md", pump)
        try folder.write("d/b.txt", "Nothing about machines here, only 17 apples.")
        let base = try await folder.open()
        _ = try await base.add([folder.path + "/d"])
        let hits = try await base.search(query, top: 1, mode: .lexical)
        #expect(hits.first?.headings.first == "Heat pump K2-410")
    }

    @Test(arguments: ["\"", "a AND (b", "NEAR(", "x*", "col:y", "-", "';--", "\u{0}", "^a", "🙂", "﷽"])
    func anyTextIsAQuery(query: String) async throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("a.md", pump)
        let base = try await folder.open()
        _ = try await base.add([path])
        _ = try await base.search(query)
    }

    @Test func addsAgainOnlyWhatChanged() async throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("a.md", pump)
        let other = try folder.write("b.txt", school)
        let embedder = FakeEmbedder()
        let base = try await folder.open(embedder)
        _ = try await base.add([path, other])
        let first = embedder.count
        let again = try await base.add([path, other, path])
        #expect((again.added, again.unchanged) == (0, 2))
        #expect(embedder.count == first)

        try folder.write("a.md", pump + "\n\n## Warranty\n\nThe warranty lasts ten years.\n")
        let changed = try await base.add([path, other])
        #expect((changed.added, changed.unchanged) == (1, 1))
        #expect(embedder.count == first + 1, "only the new passage is embedded")
        #expect(
            try await base.search("warranty", top: 1, mode: .lexical).first?.text == "The warranty lasts ten years."
        )
        #expect(try await base.verify().problems.isEmpty)
    }

    @Test func equalContentHasOneIdAndIsFoundOnce() async throws {
        let folder = try TemporaryFolder()
        for name in ["c.md", "a.md", "b.md"] { try folder.write("d/" + name, pump) }
        let base = try await folder.open()
        _ = try await base.add([folder.path + "/d"])
        for mode in SearchMode.allCases {
            let hits = try await base.search("filter", top: 10, mode: mode)
            #expect(Set(hits.map(\.passage)).count == hits.count)
            #expect(hits.allSatisfy { $0.document.hasSuffix("/a.md") })
        }
    }

    @Test func orderOfAddingChangesNothing() async throws {
        let folder = try TemporaryFolder()
        let paths = try (0..<12).map {
            try folder.write("\($0).txt", "Page \($0) says that apples and pears are fruit number \($0 / 3).")
        }
        var results: [[[Hit]]] = []
        for (number, order) in [paths, paths.reversed()].enumerated() {
            let base = try await TestStore.open(
                home: folder.url.appendingPathComponent("home\(number)"),
                embedding: FakeEmbedder().embedding
            )
            for path in order { _ = try await base.add([path]) }
            var found: [[Hit]] = []
            for mode in SearchMode.allCases {
                found += try await base.search(["apples", "fruit 2"], top: 12, mode: mode)
            }
            results.append(found)
        }
        #expect(results[0] == results[1])
        #expect(results[0].allSatisfy { !$0.isEmpty })
    }

    @Test func refusesAnotherEmbedder() async throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("a.md", pump)
        do {
            let base = try await folder.open()
            _ = try await base.add([path])
        }
        let error = await #expect(throws: KnowledgeError.self) {
            _ = try await folder.open(FakeEmbedder(hash: "other"))
        }
        #expect(error?.code == .wrongEmbedder)
        let plain = try await folder.open(nil)
        #expect(try await plain.search("filter", mode: .lexical).isEmpty == false)
        await #expect(throws: KnowledgeError.self) { _ = try await plain.search("filter", mode: .semantic) }
        await #expect(throws: KnowledgeError.self) { _ = try await plain.add([path]) }
    }

    @Test func leavesOutMeaningWhereWordsAreUnknown() async throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("a.md", pump)
        let known = try await folder.open(FakeEmbedder(unknownShare: 0.2))
        _ = try await known.add([path])
        let unknown = try await folder.open(FakeEmbedder(unknownShare: 0.21))
        let one = try await known.search("fridge", top: 10)
        let other = try await unknown.search("fridge", top: 10)
        #expect(one.count > 1)
        #expect(other.count == 1)
    }

    @Test func aPassageIsAsNearAsItsNearestWindow() async throws {
        let folder = try TemporaryFolder()
        let fillers = ["copper kettles whistle", "seven otters juggle", "a librarian hums", "green tiles glisten"]
        let told = "The ferry to Skerry leaves at nine."
        let sentences = fillers.map { String(repeating: $0 + " ", count: 7) + "today." }
        let path = try folder.write("one.txt", (sentences + [told]).joined(separator: " "))
        let base = try await folder.open()
        #expect(try await base.add([path]).passages == 1)
        let hit = try #require(try await base.search(told, top: 1, mode: .semantic).first)
        func cosine(_ a: String, _ b: String) -> Double {
            zip(FakeEmbedder.vector(a), FakeEmbedder.vector(b)).reduce(0) { $0 + Double($1.0 * $1.1) }
        }
        let similarity = try #require(hit.similarity)
        #expect(similarity > cosine(told, hit.text) + 0.2)
        #expect(try await base.search(told, top: 1, mode: .hybrid).first?.similarity == similarity)
        #expect(try await base.search(told, top: 1, mode: .lexical).first?.similarity == nil)
        #expect(try await base.verify().problems.isEmpty)
    }

    @Test(.ofFiles) func namesNearNames() async throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("manual.md", pump)
        let base = try await folder.open()
        _ = try await base.add([path])
        let error = #expect(throws: KnowledgeError.self) { try base.document(named: path + "x") }
        #expect(error?.code == .notFound)
        #expect(error?.message.contains("`\(path)`") == true)
        _ = try await KnowledgeBase.open(named: "recipes", home: folder.home, creating: true)
        let unknown = await #expect(throws: KnowledgeError.self) {
            _ = try await KnowledgeBase.open(named: "recipe", home: folder.home)
        }
        #expect(unknown?.message.contains("`recipes`") == true)
        #expect(KnowledgeBase.names(home: folder.home) == ["default", "recipes"])
        await #expect(throws: KnowledgeError.self) {
            _ = try await KnowledgeBase.open(named: "../x", home: folder.home, creating: true)
        }
    }

    @Test func coverageWeighsRareTerms() async throws {
        let folder = try TemporaryFolder()
        try folder.write("d/a.md", pump)
        try folder.write("d/b.txt", school)
        let base = try await folder.open()
        _ = try await base.add([folder.path + "/d"])
        let question = "How often must I clean the filter?"
        let full = try base.coverage(of: question, by: ["Clean the filter often."])
        let half = try base.coverage(of: question, by: ["Clean the window."])
        let none = try base.coverage(of: question, by: ["Something else."])
        #expect(full == 1)
        #expect(half > 0.05 && half < full)
        #expect(none == 0)
        #expect(try base.coverage(of: "北京大学在哪里？", by: [school]) > 0.6)
        #expect(try base.coverage(of: "天津大学在哪里？", by: ["上海有很多公园。"]) < 0.1)
    }
}
