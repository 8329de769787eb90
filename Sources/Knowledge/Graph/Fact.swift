// SPDX-License-Identifier: Apache-2.0
public import Foundation
public import Graphs

/// Where a fact comes from, when it holds and how sure it is.
public struct FactOrigin: Sendable, Hashable {
    /// The document that says so.
    public var document: String?
    /// The id of the passage that says so.
    public var passage: String?
    /// From when on it holds; nil: since ever.
    public var validFrom: Date?
    /// Until when it holds; nil: until something contradicts it.
    public var validTo: Date?
    /// How sure it is, 0 to 1.
    public var confidence: Double?

    /// An origin of which nothing is known but what is given.
    public init(
        document: String? = nil,
        passage: String? = nil,
        validFrom: Date? = nil,
        validTo: Date? = nil,
        confidence: Double? = nil
    ) {
        (self.document, self.passage) = (document, passage)
        (self.validFrom, self.validTo, self.confidence) = (validFrom, validTo, confidence)
    }
}

/// A fact of the graph with all that is known of it.
public struct Fact: Sendable, Hashable {
    /// What it says.
    public var quad: Quad
    /// Where it comes from and when it holds.
    public var origin: FactOrigin
    /// The rule that it was inferred by; nil where it was asserted.
    public var rule: String?

    /// An asserted fact.
    public init(_ quad: Quad, origin: FactOrigin = FactOrigin()) { (self.quad, self.origin) = (quad, origin) }
}

extension KnowledgeBase {
    /// States facts, all or none of them. A fact of a property that the graph declares an `owl:FunctionalProperty` closes
    /// what contradicts it: the other value holds until this one does, and stays in the graph's past. Literals
    /// contradict each other; names do where one of the facts says from when it holds. Returns how many are new.
    ///
    /// Throws `notFound` where a document or passage is not there, `badArgument` for a confidence outside 0 to 1 or an
    /// end before the beginning.
    @discardableResult
    public func state(_ facts: [Fact]) async throws -> Int {
        try await write { db in
            let dataset = StoredDataset(db)
            var new = 0
            for fact in facts {
                try dataset.use(self.record(of: fact.origin, in: db))
                if try dataset.insert(fact.quad) { new += 1 }
            }
            try dataset.finish()
            try Store.bumpVersion(in: db)
            return new
        }
    }

    /// The facts that match what is not nil: those that hold now or held at a moment, or all that there ever were.
    public func facts(
        subject: Term? = nil,
        predicate: Term? = nil,
        object: Term? = nil,
        at moment: Date? = nil,
        includingPast: Bool = false
    ) throws -> [Fact] {
        try read { db in
            let dataset = StoredDataset(db, at: moment.map { Int64($0.timeIntervalSince1970) })
            var pattern = QuadPattern()
            for (term, place) in [(subject, \QuadPattern.subject), (predicate, \.predicate), (object, \.object)] {
                guard let term else { continue }
                guard let id = try dataset.id(of: term) else { return [] }
                pattern[keyPath: place] = id
            }
            return try dataset.records(matching: pattern, includingPast: includingPast).map { record, document, rule in
                var fact = Fact(try dataset.quad(of: record.quad))
                fact.origin = FactOrigin(
                    document: document,
                    passage: record.passage,
                    validFrom: record.validFrom.map { Date(timeIntervalSince1970: TimeInterval($0)) },
                    validTo: record.validTo.map { Date(timeIntervalSince1970: TimeInterval($0)) },
                    confidence: record.confidence
                )
                fact.rule = rule
                return fact
            }
        }
    }

    /// An origin as the tables have it.
    func record(of origin: FactOrigin, in db: Database) throws -> StoredOrigin {
        var stored = StoredOrigin()
        if let document = origin.document { stored.document = try record(of: document, in: db).id }
        if let passage = origin.passage {
            let sql = "SELECT 1 FROM passage WHERE document = ? AND key = ?"
            guard let document = stored.document,
                try Row.fetchOne(db, sql: sql, arguments: [document, passage]) != nil
            else {
                throw KnowledgeError(
                    .notFound,
                    "no passage `\(passage)` in `\(origin.document ?? "no document")`; `kb search --json` shows the ids",
                    subject: passage
                )
            }
            stored.passage = passage
        }
        if let confidence = origin.confidence, !(0...1).contains(confidence) {
            throw KnowledgeError(.badArgument, "a confidence of \(confidence); give one of 0 to 1")
        }
        func seconds(_ date: Date?) -> Int64? {
            date.map { Int64(max(-1e15, min(1e15, $0.timeIntervalSince1970)).rounded(.down)) }
        }
        (stored.validFrom, stored.validTo) = (seconds(origin.validFrom), seconds(origin.validTo))
        if let from = stored.validFrom, let to = stored.validTo, to <= from {
            throw KnowledgeError(.badArgument, "a fact that ends before it begins to hold; see the two times")
        }
        stored.confidence = origin.confidence
        return stored
    }
}

/// Where a fact comes from, as the tables have it; times in seconds since 1970.
struct StoredOrigin: Sendable {
    var document: Int64?
    var passage: String?
    var validFrom: Int64?
    var validTo: Int64?
    var confidence: Double?
}
