// SPDX-License-Identifier: Apache-2.0

/// A term's number within one dataset. 0 is no term: in a quad's `graph` it is the default graph.
public typealias TermID = Int64

/// A quad by its terms' numbers.
public struct QuadID: Hashable, Sendable {
    /// The subject's number.
    public var subject: TermID
    /// The predicate's number.
    public var predicate: TermID
    /// The object's number.
    public var object: TermID
    /// 0: the default graph.
    public var graph: TermID

    /// The quad of these terms.
    public init(_ subject: TermID, _ predicate: TermID, _ object: TermID, graph: TermID = 0) {
        (self.subject, self.predicate, self.object, self.graph) = (subject, predicate, object, graph)
    }
}

/// What a quad must be at the places that are not nil.
public struct QuadPattern: Hashable, Sendable {
    /// nil: any subject.
    public var subject: TermID?
    /// nil: any predicate.
    public var predicate: TermID?
    /// nil: any object.
    public var object: TermID?
    /// nil: any graph, the default graph among them; 0: the default graph alone.
    public var graph: TermID?

    /// The quads that have these terms.
    public init(subject: TermID? = nil, predicate: TermID? = nil, object: TermID? = nil, graph: TermID? = nil) {
        (self.subject, self.predicate, self.object, self.graph) = (subject, predicate, object, graph)
    }
}

/// Quads that can be asked for, in memory or in a file: what queries and rules run over.
public protocol Dataset {
    /// The number of a term that stands in the dataset; nil for any other.
    func id(of term: Term) throws -> TermID?
    /// The term of a number that this dataset gave.
    func term(of id: TermID) throws -> Term
    /// Calls `body` with each quad that matches, until it returns false.
    func forEach(matching pattern: QuadPattern, _ body: (QuadID) throws -> Bool) throws
    /// How many quads match, exactly or as an estimate: for ordering joins.
    func estimate(matching pattern: QuadPattern) throws -> Int
    /// The named graphs that hold a quad.
    func graphs() throws -> [TermID]
}

/// A dataset that can be changed.
public protocol MutableDataset: Dataset {
    /// The number of a term, which it is given if it has none.
    func intern(_ term: Term) throws -> TermID
    /// Puts a quad in; false if it was there.
    @discardableResult
    func insert(_ quad: QuadID) throws -> Bool
    /// Takes a quad out; false if it was not there.
    @discardableResult
    func remove(_ quad: QuadID) throws -> Bool
}
