// SPDX-License-Identifier: Apache-2.0

/// What a GGUF file must say so that a model can be made of it, beyond its bytes being in order.
extension Checkpoint {
    /// The most layers any model may claim.
    private static let layerLimit = 1024

    /// Checks the numbers that decide the sizes of everything.
    func checkHyperparameters() throws(CheckpointError) {
        let architecture = try metadata.string("general.architecture")
        guard !architecture.isEmpty, architecture.utf8.count <= 64 else {
            throw metadata.error("the architecture has no name", key: "general.architecture")
        }
        if let parts = try metadata.integerIfPresent("split.count"), parts > 1 {
            throw CheckpointError(
                .unsupported,
                "this is one of \(parts) parts of a model; join them with `llama-gguf-split --merge`",
                file: path,
                key: "split.count"
            )
        }
        let hasWeights = !tensors.isEmpty
        try check("block_count", architecture, required: hasWeights, 1...Self.layerLimit)
        let embedding = try check("embedding_length", architecture, required: hasWeights, 1...(1 << 20))
        try check("context_length", architecture, required: hasWeights, 1...(1 << 24))
        try check("feed_forward_length", architecture, required: false, 1...(1 << 24))
        try check("vocab_size", architecture, required: false, 1...(1 << 24))
        try check("expert_count", architecture, required: false, 0...(1 << 16))
        try check("attention.key_length", architecture, required: false, 1...65_536)
        try check("attention.value_length", architecture, required: false, 1...65_536)
        // Some architectures give one number of heads a layer; those that do state no single one to check.
        if let heads = try check("attention.head_count", architecture, required: false, 1...65_536) {
            if let embedding, metadata["\(architecture).attention.key_length"] == nil, embedding % heads != 0 {
                throw metadata.error(
                    "an embedding of \(embedding) does not divide into \(heads) heads",
                    key: "\(architecture).attention.head_count"
                )
            }
            let groups = try check("attention.head_count_kv", architecture, required: false, 1...65_536)
            if let groups, heads % groups != 0 {
                throw metadata.error(
                    "\(heads) heads do not divide into \(groups) groups",
                    key: "\(architecture).attention.head_count_kv"
                )
            }
        }
        for name in ["rope.freq_base", "attention.layer_norm_rms_epsilon", "attention.layer_norm_epsilon"] {
            let key = "\(architecture).\(name)"
            guard let value = metadata[key]?.float else { continue }
            guard value.isFinite, value > 0 else { throw metadata.error("\(value) is not above zero", key: key) }
        }
        try checkVocabulary()
    }

    @discardableResult
    private func check(
        _ name: String,
        _ architecture: String,
        required: Bool,
        _ range: ClosedRange<Int>
    ) throws(CheckpointError) -> Int? {
        let key = "\(architecture).\(name)"
        if !required, metadata[key]?.array != nil { return nil }
        guard let value = required ? try metadata.integer(key) : try metadata.integerIfPresent(key) else { return nil }
        guard range.contains(value) else {
            throw metadata.error("\(value) is not from \(range.lowerBound) to \(range.upperBound)", key: key)
        }
        return value
    }

    /// Checks that the tokenizer's arrays belong together, without reading each token.
    private func checkVocabulary() throws(CheckpointError) {
        let prefix = "tokenizer.ggml."
        guard metadata["\(prefix)model"] != nil || metadata["\(prefix)tokens"] != nil else { return }
        _ = try metadata.string("\(prefix)model")
        if metadata["\(prefix)model"]?.string == "no_vocab" { return }
        let tokens = try metadata.array("\(prefix)tokens")
        guard tokens.elementType == .string, tokens.count > 0 else {
            throw metadata.error("the vocabulary holds no strings", key: "\(prefix)tokens")
        }
        for (name, type) in [("scores", MetadataType.float32), ("token_type", .int32)] {
            guard let stored = metadata["\(prefix)\(name)"] else { continue }
            guard let array = stored.array, array.elementType == type, array.count == tokens.count else {
                throw metadata.error(
                    "this should be \(tokens.count) values of \(type.name), one for each token",
                    key: "\(prefix)\(name)"
                )
            }
        }
        if let merges = metadata["\(prefix)merges"], merges.array?.elementType != .string {
            throw metadata.error("the merges are no strings", key: "\(prefix)merges")
        }
        for key in metadata.keys where key.hasPrefix(prefix) && key.hasSuffix("_token_id") {
            let id = try metadata.integer(key)
            guard (0..<tokens.count).contains(id) else {
                throw metadata.error("token \(id) is not in the vocabulary of \(tokens.count)", key: key)
            }
        }
        if let table = tensor(named: "token_embd.weight"), let rows = table.shape.first, rows != tokens.count {
            throw CheckpointError(
                .malformed,
                "the embedding has \(rows) rows for \(tokens.count) tokens",
                file: path,
                key: "token_embd.weight"
            )
        }
        if let template = metadata["tokenizer.chat_template"], (template.string?.utf8.count ?? 0) > 1 << 20 {
            throw metadata.error("a chat template of more than 1 MiB", key: "tokenizer.chat_template")
        }
    }
}
