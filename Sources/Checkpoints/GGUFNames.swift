// SPDX-License-Identifier: Apache-2.0

/// How llama.cpp's converter names and arranges the weights that models read by their Hugging Face keys.
struct GGUFNames: Sendable {
    private let whole: [String: String]
    private let layer: [String: String]
    private let layerPrefix: String
    /// Keys of query and key projections, whose rows the converter permutes for interleaved rotation.
    private let permuted: Set<String>

    /// The names of an architecture (`general.architecture`), nil if it is not known.
    init?(architecture: String) {
        guard ["llama", "qwen2"].contains(architecture) else { return nil }
        whole = [
            "model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output",
        ]
        layerPrefix = "model.layers."
        layer = [
            "input_layernorm": "attn_norm", "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k",
            "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output", "post_attention_layernorm": "ffn_norm",
            "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down",
        ]
        permuted = architecture == "llama" ? ["self_attn.q_proj", "self_attn.k_proj"] : []
    }

    /// The name in the file of a key such as `model.layers.0.self_attn.q_proj.weight`.
    func name(of key: String) -> String? {
        guard let dot = key.lastIndex(of: ".") else { return nil }
        let (stem, kind) = (String(key[..<dot]), key[dot...])
        if let name = whole[stem] { return name + kind }
        guard let (index, part) = split(stem), let name = layer[part] else { return nil }
        return "blk.\(index).\(name)\(kind)"
    }

    /// Whether the rows of this key's weight are permuted within each head.
    func isPermuted(_ key: String) -> Bool {
        guard let dot = key.lastIndex(of: "."), let (_, part) = split(String(key[..<dot])) else { return false }
        return permuted.contains(part)
    }

    private func split(_ stem: String) -> (index: Substring, part: String)? {
        guard stem.hasPrefix(layerPrefix) else { return nil }
        let rest = stem.dropFirst(layerPrefix.count)
        guard let dot = rest.firstIndex(of: ".") else { return nil }
        return (rest[..<dot], String(rest[rest.index(after: dot)...]))
    }
}
