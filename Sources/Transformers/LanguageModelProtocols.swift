// SPDX-License-Identifier: Apache-2.0
public import Tensors

/// A model that gives each token the likelihoods of the next: ids in, numbers out.
public protocol CausalLanguageModel: Sendable {
    /// The number of ids, V.
    var vocabularySize: Int { get }
    /// The longest sequence that the model was made for, in tokens.
    var contextLength: Int { get }

    /// Makes a cache with room for so many positions, over all sequences.
    ///
    /// - Throws: `ModelError` if the model's heads do not fit a cache.
    func makeCache(positions: Int) throws -> KeyValueCachePool

    /// Hidden states of the batch's rows, [N, C], after the last norm.
    ///
    /// With a cache the rows continue their sequences, and their keys and values are added to it; without, each
    /// sequence stands whole in the batch. Every row's bits are the same either way, whatever else is in the batch.
    /// - Throws: `ModelError` or `TensorError`; a cache is then unchanged.
    func callAsFunction(_ batch: TokenBatch, cache: KeyValueCachePool?) throws -> Tensor

    /// Logits of the next token, [R, V], for the named rows of hidden states.
    ///
    /// - Throws: `TensorError` if a row lies outside.
    func logits(_ hidden: Tensor, rows: [Int]) throws -> Tensor
}

/// A model that reads a whole text at once.
public protocol TextEncoder: Sendable {
    /// The number of ids, V.
    var vocabularySize: Int { get }
    /// Channels of a hidden state, C.
    var hiddenSize: Int { get }
    /// The longest sequence, in tokens.
    var contextLength: Int { get }

    /// Hidden states of the batch's rows, [N, C].
    ///
    /// - Throws: `ModelError` or `TensorError` for rows that do not fit.
    func callAsFunction(_ batch: TokenBatch) throws -> Tensor

    /// What the model's heads make of hidden states.
    ///
    /// - Throws: `TensorError` for rows that do not fit.
    func heads(_ hidden: Tensor, of batch: TokenBatch) throws -> EncoderHeads
}

extension TextEncoder {
    /// One vector a sequence, [S, C]: the mean of its hidden states, divided by its length (Reimers and Gurevych,
    /// arXiv:1908.10084).
    ///
    /// - Throws: `ModelError` or `TensorError` for rows that do not fit.
    public func embeddings(_ batch: TokenBatch) throws -> Tensor {
        try l2Normalize(meanPool(self(batch), batch.runs))
    }
}

/// What an encoder's heads give; nil where the checkpoint holds no such head.
public struct EncoderHeads: Sendable {
    /// The first token's hidden state through the pooler, [S, C].
    public var pooled: Tensor?
    /// Logits of the masked-language-model head, [N, V].
    public var maskedLogits: Tensor?
    /// Logits of the sentence-pair head, [S, 2].
    public var pairLogits: Tensor?
    /// Logits of the labels of a whole sequence, [S, L].
    public var sequenceLogits: Tensor?
    /// Logits of the labels of each token, [N, L].
    public var tokenLogits: Tensor?
    /// Logits of being the first and the last token of an answer, [N, 2].
    public var spanLogits: Tensor?
}
