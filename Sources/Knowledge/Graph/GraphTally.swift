// SPDX-License-Identifier: Apache-2.0
import Foundation

/// What the graph's tables hold in sum, so that a row that is gone is missed: the number of facts, two sums over their
/// checksums in whatever order they came, and a digest of the rules' names and the prefixes.
struct GraphTally: Codable, Equatable {
    private var facts = 0
    private var one: UInt64 = 0
    private var other: UInt64 = 0
    private var names = ""

    static let settingKey = "graph"

    mutating func add(_ checksum: [UInt8]) { change(checksum, by: 1) }

    mutating func remove(_ checksum: [UInt8]) { change(checksum, by: -1) }

    private mutating func change(_ checksum: [UInt8], by count: Int) {
        let number = checksum.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
        let factor = UInt64(bitPattern: Int64(count))
        facts += count
        one &+= number &* factor
        other &+= number &* (number | 1) &* factor
    }

    /// The one that was written; an empty one where there is none.
    static func stored(in db: Database) throws -> GraphTally {
        guard let text = try Store.setting(settingKey, in: db) else { return GraphTally() }
        do { return try JSONDecoder().decode(GraphTally.self, from: Data(text.utf8)) } catch {
            let message = "the graph's sums are unreadable; run `martlet kb verify`"
            throw KnowledgeError(.damaged, message, underlying: error)
        }
    }

    /// Sums up what is there.
    static func counted(in db: Database) throws -> GraphTally {
        var tally = GraphTally()
        let rows = try Row.fetchCursor(db, sql: "SELECT checksum FROM graph_quad")
        while let row = try rows.next() { tally.add(Array(try row.value(0) as Data)) }
        tally.names = try Self.names(in: db)
        return tally
    }

    private static func names(in db: Database) throws -> String {
        let rules = try Row.fetchAll(db, sql: "SELECT id, name FROM graph_rule ORDER BY id").flatMap { row in
            [String(try row.value("id") as Int64), try row.value("name")]
        }
        let prefixes = try Row.fetchAll(db, sql: "SELECT name, iri FROM graph_prefix ORDER BY name").flatMap { row in
            [try row.value("name"), try row.value("iri") as String]
        }
        return rules.isEmpty && prefixes.isEmpty ? "" : Checksum.of(rules + ["prefixes"] + prefixes).hexadecimal
    }

    /// Writes it, with the names as they are now.
    mutating func write(in db: Database) throws {
        names = try Self.names(in: db)
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        try Store.set(Self.settingKey, String(decoding: try encoder.encode(self), as: UTF8.self), in: db)
    }
}
