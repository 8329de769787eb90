// SPDX-License-Identifier: Apache-2.0

/// What a query finds.
public enum QueryResult: Sendable {
    /// SELECT: variables, and a row a solution with a value or nil for each.
    case solutions(variables: [String], rows: [[Term?]])
    /// ASK.
    case boolean(Bool)
    /// CONSTRUCT and DESCRIBE.
    case graph([Triple])
}

/// SPARQL 1.1 over any dataset: <https://www.w3.org/TR/sparql11-query/>.
public enum SPARQL {
    /// What a query finds in a dataset; `prefixes` are known before it declares its own. Throws `badQuery` by line and column, and `limit`.
    public static func query(
        _ text: String,
        over dataset: some Dataset,
        base: String? = nil,
        prefixes: [String: String] = [:],
        limits: EvaluationLimits = EvaluationLimits()
    ) throws -> QueryResult {
        let query = try QueryText(text, base: base, prefixes: prefixes)
        let evaluator = Evaluator(dataset, limits: limits)
        evaluator.base = query.base
        try evaluator.restrict(to: query.dataset)
        return try evaluator.result(of: query)
    }
}

extension Evaluator {
    fileprivate func result(of query: QueryText) throws -> QueryResult {
        let width = query.variables.count
        switch query.form {
        case .select(let selection):
            let rows = try rows(of: selection, width: width)
            return .solutions(
                variables: selection.projection.map { query.variables.names[$0.inner] ?? "" },
                rows: try rows.map { row in try selection.projection.map { try term(row[$0.inner]) } }
            )
        case .ask(var selection):
            if selection.grouping == nil, selection.limit == nil { selection.limit = 1 }
            return .boolean(try !rows(of: selection, width: width).isEmpty)
        case .construct(let template, let selection):
            var found = OrderedTriples()
            for row in try rows(of: selection, width: width) {
                var blanks: [Int: Term] = [:]
                for pattern in template {
                    guard let subject = try instance(pattern.subject, row, query.variables, &blanks),
                        let predicate = try instance(pattern.predicate, row, query.variables, &blanks),
                        let object = try instance(pattern.object, row, query.variables, &blanks),
                        let triple = Triple(checking: subject, predicate, object)
                    else { continue }
                    found.add(triple)
                }
            }
            return .graph(found.list)
        case .describe(let targets, let selection):
            var found = OrderedTriples()
            let rows = try rows(of: selection, width: width)
            for target in targets {
                switch target {
                case .term(let term): try describe(id(term), into: &found)
                case .variable(let slot): for row in rows where row[slot] != 0 { try describe(row[slot], into: &found) }
                }
            }
            return .graph(found.list)
        }
    }

    /// A template's term in a solution; a variable without a name is a blank node, new in each.
    func instance(_ pattern: PatternTerm, _ row: Row, _ variables: VariableTable, _ blanks: inout [Int: Term]) throws
        -> Term?
    {
        switch pattern {
        case .term(let term): return term
        case .variable(let slot):
            if let known = try term(row[slot]) { return known }
            guard variables.names[slot] == nil else { return nil }
            let made = blanks[slot] ?? newBlank()
            blanks[slot] = made
            return made
        }
    }

    /// The triples of a subject, and of the blank nodes that they lead to.
    private func describe(_ start: TermID, into found: inout OrderedTriples) throws {
        var seen: Set<TermID> = [start]
        var waiting = [start]
        while let node = waiting.popLast() {
            var triples: [Triple] = []
            _ = try match(node, nil, nil, in: .standard) { quad in
                let triple = try dataset.quad(of: quad).triple
                triples.append(triple)
                if case .blank = triple.object, seen.insert(quad.object).inserted { waiting.append(quad.object) }
                return true
            }
            for triple in triples { found.add(triple) }
        }
    }
}

/// Triples, each once, in the order in which they came.
private struct OrderedTriples {
    var list: [Triple] = []
    private var seen = Set<Triple>()

    mutating func add(_ triple: Triple) {
        if seen.insert(triple).inserted { list.append(triple) }
    }
}

extension Triple {
    /// nil: a literal is the subject, or the predicate is not an IRI.
    init?(checking subject: Term, _ predicate: Term, _ object: Term) {
        guard case .iri = predicate else { return nil }
        if case .literal = subject { return nil }
        self.init(subject, predicate, object)
    }
}
