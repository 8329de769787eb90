// SPDX-License-Identifier: Apache-2.0

extension Evaluator {
    /// Calls `emit` with each solution of a plan that is compatible with a row, joined with it; false if it ended that.
    func solve(_ plan: Plan, _ row: Row, in scope: GraphScope, _ emit: (Row) throws -> Bool) throws -> Bool {
        try step()
        switch plan.kind {
        case .triple(let subject, let predicate, let object):
            return try match(subject.value(in: row), predicate.value(in: row), object.value(in: row), in: scope) {
                quad in
                var next = row
                guard bind(subject, quad.subject, &next), bind(predicate, quad.predicate, &next),
                    bind(object, quad.object, &next)
                else { return true }
                return try emit(next)
            }
        case .path(let subject, let path, let object):
            return try solvePath(subject, path, object, row, in: scope, emit)
        case .join(let parts): return try join(parts[...], row, in: scope, emit)
        case .leftJoin(let left, let right, let conditions):
            return try solve(left, row, in: scope) { found in
                var isAlone = true
                let goesOn = try solve(right, found, in: scope) { both in
                    guard try conditions.allSatisfy({ try holds($0, both, in: scope) }) else { return true }
                    isAlone = false
                    return try emit(both)
                }
                return isAlone ? try emit(found) : goesOn
            }
        case .filter(let inner, let conditions):
            return try solve(inner, row, in: scope) { found in
                guard try conditions.allSatisfy({ try holds($0, found, in: scope) }) else { return true }
                return try emit(found)
            }
        case .union(let parts):
            for part in parts {
                guard try solve(part, row, in: scope, emit) else { return false }
            }
            return true
        case .graph(let name, let inner): return try solveGraph(name, inner, row, emit)
        case .extend(let inner, let slot, let expression):
            return try solve(inner, row, in: scope) { found in
                blankLabels = [:]
                guard let value = try evaluate(expression, found, in: scope) else { return try emit(found) }
                var next = found
                guard bind(.slot(slot), try id(value), &next) else { return true }
                return try emit(next)
            }
        case .minus(let left, let right, let shared):
            let removal: Removal
            if let known = plan.removals[scope] {
                removal = known
            } else {
                removal = Removal(try table(right, in: scope, width: row.count).rows, shared)
                plan.removals[scope] = removal
            }
            return try solve(left, row, in: scope) { found in
                try removal.removes(found, in: self) ? true : emit(found)
            }
        case .values(let slots, let rows):
            for values in rows {
                var next = row
                guard zip(slots, values).allSatisfy({ $1 == 0 || bind(.slot($0), $1, &next) }) else { continue }
                guard try emit(next) else { return false }
            }
            return true
        case .select(let selection):
            let found = try rows(of: selection, width: row.count, in: scope)
            for inner in found {
                var next = row
                let fits = selection.projection.allSatisfy {
                    inner[$0.inner] == 0 || bind(.slot($0.outer), inner[$0.inner], &next)
                }
                guard fits else { continue }
                guard try emit(next) else { return false }
            }
            return true
        case .apart(_, let keys): return try solveApart(plan, keys, row, in: scope, emit)
        case .service(let name, let isSilent):
            guard isSilent else {
                throw GraphError(
                    .badQuery,
                    "SERVICE \(name): no other service is asked; take the pattern out, or write SILENT"
                )
            }
            return try emit(row)
        }
    }

    @inline(__always)
    private func bind(_ term: PlanTerm, _ value: TermID, _ row: inout Row) -> Bool {
        guard case .slot(let slot) = term else { return true }
        if row[slot] == 0 { row[slot] = value }
        return row[slot] == value
    }

    private func join(_ parts: ArraySlice<Plan>, _ row: Row, in scope: GraphScope, _ emit: (Row) throws -> Bool) throws
        -> Bool
    {
        guard let first = parts.first else { return try emit(row) }
        return try solve(first, row, in: scope) { try join(parts.dropFirst(), $0, in: scope, emit) }
    }

    private func solveGraph(_ name: PlanTerm, _ inner: Plan, _ row: Row, _ emit: (Row) throws -> Bool) throws -> Bool {
        let known = name.value(in: row)
        for graph in try graphs() where known == nil || known == graph {
            var next = row
            guard bind(name, graph, &next) else { continue }
            guard try solve(inner, next, in: .named(graph), emit) else { return false }
        }
        return true
    }

    // MARK: What is evaluated apart

    private func table(_ plan: Plan, in scope: GraphScope, width: Int) throws -> Plan.Table {
        if let known = plan.tables[scope] { return known }
        guard case .apart(let inner, let keys) = plan.kind else { return Plan.Table(rows: [], byKey: [:]) }
        var made = Plan.Table(rows: [], byKey: [:])
        _ = try solve(inner, Row(repeating: 0, count: width), in: scope) { found in
            try hold(1)
            if !keys.isEmpty { made.byKey[keys.map { found[$0] }, default: []].append(made.rows.count) }
            made.rows.append(found)
            return true
        }
        plan.tables[scope] = made
        return made
    }

    private func solveApart(
        _ plan: Plan,
        _ keys: [Int],
        _ row: Row,
        in scope: GraphScope,
        _ emit: (Row) throws -> Bool
    ) throws -> Bool {
        let table = try table(plan, in: scope, width: row.count)
        func join(_ other: Row) throws -> Bool {
            try step()
            var next = row
            for slot in other.indices where other[slot] != 0 {
                guard bind(.slot(slot), other[slot], &next) else { return true }
            }
            return try emit(next)
        }
        let key = keys.map { row[$0] }
        if keys.isEmpty || key.contains(0) {
            for other in table.rows { guard try join(other) else { return false } }
        } else {
            for index in table.byKey[key] ?? [] { guard try join(table.rows[index]) else { return false } }
        }
        return true
    }
}
