// SPDX-License-Identifier: Apache-2.0

extension QueryParser {
    /// A sub-query: its variables are its own but for those it selects.
    mutating func subSelect() throws -> Selection {
        var selection = try scoped { parser in
            parser.aggregates = nil
            var selection = try parser.selectHead()
            selection.body = try parser.whereClause()
            return try parser.finished(selection, trailingValues: true)
        }
        for index in selection.projection.indices {
            let inner = selection.projection[index].inner
            guard let name = variables.names[inner] else { continue }
            selection.projection[index].outer = slot(of: name)
        }
        return selection
    }

    /// SELECT as it is read, before what it selects is known.
    struct SelectHead {
        var isDistinct = false
        /// nil: `*`.
        var items: [(slot: Int, expression: Expression?, place: Int)]?
        var aggregates: [(slot: Int, aggregate: Aggregate)] = []
        var body = Pattern.unit
    }

    mutating func selectHead() throws -> SelectHead {
        try expectWord("SELECT")
        var head = SelectHead()
        if try takeWord("DISTINCT") {
            head.isDistinct = true
        } else {
            // REDUCED permits what DISTINCT does, and asks for nothing.
            _ = try takeWord("REDUCED")
        }
        if try take("*") { return head }
        aggregates = []
        var items: [(slot: Int, expression: Expression?, place: Int)] = []
        while true {
            let place = token.start
            if let slot = try takeVariable() {
                items.append((slot, nil, place))
            } else if try take("(") {
                let value = try expression()
                try expectWord("AS")
                let slot = try expectVariable()
                guard !items.contains(where: { $0.slot == slot }) else {
                    throw error("this variable is selected twice", at: place)
                }
                items.append((slot, value, place))
                try expect(")")
            } else {
                break
            }
        }
        guard !items.isEmpty else { throw expected("variables to select, or *") }
        head.items = items
        head.aggregates = aggregates ?? []
        aggregates = nil
        return head
    }

    mutating func whereClause() throws -> Pattern {
        _ = try takeWord("WHERE")
        return try groupGraphPattern()
    }

    /// Reads the solution modifiers, and makes the selection of it all.
    mutating func finished(_ head: SelectHead, trailingValues: Bool) throws -> Selection {
        var selection = Selection()
        selection.isDistinct = head.isDistinct
        selection.pattern = head.body
        let bound = head.body.possible
        aggregates = head.aggregates
        var keys = try groupKeys(bound: bound)
        if try takeWord("HAVING") {
            repeat { selection.having.append(try constraint()) } while isAtConstraint
            keys = keys ?? []
        }
        try orderAndSlice(&selection)
        let found = aggregates ?? []
        aggregates = nil
        if keys != nil || !found.isEmpty { selection.grouping = Grouping(keys: keys ?? [], aggregates: found) }
        if trailingValues, try takeWord("VALUES") {
            let data = try inlineData()
            if selection.grouping == nil {
                selection.pattern = .join([selection.pattern, data])
            } else {
                selection.inlineData = data
            }
        }
        try project(head, bound: selection.pattern.possible, into: &selection)
        return selection
    }

    private mutating func groupKeys(bound: Set<Int>) throws -> [(slot: Int, expression: Expression)]? {
        guard try takeWord("GROUP") else { return nil }
        try expectWord("BY")
        let outer = aggregates
        aggregates = nil
        defer { aggregates = outer }
        var keys: [(slot: Int, expression: Expression)] = []
        while true {
            if let slot = try takeVariable() {
                keys.append((slot, .variable(slot)))
            } else if isSymbol("(") {
                try advance()
                let key = try expression()
                var slot = -1
                if try takeWord("AS") {
                    let place = token.start
                    slot = try expectVariable()
                    guard !bound.contains(slot), !keys.contains(where: { $0.slot == slot }) else {
                        throw error("GROUP BY names a value by a variable that is bound already", at: place)
                    }
                } else if case .variable(let same) = key {
                    slot = same
                }
                try expect(")")
                keys.append((slot < 0 ? hiddenSlot() : slot, key))
            } else if isAtConstraint {
                keys.append((hiddenSlot(), try constraint()))
            } else {
                break
            }
        }
        guard !keys.isEmpty else { throw expected("what to group by") }
        return keys
    }

    private mutating func orderAndSlice(_ selection: inout Selection) throws {
        if try takeWord("ORDER") {
            try expectWord("BY")
            while true {
                if isWord("ASC") || isWord("DESC") {
                    let isDescending = isWord("DESC")
                    try advance()
                    selection.order.append((try bracketed(), isDescending))
                } else if let slot = try takeVariable() {
                    selection.order.append((.variable(slot), false))
                } else if isAtConstraint {
                    selection.order.append((try constraint(), false))
                } else {
                    break
                }
            }
            guard !selection.order.isEmpty else { throw expected("what to order by") }
        }
        for _ in 0..<2 {
            if selection.limit == nil, try takeWord("LIMIT") {
                selection.limit = try expectInteger()
            } else if try takeWord("OFFSET") {
                selection.offset = try expectInteger()
            }
        }
    }

    private mutating func project(_ head: SelectHead, bound: Set<Int>, into selection: inout Selection) throws {
        guard let items = head.items else {
            guard selection.grouping == nil else {
                throw error("SELECT * cannot stand with GROUP BY; name the variables")
            }
            let named = bound.filter { variables.names[$0] != nil }.sorted()
            selection.projection = named.map { ($0, $0) }
            return
        }
        var known = Set<Int>()
        if let grouping = selection.grouping {
            known = Set(grouping.keys.map(\.slot) + grouping.aggregates.map(\.slot))
        }
        for item in items {
            if let expression = item.expression {
                guard !bound.contains(item.slot), !known.contains(item.slot) else {
                    throw error("AS names a variable that the pattern has bound already", at: item.place)
                }
                selection.extensions.append((item.slot, expression))
            }
            if selection.grouping != nil {
                let used = item.expression?.variables ?? [item.slot]
                guard used.isSubset(of: known) else {
                    throw error("a variable is selected that is neither grouped by nor in an aggregate", at: item.place)
                }
                known.insert(item.slot)
            }
            selection.projection.append((item.slot, item.slot))
        }
    }
}
