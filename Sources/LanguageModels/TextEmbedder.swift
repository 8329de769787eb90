// SPDX-License-Identifier: Apache-2.0
package import Checkpoints
import Dispatch
public import Tensors
import Tokenization
import Transformers

/// Turns texts into vectors whose dot product says how alike they mean: an encoder of the BERT family with mean pooling.
///
/// The same vectors as sentence-transformers gives: `[CLS]`, the text cut to what the model was trained on, `[SEP]`;
/// the mean of the hidden states, divided by its length (Reimers and Gurevych, arXiv:1908.10084). Models that tell
/// questions from passages are given the word that each begins with.
public struct TextEmbedder: Sendable {
    /// What a text is to a search.
    public enum Role: String, Sendable, Hashable, CaseIterable {
        /// It asks.
        case query
        /// It may be found.
        case passage
    }

    /// What decides a vector besides its text: vectors of different identity cannot be compared.
    public struct Identity: Sendable, Hashable {
        /// SHA-256 of the model's files.
        public let modelHash: String
        /// How products are computed.
        public let precision: Precision
        /// The number of a vector's components.
        public let dimension: Int
        /// The most tokens of a text that count, its two marks among them.
        public let tokenLimit: Int
    }

    /// The vectors of some texts.
    public struct Embeddings: Sendable {
        /// One vector of length 1 for each text, in their order.
        public let vectors: [[Float]]
        /// How many texts were longer than the limit and cut there.
        public let cutCount: Int
    }

    /// What decides a vector besides its text.
    public let identity: Identity
    /// The most tokens of a text's own that count, the model's prompt and the marks around it not among them.
    public let textLimit: Int
    private let model: any TextEncoder
    private let tokenizer: Tokenizer
    /// The tokens in front of every text, and behind it.
    private let before: [Int32]
    private let after: [Int32]
    /// What a text of each role begins with.
    private let prompts: EmbeddingPrompts
    /// Forward passes run here, never on Swift's own threads.
    private let queue = DispatchQueue(label: "martlet embedder")

    /// The most rows of a forward pass.
    private static let rowsAtOnce = 2048

    /// Loads an embedding model.
    ///
    /// - Parameters:
    ///   - name: A folder as Hugging Face lays it out, or the name of a model that is on disk.
    ///   - precision: How products are computed.
    /// - Throws: `CheckpointError` if there is no such model or it is malformed or no embedding model, `ModelError` if
    ///   its kind is not built.
    /// - Complexity: O(n) for n bytes of weights.
    public init(_ name: String, precision: Precision = .float32) throws {
        try self.init(Checkpoint.open(ModelStore().resolve(name)), precision: precision)
    }

    /// Loads the embedding model of an open checkpoint.
    ///
    /// - Throws: As `init(_:precision:)`.
    package init(_ checkpoint: Checkpoint, precision: Precision) throws {
        guard let tokenizer = try checkpoint.tokenizer() else {
            throw CheckpointError(
                .unsupported,
                "the model has no tokenizer; put its tokenizer.json beside it",
                file: checkpoint.path
            )
        }
        try Self.checkPooling(checkpoint)
        model = try ModelRegistry.loadEncoder(checkpoint, precision: precision)
        self.tokenizer = tokenizer
        (before, after) = try Self.marks(tokenizer)
        let prompts = try EmbeddingPrompts(checkpoint)
        self.prompts = prompts
        guard model.contextLength > before.count + after.count else {
            throw CheckpointError(
                .malformed,
                "\(model.contextLength) positions leave a text none beside its \(before.count + after.count) marks",
                file: checkpoint.path,
                key: "max_position_embeddings"
            )
        }
        var limit = model.contextLength
        if let value = try checkpoint.json(named: "sentence_bert_config.json")?["max_seq_length"], value != .null {
            guard let trained = value.integer, trained > before.count + after.count else {
                throw CheckpointError(
                    .malformed,
                    "the length of a text is no number above \(before.count + after.count)",
                    file: "\(checkpoint.path)/sentence_bert_config.json",
                    key: "max_seq_length"
                )
            }
            limit = min(limit, trained)
        }
        let longest =
            try Role.allCases.map { try tokenizer.encode(prompts[$0], addSpecialTokens: false).count }.max() ?? 0
        textLimit = max(1, limit - before.count - after.count - longest)
        identity = Identity(
            modelHash: try checkpoint.sha256(),
            precision: precision,
            dimension: model.hiddenSize,
            tokenLimit: limit
        )
    }

    /// The vectors of texts; that of a text without any token is zero.
    ///
    /// - Parameters:
    ///   - texts: The texts, without any prompt of the model's own.
    ///   - role: What they are to a search.
    /// - Returns: One vector for each text, and how many texts were cut.
    /// - Throws: `TokenizationError` or `TensorError`, `CancellationError` between two forward passes.
    public func embed(_ texts: [String], as role: Role = .passage) async throws -> Embeddings {
        var vectors: [[Float]] = []
        var cutCount = 0
        var batch = TokenBatch()
        var sequences: Int32 = 0
        func run() async throws {
            guard sequences > 0 else { return }
            try Task.checkCancellation()
            vectors += try await forward(batch)
            batch = TokenBatch()
            sequences = 0
        }
        let prompt = prompts[role]
        for text in texts {
            let limit = identity.tokenLimit - before.count - after.count
            let ids = try tokenizer.encode(prompt + text, addSpecialTokens: false)
            if ids.count > limit { cutCount += 1 }
            let marked = before + ids.prefix(limit) + after
            if marked.isEmpty {
                // A sequence of no rows would be none of the batch's, and every later vector its neighbour's.
                try await run()
                vectors.append([Float](repeating: 0, count: identity.dimension))
                continue
            }
            if batch.count + marked.count > Self.rowsAtOnce { try await run() }
            batch.append(contentsOf: marked, sequence: sequences)
            sequences += 1
        }
        try await run()
        return Embeddings(vectors: vectors, cutCount: cutCount)
    }

    /// The number of a text's tokens, without the marks around it and before it is cut.
    ///
    /// - Throws: `TokenizationError` if the tokenizer's own rules make the text grow beyond all measure.
    public func tokenCount(_ text: String) throws -> Int { try tokenizer.encode(text, addSpecialTokens: false).count }

    /// The share, from 0 to 1, of a text's words that the vocabulary cannot spell.
    public func unknownShare(_ text: String) -> Double { tokenizer.unknownShare(text) }

    private func forward(_ batch: TokenBatch) async throws -> [[Float]] {
        let dimension = identity.dimension
        return try await withCheckedThrowingContinuation { continuation in
            queue.async { [model] in
                continuation.resume(
                    with: Result {
                        let values = try model.embeddings(batch).floats  // [S, C]
                        return stride(from: 0, to: values.count, by: dimension).map {
                            Array(values[$0..<$0 + dimension])
                        }
                    }
                )
            }
        }
    }

    /// What the tokenizer puts around every text, found out by looking at one.
    private static func marks(_ tokenizer: Tokenizer) throws -> ([Int32], [Int32]) {
        let inner = try tokenizer.encode("a", addSpecialTokens: false)
        let whole = try tokenizer.encode("a")
        for start in 0...max(0, whole.count - inner.count) where whole[start...].starts(with: inner) {
            return (Array(whole[..<start]), Array(whole[(start + inner.count)...]))
        }
        return ([], [])
    }

    /// Refuses a folder whose vectors are not the mean of the hidden states.
    private static func checkPooling(_ checkpoint: Checkpoint) throws {
        guard let pooling = try checkpoint.json(named: "1_Pooling/config.json") else { return }
        guard pooling["pooling_mode_mean_tokens"]?.bool == true else {
            throw CheckpointError(
                .unsupported,
                "its vectors are not the mean of the hidden states, the only pooling that is built",
                file: "\(checkpoint.path)/1_Pooling/config.json",
                key: "pooling_mode_mean_tokens"
            )
        }
    }
}
