// SPDX-License-Identifier: Apache-2.0
// Qwen2: Yang et al., "Qwen2 Technical Report" (arXiv:2407.10671); Qwen2.5: arXiv:2412.15115.
// Reference: huggingface/transformers, src/transformers/models/qwen2/modeling_qwen2.py
package import Checkpoints
public import Tensors

/// Attention with grouped key-value heads, rotary positions, and biases on queries, keys and values alone.
struct Qwen2Attention: Sendable {
    let queryProjection: Linear  // self_attn.q_proj [H·D, C]
    let keyProjection: Linear  // self_attn.k_proj [KV·D, C]
    let valueProjection: Linear  // self_attn.v_proj [KV·D, C]
    let outputProjection: Linear  // self_attn.o_proj [C, H·D]
    let layer: Int
    let scale: Float

    init(_ weights: WeightReader, _ key: String, layer: Int, _ c: Qwen2Configuration) throws(CheckpointError) {
        let (width, kvWidth) = (c.heads * c.headDimension, c.keyValueHeads * c.headDimension)
        queryProjection = try Linear(weights, "\(key).q_proj", c.hiddenSize, width, bias: true)
        keyProjection = try Linear(weights, "\(key).k_proj", c.hiddenSize, kvWidth, bias: true)
        valueProjection = try Linear(weights, "\(key).v_proj", c.hiddenSize, kvWidth, bias: true)
        outputProjection = try Linear(weights, "\(key).o_proj", width, c.hiddenSize, bias: false)
        self.layer = layer
        scale = 1 / Float(c.headDimension).squareRoot()
    }

    /// x + attention(norm(x)), [N, C].
    func callAsFunction(
        _ x: Tensor,
        norm: RMSNorm,
        _ angles: RotaryAngles,
        _ context: AttentionContext
    ) throws(TensorError) -> Tensor {
        let projected = try linear(
            x,
            norm: norm.ofInput,
            [queryProjection.pair, keyProjection.pair, valueProjection.pair]
        )
        let queries = try rotate(projected[0], angles)  // [N, H·D]
        let keys = try rotate(projected[1], angles)  // [N, KV·D]
        let values = projected[2]  // [N, KV·D]
        let mixed = try context.attend(layer: layer, queries: queries, keys: keys, values: values, scale: scale)
        return try outputProjection(mixed, residual: x)  // [N, C]
    }
}

/// One layer.
struct Qwen2Block: Sendable {
    let inputNorm: RMSNorm  // input_layernorm
    let attention: Qwen2Attention  // self_attn
    let postAttentionNorm: RMSNorm  // post_attention_layernorm
    let mlp: GatedMLP  // mlp

    init(_ weights: WeightReader, layer: Int, _ c: Qwen2Configuration) throws(CheckpointError) {
        let key = "model.layers.\(layer)"
        inputNorm = try RMSNorm(weights, "\(key).input_layernorm", c.hiddenSize, epsilon: c.epsilon)
        attention = try Qwen2Attention(weights, "\(key).self_attn", layer: layer, c)
        postAttentionNorm = try RMSNorm(weights, "\(key).post_attention_layernorm", c.hiddenSize, epsilon: c.epsilon)
        mlp = try GatedMLP(weights, "\(key).mlp", c.hiddenSize, c.intermediateSize)
    }

    func callAsFunction(_ x: Tensor, _ angles: RotaryAngles, _ context: AttentionContext) throws(TensorError) -> Tensor
    {
        let x = try attention(x, norm: inputNorm, angles, context)  // [N, C]
        return try mlp(x, norm: postAttentionNorm)  // [N, C]
    }
}

/// The Qwen2 language model.
public struct Qwen2: CausalLanguageModel {
    let configuration: Qwen2Configuration
    let embedTokens: Parameter  // model.embed_tokens [V, C]
    let layers: [Qwen2Block]  // model.layers
    let norm: RMSNorm  // model.norm
    let head: Parameter  // lm_head [V, C], or the embedding again
    let inverseFrequencies: [Float]  // [D / 2]
    let layout: KeyValueLayout

    /// Reads the model from a checkpoint.
    ///
    /// - Throws: `CheckpointError` if configuration or weights are malformed or ask for what is not built.
    package init(_ checkpoint: Checkpoint, precision: Precision) throws(CheckpointError) {
        let weights = try WeightReader(checkpoint, precision: precision)
        let c = try Qwen2Configuration(checkpoint, weights)
        configuration = c
        embedTokens = try weights.matrix("model.embed_tokens.weight", c.vocabularySize, c.hiddenSize)
        var layers: [Qwen2Block] = []
        for layer in 0..<c.layers { layers.append(try Qwen2Block(weights, layer: layer, c)) }
        self.layers = layers
        norm = try RMSNorm(weights, "model.norm", c.hiddenSize, epsilon: c.epsilon)
        if c.tiesEmbeddings {
            head = embedTokens
            weights.skip("lm_head.weight")
        } else {
            head = try weights.matrix("lm_head.weight", c.vocabularySize, c.hiddenSize)
        }
        inverseFrequencies = RotaryAngles.inverseFrequencies(theta: c.ropeTheta, dimension: c.headDimension)
        // The cache is exact where the weights are.
        let isExact = weights.elementType("model.layers.0.self_attn.q_proj.weight") == .float32 && precision == .float32
        layout = KeyValueLayout(isHalf: !isExact, heads: c.keyValueHeads, dimension: c.headDimension)
        try weights.finish()
    }

    /// The number of ids.
    public var vocabularySize: Int { configuration.vocabularySize }
    /// The longest sequence, in tokens.
    public var contextLength: Int { configuration.contextLength }

    /// Makes a cache with room for so many positions.
    public func makeCache(positions: Int) -> KeyValueCachePool {
        KeyValueCachePool(layers: layers.count, layout: layout, positions: positions)
    }

    /// Hidden states after the last norm, [N, C].
    public func callAsFunction(_ batch: TokenBatch, cache: KeyValueCachePool?) throws -> Tensor {
        let context = try AttentionContext(batch, layout: layout, cache: cache, mask: .causal)
        let angles = try RotaryAngles(positions: batch.positions, inverseFrequencies: inverseFrequencies)
        var x = try embedding(batch.ids, embedTokens.value)  // [N, C]
        for layer in layers { x = try layer(x, angles, context) }
        context.commit()
        return try norm(x)
    }

    /// Logits of the next token for the named rows, [R, V].
    public func logits(_ hidden: Tensor, rows: [Int]) throws -> Tensor {
        try linear(gatherRows(hidden, rows), head.value)
    }
}

/// What `config.json` or a GGUF file's `qwen2.*` keys say.
struct Qwen2Configuration: Sendable {
    let vocabularySize, hiddenSize, intermediateSize, layers, heads, keyValueHeads, headDimension, contextLength: Int
    let epsilon, ropeTheta: Float
    let tiesEmbeddings: Bool

    init(_ checkpoint: Checkpoint, _ weights: WeightReader) throws(CheckpointError) {
        switch checkpoint.format {
        case .gguf: try self.init(checkpoint.metadata, weights)
        case .huggingFace, .e5s1: try self.init(ConfigurationReader(config: checkpoint.config, path: checkpoint.path))
        }
        let path = checkpoint.path
        guard heads % keyValueHeads == 0, headDimension % 2 == 0,
            (1...KeyValueLayout.largestDimension).contains(headDimension)
        else {
            throw CheckpointError(
                .malformed,
                "\(heads) heads of \(headDimension) channels over \(keyValueHeads) key-value heads make no attention",
                file: path
            )
        }
    }

    private init(_ c: ConfigurationReader) throws(CheckpointError) {
        vocabularySize = try c.count("vocab_size")
        hiddenSize = try c.count("hidden_size")
        intermediateSize = try c.count("intermediate_size")
        layers = try c.count("num_hidden_layers", limit: ConfigurationReader.layerLimit)
        heads = try c.count("num_attention_heads")
        keyValueHeads = try c.count("num_key_value_heads", default: heads)
        headDimension = try c.count("head_dim", default: max(1, hiddenSize / heads))
        contextLength = try c.count("max_position_embeddings", default: 32_768)
        epsilon = try c.positive("rms_norm_eps", default: 1e-6)
        ropeTheta = try RotaryConfiguration(c).theta
        let activation = c.config["hidden_act"]?.string ?? "silu"
        try c.require(activation == "silu", "hidden_act", "the activation \"\(activation)\" is not built for qwen2")
        tiesEmbeddings = try c.flag("tie_word_embeddings", default: false)
        let slides = try c.flag("use_sliding_window", default: false)
        try c.require(!slides, "use_sliding_window", "attention in a sliding window is not built")
        if let types = c.config["layer_types"], types != .null {
            guard let types = types.array else { throw c.error("is no list", "layer_types") }
            let isFull = types.allSatisfy { $0.string == "full_attention" }
            try c.require(isFull, "layer_types", "layers of another type than \"full_attention\" are not built")
        }
    }

    private init(_ metadata: Metadata, _ weights: WeightReader) throws(CheckpointError) {
        vocabularySize = weights.shape("model.embed_tokens.weight")?.first ?? 1
        hiddenSize = try metadata.integer("qwen2.embedding_length")
        intermediateSize = try metadata.integer("qwen2.feed_forward_length")
        layers = try metadata.integer("qwen2.block_count")
        heads = try metadata.integer("qwen2.attention.head_count")
        keyValueHeads = try metadata.integerIfPresent("qwen2.attention.head_count_kv") ?? heads
        headDimension = try metadata.integerIfPresent("qwen2.attention.key_length") ?? hiddenSize / max(1, heads)
        contextLength = try metadata.integer("qwen2.context_length")
        epsilon = Float(try metadata.float("qwen2.attention.layer_norm_rms_epsilon"))
        ropeTheta = try RotaryConfiguration(metadata, architecture: "qwen2", headDimension: headDimension).theta
        tiesEmbeddings = !weights.has("lm_head.weight")
    }
}
