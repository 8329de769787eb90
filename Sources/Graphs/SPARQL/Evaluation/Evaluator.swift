// SPDX-License-Identifier: Apache-2.0
import Foundation

/// A solution: a term's number a slot, 0 where there is none.
typealias Row = [TermID]

/// Where triples are looked up.
enum GraphScope: Hashable {
    case standard
    case named(TermID)
}

/// What one evaluation shares: the dataset, the terms that were computed, and how much time and memory is left.
final class Evaluator {
    let dataset: any Dataset
    let started = Date()
    private let limits: EvaluationLimits
    private var computed: [Term] = []
    private var numbers: [Term: TermID] = [:]
    private var steps = 0
    private var heldRows = 0
    /// nil: the dataset's own default graph and named graphs.
    var defaults: [TermID]?
    var named: [TermID]?
    /// What IRI() resolves against.
    var base: String?
    /// BNODE's labels within one solution.
    var blankLabels: [String: Term] = [:]
    private var blanks = 0
    var existingPlans: [ObjectIdentifier: (pattern: ExistingPattern, plan: Plan)] = [:]
    /// What is bound where an EXISTS is planned.
    var boundAround: Set<Int> = []
    var expressions: [String: NSRegularExpression] = [:]

    init(_ dataset: any Dataset, limits: EvaluationLimits) {
        (self.dataset, self.limits) = (dataset, limits)
    }

    /// FROM and FROM NAMED, or USING.
    func restrict(to clause: DatasetClause) throws {
        guard !clause.isEmpty else { return }
        defaults = try clause.defaults.map(id)
        named = try clause.named.map(id)
    }

    // MARK: Terms

    /// A term's number: the dataset's, or a negative one.
    func id(_ term: Term) throws -> TermID {
        if let known = numbers[term] { return known }
        let number: TermID
        if let known = try dataset.id(of: term) {
            number = known
        } else {
            try hold(1)
            computed.append(term)
            number = -TermID(computed.count)
        }
        numbers[term] = number
        return number
    }

    func term(_ id: TermID) throws -> Term? {
        if id == 0 { return nil }
        if id > 0 { return try dataset.term(of: id) }
        return computed[Int(-id) - 1]
    }

    func newBlank() -> Term {
        blanks += 1
        return .blank("q\(UInt64(started.timeIntervalSince1970 * 1_000_000))-\(blanks)")
    }

    // MARK: Limits

    var isLate: Bool { limits.seconds.map { Date().timeIntervalSince(started) > $0 } ?? false }

    func step() throws {
        steps &+= 1
        if let most = limits.steps, steps > most {
            throw GraphError(.limit, "the query took more than \(most) steps; ask for less, or allow it more")
        }
        if steps & 1_023 == 0, isLate { throw late }
    }

    var late: GraphError {
        GraphError(
            .limit,
            "the query took more than \(limits.seconds ?? 0) seconds; ask for less, or allow it more time"
        )
    }

    func hold(_ rows: Int) throws {
        heldRows += rows
        guard heldRows <= limits.rows else {
            throw GraphError(.limit, "the query holds more than \(limits.rows) rows; ask for less, or allow it more")
        }
    }

    // MARK: Triples

    /// The graphs that GRAPH ranges over.
    func graphs() throws -> [TermID] { try named ?? dataset.graphs() }

    /// Calls `body` with each triple that matches; false if it ended that.
    func match(
        _ subject: TermID?,
        _ predicate: TermID?,
        _ object: TermID?,
        in scope: GraphScope,
        _ body: (QuadID) throws -> Bool
    ) throws -> Bool {
        if (subject ?? 1) < 0 || (predicate ?? 1) < 0 || (object ?? 1) < 0 { return true }
        let graphs: [TermID] =
            switch scope {
            case .standard: defaults ?? [0]
            case .named(let graph): [graph]
            }
        var goesOn = true
        var seen = Set<QuadID>()
        for graph in graphs where graph >= 0 && goesOn {
            let pattern = QuadPattern(subject: subject, predicate: predicate, object: object, graph: graph)
            try dataset.forEach(matching: pattern) { quad in
                try step()
                if graphs.count > 1, !seen.insert(QuadID(quad.subject, quad.predicate, quad.object)).inserted {
                    return true
                }
                goesOn = try body(quad)
                return goesOn
            }
        }
        return goesOn
    }
}
