// SPDX-License-Identifier: Apache-2.0
import Foundation

extension Evaluator {
    /// The solutions of a selection, in order, by its inner slots.
    func rows(of selection: Selection, width: Int, in scope: GraphScope = .standard) throws -> [Row] {
        let plan = try plan(selection.pattern, outer: [])
        let isPlain =
            selection.grouping == nil && selection.order.isEmpty && !selection.isDistinct && selection.having.isEmpty
        let (end, overflows) = selection.offset.addingReportingOverflow(selection.limit ?? 0)
        let enough = isPlain && selection.limit != nil && !overflows ? end : Int.max
        var rows: [Row] = []
        if enough > 0 {
            _ = try solve(plan, Row(repeating: 0, count: width), in: scope) { row in
                try hold(1)
                rows.append(row)
                return rows.count < enough
            }
        }
        if let grouping = selection.grouping { rows = try group(rows, grouping, width: width, in: scope) }
        if !selection.having.isEmpty {
            rows = try rows.filter { row in try selection.having.allSatisfy { try holds($0, row, in: scope) } }
        }
        if let data = selection.inlineData {
            let plan = try self.plan(data, outer: [])
            var joined: [Row] = []
            for row in rows {
                _ = try solve(plan, row, in: scope) {
                    joined.append($0); return true
                }
            }
            rows = joined
        }
        for index in rows.indices where !selection.extensions.isEmpty {
            blankLabels = [:]
            for (slot, expression) in selection.extensions {
                if let value = try evaluate(expression, rows[index], in: scope) { rows[index][slot] = try id(value) }
            }
        }
        if !selection.order.isEmpty { rows = try sorted(rows, by: selection.order, in: scope) }
        if selection.isDistinct {
            var seen = Set<Row>()
            rows = rows.filter { row in seen.insert(selection.projection.map { row[$0.inner] }).inserted }
        }
        rows = Array(rows.dropFirst(selection.offset))
        return selection.limit.map { Array(rows.prefix($0)) } ?? rows
    }

    private func sorted(
        _ rows: [Row],
        by order: [(expression: Expression, isDescending: Bool)],
        in scope: GraphScope
    ) throws -> [Row] {
        let keyed = try rows.map { row in
            (row: row, keys: try order.map { try evaluate($0.expression, row, in: scope) })
        }
        return try keyed.enumerated().sorted { left, right in
            try step()
            for (index, part) in order.enumerated() {
                let comparison = TermComparison.sortOrder(left.element.keys[index], right.element.keys[index])
                if comparison != .orderedSame { return (comparison == .orderedAscending) != part.isDescending }
            }
            return left.offset < right.offset
        }.map(\.element.row)
    }

    private func group(_ rows: [Row], _ grouping: Grouping, width: Int, in scope: GraphScope) throws -> [Row] {
        var groups: [Row: Int] = [:]
        var members: [(key: Row, rows: [Row])] = grouping.keys.isEmpty ? [([], [])] : []
        if grouping.keys.isEmpty { groups[[]] = 0 }
        for row in rows {
            let key = try grouping.keys.map { key in
                try evaluate(key.expression, row, in: scope).map(id) ?? 0
            }
            if let index = groups[key] {
                members[index].rows.append(row)
            } else {
                groups[key] = members.count
                members.append((key, [row]))
            }
        }
        return try members.map { group in
            var made = Row(repeating: 0, count: width)
            for (index, key) in grouping.keys.enumerated() { made[key.slot] = group.key[index] }
            for (slot, aggregate) in grouping.aggregates {
                if let value = try evaluate(aggregate, group.rows, in: scope) { made[slot] = try id(value) }
            }
            return made
        }
    }

    private func evaluate(_ aggregate: Aggregate, _ rows: [Row], in scope: GraphScope) throws -> Term? {
        guard let argument = aggregate.argument else {
            let count = aggregate.isDistinct ? Set(rows).count : rows.count
            return .literal(Literal("\(count)", datatype: XSD.integer))
        }
        var values: [Term] = []
        var seen = Set<Term>()
        var hasErrors = false
        for row in rows {
            guard let value = try evaluate(argument, row, in: scope) else {
                hasErrors = true
                continue
            }
            if !aggregate.isDistinct || seen.insert(value).inserted { values.append(value) }
        }
        switch aggregate.function {
        case .count: return .literal(Literal("\(values.count)", datatype: XSD.integer))
        case .sample: return values.first
        case .minimum, .maximum:
            let wanted: ComparisonResult = aggregate.function == .minimum ? .orderedAscending : .orderedDescending
            guard !hasErrors, var best = values.first else { return nil }
            for value in values where TermComparison.sortOrder(value, best) == wanted { best = value }
            return best
        case .concatenation:
            guard !hasErrors else { return nil }
            var texts: [String] = []
            for value in values {
                guard let text = Self.text(value) else { return nil }
                texts.append(text)
            }
            return .literal(Literal(texts.joined(separator: aggregate.separator)))
        case .sum, .average:
            var sum = Numeric.integer(0)
            if hasErrors { return nil }
            for value in values {
                guard case .literal(let literal) = value, let number = Numeric(literal),
                    let next = sum.apply(.add, number)
                else { return nil }
                sum = next
            }
            if aggregate.function == .average, !values.isEmpty {
                return sum.apply(.divide, .integer(Decimal(values.count))).map { .literal($0.literal) }
            }
            return .literal(sum.literal)
        }
    }
}
