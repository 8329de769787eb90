// SPDX-License-Identifier: Apache-2.0
public import Foundation
public import Graphs

/// How large the graph is.
public struct GraphStatistics: Sendable {
    /// Facts that were asserted and hold.
    public var asserted: Int
    /// Facts that were inferred and hold.
    public var inferred: Int
    /// Facts that once held.
    public var closed: Int
    /// Terms.
    public var terms: Int
    /// Named graphs.
    public var graphs: Int
}

/// A fact with its proof: what it was inferred from, down to what was asserted.
public struct GraphProof: Sendable {
    /// The fact.
    public var fact: Quad
    /// The rule that gave it; nil for an asserted fact.
    public var rule: String?
    /// The facts that the rule was applied to, in the order of its body.
    public var premises: [GraphProof]
    /// Where an asserted fact is said: a document's name and a passage's id.
    public var document: String?
    /// The id of the passage.
    public var passage: String?
}

extension KnowledgeBase {
    /// Puts the quads of RDF files into the graph, each file in one transaction; a file with an error leaves nothing.
    /// Returns how many facts are new. `graph` is the graph of what names none itself, `origin` that of all of them.
    ///
    /// Throws `GraphError` (`unreadable`, `badSyntax` with file and line) and `KnowledgeError`.
    public func importGraph(
        _ path: String,
        reader: RDFReader,
        graph: Term? = nil,
        origin: FactOrigin = FactOrigin(),
        progress: (@Sendable (Int) -> Void)? = nil
    ) async throws -> (read: Int, new: Int) {
        try await write { db in
            let dataset = StoredDataset(db)
            try dataset.use(self.record(of: origin, in: db))
            var reader = reader
            // Labels of two imports never meet.
            reader.scope = "i\(try Int.fetchOne(db, sql: "SELECT COALESCE(MAX(id), 0) FROM graph_quad") ?? 0)_"
            var (read, new) = (0, 0)
            let prefixes = try reader.read(path: path) { quad in
                var quad = quad
                if quad.graph == nil { quad.graph = graph }
                if try dataset.insert(quad) { new += 1 }
                read += 1
                guard read & 0x3FFF == 0 else { return }
                try Task.checkCancellation()
                progress?(read)
            }
            for (name, iri) in prefixes {
                try db.execute(
                    sql: """
                        INSERT INTO graph_prefix (name, iri) VALUES (?, ?)
                        ON CONFLICT (name) DO UPDATE SET iri = excluded.iri
                        """,
                    arguments: [name, iri]
                )
            }
            try dataset.finish()
            try Store.bumpVersion(in: db)
            return (read, new)
        }
    }

    /// Reads the graph: `body` gets the facts that hold now, or held at a moment, which change for nobody while it runs.
    public func readGraph<Value>(
        at moment: Date? = nil,
        _ body: (StoredDataset) throws -> Value
    ) throws -> Value {
        try read { db in try body(StoredDataset(db, at: moment.map { Int64($0.timeIntervalSince1970) })) }
    }

    /// Changes the graph in one transaction.
    public func changeGraph<Value: Sendable>(
        _ body: @Sendable (StoredDataset) throws -> Value
    ) async throws -> Value {
        try await write { db in
            let dataset = StoredDataset(db)
            let value = try body(dataset)
            try dataset.finish()
            try Store.bumpVersion(in: db)
            return value
        }
    }

    /// Says that a subject's property is now `object`: what it was is closed in time.
    public func replaceFact(_ fact: Quad) async throws {
        try await changeGraph { dataset in
            let ids = QuadID(
                try dataset.intern(fact.triple.subject),
                try dataset.intern(fact.triple.predicate),
                try dataset.intern(fact.triple.object),
                graph: try fact.graph.map { try dataset.intern($0) } ?? 0
            )
            var old: [QuadID] = []
            let pattern = QuadPattern(subject: ids.subject, predicate: ids.predicate, graph: ids.graph)
            try dataset.forEach(matching: pattern) {
                if $0 != ids { old.append($0) }
                return true
            }
            for quad in old { try dataset.remove(quad) }
            try dataset.insert(ids)
        }
    }

    /// The prefixes that imported files declared.
    public func graphPrefixes() throws -> [String: String] {
        try read { db in
            let rows = try Row.fetchAll(db, sql: "SELECT name, iri FROM graph_prefix")
            return Dictionary(uniqueKeysWithValues: try rows.map { (try $0.value("name"), try $0.value("iri")) })
        }
    }

    /// How large the graph is.
    public func graphStatistics() throws -> GraphStatistics {
        try read { db in
            func count(_ sql: String) throws -> Int { try Int.fetchOne(db, sql: sql) ?? 0 }
            return GraphStatistics(
                asserted: try count("SELECT COUNT(*) FROM graph_quad WHERE valid_to IS NULL AND rule IS NULL"),
                inferred: try count("SELECT COUNT(*) FROM graph_quad WHERE valid_to IS NULL AND rule IS NOT NULL"),
                closed: try count("SELECT COUNT(*) FROM graph_quad WHERE valid_to IS NOT NULL"),
                terms: try count("SELECT COUNT(*) FROM graph_term"),
                graphs: try StoredDataset(db).graphs().count
            )
        }
    }
}
