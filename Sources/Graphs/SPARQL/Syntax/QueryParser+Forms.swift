// SPDX-License-Identifier: Apache-2.0

/// What a query asks for.
enum QueryForm: Sendable {
    case select(Selection)
    case ask(Selection)
    /// The variables of the template that have no name are blank nodes, new in every solution.
    case construct([TriplePattern], Selection)
    case describe([PatternTerm], Selection)
}

extension QueryParser {
    mutating func query() throws -> (form: QueryForm, dataset: DatasetClause) {
        try prologue()
        let result: (form: QueryForm, dataset: DatasetClause)
        switch token.kind {
        case .word("SELECT"):
            var head = try selectHead()
            let dataset = try datasetClause("FROM")
            head.body = try whereClause()
            result = (.select(try finished(head, trailingValues: true)), dataset)
        case .word("ASK"):
            try advance()
            let dataset = try datasetClause("FROM")
            var head = SelectHead()
            head.items = []
            head.body = try whereClause()
            result = (.ask(try finished(head, trailingValues: true)), dataset)
        case .word("CONSTRUCT"): result = try construct()
        case .word("DESCRIBE"): result = try describe()
        default: throw expected("SELECT, ASK, CONSTRUCT or DESCRIBE")
        }
        guard token.kind == .end else { throw expected("the end of the query") }
        return result
    }

    mutating func datasetClause(_ keyword: String) throws -> DatasetClause {
        var clause = DatasetClause()
        while try takeWord(keyword) {
            if try takeWord("NAMED") {
                clause.named.append(.iri(try expectIRI()))
            } else {
                clause.defaults.append(.iri(try expectIRI()))
            }
        }
        return clause
    }

    private mutating func construct() throws -> (form: QueryForm, dataset: DatasetClause) {
        try advance()
        var head = SelectHead()
        if isSymbol("{") {
            let template = try template()
            let dataset = try datasetClause("FROM")
            head.body = try whereClause()
            return (.construct(template, try finished(head, trailingValues: true)), dataset)
        }
        let dataset = try datasetClause("FROM")
        try expectWord("WHERE")
        try expect("{")
        var patterns: [Pattern] = []
        try triples(into: &patterns, allowingPaths: false)
        try count(patterns.count)
        try expect("}")
        head.body = .join(patterns)
        return (.construct(patterns.compactMap(\.asTriple), try finished(head, trailingValues: true)), dataset)
    }

    private mutating func template() throws -> [TriplePattern] {
        try expect("{")
        beginBlock()
        var patterns: [Pattern] = []
        try triples(into: &patterns, allowingPaths: false)
        try expect("}")
        // A label in the template is not the one in the pattern.
        labels = [:]
        beginBlock()
        return patterns.compactMap(\.asTriple)
    }

    private mutating func describe() throws -> (form: QueryForm, dataset: DatasetClause) {
        try advance()
        var targets: [PatternTerm] = []
        let isAll = try take("*")
        while !isAll {
            if let slot = try takeVariable() {
                targets.append(.variable(slot))
            } else if let iri = try takeIRI() {
                targets.append(.term(.iri(iri)))
            } else {
                break
            }
        }
        guard isAll || !targets.isEmpty else { throw expected("what to describe, or *") }
        let dataset = try datasetClause("FROM")
        var head = SelectHead()
        if isWord("WHERE") || isSymbol("{") { head.body = try whereClause() }
        let selection = try finished(head, trailingValues: true)
        if isAll { targets = selection.projection.map { .variable($0.inner) } }
        return (.describe(targets, selection), dataset)
    }
}

extension Pattern {
    var asTriple: TriplePattern? {
        if case .triple(let triple) = self { triple } else { nil }
    }
}
