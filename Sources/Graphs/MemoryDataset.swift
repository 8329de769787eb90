// SPDX-License-Identifier: Apache-2.0

/// A dataset in memory: each term and each quad once, quads in the order in which they came.
///
/// Every term has a list of the quads in which it is the subject, predicate, object and graph; a pattern is answered
/// from the shortest list of its terms. Cost: about 60 bytes a quad beside the terms.
public final class MemoryDataset: MutableDataset {
    /// The quads that have a term at one place, linked in the order in which they came.
    private struct Chain {
        var first: Int32 = -1
        var last: Int32 = -1
        var count: Int32 = 0
    }

    private var terms: [Term] = []
    private var termTable = IndexTable()
    private var quads: [QuadID] = []
    private var isRemoved: [Bool] = []
    private var quadTable = IndexTable()
    /// For subject, predicate, object, graph: a chain a term, and the next quad of each quad's chain.
    private var chains = [[Chain]](repeating: [Chain()], count: 4)
    private var next = [[Int32]](repeating: [], count: 4)
    private var removedCount = 0
    private var walks = 0

    /// An empty dataset.
    public init() {}

    /// How many quads there are.
    public var count: Int { quads.count - removedCount }

    /// How many terms there are.
    public var termCount: Int { terms.count }

    /// The number of a term; nil where it has none.
    public func id(of term: Term) -> TermID? {
        termTable.find(hash: term.hashValue) { terms[$0] == term }.map { TermID($0 + 1) }
    }

    /// The term of a number.
    public func term(of id: TermID) throws -> Term {
        guard id > 0, id <= terms.count else { throw GraphError(.notFound, "no term has the number \(id)") }
        return terms[Int(id) - 1]
    }

    /// The number of a term, which it is given if it has none.
    public func intern(_ term: Term) throws -> TermID {
        let hash = term.hashValue
        if let position = termTable.find(hash: hash, { terms[$0] == term }) { return TermID(position + 1) }
        guard terms.count < Int32.max - 1 else { throw GraphError(.limit, "more than 2³¹ terms in memory") }
        terms.append(term)
        termTable.insert(terms.count - 1, hash: hash) { terms[$0].hashValue }
        for place in chains.indices { chains[place].append(Chain()) }
        return TermID(terms.count)
    }

    /// Whether a quad is there.
    public func contains(_ quad: QuadID) -> Bool { position(of: quad) != nil }

    /// Puts a quad in; false if it was there.
    @discardableResult
    public func insert(_ quad: QuadID) throws -> Bool {
        for place in 0..<4 {
            let id = quad.id(at: place)
            guard id > 0 || (place == 3 && id == 0), id <= terms.count else {
                throw GraphError(.notFound, "no term has the number \(id)")
            }
        }
        let hash = quad.hashValue
        if quadTable.find(hash: hash, { quads[$0] == quad }) != nil { return false }
        guard quads.count < Int32.max else { throw GraphError(.limit, "more than 2³¹ quads in memory") }
        append(quad, hash: hash)
        return true
    }

    private func append(_ quad: QuadID, hash: Int) {
        let position = Int32(truncatingIfNeeded: quads.count)
        quads.append(quad)
        isRemoved.append(false)
        quadTable.insert(Int(position), hash: hash) { quads[$0].hashValue }
        for place in 0..<4 {
            let id = quad.id(at: place)
            next[place].append(-1)
            var chain = chains[place][Int(id)]
            if chain.last >= 0 { next[place][Int(chain.last)] = position } else { chain.first = position }
            chain.last = position
            chain.count += 1
            chains[place][Int(id)] = chain
        }
    }

    /// Takes a quad out; false if it was not there.
    @discardableResult
    public func remove(_ quad: QuadID) throws -> Bool {
        guard let position = position(of: quad) else { return false }
        quadTable.remove(position, hash: quad.hashValue)
        isRemoved[position] = true
        removedCount += 1
        for place in 0..<4 { chains[place][Int(quad.id(at: place))].count -= 1 }
        // A walk holds positions, so nothing moves under it.
        if walks == 0, removedCount > 1_024, removedCount * 2 > quads.count { compact() }
        return true
    }

    private func compact() {
        let kept = quads.indices.filter { !isRemoved[$0] }.map { quads[$0] }
        quads = []
        isRemoved = []
        quadTable = IndexTable()
        chains = [[Chain]](repeating: [Chain](repeating: Chain(), count: terms.count + 1), count: 4)
        next = [[Int32]](repeating: [], count: 4)
        removedCount = 0
        for quad in kept { append(quad, hash: quad.hashValue) }
    }

    /// Calls `body` with each quad that matches and was there at the beginning, in the order in which they came.
    public func forEach(matching pattern: QuadPattern, _ body: (QuadID) throws -> Bool) throws {
        try forEachPosition(matching: pattern, before: quads.count) { try body(quads[$0]) }
    }

    /// Where a quad stands among all that were ever put in.
    package func position(of quad: QuadID) -> Int? {
        quadTable.find(hash: quad.hashValue) { quads[$0] == quad }
    }

    /// The quad at a position below `positions`.
    package func quad(at position: Int) -> QuadID { quads[position] }

    /// How many positions are taken.
    package var positions: Int { quads.count }

    /// Calls `body` with the position of each quad that matches and came before a position.
    package func forEachPosition(
        matching pattern: QuadPattern,
        before end: Int,
        _ body: (Int) throws -> Bool
    ) throws {
        walks += 1
        defer { walks -= 1 }
        if let quad = pattern.quad {
            if let position = position(of: quad), position < end { _ = try body(position) }
            return
        }
        guard let place = try shortest(pattern) else {
            for position in 0..<end where !isRemoved[position] {
                guard try body(position) else { return }
            }
            return
        }
        guard let chain = chain(place, pattern) else { return }
        var position = Int(chain.first)
        while position >= 0, position < end {
            if !isRemoved[position], pattern.matches(quads[position]), try !body(position) { return }
            position = Int(next[place][position])
        }
    }

    /// The number of quads that the shortest list of the pattern's terms has.
    public func estimate(matching pattern: QuadPattern) throws -> Int {
        if let quad = pattern.quad { return contains(quad) ? 1 : 0 }
        guard let place = try shortest(pattern) else { return count }
        return chain(place, pattern).map { Int($0.count) } ?? 0
    }

    /// The named graphs that hold a quad.
    public func graphs() -> [TermID] {
        chains[3].indices.dropFirst().filter { chains[3][$0].count > 0 }.map { TermID($0) }
    }

    /// The place whose term has the fewest quads; nil if nothing is asked.
    private func shortest(_ pattern: QuadPattern) throws -> Int? {
        var best: Int?
        var least = Int32.max
        for place in 0..<4 where pattern.id(at: place) != nil {
            let count = chain(place, pattern)?.count ?? 0
            if best == nil || count < least { (best, least) = (place, count) }
        }
        return best
    }

    private func chain(_ place: Int, _ pattern: QuadPattern) -> Chain? {
        guard let id = pattern.id(at: place), id >= 0, id < chains[place].count else { return nil }
        return chains[place][Int(id)]
    }
}

extension QuadID {
    /// Subject, predicate, object, graph by number.
    @inline(__always)
    fileprivate func id(at place: Int) -> TermID {
        switch place {
        case 0: subject
        case 1: predicate
        case 2: object
        default: graph
        }
    }
}

extension QuadPattern {
    @inline(__always)
    fileprivate func id(at place: Int) -> TermID? {
        switch place {
        case 0: subject
        case 1: predicate
        case 2: object
        default: graph
        }
    }

    /// The one quad that can match, if every place is given.
    package var quad: QuadID? {
        guard let subject, let predicate, let object, let graph else { return nil }
        return QuadID(subject, predicate, object, graph: graph)
    }

    /// Whether a quad has what is asked for.
    package func matches(_ quad: QuadID) -> Bool {
        (subject == nil || subject == quad.subject) && (predicate == nil || predicate == quad.predicate)
            && (object == nil || object == quad.object) && (graph == nil || graph == quad.graph)
    }
}

extension MutableDataset {
    /// Puts a quad of terms in; false if it was there.
    @discardableResult
    public func insert(_ quad: Quad) throws -> Bool {
        try insert(
            QuadID(
                intern(quad.triple.subject),
                intern(quad.triple.predicate),
                intern(quad.triple.object),
                graph: quad.graph.map { try intern($0) } ?? 0
            )
        )
    }
}

extension Dataset {
    /// The terms of a quad.
    public func quad(of id: QuadID) throws -> Quad {
        try Quad(
            Triple(term(of: id.subject), term(of: id.predicate), term(of: id.object)),
            graph: id.graph == 0 ? nil : term(of: id.graph)
        )
    }
}
