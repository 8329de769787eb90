// SPDX-License-Identifier: Apache-2.0
public import Graphs

/// What a question finds: passages by their text, and what the graph adds.
public struct JoinedResult: Sendable {
    /// The passages that the text search finds, exactly as without a graph.
    public var hits: [Hit]
    /// The entities that the question names, in its order.
    public var entities: [EntityHit] = []
    /// Facts about them, best first.
    public var facts: [FactHit] = []
    /// Passages that speak of them or of their neighbours and are not among `hits`, best first.
    public var related: [RelatedHit] = []
}

/// An entity that a question names.
public struct EntityHit: Sendable, Hashable {
    /// An IRI or a blank node.
    public var term: Term
    /// How the graph calls it.
    public var label: String
    /// How sure the link is, 0 to 1.
    public var score: Double
    /// The first Unicode scalar of the name in the question.
    public var start: Int
    /// The Unicode scalar after its last.
    public var end: Int
    /// How many passages of the base mention it.
    public var passages: Int
    /// Where the passages of this result mention it.
    public var mentions: [EntityMention]
}

/// A place in a document that speaks of an entity.
public struct EntityMention: Sendable, Hashable {
    /// An IRI or a blank node.
    public var term: Term
    /// How the graph calls it.
    public var label: String
    /// How sure the link is, 0 to 1.
    public var score: Double
    /// The document's name.
    public var document: String
    /// The passage's id.
    public var passage: String
    /// The first Unicode scalar of the mention in the document's extracted text.
    public var start: Int
    /// The Unicode scalar after its last.
    public var end: Int
}

/// A fact about an entity of the question.
public struct FactHit: Sendable, Hashable {
    /// The fact.
    public var fact: Quad
    /// How subject, predicate and object are called.
    public var labels: [String]
    /// Higher is better; comparable within one search only.
    public var score: Double
    /// The rule that inferred it; nil for an asserted fact.
    public var rule: String?
    /// How sure its source is of it, where it says so.
    public var confidence: Double?
    /// The document that says it.
    public var document: String?
    /// The passage that says it.
    public var source: Hit?
}

/// A passage that the graph adds.
public struct RelatedHit: Sendable, Hashable {
    /// The passage; its score is comparable within this list only.
    public var hit: Hit
    /// The entities because of which it was added, the strongest first.
    public var via: [Via]

    /// Why a passage was added.
    public struct Via: Sendable, Hashable {
        /// The entity that the passage mentions.
        public var term: Term
        /// How it is called.
        public var label: String
        /// The fact that joins it to an entity of the question; nil for one that the question names.
        public var fact: FactHit?
    }
}
