// SPDX-License-Identifier: Apache-2.0

/// Property paths, breadth first: https://www.w3.org/TR/sparql11-query/#PropertyPathPatterns.
extension Evaluator {
    func solvePath(
        _ subject: PlanTerm,
        _ path: PlanPath,
        _ object: PlanTerm,
        _ row: Row,
        in scope: GraphScope,
        _ emit: (Row) throws -> Bool
    ) throws -> Bool {
        let (from, to) = (subject.value(in: row), object.value(in: row))
        func found(_ first: TermID, _ last: TermID) throws -> Bool {
            var next = row
            for (term, value) in [(subject, first), (object, last)] {
                guard case .slot(let slot) = term else {
                    if term.value(in: row) != value { return true }
                    continue
                }
                if next[slot] == 0 { next[slot] = value }
                guard next[slot] == value else { return true }
            }
            return try emit(next)
        }
        if let from {
            for last in try ends(path, from, isBackwards: false, in: scope) where to == nil || to == last {
                guard try found(from, last) else { return false }
            }
            return true
        }
        if let to {
            for first in try ends(path, to, isBackwards: true, in: scope) {
                guard try found(first, to) else { return false }
            }
            return true
        }
        for first in try nodes(in: scope) {
            for last in try ends(path, first, isBackwards: false, in: scope) {
                guard try found(first, last) else { return false }
            }
        }
        return true
    }

    private func nodes(in scope: GraphScope) throws -> [TermID] {
        var seen = Set<TermID>()
        var list: [TermID] = []
        _ = try match(nil, nil, nil, in: scope) { quad in
            for node in [quad.subject, quad.object] where seen.insert(node).inserted {
                try hold(1)
                list.append(node)
            }
            return true
        }
        return list
    }

    /// Where a path from a node leads, or from where it leads to it; as often as it does.
    private func ends(_ path: PlanPath, _ node: TermID, isBackwards: Bool, in scope: GraphScope) throws -> [TermID] {
        try step()
        var list: [TermID] = []
        switch path {
        case .link(let predicate):
            _ = try match(isBackwards ? nil : node, predicate, isBackwards ? node : nil, in: scope) { quad in
                list.append(isBackwards ? quad.subject : quad.object)
                return true
            }
        case .inverse(let inner): return try ends(inner, node, isBackwards: !isBackwards, in: scope)
        case .sequence(let steps):
            list = [node]
            for step in isBackwards ? steps.reversed() : steps {
                list = try list.flatMap { try ends(step, $0, isBackwards: isBackwards, in: scope) }
            }
        case .alternative(let choices):
            for choice in choices { list += try ends(choice, node, isBackwards: isBackwards, in: scope) }
        case .zeroOrOne(let inner):
            var seen: Set<TermID> = [node]
            list = [node]
            for next in try ends(inner, node, isBackwards: isBackwards, in: scope) where seen.insert(next).inserted {
                list.append(next)
            }
        case .zeroOrMore(let inner):
            return try closure(inner, [node], isBackwards: isBackwards, in: scope)
        case .oneOrMore(let inner):
            let first = try ends(inner, node, isBackwards: isBackwards, in: scope)
            return try closure(inner, first, isBackwards: isBackwards, in: scope)
        case .negated(let forward, let inverse):
            if let forward { list += try others(than: forward, node, isBackwards: isBackwards, in: scope) }
            if let inverse { list += try others(than: inverse, node, isBackwards: !isBackwards, in: scope) }
        }
        return list
    }

    private func closure(_ path: PlanPath, _ start: [TermID], isBackwards: Bool, in scope: GraphScope) throws
        -> [TermID]
    {
        var seen = Set<TermID>()
        var list = start.filter { seen.insert($0).inserted }
        var index = 0
        while index < list.count {
            for next in try ends(path, list[index], isBackwards: isBackwards, in: scope)
            where seen.insert(next).inserted {
                list.append(next)
            }
            index += 1
        }
        return list
    }

    private func others(
        than predicates: Set<TermID>,
        _ node: TermID,
        isBackwards: Bool,
        in scope: GraphScope
    ) throws -> [TermID] {
        var list: [TermID] = []
        _ = try match(isBackwards ? nil : node, nil, isBackwards ? node : nil, in: scope) { quad in
            if !predicates.contains(quad.predicate) { list.append(isBackwards ? quad.subject : quad.object) }
            return true
        }
        return list
    }
}
