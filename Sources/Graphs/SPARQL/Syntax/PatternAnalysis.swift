// SPDX-License-Identifier: Apache-2.0

// Which variables a pattern binds: what decides where it may be evaluated.

extension PatternTerm {
    var slot: Int? {
        if case .variable(let slot) = self { slot } else { nil }
    }
}

extension TriplePattern {
    var slots: [Int] { [subject, predicate, object].compactMap(\.slot) }
}

extension Pattern {
    /// The variables that a solution may bind.
    var possible: Set<Int> {
        switch self {
        case .triple(let triple): Set(triple.slots)
        case .path(let subject, _, let object): Set([subject, object].compactMap(\.slot))
        case .join(let parts), .union(let parts): parts.reduce(into: []) { $0.formUnion($1.possible) }
        case .leftJoin(let left, let right, _): left.possible.union(right.possible)
        case .filter(let inner, _), .minus(let inner, _): inner.possible
        case .graph(let name, let inner): inner.possible.union([name.slot].compactMap(\.self))
        case .extend(let inner, let slot, _): inner.possible.union([slot])
        case .values(let slots, _): Set(slots)
        case .select(let selection): Set(selection.projection.map(\.outer))
        case .service: []
        }
    }

    /// The variables that every solution binds.
    var certain: Set<Int> {
        switch self {
        case .triple, .path: possible
        case .join(let parts): parts.reduce(into: []) { $0.formUnion($1.certain) }
        case .leftJoin(let left, _, _): left.certain
        case .filter(let inner, _), .minus(let inner, _), .extend(let inner, _, _): inner.certain
        case .union(let parts):
            parts.dropFirst().reduce(parts.first?.certain ?? []) { $0.intersection($1.certain) }
        case .graph(let name, let inner): inner.certain.union([name.slot].compactMap(\.self))
        case .values(let slots, let rows):
            Set(slots.indices.filter { column in rows.allSatisfy { $0[column] != nil } }.map { slots[$0] })
        case .select(let selection): selection.certain
        case .service: []
        }
    }

    /// Whether solutions found under bindings of `outer` from around are those that a join with them would leave.
    ///
    /// Evaluation is from the inside out by definition; going from left to right, which is what makes joins fast, gives
    /// the same only where no part looks at a variable that it does not itself bind.
    func isIndependent(of outer: Set<Int>) -> Bool {
        switch self {
        case .triple, .path, .values, .service: true
        case .join(let parts), .union(let parts): parts.allSatisfy { $0.isIndependent(of: outer) }
        case .graph(_, let inner): inner.isIndependent(of: outer)
        case .filter(let inner, let conditions):
            inner.isIndependent(of: outer)
                && conditions.allSatisfy { $0.variables.intersection(outer).isSubset(of: inner.certain) }
        case .extend(let inner, _, let expression):
            inner.isIndependent(of: outer) && expression.variables.intersection(outer).isSubset(of: inner.certain)
        case .leftJoin(let left, let right, let conditions):
            left.isIndependent(of: outer)
                && conditions.reduce(into: right.mentioned) { $0.formUnion($1.variables) }.intersection(outer)
                    .isSubset(of: left.certain)
        case .minus(let left, let right):
            left.isIndependent(of: outer) && right.mentioned.intersection(outer).isSubset(of: left.certain)
        case .select: false
        }
    }

    /// Every variable that stands in the pattern, bound or only looked at.
    var mentioned: Set<Int> {
        switch self {
        case .triple, .path, .values, .service, .select: possible
        case .join(let parts), .union(let parts): parts.reduce(into: []) { $0.formUnion($1.mentioned) }
        case .leftJoin(let left, let right, let conditions):
            conditions.reduce(into: left.mentioned.union(right.mentioned)) { $0.formUnion($1.variables) }
        case .filter(let inner, let conditions):
            conditions.reduce(into: inner.mentioned) { $0.formUnion($1.variables) }
        case .graph(let name, let inner): inner.mentioned.union([name.slot].compactMap(\.self))
        case .extend(let inner, let slot, let expression):
            inner.mentioned.union(expression.variables).union([slot])
        case .minus(let left, let right): left.mentioned.union(right.mentioned)
        }
    }
}

extension Selection {
    var certain: Set<Int> {
        let within = grouping == nil ? pattern.certain : []
        return Set(projection.filter { within.contains($0.inner) }.map(\.outer))
    }
}

extension Expression {
    /// Every variable that stands in the expression, those of EXISTS included.
    var variables: Set<Int> {
        switch self {
        case .variable(let slot), .bound(let slot): [slot]
        case .constant: []
        case .or(let parts), .and(let parts), .call(_, let parts), .function(_, let parts):
            parts.reduce(into: []) { $0.formUnion($1.variables) }
        case .not(let inner), .negative(let inner), .positive(let inner): inner.variables
        case .comparison(_, let left, let right): left.variables.union(right.variables)
        case .arithmetic(let first, let rest): rest.reduce(into: first.variables) { $0.formUnion($1.operand.variables) }
        case .isIn(let item, let list): list.reduce(into: item.variables) { $0.formUnion($1.variables) }
        case .exists(let existing): existing.pattern.mentioned
        }
    }
}
