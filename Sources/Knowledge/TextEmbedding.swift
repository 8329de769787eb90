// SPDX-License-Identifier: Apache-2.0

/// What a knowledge base needs of an embedder: who it is, and four functions. No model, no tokenizer.
public struct TextEmbedding: Sendable {
    /// Who made a vector: two vectors are comparable only if their identities are equal.
    public struct Identity: Sendable, Hashable, Codable {
        /// The content hash of the model's files.
        public var modelHash: String
        /// The precision of its products, such as `bf16`.
        public var precision: String
        /// Values in a vector.
        public var dimension: Int
        /// Tokens of a text that it reads, not counting special tokens.
        public var tokenLimit: Int
        /// How the model was named, so that it can be found again; a name makes no difference.
        public var model: String?

        /// An identity of these four.
        public init(modelHash: String, precision: String, dimension: Int, tokenLimit: Int, model: String? = nil) {
            self.modelHash = modelHash
            self.precision = precision
            self.dimension = dimension
            self.tokenLimit = tokenLimit
            self.model = model
        }

        /// Whether two are the same but for how the model was named.
        public static func == (left: Identity, right: Identity) -> Bool {
            (left.modelHash, left.precision, left.dimension, left.tokenLimit)
                == (right.modelHash, right.precision, right.dimension, right.tokenLimit)
        }

        /// Adds what decides equality.
        public func hash(into hasher: inout Hasher) {
            hasher.combine(modelHash)
            hasher.combine(precision)
            hasher.combine(dimension)
            hasher.combine(tokenLimit)
        }
    }

    /// Who the embedder is.
    public let identity: Identity
    /// One L2-normalised vector for each text that may be found.
    public let vectors: @Sendable ([String]) async throws -> [[Float]]
    /// One L2-normalised vector for each text that asks.
    public let queryVectors: @Sendable ([String]) async throws -> [[Float]]
    /// Tokens of a text, not counting special tokens.
    public let tokenCount: @Sendable (String) throws -> Int
    /// The share of a text's words that the vocabulary misses, 0 to 1.
    public let unknownShare: @Sendable (String) throws -> Double

    /// An embedder made of its identity and its functions; without `queryVectors` questions are texts like others.
    public init(
        identity: Identity,
        vectors: @escaping @Sendable ([String]) async throws -> [[Float]],
        queryVectors: (@Sendable ([String]) async throws -> [[Float]])? = nil,
        tokenCount: @escaping @Sendable (String) throws -> Int,
        unknownShare: @escaping @Sendable (String) throws -> Double
    ) {
        self.identity = identity
        self.vectors = vectors
        self.queryVectors = queryVectors ?? vectors
        self.tokenCount = tokenCount
        self.unknownShare = unknownShare
    }

    /// Vectors of the texts, checked for number, length and finite values, and normalised where they are not.
    func checkedVectors(_ texts: [String], asQueries: Bool = false) async throws -> [[Float]] {
        let result = try await asQueries ? queryVectors(texts) : vectors(texts)
        guard result.count == texts.count else {
            throw KnowledgeError(.badEmbedding, "the embedder gave \(result.count) vectors for \(texts.count) texts")
        }
        return try result.map { vector in
            guard vector.count == identity.dimension else {
                throw KnowledgeError(
                    .badEmbedding,
                    "the embedder gave a vector of \(vector.count) values, its dimension is \(identity.dimension)"
                )
            }
            var sum = 0.0
            for value in vector { sum += Double(value) * Double(value) }
            guard sum.isFinite else {
                throw KnowledgeError(.badEmbedding, "the embedder gave a vector with a value that is not finite")
            }
            if abs(sum - 1) < 1e-3 || sum == 0 { return vector }
            let factor = Float(1 / sum.squareRoot())
            return vector.map { $0 * factor }
        }
    }
}
