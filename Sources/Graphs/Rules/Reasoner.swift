// SPDX-License-Identifier: Apache-2.0

/// Infers what follows from facts by rules, semi-naively: each fact, in the order in which they came to be known, is
/// joined with those before it. The premises of a proof so come before what they prove, and no proof goes in a circle.
///
/// Facts are triples; the graphs that they stand in make no difference.
public final class Reasoner {
    /// How a fact was first found: the rule and the positions of its premises.
    public struct Derivation: Sendable, Hashable {
        /// The rule's index.
        public var rule: Int
        /// The premises in the order of the rule's body.
        public var premises: [Int]
    }

    private enum Slot {
        case term(TermID)
        case variable(Int)
    }

    private struct Atom {
        var slots: [Slot]

        func pattern(_ binding: [TermID]) -> QuadPattern {
            func id(_ slot: Slot) -> TermID? {
                switch slot {
                case .term(let id): id
                case .variable(let number): binding[number] == 0 ? nil : binding[number]
                }
            }
            return QuadPattern(subject: id(slots[0]), predicate: id(slots[1]), object: id(slots[2]), graph: 0)
        }

        /// Binds the variables to a fact; false if one of them is bound to something else.
        func bind(_ fact: QuadID, _ binding: inout [TermID]) -> Bool {
            bind(slots[0], fact.subject, &binding) && bind(slots[1], fact.predicate, &binding)
                && bind(slots[2], fact.object, &binding)
        }

        @inline(__always)
        private func bind(_ slot: Slot, _ id: TermID, _ binding: inout [TermID]) -> Bool {
            switch slot {
            case .term(let term): return term == id
            case .variable(let number):
                if binding[number] == 0 { binding[number] = id }
                return binding[number] == id
            }
        }
    }

    private struct Compiled {
        var body: [Atom]
        var head: [Atom]
        var variableCount: Int
    }

    /// The facts, known and inferred; those that were put in come first.
    public let facts: MemoryDataset
    /// The rules.
    public let rules: [Rule]
    /// How many facts there were before anything was inferred.
    public let assertedCount: Int

    private var compiled: [Compiled] = []
    private var byPredicate: [TermID: [(rule: Int, atom: Int)]] = [:]
    private var anyPredicate: [(rule: Int, atom: Int)] = []
    // A derivation's premises lie one after the other; a rule's body tells how many there are.
    private var ruleOf: [Int32] = []
    private var firstPremise: [Int32] = []
    private var premises: [Int32] = []

    /// Takes facts over, all in the default graph, to infer from them by rules.
    public init(_ facts: MemoryDataset, rules: [Rule]) throws {
        (self.facts, self.rules) = (facts, rules)
        assertedCount = facts.positions
        for (number, rule) in rules.enumerated() {
            func atom(_ atom: Rule.Atom) throws -> Atom {
                Atom(
                    slots: try atom.places.map { place in
                        switch place {
                        case .term(let term): .term(try facts.intern(term))
                        case .variable(let variable): .variable(variable)
                        }
                    }
                )
            }
            let body = try rule.body.map(atom)
            for (index, atom) in body.enumerated() {
                if case .term(let predicate) = atom.slots[1] {
                    byPredicate[predicate, default: []].append((number, index))
                } else {
                    anyPredicate.append((number, index))
                }
            }
            compiled.append(Compiled(body: body, head: try rule.head.map(atom), variableCount: rule.variableCount))
        }
    }

    /// Infers until nothing new follows; throws `limit` behind so many inferred facts.
    public func run(limit: Int = 50_000_000, isCancelled: () -> Bool = { false }) throws {
        var position = 0
        while position < facts.positions {
            if position & 0xFFF == 0, isCancelled() { throw CancellationError() }
            let fact = facts.quad(at: position)
            for (rule, atom) in byPredicate[fact.predicate] ?? [] { try match(rule, atom, fact, position) }
            for (rule, atom) in anyPredicate { try match(rule, atom, fact, position) }
            if facts.positions - assertedCount > limit {
                throw GraphError(.limit, "more than \(limit) facts follow; narrow the rules")
            }
            position += 1
        }
    }

    private func match(_ rule: Int, _ atom: Int, _ fact: QuadID, _ position: Int) throws {
        let body = compiled[rule].body
        var binding = [TermID](repeating: 0, count: compiled[rule].variableCount)
        guard body[atom].bind(fact, &binding) else { return }
        var used = [Int](repeating: -1, count: body.count)
        used[atom] = position
        try join(rule, binding, &used, end: position + 1)
    }

    /// Matches the atom of the body that has the fewest candidates, then the rest.
    private func join(_ rule: Int, _ binding: [TermID], _ used: inout [Int], end: Int) throws {
        let body = compiled[rule].body
        var best: (atom: Int, count: Int)?
        for atom in body.indices where used[atom] < 0 {
            let count = try facts.estimate(matching: body[atom].pattern(binding))
            if count == 0 { return }
            if count < best?.count ?? .max { best = (atom, count) }
        }
        guard let atom = best?.atom else { return try conclude(rule, binding, used) }
        try facts.forEachPosition(matching: body[atom].pattern(binding), before: end) { position in
            var extended = binding
            guard body[atom].bind(facts.quad(at: position), &extended) else { return true }
            used[atom] = position
            try join(rule, extended, &used, end: end)
            return true
        }
        used[atom] = -1
    }

    private func conclude(_ rule: Int, _ binding: [TermID], _ used: [Int]) throws {
        for atom in compiled[rule].head {
            guard let quad = atom.pattern(binding).quad else { continue }
            // A literal is nobody's subject, and only IRIs are predicates.
            if case .literal = try facts.term(of: quad.subject) { continue }
            guard case .iri = try facts.term(of: quad.predicate) else { continue }
            guard try facts.insert(quad) else { continue }
            ruleOf.append(Int32(truncatingIfNeeded: rule))
            firstPremise.append(Int32(truncatingIfNeeded: premises.count))
            premises += used.map { Int32(truncatingIfNeeded: $0) }
        }
    }

    /// How the fact at a position was found; nil for one that was put in.
    public func derivation(at position: Int) -> Derivation? {
        let index = position - assertedCount
        guard ruleOf.indices.contains(index) else { return nil }
        let rule = Int(ruleOf[index])
        let first = Int(firstPremise[index])
        return Derivation(rule: rule, premises: premises[first..<(first + rules[rule].body.count)].map(Int.init))
    }

    /// The fact at a position below `count`.
    public func fact(at position: Int) -> QuadID { facts.quad(at: position) }

    /// How many facts there are, known and inferred.
    public var count: Int { facts.positions }
}
