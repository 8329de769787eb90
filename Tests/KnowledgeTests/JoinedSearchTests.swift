// SPDX-License-Identifier: Apache-2.0
import Foundation
import Graphs
import Knowledge
import Testing

@Suite("Passages, entities and facts together")
struct JoinedSearchTests {
    private func library() async throws -> JoinedFixture {
        let fixture = try await JoinedFixture()
        try await fixture.text("note.txt", "Ada Lovelace wrote about the engine of a friend.")
        try await fixture.text("london.txt", "Fog lay over London, and the river stood high in March.")
        try await fixture.text("other.txt", "A recipe for bread: flour, water, salt and time.")
        try await fixture.turtle(
            """
            :ada rdfs:label "Ada Lovelace" ; a :Person ; :birthPlace :london ; :born 1815 .
            :london rdfs:label "London" . :bread rdfs:label "rye bread" .
            """
        )
        return fixture
    }

    @Test("A question finds the entity, its facts, and the passage about its neighbour")
    func together() async throws {
        let fixture = try await library()
        let question = "Where was Ada Lovelace born?"
        let result = try await fixture.base.joinedSearch(question, top: 1, options: SearchOptions(mode: .lexical))
        #expect(result.hits.map { ($0.document as NSString).lastPathComponent } == ["note.txt"])
        #expect(result.entities.map(\.label) == ["Ada Lovelace"])
        #expect(result.entities.first?.passages == 1)
        let mention = try #require(result.entities.first?.mentions.first)
        #expect(mention.start == 0 && mention.end == 12 && mention.passage == result.hits.first?.passage)
        #expect(slice(question, 10, 22) == "Ada Lovelace")
        #expect(result.entities.first.map { [$0.start, $0.end] } == [10, 22])
        // "born" is what is asked, and the birth place shares half of its words with nothing.
        #expect(result.facts.first?.labels == ["Ada Lovelace", "born", "1815"])
        #expect(result.facts.count == 3)
        #expect(result.related.map { ($0.hit.document as NSString).lastPathComponent } == ["london.txt"])
        let via = try #require(result.related.first?.via.first)
        #expect(via.label == "London" && via.fact?.labels == ["Ada Lovelace", "birth Place", "London"])
    }

    @Test("A fact tells its rule, or the passage that says it")
    func sources() async throws {
        let fixture = try await library()
        let rules = try RuleReader.rules(
            of: "?x <http://example.org/birthPlace> ?y -> ?x <http://example.org/knows> ?y .",
            name: "known"
        )
        _ = try await fixture.base.infer(rules)
        let hit = try #require(try await fixture.base.search("engine", mode: .lexical).first)
        try await fixture.execute(
            """
            UPDATE graph_quad SET passage = '\(hit.passage)',
                document = (SELECT document FROM passage WHERE key = '\(hit.passage)')
            WHERE rule IS NULL AND predicate = (SELECT id FROM graph_term WHERE value = 'http://example.org/birthPlace')
            """
        )
        let facts = try await fixture.base.joinedSearch("Ada Lovelace").facts
        let said = try #require(facts.first { $0.labels[1] == "birth Place" })
        #expect(said.rule == nil && said.document == hit.document && said.source?.text == hit.text)
        let inferred = try #require(facts.first { $0.labels[1] == "knows" })
        #expect(inferred.rule == "known line 1" && inferred.source == nil && inferred.document == nil)
    }

    @Test("Without a graph nothing is added and nothing is written")
    func empty() async throws {
        let fixture = try await JoinedFixture()
        try await fixture.text("a.txt", "Ada Lovelace wrote about the engine.")
        let result = try await fixture.base.joinedSearch("Ada Lovelace")
        #expect(result.hits == (try await fixture.base.search("Ada Lovelace")))
        #expect(result.entities.isEmpty && result.facts.isEmpty && result.related.isEmpty)
        #expect(try await fixture.base.linkEntities().names == 0)
        await #expect(throws: KnowledgeError.self) { try await fixture.base.joinedSearch("x", top: 0) }
    }

    @Test("The filter holds for what the graph adds")
    func filter() async throws {
        let fixture = try await library()
        var options = SearchOptions()
        options.filter.names = ["*/note.txt"]
        #expect(try await fixture.base.joinedSearch("Ada Lovelace", options: options).related.isEmpty)
        options.filter.names = ["*/london.txt"]
        let result = try await fixture.base.joinedSearch("Ada Lovelace", options: options)
        #expect((result.hits + result.related.map(\.hit)).allSatisfy { $0.document.hasSuffix("/london.txt") })
    }

    @Test("The graph adds and never replaces, whatever it says", arguments: 0..<4)
    func adding(seed: UInt64) async throws {
        var random = SplitMix(state: seed)
        let words = ["Lamp", "Boat", "River", "Fox", "Kells", "Inn", "灯塔", "北京", "大学"]
        let fixture = try await JoinedFixture()
        func some(_ count: Int) -> String {
            (0..<count).map { _ in words.randomElement(using: &random) ?? "" }.joined(separator: " ")
        }
        for index in 0..<25 { try await fixture.text("\(index).txt", "\(some(4)). \(some(3)).") }
        let questions = (0..<12).map { _ in some(2) }
        var before: [[Hit]] = []
        for mode in SearchMode.allCases { before += try await fixture.base.search(questions, top: 4, mode: mode) }
        var graph = ""
        for index in 0..<40 {
            graph += ":e\(index) rdfs:label \"\(some(Int.random(in: 1...2, using: &random)))\" .\n"
            graph += ":e\(index) :p\(index % 3) :e\(Int.random(in: 0..<40, using: &random)) .\n"
        }
        try await fixture.turtle(graph)
        var (place, added) = (0, 0)
        for mode in SearchMode.allCases {
            for question in questions {
                let result = try await fixture.base.joinedSearch(question, top: 4, options: SearchOptions(mode: mode))
                #expect(result.hits == before[place])
                let found = Set(result.hits.map(\.passage))
                #expect(result.related.allSatisfy { !found.contains($0.hit.passage) && !$0.via.isEmpty })
                #expect(Set(result.related.map(\.hit.passage)).count == result.related.count)
                #expect(result.related.count <= 5)
                place += 1
                added += result.related.count
            }
        }
        #expect(added > 0)
    }
}
