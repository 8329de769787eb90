// SPDX-License-Identifier: Apache-2.0
import Foundation
import Graphs
import Knowledge
import Testing

/// Graphs and texts for tests of what joins them.
struct JoinedFixture {
    let folder: TemporaryFolder
    let base: KnowledgeBase
    static let prefixes = """
        @prefix : <http://example.org/> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
        @prefix skos: <http://www.w3.org/2004/02/skos/core#> .

        """

    init(_ embedder: FakeEmbedder? = FakeEmbedder()) async throws {
        folder = try TemporaryFolder()
        base = try await folder.open(embedder)
    }

    func text(_ name: String, _ text: String) async throws {
        _ = try await base.add([try folder.write(name, text)])
    }

    func turtle(_ text: String) async throws {
        let path = try folder.write("graph-\(UUID().uuidString).ttl", Self.prefixes + text)
        _ = try await base.importGraph(path, reader: RDFReader(.turtle))
    }

    func remove(_ triples: [Triple]) async throws {
        try await base.changeGraph { dataset in
            for triple in triples {
                guard let s = try dataset.id(of: triple.subject), let p = try dataset.id(of: triple.predicate),
                    let o = try dataset.id(of: triple.object)
                else { continue }
                try dataset.remove(QuadID(s, p, o))
            }
        }
    }

    func label(_ iri: String, _ text: String) -> Triple {
        Triple(
            .iri("http://example.org/" + iri),
            .iri("http://www.w3.org/2000/01/rdf-schema#label"),
            .literal(Literal(text))
        )
    }

    /// What the documents mention: the document's last name, the text there, the IRI's last part.
    func mentions(_ word: String = "here") async throws -> [String] {
        try await base.linkEntities()
        let hits = try await base.search(word, top: 1_000, mode: .lexical)
        var lines: [String] = []
        for hit in hits {
            let text = try await base.wholeText(of: hit.document)
            let document = (hit.document as NSString).lastPathComponent
            for mention in try base.mentions(in: hit) {
                let term = mention.term.nTriples.split(separator: "/").last.map { $0.dropLast() } ?? ""
                lines.append("\(document): \(slice(text, mention.start, mention.end)) = \(term)")
            }
        }
        return lines.sorted()
    }

    func execute(_ sql: String) async throws {
        try await TestStore.change(home: folder.home, sql)
    }
}

@Suite("Entities in text")
struct EntityTests {
    @Test("English and Chinese names are found, longer ones first, in the document's scalars")
    func names() async throws {
        let fixture = try await JoinedFixture()
        try await fixture.text("a.txt", "🦆 Here Ada Lovelace met the New York Times in New York; adalovelace did not.")
        try await fixture.text("b.txt", "here 他在北京大学读书，后来去了北京。")
        try await fixture.turtle(
            """
            :ada rdfs:label "Ada Lovelace"@en . :nyc skos:prefLabel "New York" . :times skos:altLabel "New York Times" .
            :pku rdfs:label "北京大学"@zh . :beijing rdfs:label "北京"@zh . :Duck_Here :quacks 1 .
            """
        )
        #expect(
            try await fixture.mentions() == [
                "a.txt: Ada Lovelace = ada", "a.txt: New York = nyc", "a.txt: New York Times = times",
                "b.txt: 北京 = beijing", "b.txt: 北京大学 = pku",
            ]
        )
        #expect(try await fixture.base.verify().problems == [])
    }

    @Test("Words that are no names are not linked, a question without capitals is")
    func thresholds() async throws {
        let fixture = try await JoinedFixture()
        try await fixture.text(
            "a.txt",
            "Here It is about US trade, not us. The time when Time was read; mark the Mark. 他在一中。 The 42 and a C."
        )
        try await fixture.turtle(
            """
            :it rdfs:label "It" . :us rdfs:label "US" . :time rdfs:label "Time" . :mark rdfs:label "Mark" .
            :one rdfs:label "一" . :n rdfs:label "42" . :c rdfs:label "C" . :the rdfs:label "The" .
            """
        )
        #expect(try await fixture.mentions() == ["a.txt: Mark = mark", "a.txt: Time = time", "a.txt: US = us"])
        let asked = try await fixture.base.entities(in: "what did mark read?")
        #expect(asked.map(\.label) == ["Mark"])
        #expect(asked.first.map { [$0.start, $0.end, $0.passages] } == [9, 13, 1])
        #expect(try await fixture.base.entities(in: "Will it mark The end for Us?").isEmpty)
        #expect(try await fixture.base.entities(in: "").isEmpty)
    }

    private static let jaguars = """
        :e1 rdfs:label "Jaguar" ; rdfs:comment "a spotted cat of the forest that hunts at night" ; :eats :e3 .
        :e2 rdfs:label "Jaguar" ; rdfs:comment "a maker of fast cars with an engine" ; :in :e4, :e5, :e6 .
        """

    @Test("Of two entities with one name, the one whose description is like the passage is meant")
    func ambiguous() async throws {
        let fixture = try await JoinedFixture()
        try await fixture.text("cat.txt", "here a Jaguar hunts a deer in the forest at night, a spotted cat")
        try await fixture.text("car.txt", "here the engine of a Jaguar is that of fast cars")
        try await fixture.turtle(Self.jaguars)
        #expect(try await fixture.mentions() == ["car.txt: Jaguar = e2", "cat.txt: Jaguar = e1"])
        let asked = try await fixture.base.entities(in: "Which engine do the fast cars of Jaguar have?")
        #expect(asked.map { $0.term } == [.iri("http://example.org/e2")])
        let other = try await fixture.base.entities(in: "Does the Jaguar hunt in the forest at night?")
        #expect(other.map { $0.term } == [.iri("http://example.org/e1")])
        #expect(try await fixture.base.verify().problems == [])
    }

    @Test("Without an embedder the one of which more is said is meant, and one that comes later decides anew")
    func withoutEmbedder() async throws {
        let fixture = try await JoinedFixture()
        try await fixture.text("cat.txt", "here a Jaguar hunts a deer in the forest at night, a spotted cat")
        try await fixture.turtle(Self.jaguars)
        let plain = try await fixture.folder.open(nil)
        try await plain.linkEntities()
        let hit = try #require(try await plain.search("forest", mode: .lexical).first)
        #expect(try plain.mentions(in: hit).map(\.term) == [.iri("http://example.org/e2")])
        #expect(try await fixture.mentions() == ["cat.txt: Jaguar = e1"])
        try await plain.linkEntities()
        #expect(try await fixture.mentions() == ["cat.txt: Jaguar = e1"])
        #expect(try await plain.verify().problems == [])
    }

    @Test("What the graph says of an entity decides anew when it changes")
    func changedDescription() async throws {
        let fixture = try await JoinedFixture()
        try await fixture.text("a.txt", "here a Jaguar plays the drum in a band")
        try await fixture.turtle(Self.jaguars)
        #expect(try await fixture.mentions().count == 1)
        try await fixture.turtle(#":e1 rdfs:comment "a band that plays here, with a drum, a Jaguar in a band" ."#)
        try await fixture.remove([
            Triple(
                .iri("http://example.org/e1"),
                .iri("http://www.w3.org/2000/01/rdf-schema#comment"),
                .literal(Literal("a spotted cat of the forest that hunts at night"))
            )
        ])
        #expect(try await fixture.mentions() == ["a.txt: Jaguar = e1"])
    }

    @Test("A removed document takes its mentions along, a changed label has its passages linked anew")
    func changes() async throws {
        let fixture = try await JoinedFixture()
        try await fixture.text("a.txt", "here Alice Liddell and the Mock Turtle")
        try await fixture.text("b.txt", "here the Mock Turtle sings")
        try await fixture.turtle(#":alice rdfs:label "Alice Liddell" . :turtle rdfs:label "Mock Turtle" ."#)
        #expect(try await fixture.mentions().count == 3)
        #expect(try await fixture.base.linkEntities().passages == 0)
        try await fixture.base.remove([fixture.folder.path + "/a.txt"])
        #expect(try await fixture.mentions() == ["b.txt: Mock Turtle = turtle"])
        #expect(try await fixture.base.entities(in: "Alice Liddell").first?.passages == 0)
        try await fixture.remove([fixture.label("turtle", "Mock Turtle")])
        #expect(try await fixture.mentions() == [])
        try await fixture.turtle(#":gryphon rdfs:label "the Mock Turtle sings" ."#)
        let report = try await fixture.base.linkEntities()
        #expect(report.passages == 1 && report.mentions == 1)
        #expect(try await fixture.mentions() == ["b.txt: the Mock Turtle sings = gryphon"])
        #expect(try await fixture.base.verify().problems == [])
    }

    @Test("Labels that nobody would write harm nothing")
    func hostile() async throws {
        let fixture = try await JoinedFixture()
        try await fixture.text("a.txt", "here Common Name and Real Name, e\u{301}\u{301}\u{301}toile")
        let many = (0..<10_000).map { ":m\($0) rdfs:label \"Common Name\" ." }.joined(separator: "\n")
        try await fixture.turtle(many)
        let long = String(repeating: "Real Name ", count: 100_000)
        let accents = "e" + String(repeating: "\u{301}", count: 10_000)
        try await fixture.base.changeGraph { dataset in
            let label = try dataset.intern(.iri("http://www.w3.org/2000/01/rdf-schema#label"))
            for (index, text) in ["", " \n", long, accents, "étoile", "\u{0}", "Real Name"].enumerated() {
                let subject = try dataset.intern(.iri("http://example.org/h\(index)"))
                try dataset.insert(QuadID(subject, label, try dataset.intern(.literal(Literal(text)))))
            }
        }
        #expect(
            try await fixture.mentions() == ["a.txt: Real Name = h6", "a.txt: e\u{301}\u{301}\u{301}toile = h4"]
        )
        #expect(try await fixture.base.verify().problems == [])
    }

    @Test("An archive is the same with links and without, and verify finds a changed one")
    func archive() async throws {
        let fixture = try await JoinedFixture()
        try await fixture.text("a.txt", "here Alice Liddell, a Jaguar in the forest")
        func archive() throws -> Data {
            var data = Data()
            _ = try fixture.base.export { data += $0 }
            return data
        }
        let before = try archive()
        try await fixture.turtle(#":alice rdfs:label "Alice Liddell" . "# + Self.jaguars)
        #expect(try await fixture.mentions().count == 2)
        let documents = { (data: Data) in
            String(decoding: data, as: UTF8.self).split(separator: "\n").filter { line in
                !["{\"graph", "{\"fact", "{\"seal"].contains { line.hasPrefix($0) }
            }
        }
        #expect(try documents(archive()) == documents(before))
        #expect(try await fixture.base.verify().problems == [])
        for damage in [
            "UPDATE mention SET score = 0.75 WHERE start = 5", "UPDATE entity_name SET surface = 'Alice'",
            "UPDATE entity SET facts = 7", "DELETE FROM mention WHERE start > 5",
        ] {
            try await fixture.execute(damage)
            #expect(try await fixture.base.verify().problems.isEmpty == false, "\(damage)")
        }
    }

    @Test("Links that followed many changes are those that are made at once", arguments: 0..<4)
    func incremental(seed: UInt64) async throws {
        var random = SplitMix(state: seed)
        let names = ["Red Fox", "Fox", "Red Fox Inn", "Inn of Kells", "Kells", "红狐", "狐狸", "红狐狸"]
        let (first, second) = (try await JoinedFixture(), try await JoinedFixture())
        var texts: [String: String] = [:]
        var labels: [Triple] = []
        for step in 0..<24 {
            switch Int.random(in: 0..<5, using: &random) {
            case 0, 1:
                let words = (0..<6).map { _ in names.randomElement(using: &random) ?? "" }
                texts["\(step).txt"] = "here \(step) " + words.joined(separator: " then, ")
                try await first.text("\(step).txt", texts["\(step).txt"] ?? "")
            case 2:
                guard let name = texts.keys.sorted().randomElement(using: &random) else { continue }
                texts[name] = nil
                try await first.base.remove([first.folder.path + "/" + name])
            case 3:
                let name = names.randomElement(using: &random) ?? ""
                let triple = first.label("t\(Int.random(in: 0..<5, using: &random))", name)
                if !labels.contains(triple) { labels.append(triple) }
                try await first.turtle("<\(triple.subject.nTriples.dropFirst().dropLast())> rdfs:label \"\(name)\" .")
            default:
                guard let index = labels.indices.randomElement(using: &random) else { continue }
                try await first.remove([labels.remove(at: index)])
            }
            if step % 3 == 0 { try await first.base.linkEntities() }
        }
        for (name, text) in texts.sorted(by: { $0.key > $1.key }) { try await second.text(name, text) }
        for triple in labels {
            try await second.turtle("\(triple.subject.nTriples) rdfs:label \(triple.object.nTriples) .")
        }
        #expect(try await first.mentions() == second.mentions())
        #expect(try await first.base.verify().problems == [])
        #expect(try await second.base.verify().problems == [])
    }
}
