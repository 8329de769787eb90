// SPDX-License-Identifier: Apache-2.0
import Foundation
import Knowledge
import Testing

/// Search by meaning against the plain definition: every inner product in full, the largest first, equal ones by id.
@Suite struct VectorTests {
    private static let dimension = FakeEmbedder.dimension

    /// A base of passages with vectors around a few middles, a tenth of them far from all.
    private struct Made {
        let folder: TemporaryFolder
        let base: KnowledgeBase
        var vectors: [String: [Float]] = [:]

        init() async throws {
            folder = try TemporaryFolder()
            base = try await TestStore.open(home: folder.home, embedding: FakeEmbedder().embedding)
        }

        mutating func add(_ name: String, _ texts: [String], _ rows: [[Float]]) async throws {
            let path = try folder.write(name, texts.joined(separator: "\n"))
            try await base.add(prepared: path, passages: texts, vectors: rows)
            for (text, row) in zip(texts, rows) { vectors[text] = row }
        }

        /// The texts nearest to a vector.
        func nearest(_ query: [Float], _ count: Int) -> [(text: String, score: Double)] {
            vectors.map { text, row in (text, zip(row, query).reduce(0) { $0 + Double($1.0) * Double($1.1) }) }
                .sorted { $0.1 > $1.1 }.prefix(count).map { ($0.0, $0.1) }
        }

        func found(_ query: [Float], _ count: Int, _ search: VectorSearch) async throws -> [Hit] {
            var options = SearchOptions(mode: .semantic)
            options.vectors = search
            return try await base.search("any", vector: query, top: count, options: options)
        }

        /// The share of ten found that are no farther than the true tenth.
        func recall(_ queries: [[Float]], _ search: VectorSearch) async throws -> Double {
            var hits = 0
            for query in queries {
                let last = nearest(query, 10).last?.score ?? 0
                hits += try await found(query, 10, search).filter { $0.score >= last - 1e-6 }.count
            }
            return Double(hits) / Double(10 * queries.count)
        }
    }

    private static func direction(_ numbers: inout SeededNumbers, around middle: [Float]? = nil) -> [Float] {
        let row = (0..<dimension).map { (middle?[$0] ?? 0) + 0.3 * numbers.normal() / (middle == nil ? 0.3 : 4) }
        let length = row.reduce(0) { $0 + $1 * $1 }.squareRoot()
        return row.map { $0 / length }
    }

    private func made(_ count: Int, _ numbers: inout SeededNumbers) async throws -> Made {
        var made = try await Made()
        let middles = (0..<20).map { _ in Self.direction(&numbers) }
        for document in 0..<10 {
            let texts = (0..<(count / 10)).map { "passage \($0) of document \(document)" }
            let rows = texts.map { _ in
                Self.direction(
                    &numbers,
                    around: numbers.next() % 10 == 0 ? nil : middles.randomElement(using: &numbers)
                )
            }
            try await made.add("\(document).txt", texts, rows)
        }
        return made
    }

    @Test func exactSearchIsExact() async throws {
        var numbers = SeededNumbers(1)
        let made = try await made(3000, &numbers)
        for _ in 0..<40 {
            let query = Self.direction(&numbers)
            let (wanted, found) = (made.nearest(query, 10), try await made.found(query, 10, .exact))
            #expect(found.map(\.text) == wanted.map(\.text))
            for (hit, wanted) in zip(found, wanted) { #expect(abs(hit.score - wanted.score) < 1e-5) }
        }
    }

    @Test func graphFindsWhatIsThereAndWhatCameLater() async throws {
        var numbers = SeededNumbers(2)
        var made = try await made(3000, &numbers)
        let told = try await made.base.buildGraph()
        #expect(told.inGraph == 3000 && told.vectors == 3000)
        #expect(try #require(told.recall) >= 0.98)
        let queries = (0..<30).map { _ in Self.direction(&numbers) }
        #expect(try await made.recall(queries, .approximate) >= 0.98)

        try await made.base.remove([made.folder.path + "/3.txt"])
        made.vectors = made.vectors.filter { !$0.key.hasSuffix("document 3") }
        let later = (0..<100).map { "a later passage \($0)" }
        try await made.add("later.txt", later, later.map { _ in Self.direction(&numbers) })
        #expect(try await made.recall(queries, .approximate) >= 0.98)
        let own = try #require(made.vectors[later[7]])
        #expect(try await made.found(own, 1, .approximate).first?.text == later[7])

        let again = try await made.base.buildGraph()
        #expect(again.inGraph >= 2800 && again.vectors == 2800)
        #expect(try await made.found(own, 1, .approximate).first?.text == later[7])
        #expect(try await made.base.verify().problems.isEmpty)
    }

    @Test(.ofFiles, arguments: ["file", "record", "gone"]) func damagedGraphIsNotUsed(_ what: String) async throws {
        var numbers = SeededNumbers(3)
        let made = try await made(500, &numbers)
        try await made.base.buildGraph()
        let database = TestStore.file(home: made.folder.home)
        switch what {
        case "file":
            var bytes = try Data(contentsOf: URL(fileURLWithPath: database + ".graph"))
            bytes[bytes.count / 2] ^= 1
            try bytes.write(to: URL(fileURLWithPath: database + ".graph"))
        case "record":
            try await TestStore.change(home: made.folder.home, "UPDATE vector_graph SET covered = covered - 1")
        default: try FileManager.default.removeItem(atPath: database + ".graph")
        }
        let reopened = try await TestStore.open(home: made.folder.home, embedding: FakeEmbedder().embedding)
        var options = SearchOptions(mode: .semantic)
        options.vectors = .approximate
        let query = Self.direction(&numbers)
        let found = try await reopened.search("any", vector: query, top: 10, options: options)
        #expect(found.map(\.text) == made.nearest(query, 10).map(\.text))
        #expect(try await reopened.verify().problems.isEmpty == (what == "gone"))
    }

    @Test(.ofFiles, arguments: ["UPDATE vector_block SET data = zeroblob(length(data))", "DELETE FROM vector_block"])
    func smallVectorsDeriveFromTheFullOnes(_ damage: String) async throws {
        var numbers = SeededNumbers(4)
        let made = try await made(200, &numbers)
        try await TestStore.change(home: made.folder.home, damage)
        let reopened = try await TestStore.open(home: made.folder.home, embedding: FakeEmbedder().embedding)
        let query = Self.direction(&numbers)
        let found = try await reopened.search("any", vector: query, top: 10, options: SearchOptions(mode: .semantic))
        #expect(found.map(\.text) == made.nearest(query, 10).map(\.text))
        #expect(try await reopened.verify().problems.count == 10)
    }

    @Test func equalContentIsFoundOnceHoweverOften() async throws {
        var numbers = SeededNumbers(5)
        var made = try await Made()
        let often = Self.direction(&numbers)
        try await made.add("x.txt", (0..<60).map { "another \($0)" }, (0..<60).map { _ in Self.direction(&numbers) })
        for document in 0..<30 {
            // Forty copies in each: more than the candidates that are compared in full.
            let name = "copy \(29 - document).txt"
            try await made.add(name, [String](repeating: "the same", count: 40), [[Float]](repeating: often, count: 40))
        }
        for search in [VectorSearch.exact, .approximate] {
            if search == .approximate { try await made.base.buildGraph() }
            let found = try await made.found(often, 10, search)
            #expect(found.map(\.text) == made.nearest(often, 10).map(\.text))
            #expect(found.first?.document == made.folder.path + "/copy 0.txt")
        }
        try await made.base.remove([made.folder.path + "/copy 0.txt"])
        let found = try await made.found(often, 10, .exact)
        #expect(found.first?.document == made.folder.path + "/copy 1.txt")
    }
}

/// The same numbers on every run (SplitMix64).
struct SeededNumbers: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func normal() -> Float {
        let (a, b) = (Float(next() >> 40) * 0x1p-24, Float(next() >> 40) * 0x1p-24)
        return (-2 * log(1 - a)).squareRoot() * cos(2 * .pi * b)
    }
}
