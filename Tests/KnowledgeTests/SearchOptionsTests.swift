// SPDX-License-Identifier: Apache-2.0
import Foundation
import Knowledge
import Testing

@Suite struct SearchOptionsTests {
    private func filled(_ folder: TemporaryFolder) async throws -> KnowledgeBase {
        try folder.write(
            "notes/boats.md",
            "# Boats\n\nA boat floats on the water.\n\n## Sails\n\nSails of a boat are white."
        )
        try folder.write("notes/rivers.txt", "The boat goes down the river to the water of the sea.")
        try folder.write("letters/uncle.txt", "Your uncle has sold his boat and bought a horse.")
        let base = try await folder.open()
        _ = try await base.add([folder.path + "/notes", folder.path + "/letters"])
        return base
    }

    private func documents(_ hits: [Hit]) -> Set<String> {
        Set(hits.map { ($0.document as NSString).lastPathComponent })
    }

    @Test(arguments: SearchMode.allCases) func filters(_ mode: SearchMode) async throws {
        let folder = try TemporaryFolder()
        let base = try await filled(folder)
        var options = SearchOptions(mode: mode)
        #expect(documents(try await base.search("boat", options: options)) == ["boats.md", "rivers.txt", "uncle.txt"])
        options.filter.names = ["*/notes/*"]
        #expect(documents(try await base.search("boat", options: options)) == ["boats.md", "rivers.txt"])
        options.filter.formats = ["text"]
        #expect(documents(try await base.search("boat", options: options)) == ["rivers.txt"])
        options.filter = DocumentFilter()
        options.filter.titles = ["B?ats"]
        #expect(documents(try await base.search("boat", options: options)) == ["boats.md"])
        options.filter = DocumentFilter()
        options.filter.addedAfter = Date(timeIntervalSinceNow: 3600)
        #expect(try await base.search("boat", options: options).isEmpty)
        options.filter.addedAfter = Date(timeIntervalSinceNow: -3600)
        #expect(try await base.search("boat", options: options).count == 4)
        options.filter.addedBefore = Date(timeIntervalSinceNow: -1800)
        #expect(try await base.search("boat", options: options).isEmpty)
    }

    @Test func filtersFindWhatManyOthersPrecede() async throws {
        let folder = try TemporaryFolder()
        let base = try await folder.open()
        for number in 0..<120 {
            _ = try await base.add([try folder.write("a\(number).txt", "boat boat boat \(number)")])
        }
        _ = try await base.add([try folder.write("z.txt", "one boat among a great many other words of a long text")])
        for mode in SearchMode.allCases {
            var options = SearchOptions(mode: mode)
            options.filter.names = ["*/z.txt"]
            #expect(documents(try await base.search("boat", top: 3, options: options)) == ["z.txt"])
        }
    }

    @Test func weightsDecideWhichRankingCounts() async throws {
        let folder = try TemporaryFolder()
        let base = try await filled(folder)
        for (weights, mode) in [
            (FusionWeights(lexical: 1, semantic: 0), SearchMode.lexical), (FusionWeights(lexical: 0), .semantic),
        ] {
            var options = SearchOptions()
            options.weights = weights
            let alone = try await base.search("white sails on the water", mode: mode).first?.passage
            #expect(try await base.search("white sails on the water", options: options).first?.passage == alone)
        }
    }

    @Test func learnsWeights() async throws {
        let folder = try TemporaryFolder()
        let base = try await filled(folder)
        let questions = ["boat water", "white", "horse"]
        var judged: [JudgedQuestion] = []
        for question in questions {
            let best = try #require(try await base.search(question, mode: .lexical).first)
            judged.append(JudgedQuestion(question: question, worth: [best.passage: 1]))
        }
        var options = SearchOptions()
        options.weights = try await base.fusionWeights(for: judged)
        for judged in judged {
            let first = try await base.search(judged.question, options: options).first?.passage
            #expect(judged.worth[first ?? ""] == 1)
        }
    }

    @Test func aScorerHasTheLastWord() async throws {
        let folder = try TemporaryFolder()
        let base = try await filled(folder)
        var options = SearchOptions()
        options.scorer = PassageScorer { _, texts in texts.map { $0.contains("horse") ? 1 : 0 } }
        let hits = try await base.search("boat", top: 2, options: options)
        #expect(hits.count == 2 && hits[0].text.contains("horse") && hits[0].score == 1)
        options.scorer = PassageScorer { _, _ in [1] }
        await #expect(throws: KnowledgeError.self) { _ = try await base.search("boat", options: options) }
    }

    @Test func diversityPutsTheUnlikeFirst() async throws {
        let folder = try TemporaryFolder()
        let base = try await folder.open()
        let texts = ["boat sail wind", "boat sail winds", "boat horse"]
        for (number, text) in texts.enumerated() { _ = try await base.add([try folder.write("\(number).txt", text)]) }
        var options = SearchOptions(mode: .semantic)
        let plain = try await base.search("boat sail wind", top: 3, options: options).map(\.text)
        #expect(plain == texts)
        options.diversity = 0.3
        let diverse = try await base.search("boat sail wind", top: 3, options: options).map(\.text)
        #expect(diverse == [texts[0], texts[2], texts[1]])
        options.diversity = 1
        #expect(try await base.search("boat sail wind", top: 3, options: options).map(\.text) == plain)
    }

    @Test func neighboursAndSections() async throws {
        let folder = try TemporaryFolder()
        let base = try await folder.open()
        let long = String(repeating: "A sentence of some length about nothing much. ", count: 60)
        _ = try await base.add([
            try folder.write("a.md", "# One\n\nstart\n\n## Two\n\n\(long)\n\n## Three\n\nthe zebra")
        ])
        let zebra = try #require(try await base.search("zebra", mode: .lexical).first)
        let around = try base.neighbours(of: zebra, count: 1)
        #expect(around.after.isEmpty && around.before.count == 1)
        #expect(try #require(around.before.first).end <= zebra.start)
        let section = try base.section(of: try #require(around.before.first))
        #expect(section.count > 2 && section.allSatisfy { $0.headings == ["One", "Two"] })
        #expect(zip(section, section.dropFirst()).allSatisfy { $0.end <= $1.start })
        #expect(try base.section(of: zebra).map(\.text) == [zebra.text])
        #expect(try base.neighbours(of: zebra, count: .max).before.count == section.count + 1)
    }
}
