// SPDX-License-Identifier: Apache-2.0

extension QueryParser {
    /// The operations of an update, each with its variables.
    mutating func update() throws -> [(operation: UpdateOperation, variables: VariableTable)] {
        var operations: [(operation: UpdateOperation, variables: VariableTable)] = []
        while true {
            try prologue()
            if token.kind == .end { return operations }
            beginOperation()
            let operation = try self.operation()
            operations.append((operation, variables))
            guard try take(";") else { break }
        }
        guard token.kind == .end else { throw expected("; or the end of the update") }
        return operations
    }

    private mutating func operation() throws -> UpdateOperation {
        guard case .word(let word) = token.kind else { throw expected("an update operation") }
        switch word {
        case "INSERT":
            try advance()
            if try takeWord("DATA") { return .insertData(try data(allowingBlanks: true)) }
            return .modify(try modification(with: nil, after: "INSERT"))
        case "DELETE":
            try advance()
            if try takeWord("DATA") { return .deleteData(try data(allowingBlanks: false)) }
            if try takeWord("WHERE") { return .modify(try deleteWhere()) }
            return .modify(try modification(with: nil, after: "DELETE"))
        case "WITH":
            try advance()
            let graph = Term.iri(try expectIRI())
            guard isWord("INSERT") || isWord("DELETE") else { throw expected("DELETE or INSERT") }
            let word = isWord("INSERT") ? "INSERT" : "DELETE"
            try advance()
            return .modify(try modification(with: graph, after: word))
        case "LOAD":
            try advance()
            let isSilent = try takeWord("SILENT")
            let source = try expectIRI()
            guard try takeWord("INTO") else { return .load(source: source, into: nil, isSilent: isSilent) }
            try expectWord("GRAPH")
            return .load(source: source, into: .iri(try expectIRI()), isSilent: isSilent)
        case "CLEAR", "DROP":
            try advance()
            let isSilent = try takeWord("SILENT")
            let target = try graphTarget()
            return word == "CLEAR" ? .clear(target, isSilent: isSilent) : .drop(target, isSilent: isSilent)
        case "CREATE":
            try advance()
            let isSilent = try takeWord("SILENT")
            try expectWord("GRAPH")
            return .create(.iri(try expectIRI()), isSilent: isSilent)
        default:
            guard let transfer = UpdateOperation.Transfer(rawValue: word) else { throw expected("an update operation") }
            try advance()
            let isSilent = try takeWord("SILENT")
            let source = try graphOrDefault()
            try expectWord("TO")
            return .transfer(transfer, from: source, to: try graphOrDefault(), isSilent: isSilent)
        }
    }

    private mutating func graphTarget() throws -> GraphTarget {
        if try takeWord("DEFAULT") { return .defaultGraph }
        if try takeWord("NAMED") { return .named }
        if try takeWord("ALL") { return .all }
        try expectWord("GRAPH")
        return .graph(.iri(try expectIRI()))
    }

    private mutating func graphOrDefault() throws -> Term? {
        if try takeWord("DEFAULT") { return nil }
        _ = try takeWord("GRAPH")
        return .iri(try expectIRI())
    }

    // MARK: Quads

    private mutating func data(allowingBlanks: Bool) throws -> [QuadTemplate] {
        let place = token.start
        labels = [:]
        let quads = try quads()
        guard quads.allSatisfy({ $0.slots.allSatisfy { variables.names[$0] == nil } }) else {
            throw error("data holds no variables; write DELETE or INSERT with WHERE", at: place)
        }
        if !allowingBlanks { try refuseBlanks(in: quads, at: place) }
        guard dataLabels.isDisjoint(with: labels.keys) else {
            throw error("a blank node's label stands in two operations; give them two labels", at: place)
        }
        dataLabels.formUnion(labels.keys)
        return quads
    }

    /// A blank node would match anything, or nothing: neither is meant.
    private func refuseBlanks(in quads: [QuadTemplate], at place: Int) throws {
        guard quads.allSatisfy({ $0.slots.allSatisfy { variables.names[$0] != nil } }) else {
            throw error("what is deleted holds no blank nodes; write a variable and WHERE", at: place)
        }
    }

    private mutating func quads() throws -> [QuadTemplate] {
        beginBlock()
        try expect("{")
        var quads: [QuadTemplate] = []
        while !isSymbol("}") {
            if try takeWord("GRAPH") {
                let graph = try variableOrIRI()
                try expect("{")
                try templates(in: graph, into: &quads)
                try expect("}")
                _ = try take(".")
            } else if isAtTriples {
                try templates(in: nil, into: &quads)
                guard !isAtTriples else { throw expected("a dot") }
            } else {
                throw expected("triples, GRAPH or }")
            }
        }
        try expect("}")
        return quads
    }

    private mutating func templates(in graph: PatternTerm?, into quads: inout [QuadTemplate]) throws {
        var patterns: [Pattern] = []
        try triples(into: &patterns, allowingPaths: false)
        quads += patterns.compactMap(\.asTriple).map { QuadTemplate(triple: $0, graph: graph) }
    }

    // MARK: Modifications

    private mutating func deleteWhere() throws -> Modification {
        let place = token.start
        let quads = try quads()
        try count(quads.count)
        try refuseBlanks(in: quads, at: place)
        let parts = quads.map { quad in
            quad.graph.map { Pattern.graph($0, .triple(quad.triple)) } ?? .triple(quad.triple)
        }
        return Modification(delete: quads, pattern: .join(parts))
    }

    /// From behind the first DELETE or INSERT on.
    private mutating func modification(with graph: Term?, after word: String) throws -> Modification {
        var made = Modification(with: graph)
        let place = token.start
        if word == "DELETE" {
            made.delete = try quads()
            try refuseBlanks(in: made.delete, at: place)
            if try takeWord("INSERT") { made.insert = try quads() }
        } else {
            made.insert = try quads()
        }
        // A label in a template is not the one in the pattern.
        labels = [:]
        made.using = try datasetClause("USING")
        guard isWord("WHERE") else { throw expected("WHERE") }
        made.pattern = try whereClause()
        return made
    }
}

extension QuadTemplate {
    var slots: [Int] { triple.slots + [graph?.slot].compactMap(\.self) }
}
