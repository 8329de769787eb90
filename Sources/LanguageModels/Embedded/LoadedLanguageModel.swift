// SPDX-License-Identifier: Apache-2.0
package import Checkpoints
import Foundation
import Synchronization
package import Tensors
package import TextGeneration
import Tokenization
import Transformers

/// A causal language model in memory with all that belongs to it: one for all who use it in this process.
package final class LoadedLanguageModel: Sendable {
    /// The file or folder that it was read from.
    package let checkpoint: Checkpoint
    /// Steps all requests of this process together.
    package let engine: GenerationEngine
    /// Makes prompts; nil for a model without a tokenizer, which takes ids alone.
    package let prompts: PromptEncoder?
    /// The tokens at which a text ends, as the model's files say.
    package let endTokens: Set<Int32>

    /// Special tokens that end a text by their name, as llama.cpp reads them: a GGUF file has room for one end, and a model
    /// of conversations still ends a plain text with the other.
    private static let ends = [
        "<|endoftext|>", "<|im_end|>", "<|end_of_text|>", "<|eot_id|>", "<|end|>", "<end_of_turn>", "</s>",
    ]

    private init(_ checkpoint: Checkpoint, precision: Precision) throws {
        self.checkpoint = checkpoint
        let prompts = try checkpoint.tokenizer().map { try PromptEncoder(tokenizer: $0) }
        self.prompts = prompts
        var endTokens = Set(try checkpoint.endTokenIDs())
        if checkpoint.format == .gguf, let tokenizer = prompts?.tokenizer {
            endTokens.formUnion(Self.ends.compactMap(tokenizer.id(of:)).filter(tokenizer.specialIDs.contains))
        }
        if endTokens.isEmpty, let end = prompts?.tokenizer.eosID { endTokens = [end] }
        self.endTokens = endTokens
        engine = try GenerationEngine(
            model: ModelRegistry.loadCausal(checkpoint, precision: precision),
            tokenBytes: { prompts?.bytes(of: $0) ?? [] }
        )
    }

    /// The tokens at which an answer in a conversation ends.
    package var conversationEndTokens: Set<Int32> {
        endTokens.union([prompts?.turnEnd, prompts?.tokenizer.eosID].compactMap { $0 })
    }

    /// The prompts of a conversation; a typed error for a model that has no tokenizer.
    package func requirePrompts() throws(CheckpointError) -> PromptEncoder {
        guard let prompts else {
            throw CheckpointError(
                .unsupported,
                "the model has no tokenizer, so it takes ids and no text; put its tokenizer.json beside it",
                file: checkpoint.path
            )
        }
        return prompts
    }

    // MARK: - Sharing

    private struct Key: Hashable {
        let path: String
        let precision: Precision
    }
    private struct Slot: Sendable {
        weak var model: LoadedLanguageModel?
    }
    private static let slots = Mutex<[Key: Slot]>([:])

    /// The model at a path: the one that is in memory, else read from disk.
    ///
    /// - Throws: `CheckpointError` or `ModelError` for what is no causal language model.
    package static func shared(_ path: String, precision: Precision) throws -> LoadedLanguageModel {
        let real = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
        return try slots.withLock { slots in
            slots = slots.filter { $0.value.model != nil }
            let key = Key(path: real, precision: precision)
            if let known = slots[key]?.model { return known }
            let loaded = try LoadedLanguageModel(Checkpoint.open(path), precision: precision)
            slots[key] = Slot(model: loaded)
            return loaded
        }
    }
}
