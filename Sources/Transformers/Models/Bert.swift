// SPDX-License-Identifier: Apache-2.0
// BERT: Devlin et al., "BERT: Pre-training of Deep Bidirectional Transformers" (arXiv:1810.04805).
// Reference: huggingface/transformers, src/transformers/models/bert/modeling_bert.py
package import Checkpoints
public import Tensors

/// Word, position and segment embeddings, normed.
struct BertEmbeddings: Sendable {
    let words: Parameter  // embeddings.word_embeddings [V, C]
    let positions: Parameter  // embeddings.position_embeddings [T, C]
    let segments: Parameter  // embeddings.token_type_embeddings [S, C]
    let norm: LayerNorm  // embeddings.LayerNorm
    let firstPosition: Int32

    init(_ weights: WeightReader, _ c: BertConfiguration) throws(CheckpointError) {
        words = try weights.table("embeddings.word_embeddings.weight", c.vocabularySize, c.hiddenSize)
        firstPosition = c.firstPosition
        let rows = c.contextLength + Int(c.firstPosition)
        positions = try weights.table("embeddings.position_embeddings.weight", rows, c.hiddenSize)
        segments = try weights.table("embeddings.token_type_embeddings.weight", c.segments, c.hiddenSize)
        norm = try LayerNorm(weights, "embeddings.LayerNorm", c.hiddenSize, epsilon: c.epsilon)
    }

    func callAsFunction(_ batch: TokenBatch) throws(TensorError) -> Tensor {
        let words = try embedding(batch.ids, words.value)  // [N, C]
        let segments = try embedding(batch.segments, segments.value)  // [N, C]
        let positions = try embedding(batch.positions.map { $0 &+ firstPosition }, positions.value)  // [N, C]
        return try norm(add(add(words, segments), positions))
    }
}

/// Attention to every position of the sequence.
struct BertAttention: Sendable {
    let query: Linear  // attention.self.query [C, C]
    let key: Linear  // attention.self.key [C, C]
    let value: Linear  // attention.self.value [C, C]
    let output: Linear  // attention.output.dense [C, C]
    let norm: LayerNorm  // attention.output.LayerNorm
    let layer: Int
    let scale: Float

    init(_ weights: WeightReader, _ key: String, layer: Int, _ c: BertConfiguration) throws(CheckpointError) {
        query = try Linear(weights, "\(key).self.query", c.hiddenSize, c.hiddenSize, bias: true)
        self.key = try Linear(weights, "\(key).self.key", c.hiddenSize, c.hiddenSize, bias: true)
        value = try Linear(weights, "\(key).self.value", c.hiddenSize, c.hiddenSize, bias: true)
        output = try Linear(weights, "\(key).output.dense", c.hiddenSize, c.hiddenSize, bias: true)
        norm = try LayerNorm(weights, "\(key).output.LayerNorm", c.hiddenSize, epsilon: c.epsilon)
        self.layer = layer
        scale = 1 / Float(c.hiddenSize / c.heads).squareRoot()
    }

    func callAsFunction(_ x: Tensor, _ context: AttentionContext) throws(TensorError) -> Tensor {
        let projected = try linear(x, [query.pair, key.pair, value.pair])  // each [N, C]
        let mixed = try context.attend(
            layer: layer,
            queries: projected[0],
            keys: projected[1],
            values: projected[2],
            scale: scale
        )
        return try norm(output(mixed, residual: x))  // [N, C]
    }
}

/// One layer.
struct BertBlock: Sendable {
    let attention: BertAttention  // attention
    let intermediate: Linear  // intermediate.dense [F, C]
    let output: Linear  // output.dense [C, F]
    let norm: LayerNorm  // output.LayerNorm
    let activation: Activation

    init(_ weights: WeightReader, layer: Int, _ c: BertConfiguration) throws(CheckpointError) {
        let key = "encoder.layer.\(layer)"
        attention = try BertAttention(weights, "\(key).attention", layer: layer, c)
        intermediate = try Linear(weights, "\(key).intermediate.dense", c.hiddenSize, c.intermediateSize, bias: true)
        output = try Linear(weights, "\(key).output.dense", c.intermediateSize, c.hiddenSize, bias: true)
        norm = try LayerNorm(weights, "\(key).output.LayerNorm", c.hiddenSize, epsilon: c.epsilon)
        activation = c.activation
    }

    func callAsFunction(_ x: Tensor, _ context: AttentionContext) throws(TensorError) -> Tensor {
        let x = try attention(x, context)  // [N, C]
        return try norm(output(activation(intermediate(x)), residual: x))  // [N, C]
    }
}

/// The masked-language-model head: a dense layer, a norm, and the word embeddings again.
struct BertMaskedHead: Sendable {
    let transform: Linear  // cls.predictions.transform.dense [C, C]
    let norm: LayerNorm  // cls.predictions.transform.LayerNorm
    let decoder: Parameter  // cls.predictions.decoder, or embeddings.word_embeddings [V, C]
    let bias: Parameter  // cls.predictions.bias [V]
    let activation: Activation

    init(_ weights: WeightReader, _ c: BertConfiguration) throws(CheckpointError) {
        let key = "cls.predictions"
        transform = try Linear(
            weights,
            "\(key).transform.dense",
            c.hiddenSize,
            c.hiddenSize,
            bias: true,
            outsidePrefix: true
        )
        norm = try LayerNorm(
            weights,
            "\(key).transform.LayerNorm",
            c.hiddenSize,
            epsilon: c.epsilon,
            outsidePrefix: true
        )
        bias = try weights.vector("\(key).bias", c.vocabularySize, outsidePrefix: true)
        weights.skip("\(key).decoder.bias", outsidePrefix: true)  // the same numbers again
        if weights.has("\(key).decoder.weight", outsidePrefix: true) {
            decoder = try weights.matrix("\(key).decoder.weight", c.vocabularySize, c.hiddenSize, outsidePrefix: true)
        } else {
            decoder = try weights.matrix("embeddings.word_embeddings.weight", c.vocabularySize, c.hiddenSize)
        }
        activation = c.activation
    }

    func callAsFunction(_ hidden: Tensor) throws(TensorError) -> Tensor {
        try linear(norm(activation(transform(hidden))), decoder.value, bias: bias.value)  // [N, V]
    }
}

/// The heads of fine-tuned checkpoints, each a layer that Hugging Face's classes put on the encoder.
struct BertTaskHeads: Sendable {
    let sequence: Linear?  // classifier [L, C], on the pooled first token
    let tokens: Linear?  // classifier [L, C], on every token
    let span: Linear?  // qa_outputs [2, C]

    init(_ weights: WeightReader, _ c: BertConfiguration, hasPooler: Bool) throws(CheckpointError) {
        func head(_ key: String) throws(CheckpointError) -> Linear? {
            guard let labels = weights.shape("\(key).bias", outsidePrefix: true)?.first, labels > 0 else { return nil }
            return try Linear(weights, key, c.hiddenSize, labels, bias: true, outsidePrefix: true)
        }
        // The two classifiers have the same name; the class's name tells them apart, or else what feeds them.
        let isOfTokens = c.className.map { $0.contains("TokenClassification") } ?? !hasPooler
        let classifier = try head("classifier")
        (sequence, tokens) = isOfTokens ? (nil, classifier) : (classifier, nil)
        span = try head("qa_outputs")
    }

    func fill(_ heads: inout EncoderHeads, _ hidden: Tensor) throws(TensorError) {
        if let sequence, let pooled = heads.pooled { heads.sequenceLogits = try sequence(pooled) }  // [S, L]
        if let tokens { heads.tokenLogits = try tokens(hidden) }  // [N, L]
        if let span { heads.spanLogits = try span(hidden) }  // [N, 2]
    }
}

/// The BERT encoder with the heads that its checkpoint holds.
public struct Bert: TextEncoder {
    let configuration: BertConfiguration
    let inputEmbeddings: BertEmbeddings  // embeddings
    let layers: [BertBlock]  // encoder.layer
    let pooler: Linear?  // pooler.dense [C, C]
    let maskedHead: BertMaskedHead?  // cls.predictions
    let pairHead: Linear?  // cls.seq_relationship [2, C]
    let taskHeads: BertTaskHeads
    let layout: KeyValueLayout

    /// Reads the model from a checkpoint; the prefix `bert.` is optional, heads may be absent.
    ///
    /// - Throws: `CheckpointError` if configuration or weights are malformed or ask for what is not built.
    package init(_ checkpoint: Checkpoint, precision: Precision) throws(CheckpointError) {
        // An embedding is never made with activations of 8 bits.
        let weights = try WeightReader(
            checkpoint,
            precision: precision,
            optionalPrefix: "bert.",
            expandsQuantized: true
        )
        let c = try BertConfiguration(ConfigurationReader(config: checkpoint.config, path: checkpoint.path))
        configuration = c
        inputEmbeddings = try BertEmbeddings(weights, c)
        var layers: [BertBlock] = []
        for layer in 0..<c.layers { layers.append(try BertBlock(weights, layer: layer, c)) }
        self.layers = layers
        let hasPooler = weights.has("pooler.dense.weight")
        pooler = hasPooler ? try Linear(weights, "pooler.dense", c.hiddenSize, c.hiddenSize, bias: true) : nil
        let hasMaskedHead = weights.has("cls.predictions.bias", outsidePrefix: true)
        maskedHead = hasMaskedHead ? try BertMaskedHead(weights, c) : nil
        let hasPairHead = weights.has("cls.seq_relationship.weight", outsidePrefix: true)
        pairHead =
            hasPairHead
            ? try Linear(weights, "cls.seq_relationship", c.hiddenSize, 2, bias: true, outsidePrefix: true) : nil
        taskHeads = try BertTaskHeads(weights, c, hasPooler: hasPooler)
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
        if let pooler {
            let pooled = try Activation.tanh(pooler(gatherRows(hidden, batch.runs.map(\.lowerBound))))  // [S, C]
            heads.pooled = pooled
            heads.pairLogits = try pairHead.map { try $0(pooled) }  // [S, 2]
        }
        heads.maskedLogits = try maskedHead.map { try $0(hidden) }  // [N, V]
        try taskHeads.fill(&heads, hidden)
        return heads
    }
}

/// What `config.json` says.
struct BertConfiguration: Sendable {
    let vocabularySize, hiddenSize, intermediateSize, layers, heads, contextLength, segments: Int
    let epsilon: Float
    let activation: Activation
    /// The row of the position table at which a sequence begins.
    let firstPosition: Int32
    /// The class that the checkpoint was saved from.
    let className: String?

    init(_ c: ConfigurationReader, firstPosition: Int32 = 0) throws(CheckpointError) {
        vocabularySize = try c.count("vocab_size")
        hiddenSize = try c.count("hidden_size")
        intermediateSize = try c.count("intermediate_size")
        layers = try c.count("num_hidden_layers", limit: ConfigurationReader.layerLimit)
        heads = try c.count("num_attention_heads")
        self.firstPosition = firstPosition
        let rows = try c.count("max_position_embeddings")
        guard rows > Int(firstPosition) else {
            throw c.error(
                "leaves no position beside the \(firstPosition) that stand for nothing",
                "max_position_embeddings"
            )
        }
        contextLength = rows - Int(firstPosition)
        className = c.config["architectures"]?.array?.first?.string
        segments = try c.count("type_vocab_size", default: 2)
        epsilon = try c.positive("layer_norm_eps", default: 1e-12)
        let name = c.config["hidden_act"]?.string ?? "gelu"
        guard let activation = Activation(rawValue: name) else {
            throw c.error("\"\(name)\" is not built; known are gelu, gelu_new and tanh", "hidden_act")
        }
        self.activation = activation
        let positions = c.config["position_embedding_type"]?.string ?? "absolute"
        try c.require(positions == "absolute", "position_embedding_type", "positions \"\(positions)\" are not built")
        guard hiddenSize % heads == 0, hiddenSize / heads <= KeyValueLayout.largestDimension else {
            throw c.error("\(heads) heads do not divide \(hiddenSize) channels", "num_attention_heads")
        }
    }
}
