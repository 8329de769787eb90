// SPDX-License-Identifier: Apache-2.0
import Checkpoints

/// What texts begin with for a model that was trained to tell questions from passages.
struct EmbeddingPrompts: Sendable, Hashable {
    private var query = ""
    private var passage = ""

    /// Those of E5: L. Wang et al., "Multilingual E5 Text Embeddings" (arXiv:2402.05672).
    private static let e5 = EmbeddingPrompts(query: "query: ", passage: "passage: ")
    /// A BERT over XLM-R's vocabulary is multilingual-e5-small, whose folder does not tell its prompts.
    private static let vocabularyOfE5 = 250_037

    private init(query: String, passage: String) {
        self.query = query
        self.passage = passage
    }

    /// What the folder's `config_sentence_transformers.json` says, or what the model is known for.
    ///
    /// - Throws: `CheckpointError` if a prompt there is no text.
    init(_ checkpoint: Checkpoint) throws(CheckpointError) {
        let name = "config_sentence_transformers.json"
        if let prompts = try checkpoint.json(named: name)?["prompts"]?.object, prompts.count > 0 {
            func prompt(_ keys: [String]) throws(CheckpointError) -> String {
                guard let value = keys.lazy.compactMap({ prompts[$0] }).first, value != .null else { return "" }
                guard let text = value.string, text.utf8.count <= 4096 else {
                    throw CheckpointError(
                        .malformed,
                        "a prompt that is no text of at most 4,096 bytes",
                        file: "\(checkpoint.path)/\(name)",
                        key: "prompts"
                    )
                }
                return text
            }
            query = try prompt(["query"])
            passage = try prompt(["passage", "document"])
        } else if checkpoint.config["model_type"]?.string == "bert",
            checkpoint.config["vocab_size"]?.integer == Self.vocabularyOfE5
        {
            self = Self.e5
        }
    }

    subscript(role: TextEmbedder.Role) -> String {
        switch role {
        case .query: query
        case .passage: passage
        }
    }
}
