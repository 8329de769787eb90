// SPDX-License-Identifier: Apache-2.0

/// A pattern made ready: terms by their numbers, joins in order, and what must be evaluated on its own marked.
final class Plan {
    indirect enum Kind {
        case triple(PlanTerm, PlanTerm, PlanTerm)
        case path(PlanTerm, PlanPath, PlanTerm)
        case join([Plan])
        case leftJoin(Plan, Plan, [Expression])
        case filter(Plan, [Expression])
        case union([Plan])
        case graph(PlanTerm, Plan)
        case extend(Plan, Int, Expression)
        case minus(Plan, right: Plan, shared: [Int])
        case values([Int], [[TermID]])
        case select(Selection)
        /// Evaluated without what is bound around it, once a graph, and then joined.
        case apart(Plan, keys: [Int])
        case service(String, isSilent: Bool)
    }

    let kind: Kind
    var tables: [GraphScope: Table] = [:]
    var removals: [GraphScope: Removal] = [:]

    init(_ kind: Kind) { self.kind = kind }

    /// Solutions that were kept, found by the values of some slots.
    struct Table {
        var rows: [Row]
        var byKey: [Row: [Int]]
    }
}

enum PlanTerm {
    case slot(Int)
    case id(TermID)

    func value(in row: Row) -> TermID? {
        switch self {
        case .slot(let slot): row[slot] == 0 ? nil : row[slot]
        case .id(let id): id
        }
    }
}

indirect enum PlanPath {
    case link(TermID)
    case inverse(PlanPath)
    case sequence([PlanPath])
    case alternative([PlanPath])
    case zeroOrMore(PlanPath)
    case oneOrMore(PlanPath)
    case zeroOrOne(PlanPath)
    case negated(forward: Set<TermID>?, inverse: Set<TermID>?)
}

extension Evaluator {
    func plan(_ term: PatternTerm) throws -> PlanTerm {
        switch term {
        case .variable(let slot): .slot(slot)
        case .term(let term): .id(try id(term))
        }
    }

    /// The plan of an EXISTS, the same for all rows. What is bound around is put in, so nothing in it is evaluated apart;
    /// the first row's bindings decide the order of joins, which changes no result.
    func plan(_ existing: ExistingPattern, _ row: Row) throws -> Plan {
        if let known = existingPlans[ObjectIdentifier(existing)] { return known.plan }
        let outside = boundAround
        boundAround = Set(row.indices.filter { row[$0] != 0 })
        defer { boundAround = outside }
        let made = try plan(existing.pattern, outer: [])
        // Kept with the pattern, so that no other one gets its place in memory.
        existingPlans[ObjectIdentifier(existing)] = (existing, made)
        return made
    }

    /// The plan of a pattern around which the slots of `outer` may be bound.
    func plan(_ pattern: Pattern, outer: Set<Int>) throws -> Plan {
        guard outer.isEmpty || pattern.isIndependent(of: outer) else {
            let inner = try plan(pattern, outer: [])
            return Plan(.apart(inner, keys: pattern.certain.intersection(outer).sorted()))
        }
        switch pattern {
        case .triple(let triple):
            return try Plan(.triple(plan(triple.subject), plan(triple.predicate), plan(triple.object)))
        case .path(let subject, let path, let object):
            return try Plan(.path(plan(subject), plan(path), plan(object)))
        case .join(let parts): return try Plan(.join(ordered(parts, outer: outer)))
        case .leftJoin(let left, let right, let conditions):
            let bound = outer.union(left.possible)
            return try Plan(.leftJoin(plan(left, outer: outer), plan(right, outer: bound), conditions))
        case .filter(let inner, let conditions): return try Plan(.filter(plan(inner, outer: outer), conditions))
        case .union(let parts): return try Plan(.union(parts.map { try plan($0, outer: outer) }))
        case .graph(let name, let inner):
            let bound = outer.union([name.slot].compactMap(\.self))
            return try Plan(.graph(plan(name), plan(inner, outer: bound)))
        case .extend(let inner, let slot, let expression):
            return try Plan(.extend(plan(inner, outer: outer), slot, expression))
        case .minus(let left, let right):
            let shared = left.possible.intersection(right.possible).sorted()
            let apart = try Plan(.apart(plan(right, outer: []), keys: []))
            return try Plan(.minus(plan(left, outer: outer), right: apart, shared: shared))
        case .values(let slots, let rows):
            return try Plan(.values(slots, rows.map { try $0.map { try $0.map(id) ?? 0 } }))
        case .select(let selection): return Plan(.select(selection))
        case .service(let name, let isSilent): return Plan(.service(name, isSilent: isSilent))
        }
    }

    /// Cheapest first, each time among those that hold a variable already bound if there are any.
    private func ordered(_ parts: [Pattern], outer: Set<Int>) throws -> [Plan] {
        var left = Array(parts.enumerated())
        var bound = outer
        var plans: [Plan] = []
        let costs = try parts.map { try cost($0) }
        while !left.isEmpty {
            var best = 0
            var least = Double.infinity
            for (position, (index, part)) in left.enumerated() {
                let shared = part.possible.count { bound.contains($0) || boundAround.contains($0) }
                var cost = costs[index] / Double(shared == 0 ? 1 : shared == 1 ? 1_000 : 100_000)
                if shared == 0, !bound.isEmpty || !boundAround.isEmpty, !part.possible.isEmpty { cost *= 1_000 }
                if cost < least { (best, least) = (position, cost) }
            }
            let (_, part) = left.remove(at: best)
            plans.append(try plan(part, outer: bound))
            bound.formUnion(part.possible)
        }
        return plans
    }

    private func cost(_ pattern: Pattern) throws -> Double {
        switch pattern {
        case .triple(let triple):
            func known(_ term: PatternTerm) throws -> TermID? {
                if case .term(let term) = term { try id(term) } else { nil }
            }
            let (subject, predicate, object) = try (
                known(triple.subject), known(triple.predicate), known(triple.object)
            )
            if (subject ?? 1) < 0 || (predicate ?? 1) < 0 || (object ?? 1) < 0 { return 0 }
            return Double(
                try dataset.estimate(matching: QuadPattern(subject: subject, predicate: predicate, object: object))
            )
        case .values(_, let rows): return Double(rows.count)
        case .join(let parts):
            return try parts.map(cost).min() ?? 0
        case .filter(let inner, _), .extend(let inner, _, _), .graph(_, let inner), .leftJoin(let inner, _, _),
            .minus(let inner, _):
            return try cost(inner) + 1
        case .union(let parts): return try parts.map(cost).reduce(0, +)
        case .path, .select, .service:
            return Double(try dataset.estimate(matching: QuadPattern())) * 2
        }
    }

    private func plan(_ path: PropertyPath) throws -> PlanPath {
        switch path {
        case .link(let term): .link(try id(term))
        case .inverse(let inner): .inverse(try plan(inner))
        case .sequence(let steps): .sequence(try steps.map(plan))
        case .alternative(let choices): .alternative(try choices.map(plan))
        case .zeroOrMore(let inner): .zeroOrMore(try plan(inner))
        case .oneOrMore(let inner): .oneOrMore(try plan(inner))
        case .zeroOrOne(let inner): .zeroOrOne(try plan(inner))
        case .negated(let forward, let inverse):
            .negated(forward: try forward.map { Set(try $0.map(id)) }, inverse: try inverse.map { Set(try $0.map(id)) })
        }
    }
}
