// SPDX-License-Identifier: Apache-2.0
import Foundation
import Graphs

/// The tables of the graph beside the text.
enum GraphSchema {
    /// `kind`: 0 an IRI, 1 a blank node, 2 a literal. A fact holds from `valid_from` to `valid_to` (seconds since 1970;
    /// null: open); one that is closed stays. `rule` is null in what was asserted; `premises` are the ids of the facts
    /// that it was inferred from, 8 bytes each.
    static func tables(_ dialect: SQLDialect) -> String {
        // PostgreSQL has no index of long texts.
        let identity = dialect == .sqlite ? "value, kind, datatype, language" : "checksum"
        return """
            CREATE TABLE graph_term (
                id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, value TEXT NOT NULL, datatype TEXT NOT NULL,
                language TEXT NOT NULL, checksum BLOB NOT NULL, UNIQUE (\(identity)));
            CREATE TABLE graph_rule (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
            CREATE TABLE graph_prefix (name TEXT PRIMARY KEY NOT NULL, iri TEXT NOT NULL) WITHOUT ROWID;
            CREATE TABLE graph_quad (
                id INTEGER PRIMARY KEY AUTOINCREMENT, subject INTEGER NOT NULL REFERENCES graph_term,
                predicate INTEGER NOT NULL REFERENCES graph_term, object INTEGER NOT NULL REFERENCES graph_term,
                graph INTEGER NOT NULL, document INTEGER REFERENCES document, passage TEXT,
                valid_from INTEGER, valid_to INTEGER, confidence REAL, recorded INTEGER NOT NULL,
                rule INTEGER REFERENCES graph_rule, premises BLOB, checksum BLOB NOT NULL);
            CREATE UNIQUE INDEX graph_spog ON graph_quad (subject, predicate, object, graph) WHERE valid_to IS NULL;
            CREATE INDEX graph_pos ON graph_quad (predicate, object, subject) WHERE valid_to IS NULL;
            CREATE INDEX graph_osp ON graph_quad (object, subject) WHERE valid_to IS NULL;
            CREATE INDEX graph_closed ON graph_quad (subject, predicate, object) WHERE valid_to IS NOT NULL;
            CREATE INDEX graph_from ON graph_quad (valid_from) WHERE valid_from IS NOT NULL;
            CREATE INDEX graph_to ON graph_quad (valid_to) WHERE valid_to IS NOT NULL;
            CREATE INDEX graph_g ON graph_quad (graph) WHERE valid_to IS NULL;
            CREATE INDEX graph_document ON graph_quad (document) WHERE document IS NOT NULL;
            """
    }

    /// The damaged rows, named.
    static func problems(in db: Database) throws -> [String] {
        var problems: [String] = []
        let terms = try Row.fetchCursor(db, sql: "SELECT * FROM graph_term ORDER BY id")
        while let row = try terms.next() {
            let fields = try TermFields(row: row)
            if fields.checksum != Array(try row.value("checksum") as Data) {
                problems.append("graph: term \(try row.value("id") as Int64) is not what was written")
            }
        }
        let quads = try Row.fetchCursor(db, sql: "SELECT * FROM graph_quad ORDER BY id")
        while let row = try quads.next() {
            let fact = try FactRecord(row: row)
            if fact.checksum != Array(try row.value("checksum") as Data) {
                problems.append("graph: fact \(fact.id) is not what was written")
            }
        }
        if try GraphTally.stored(in: db) != GraphTally.counted(in: db) {
            problems.append("graph: facts, rules or prefixes are not those that were written")
        }
        let lost = """
            SELECT COUNT(*) FROM graph_quad WHERE document IS NOT NULL AND passage IS NOT NULL AND NOT EXISTS
                (SELECT 1 FROM passage WHERE passage.document = graph_quad.document AND passage.key = graph_quad.passage)
            """
        if let count = try Int.fetchOne(db, sql: lost), count > 0 {
            problems.append("graph: \(count) facts come from passages that are not there")
        }
        return problems
    }
}

/// A term as its row has it.
struct TermFields {
    var kind: Int
    var value: String
    var datatype = ""
    var language = ""

    init(_ term: Term) {
        switch term {
        case .iri(let iri): (kind, value) = (0, iri)
        case .blank(let label): (kind, value) = (1, label)
        case .literal(let literal):
            (kind, value) = (2, literal.lexical)
            (datatype, language) = (literal.datatype, literal.language ?? "")
        }
    }

    init(row: Row) throws {
        kind = try row.value("kind")
        value = try row.value("value")
        datatype = try row.value("datatype")
        language = try row.value("language")
    }

    var term: Term {
        switch kind {
        case 0: .iri(value)
        case 1: .blank(value)
        default: .literal(language.isEmpty ? Literal(value, datatype: datatype) : Literal(value, language: language))
        }
    }

    var checksum: [UInt8] { Checksum.of([String(kind), value, datatype, language]) }

    var arguments: StatementArguments { [value, kind, datatype, language, Data(checksum)] }
}

/// A fact as its row has it.
struct FactRecord {
    var id: Int64 = 0
    var quad: QuadID
    var document: Int64?
    var passage: String?
    var validFrom: Int64?
    var validTo: Int64?
    var confidence: Double?
    var recorded: Int64
    var rule: Int64?
    var premises: [Int64] = []

    init(_ quad: QuadID, recorded: Int64) { (self.quad, self.recorded) = (quad, recorded) }

    init(row: Row) throws {
        id = try row.value("id")
        quad = QuadID(
            try row.value("subject"),
            try row.value("predicate"),
            try row.value("object"),
            graph: try row.value("graph")
        )
        document = try row.optional("document")
        passage = try row.optional("passage")
        validFrom = try row.optional("valid_from")
        validTo = try row.optional("valid_to")
        confidence = try row.optional("confidence")
        recorded = try row.value("recorded")
        rule = try row.optional("rule")
        let bytes = Array(try row.optional("premises") ?? Data())
        premises = stride(from: 0, to: bytes.count - bytes.count % 8, by: 8).map { start in
            Int64(bitPattern: bytes[start..<(start + 8)].reduce(0) { $0 << 8 | UInt64($1) })
        }
    }

    private var premiseBytes: [UInt8] {
        premises.flatMap { id in
            stride(from: 56, through: 0, by: -8).map { (shift: Int) in UInt8(truncatingIfNeeded: id >> shift) }
        }
    }

    /// Over all of it.
    var checksum: [UInt8] {
        let numbers = [quad.subject, quad.predicate, quad.object, quad.graph, recorded]
        let optional = [document, validFrom, validTo, rule].map { (value: Int64?) in value.map { String($0) } ?? "" }
        var fields: [String] = numbers.map { String($0) }
        fields += optional
        fields += [passage ?? "", confidence.map { "\($0)" } ?? ""]
        return Checksum.of(Array(fields.joined(separator: "\u{0}").utf8), premiseBytes)
    }

    var arguments: StatementArguments {
        [
            quad.subject, quad.predicate, quad.object, quad.graph,
        ] + changeable
    }

    /// The columns that tell of the fact, but not what it says.
    var changeable: StatementArguments {
        [
            document, passage, validFrom, validTo, confidence, recorded, rule,
            premises.isEmpty ? nil : Data(premiseBytes), Data(checksum),
        ]
    }

    static let insertion = """
        INSERT INTO graph_quad (subject, predicate, object, graph, document, passage, valid_from, valid_to, confidence,
            recorded, rule, premises, checksum) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id
        """
}
