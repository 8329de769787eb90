// SPDX-License-Identifier: Apache-2.0

/// What a knowledge base needs of an embedder: who it is, and three functions. No model, no tokenizer.
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

        /// An identity of these four.
        public init(modelHash: String, precision: String, dimension: Int, tokenLimit: Int) {
            self.modelHash = modelHash
            self.precision = precision
            self.dimension = dimension
            self.tokenLimit = tokenLimit
        }
    }

    /// Who the embedder is.
    public let identity: Identity
    /// One L2-normalised vector for each text.
    public let vectors: @Sendable ([String]) async throws -> [[Float]]
    /// Tokens of a text, not counting special tokens.
    public let tokenCount: @Sendable (String) throws -> Int
    /// The share of a text's words that the vocabulary misses, 0 to 1.
    public let unknownShare: @Sendable (String) throws -> Double

    /// An embedder made of its identity and its functions.
    public init(
        identity: Identity,
        vectors: @escaping @Sendable ([String]) async throws -> [[Float]],
        tokenCount: @escaping @Sendable (String) throws -> Int,
        unknownShare: @escaping @Sendable (String) throws -> Double
    ) {
        self.identity = identity
        self.vectors = vectors
        self.tokenCount = tokenCount
        self.unknownShare = unknownShare
    }

    /// Vectors of the texts, checked for number, length and finite values, and normalised where they are not.
    func checkedVectors(_ texts: [String]) async throws -> [[Float]] {
        let result = try await vectors(texts)
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
