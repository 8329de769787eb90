// SPDX-License-Identifier: Apache-2.0
import Foundation
import GRDB
import Knowledge
import Synchronization
import Testing

/// The full-text index against the plain definition, on contents drawn at random.
@Suite struct LexicalTests {
    /// BM25 of every content, each added up by itself.
    private func exhaustive(_ terms: [String], _ contents: [UInt64: [String: Int]]) -> [(key: String, score: Double)] {
        let lengths = contents.mapValues { $0.values.reduce(0, +) }
        let average = Double(lengths.values.reduce(0, +)) / Double(max(1, contents.count))
        var scores: [UInt64: Double] = [:]
        for term in terms {
            let held = contents.filter { $0.value[term] != nil }
            let total = Double(contents.count)
            let weight = log(1 + (total - Double(held.count) + 0.5) / (Double(held.count) + 0.5))
            for (key, terms) in held {
                let times = Double(terms[term] ?? 0)
                let length = Double(lengths[key] ?? 0)
                scores[key, default: 0] += weight * times / (times + 1.2 * (1 - 0.75 + 0.75 * length / average))
            }
        }
        return scores.map { (String(format: "%016lx", $0.key), $0.value) }
    }

    /// The same passages in the same order, with scores that differ by rounding alone; what is equal but for that may
    /// stand in another order.
    private func agrees(
        _ found: [(key: String, score: Double)],
        with all: [(key: String, score: Double)],
        limit: Int
    ) -> Bool {
        let scores = Dictionary(uniqueKeysWithValues: all.map { ($0.key, $0.score) })
        let best = all.map(\.score).sorted(by: >).prefix(limit)
        guard found.count == best.count, Set(found.map(\.key)).count == found.count else { return false }
        return zip(found, best).allSatisfy { hit, score in
            abs(hit.score - score) < 1e-9 && abs(hit.score - (scores[hit.key] ?? -1)) < 1e-9
        } && zip(found, found.dropFirst()).allSatisfy { ($0.score, $1.key) > ($1.score, $0.key) }
    }

    @Test(arguments: [UInt64(1), 2, 3])
    func findsWhatScoringEverythingFinds(seed: UInt64) async throws {
        let folder = try TemporaryFolder()
        var random = SplitMix(state: seed)
        let words = ZipfWords(count: 400)
        var contents: [UInt64: [String: Int]] = [:]
        let index = try await LexicalBench(path: folder.path + "/index.sqlite")
        for round in 0..<12 {
            var fresh: [UInt64: [String: Int]] = [:]
            for _ in 0..<[1, 40, 900, 3_000][Int(random.next() % 4)] {
                var terms: [String: Int] = [:]
                for _ in 0..<(1 + random.next() % 60) { terms[words.next(&random), default: 0] += 1 }
                fresh[random.next()] = terms
            }
            contents.merge(fresh) { $1 }
            try index.add(fresh)
            if round % 3 == 2 {
                let gone = contents.keys.sorted().filter { _ in random.next() % 5 == 0 }
                try index.remove(gone.reduce(into: [:]) { $0[$1] = contents.removeValue(forKey: $1) })
            }
            for limit in [1, 10, 100, 100_000] {
                let count = Int(1 + random.next() % 12)
                let terms = Array(Set((0..<count).map { _ in words.next(&random) } + ["nowhere"])).sorted()
                let found = try index.ranked(terms, limit: limit)
                #expect(agrees(found, with: exhaustive(terms, contents), limit: limit), "\(round) \(limit) \(terms)")
                // The first of many are the same bits as those of all.
                let whole = try index.ranked(terms, limit: 1_000_000)
                #expect(found.map(\.key) == whole.prefix(limit).map(\.key))
                #expect(found.map(\.score) == whole.prefix(limit).map(\.score))
            }
        }
    }

    /// The same contents give the same scores, however they came to be there.
    @Test func historyChangesNothing() async throws {
        var random = SplitMix(state: 7)
        let words = ZipfWords(count: 300)
        var contents: [UInt64: [String: Int]] = [:]
        for _ in 0..<2_000 {
            var terms: [String: Int] = [:]
            for _ in 0..<30 { terms[words.next(&random), default: 0] += 1 }
            contents[random.next()] = terms
        }
        let keys = contents.keys.sorted()
        let folder = try TemporaryFolder()
        let whole = try await LexicalBench(path: folder.path + "/whole.sqlite")
        let pieces = try await LexicalBench(path: folder.path + "/pieces.sqlite")
        try whole.add(contents)
        for start in stride(from: 0, to: keys.count, by: 37) {
            let part = keys[start..<min(keys.count, start + 37)]
            try pieces.add(part.reduce(into: [:]) { $0[$1] = contents[$1] })
            try pieces.remove([part[start]: contents[part[start]] ?? [:]])
            try pieces.add([part[start]: contents[part[start]] ?? [:]])
        }
        for _ in 0..<50 {
            let terms = (0..<6).map { _ in words.next(&random) }
            let (one, other) = (try whole.ranked(terms, limit: 50), try pieces.ranked(terms, limit: 50))
            #expect(one.map(\.key) == other.map(\.key))
            #expect(one.map(\.score) == other.map(\.score))
        }
        try pieces.remove(contents)
        #expect(try pieces.ranked([words.word(0)], limit: 5).isEmpty)
        #expect(try pieces.rowCount() == 0)
    }

    /// Segments stay few, and each posting is written anew seldom.
    @Test func segmentsStayFew() async throws {
        let folder = try TemporaryFolder()
        let index = try await LexicalBench(path: folder.path + "/index.sqlite")
        for number in 0..<600 { try index.add([UInt64(number + 1): ["word": 1, "w\(number)": 1]]) }
        #expect(try index.segmentCount() <= 22)
        #expect(
            try index.ranked(["w599", "w0"], limit: 9).map(\.key).sorted() == ["0000000000000001", "0000000000000258"]
        )
    }

    /// A damaged index is made again when it is asked.
    @Test(arguments: [
        "UPDATE lexical_posting SET data = zeroblob(length(data))",
        "UPDATE lexical_entry SET data = zeroblob(length(data))",
        "UPDATE lexical_segment SET count = count + 1", "UPDATE lexical_segment SET checksum = x''",
    ])
    func damageIsRepaired(change: String) async throws {
        let folder = try TemporaryFolder()
        let paths = try (0..<5).map {
            try folder.write("\($0).txt", "Page \($0) speaks of windmills and of \($0) sails.")
        }
        _ = try await folder.open().add(paths)
        let hits = try await folder.open().search("windmills 3", mode: .lexical)
        #expect(hits.count == 5)
        func damage() async throws {
            try await TestStore.change(home: folder.home, change)
        }
        try await damage()
        let report = try await folder.open(nil).verify()
        #expect(report.problems.count == 1)
        #expect(try await folder.open().search("windmills 3", mode: .lexical) == hits)
        #expect(try await folder.open(nil).verify().problems == [])
        try await damage()
        let base = try await folder.open()
        try await base.remove([paths[0]])
        _ = try await base.add([paths[0]])
        #expect(try await base.search("windmills 3", mode: .lexical) == hits)
        #expect(try await base.verify().problems == [])
    }

    /// A file of the first version, whose terms were in a table of SQLite's own full text.
    @Test(.ofFiles) func anOlderFileGetsItsIndex() async throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("a.txt", "Windmills turn. Their sails are white.")
        _ = try await folder.open().add([path])
        let hits = try await folder.open().search("sails", mode: .lexical)
        let queue = try DatabaseQueue(path: TestStore.file(home: folder.home))
        try await queue.write { db in
            for table in ["lexical_segment", "lexical_entry", "lexical_posting"] {
                try db.execute(sql: "DROP TABLE \(table)")
            }
            try db.execute(
                sql: """
                    CREATE VIRTUAL TABLE passage_terms USING fts5 (headings, body, tokenize = 'ascii');
                    CREATE VIRTUAL TABLE term_instance USING fts5vocab (passage_terms, instance);
                    CREATE VIRTUAL TABLE term_count USING fts5vocab (passage_terms, row);
                    DELETE FROM setting WHERE key = 'lexical';
                    DELETE FROM grdb_migrations WHERE identifier LIKE 'lexical%';
                    """
            )
        }
        let base = try await folder.open(nil)
        #expect(hits.count == 1)
        #expect(try await base.search("sails", mode: .lexical) == hits)
        #expect(try await base.verify().problems == [])
    }

    /// Who reads while another writes sees whole documents, and finds without an error.
    @Test func readersSeeWholeDocuments() async throws {
        let folder = try TemporaryFolder()
        let paths = try (0..<40).map { number in
            try folder.write("\(number).md", "# One\n\nA windmill, \(number).\n\n# Two\n\nMany windmills: \(number).\n")
        }
        let (reader, writer) = (try await folder.open(nil), try await folder.open())
        let isDone = Mutex(false)
        async let writing: Void = {
            defer { isDone.withLock { $0 = true } }
            for path in paths { _ = try await writer.add([path]) }
            try await writer.remove(Array(paths.prefix(20)))
        }()
        var counts: Set<Int> = []
        while !isDone.withLock({ $0 }) {
            let hits = try await reader.search("windmills", top: 1_000, mode: .lexical)
            counts.insert(hits.count)
            await Task.yield()
        }
        try await writing
        #expect(counts.allSatisfy { $0 % 2 == 0 })
        #expect(try await reader.search("windmills", top: 1_000, mode: .lexical).count == 40)
    }

    /// Speed, where MARTLET_LEXICAL says for how many passages; MARTLET_LEXICAL_FILE keeps the index for the next time.
    @Test(.enabled(if: ProcessInfo.processInfo.environment["MARTLET_LEXICAL"] != nil))
    func speed() async throws {
        let environment = ProcessInfo.processInfo.environment
        let count = Int(environment["MARTLET_LEXICAL"] ?? "") ?? 10_000
        let folder = try TemporaryFolder()
        let path = environment["MARTLET_LEXICAL_FILE"] ?? folder.path + "/index.sqlite"
        let isThere = FileManager.default.fileExists(atPath: path)
        let index = try await LexicalBench(path: path)
        var random = SplitMix(state: 42)
        let words = ZipfWords(count: 200_000)
        var spent = 0.0
        for start in stride(from: 0, to: isThere ? 0 : count, by: 1_000) {
            var fresh: [UInt64: [String: Int]] = [:]
            for _ in start..<min(start + 1_000, count) {
                var terms: [String: Int] = [:]
                for _ in 0..<100 { terms[words.next(&random), default: 0] += 1 }
                fresh[random.next()] = terms
            }
            let began = processorSeconds()
            try index.add(fresh)
            spent += processorSeconds() - began
        }
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? 0
        print("\(count) passages of 100 words: \(spent) s of processor, \(try index.segmentCount()) segments,")
        print("\(size >> 20) MB, at most \(usage.ru_maxrss >> 10) MB resident")
        random = SplitMix(state: 43)
        let queries = (0..<400).map { _ in Array(Set((0..<Int(6 + random.next() % 7)).map { _ in words.next(&random) }))
        }
        for top in [10, 100] {
            for terms in queries { _ = try index.ranked(terms, limit: top) }
            var times: [Double] = []
            for terms in queries {
                let began = processorSeconds()
                _ = try index.ranked(terms, limit: top)
                times.append((processorSeconds() - began) * 1_000)
            }
            times.sort()
            print("top \(top): p50 \(times[200]) ms, p99 \(times[395]) ms, most \(times[399]) ms of processor")
        }
    }
}

/// What all threads of this process have taken: others do not count, however busy the machine is.
private func processorSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

/// Words whose frequency falls with their rank.
struct ZipfWords {
    private var sums: [Double] = []

    init(count: Int) {
        var sum = 0.0
        for rank in 1...count {
            sum += 1 / Double(rank)
            sums.append(sum)
        }
    }

    func word(_ rank: Int) -> String { "w" + String(rank, radix: 36) }

    func next(_ random: inout SplitMix) -> String {
        let point = Double(random.next() >> 11) / Double(1 << 53) * (sums.last ?? 1)
        var (low, high) = (0, sums.count - 1)
        while low < high {
            let middle = (low + high) / 2
            if sums[middle] < point { low = middle + 1 } else { high = middle }
        }
        return word(low)
    }
}

/// SplitMix64, by Sebastiano Vigna; in the public domain.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }
}
