// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import LanguageModels

/// Makes a reranker of the model that a command names.
enum RerankerLoader {
    /// A cross-encoder, or a language model whose likelihoods of the question order the passages.
    static func load(_ name: String, isAgreed: Bool) async throws -> TextReranker {
        let path = try await ModelFetcher(isAgreed: isAgreed).path(of: name)
        return try await onOwnThread {
            let checkpoint = try Checkpoint.open(path)
            guard CrossEncoder.reads(checkpoint) else {
                guard let reranker = TextReranker(likelihoodsOf: try EmbeddedLanguageModel(path)) else {
                    throw CommandError(.data, "\(printable(path)) tells no likelihoods; choose another model")
                }
                return reranker
            }
            return TextReranker(try CrossEncoder(checkpoint, precision: .bfloat16))
        }
    }
}
