// SPDX-License-Identifier: Apache-2.0
public import Knowledge
public import LanguageModels

extension TextEmbedding {
    /// The embedder in the form that knowledge bases take.
    public init(_ embedder: TextEmbedder) {
        let marks = 2  // [CLS] and [SEP] are the embedder's own
        self.init(
            identity: Identity(
                modelHash: embedder.identity.modelHash,
                precision: embedder.identity.precision.rawValue,
                dimension: embedder.identity.dimension,
                tokenLimit: embedder.identity.tokenLimit - marks
            ),
            vectors: { try await embedder.embed($0).vectors },
            tokenCount: { try embedder.tokenCount($0) },
            unknownShare: { embedder.unknownShare($0) }
        )
    }
}
