// SPDX-License-Identifier: Apache-2.0

extension QueryParser {
    /// What stands between braces: a sub-query, or patterns.
    mutating func groupGraphPattern() throws -> Pattern {
        try nested { parser in
            try parser.expect("{")
            defer { parser.beginBlock() }
            parser.beginBlock()
            let pattern = parser.isWord("SELECT") ? Pattern.select(try parser.subSelect()) : try parser.group()
            try parser.expect("}")
            return pattern
        }
    }

    /// https://www.w3.org/TR/sparql11-query/#sparqlTranslateGraphPatterns
    private mutating func group() throws -> Pattern {
        var parts: [Pattern] = []
        var filters: [Expression] = []
        while !isSymbol("}") {
            if isAtTriples {
                let before = parts.count
                try triples(into: &parts, allowingPaths: true)
                try count(parts.count - before)
                guard isAtTriples else { continue }
                throw expected("a dot")
            }
            try count(1)
            guard case .word(let word) = token.kind else {
                guard isSymbol("{") else { throw expected("a pattern or }") }
                parts.append(try groupOrUnion())
                _ = try take(".")
                continue
            }
            switch word {
            case "FILTER":
                try advance()
                // A condition does not end the basic graph pattern it stands in.
                let current = block
                filters.append(try constraint())
                block = current
            case "OPTIONAL":
                try advance()
                parts = [optional(.join(parts), try groupGraphPattern())]
            case "MINUS":
                try advance()
                parts = [.minus(.join(parts), try groupGraphPattern())]
            case "BIND": parts = [try bind(after: parts)]
            case "VALUES":
                try advance()
                parts.append(try inlineData())
                beginBlock()
            case "GRAPH":
                try advance()
                let name = try variableOrIRI()
                parts.append(.graph(name, try groupGraphPattern()))
            case "SERVICE": parts.append(try service())
            default: throw expected("a pattern or }")
            }
            _ = try take(".")
        }
        var joined = Pattern.join(parts)
        if parts.count == 1 {
            // A filter in braces of its own is no condition of the OPTIONAL around.
            if case .filter = parts[0] {} else { joined = parts[0] }
        }
        return filters.isEmpty ? joined : .filter(joined, filters)
    }

    /// A filter right within OPTIONAL is a condition of the join.
    private func optional(_ left: Pattern, _ right: Pattern) -> Pattern {
        if case .filter(let inner, let conditions) = right { return .leftJoin(left, inner, conditions) }
        return .leftJoin(left, right, [])
    }

    private mutating func groupOrUnion() throws -> Pattern {
        var parts = [try groupGraphPattern()]
        while try takeWord("UNION") {
            try count(1)
            parts.append(try groupGraphPattern())
        }
        return parts.count == 1 ? parts[0] : .union(parts)
    }

    private mutating func bind(after parts: [Pattern]) throws -> Pattern {
        try advance()
        try expect("(")
        let value = try expression()
        try expectWord("AS")
        let place = token.start
        let slot = try expectVariable()
        guard !parts.contains(where: { $0.possible.contains(slot) }) else {
            throw error("BIND gives a value to a variable that the group has bound already", at: place)
        }
        try expect(")")
        beginBlock()
        return .extend(.join(parts), slot, value)
    }

    private mutating func service() throws -> Pattern {
        try advance()
        let isSilent = try takeWord("SILENT")
        let name = token.description
        _ = try variableOrIRI()
        _ = try groupGraphPattern()
        return .service(name: name, isSilent: isSilent)
    }

    /// What follows VALUES.
    mutating func inlineData() throws -> Pattern {
        if let slot = try takeVariable() {
            try expect("{")
            var rows: [[Term?]] = []
            while !isSymbol("}") { rows.append([try dataValue()]) }
            try expect("}")
            return .values([slot], rows)
        }
        var slots: [Int] = []
        if token.kind == .emptyList {
            try advance()
        } else {
            try expect("(")
            while !isSymbol(")") {
                let place = token.start
                let slot = try expectVariable()
                guard !slots.contains(slot) else { throw error("VALUES names a variable twice", at: place) }
                slots.append(slot)
            }
            try expect(")")
        }
        try expect("{")
        var rows: [[Term?]] = []
        while !isSymbol("}") {
            let place = token.start
            var row: [Term?] = []
            if token.kind == .emptyList {
                try advance()
            } else {
                try expect("(")
                while !isSymbol(")") { row.append(try dataValue()) }
                try expect(")")
            }
            guard row.count == slots.count else {
                throw error("\(row.count) values stand here for \(slots.count) variables", at: place)
            }
            rows.append(row)
        }
        try expect("}")
        return .values(slots, rows)
    }

    private mutating func dataValue() throws -> Term? {
        if try takeWord("UNDEF") { return nil }
        if let iri = try takeIRI() { return .iri(iri) }
        guard let literal = try takeLiteral() else { throw expected("an IRI, a literal or UNDEF") }
        return .literal(literal)
    }
}
