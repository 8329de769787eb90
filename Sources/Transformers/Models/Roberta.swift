// SPDX-License-Identifier: Apache-2.0
// RoBERTa: Liu et al., "RoBERTa: A Robustly Optimized BERT Pretraining Approach" (arXiv:1907.11692); XLM-R: Conneau et
// al., "Unsupervised Cross-lingual Representation Learning at Scale" (arXiv:1911.02116).
// Reference: huggingface/transformers, src/transformers/models/roberta/modeling_roberta.py
package import Checkpoints
public import Tensors

/// The masked-language-model head: a dense layer, a norm, and the word embeddings again.
struct RobertaMaskedHead: Sendable {
    let dense: Linear  // lm_head.dense [C, C]
    let norm: LayerNorm  // lm_head.layer_norm
    let decoder: Parameter  // embeddings.word_embeddings [V, C]
    let bias: Parameter  // lm_head.bias [V]

    init(_ weights: WeightReader, _ c: BertConfiguration) throws(CheckpointError) {
        dense = try Linear(weights, "lm_head.dense", c.hiddenSize, c.hiddenSize, bias: true, outsidePrefix: true)
        norm = try LayerNorm(weights, "lm_head.layer_norm", c.hiddenSize, epsilon: c.epsilon, outsidePrefix: true)
        bias = try weights.vector("lm_head.bias", c.vocabularySize, outsidePrefix: true)
        // The same numbers again.
        for key in ["lm_head.decoder.weight", "lm_head.decoder.bias"] { weights.skip(key, outsidePrefix: true) }
        decoder = try weights.matrix("embeddings.word_embeddings.weight", c.vocabularySize, c.hiddenSize)
    }

    func callAsFunction(_ hidden: Tensor) throws(TensorError) -> Tensor {
        try linear(norm(Activation.gelu(dense(hidden))), decoder.value, bias: bias.value)  // [N, V]
    }
}

/// The head that labels a whole sequence: two layers on its first token.
struct RobertaClassificationHead: Sendable {
    let dense: Linear  // classifier.dense [C, C]
    let output: Linear  // classifier.out_proj [L, C]

    init(_ weights: WeightReader, _ c: BertConfiguration, labels: Int) throws(CheckpointError) {
        dense = try Linear(weights, "classifier.dense", c.hiddenSize, c.hiddenSize, bias: true, outsidePrefix: true)
        output = try Linear(weights, "classifier.out_proj", c.hiddenSize, labels, bias: true, outsidePrefix: true)
    }

    func callAsFunction(_ first: Tensor) throws(TensorError) -> Tensor {
        try output(Activation.tanh(dense(first)))  // [S, L]
    }
}

/// RoBERTa and XLM-R: BERT's layers, positions that begin behind the padding token's number, and other heads.
public struct Roberta: TextEncoder {
    let configuration: BertConfiguration
    let inputEmbeddings: BertEmbeddings  // embeddings
    let layers: [BertBlock]  // encoder.layer
    let pooler: Linear?  // pooler.dense [C, C]
    let maskedHead: RobertaMaskedHead?  // lm_head
    let classificationHead: RobertaClassificationHead?  // classifier
    let taskHeads: BertTaskHeads
    let layout: KeyValueLayout

    /// Reads the model from a checkpoint; the prefix `roberta.` is optional, heads may be absent.
    ///
    /// - Throws: `CheckpointError` if configuration or weights are malformed or ask for what is not built.
    package init(_ checkpoint: Checkpoint, precision: Precision) throws(CheckpointError) {
        let weights = try WeightReader(
            checkpoint,
            precision: precision,
            optionalPrefix: "roberta.",
            expandsQuantized: true
        )
        let reader = ConfigurationReader(config: checkpoint.config, path: checkpoint.path)
        let padding = try reader.index("pad_token_id", default: 1)
        let c = try BertConfiguration(reader, firstPosition: padding + 1)
        configuration = c
        inputEmbeddings = try BertEmbeddings(weights, c)
        var layers: [BertBlock] = []
        for layer in 0..<c.layers { layers.append(try BertBlock(weights, layer: layer, c)) }
        self.layers = layers
        let hasPooler = weights.has("pooler.dense.weight")
        pooler = hasPooler ? try Linear(weights, "pooler.dense", c.hiddenSize, c.hiddenSize, bias: true) : nil
        let hasMaskedHead = weights.has("lm_head.bias", outsidePrefix: true)
        maskedHead = hasMaskedHead ? try RobertaMaskedHead(weights, c) : nil
        if let labels = weights.shape("classifier.out_proj.bias", outsidePrefix: true)?.first, labels > 0 {
            classificationHead = try RobertaClassificationHead(weights, c, labels: labels)
        } else {
            classificationHead = nil
        }
        taskHeads = try BertTaskHeads(weights, c, hasPooler: false)
        layout = KeyValueLayout(isHalf: false, heads: c.heads, dimension: c.hiddenSize / c.heads)
        try weights.finish()
    }

    /// The number of ids.
    public var vocabularySize: Int { configuration.vocabularySize }
    /// Channels of a hidden state.
    public var hiddenSize: Int { configuration.hiddenSize }
    /// The longest sequence, in tokens.
    public var contextLength: Int { configuration.contextLength }

    /// Hidden states of the last layer, [N, C].
    public func callAsFunction(_ batch: TokenBatch) throws -> Tensor {
        let context = try AttentionContext(batch, layout: layout, cache: nil, mask: .bidirectional)
        var x = try inputEmbeddings(batch)  // [N, C]
        for layer in layers { x = try layer(x, context) }
        return x
    }

    /// What the heads make of hidden states.
    public func heads(_ hidden: Tensor, of batch: TokenBatch) throws -> EncoderHeads {
        var heads = EncoderHeads()
        let first = try gatherRows(hidden, batch.runs.map(\.lowerBound))  // [S, C]
        heads.pooled = try pooler.map { try Activation.tanh($0(first)) }  // [S, C]
        heads.maskedLogits = try maskedHead.map { try $0(hidden) }  // [N, V]
        try taskHeads.fill(&heads, hidden)
        if let classificationHead { heads.sequenceLogits = try classificationHead(first) }  // [S, L]
        return heads
    }
}
