// SPDX-License-Identifier: Apache-2.0
import Foundation
import GRDB
import Knowledge

/// Numbers that are the same for a seed (SplitMix64).
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = (state ^ state >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }
}

/// Single bits of the file changed: whatever record reads otherwise than it was written is named by `verify`.
struct BitFlips {
    let count: Int
    let seed: UInt64

    /// Tables whose records count, and how `verify` names the document that they belong to.
    private static let tables = [
        ("document", "SELECT id, * FROM document"),
        ("chunk", "SELECT document, * FROM chunk"),
        ("passage", "SELECT document, * FROM passage"),
        ("vector", "SELECT passage.document, vector.* FROM vector JOIN passage ON passage.id = vector.passage"),
        ("setting", "SELECT NULL, * FROM setting"), ("graph_term", "SELECT NULL, * FROM graph_term"),
        ("graph_quad", "SELECT NULL, * FROM graph_quad"), ("graph_rule", "SELECT NULL, * FROM graph_rule"),
        ("graph_prefix", "SELECT NULL, * FROM graph_prefix"),
    ]

    func run() async throws {
        try await Script.inScratch { script in
            try await script.perform()
            try await DatabaseQueue(path: script.file).writeWithoutTransaction { db in
                _ = try Row.fetchAll(db, sql: "PRAGMA wal_checkpoint(TRUNCATE)")
            }
            let original = try Data(contentsOf: URL(fileURLWithPath: script.file))
            let expected = try Self.records(script.file)
            let names = Dictionary(uniqueKeysWithValues: try await script.open().documents().map { ($0.document, 0) })
            var complaints: [String] = []
            var (noticed, unreadable, harmless) = (0, 0, 0)
            var numbers = SplitMix(state: seed)
            for _ in 0..<count {
                let place = Int.random(in: 0..<original.count, using: &numbers)
                let bit = UInt8(1) << UInt8.random(in: 0..<8, using: &numbers)
                let outcome = try await Script.inScratch { copy in
                    try FileManager.default.createDirectory(
                        atPath: (copy.file as NSString).deletingLastPathComponent,
                        withIntermediateDirectories: true
                    )
                    var damaged = original
                    damaged[place] ^= bit
                    try damaged.write(to: URL(fileURLWithPath: copy.file))
                    return await Self.outcome(copy, expected: expected)
                }
                switch outcome {
                case .noticed: noticed += 1
                case .unreadable: unreadable += 1
                case .harmless: harmless += 1
                case .missed(let what): complaints.append("byte \(place), bit \(bit): \(what)")
                }
            }
            let figure =
                "\(count) (seed \(seed)): \(noticed) named, \(unreadable) refused, \(harmless) in no record, \(names.count) documents"
            DurabilityRunner.report("bits flipped", figure, complaints)
        }
    }

    private enum Outcome { case noticed, unreadable, harmless, missed(String) }

    private static func outcome(_ copy: Script, expected: [String: [String]]) async -> Outcome {
        // What reads otherwise, by the name that stands in the damaged file or the old one.
        var changed: Set<String> = []
        let found = try? records(copy.file)
        if let found {
            for (key, rows) in expected where found[key] != rows { changed.insert(key) }
            for key in found.keys where expected[key] == nil { changed.insert(key) }
        }
        let problems: [String]
        do {
            problems = try await copy.open().verify().problems
        } catch let error as KnowledgeError {
            return [.damaged, .notWritable, .noSpace, .wrongEmbedder].contains(error.code)
                ? .unreadable : .missed("ended with \(error.code): \(error)")
        } catch {
            return .missed("no typed error: \(error)")
        }
        guard found != nil else {
            return problems.isEmpty ? .missed("a table cannot be read, verify finds nothing") : .noticed
        }
        if changed.isEmpty { return problems.isEmpty ? .harmless : .noticed }
        if problems.isEmpty {
            return .missed("\(changed.sorted().joined(separator: ", ")) changed, verify finds nothing")
        }
        let unnamed = changed.filter { key in !problems.contains { $0.contains(key) } }
        // Where SQLite itself cannot read on, it says so in place of the records.
        let isStructural = problems.contains { $0.hasPrefix("database:") || $0.contains("malformed") }
        return unnamed.isEmpty || isStructural ? .noticed : .missed("\(unnamed.sorted()) not named: \(problems[0])")
    }

    /// All records that count, by the name of their document, `settings` or `graph`.
    private static func records(_ file: String) throws -> [String: [String]] {
        var configuration = Configuration()
        configuration.readonly = true
        return try DatabaseQueue(path: file, configuration: configuration).read { db in
            var names: [Int64: String] = [:]
            for row in try Row.fetchAll(db, sql: "SELECT id, name FROM document") {
                guard let id = row[0] as Int64? else { continue }
                names[id] = (row[1] as DatabaseValue).description
            }
            var records: [String: [String]] = [:]
            for (table, sql) in tables {
                for row in try Row.fetchAll(db, sql: sql) {
                    let owner = (row[0] as DatabaseValue?).flatMap { Int64.fromDatabaseValue($0) }
                    let whole = table.hasPrefix("graph") ? "graph" : "settings"
                    let key = owner.map { names[$0]?.trimmingCharacters(in: ["\""]) ?? "row \($0)" } ?? whole
                    records[key, default: []].append("\(table) \(row.databaseValues)")
                }
            }
            return records.mapValues { $0.sorted() }
        }
    }
}
