// SPDX-License-Identifier: Apache-2.0
public import Knowledge
public import LanguageModels

extension TextEmbedding {
    /// The embedder in the form that knowledge bases take; `name` lets them find it again.
    public init(_ embedder: TextEmbedder, name: String? = nil) {
        self.init(
            identity: Identity(
                modelHash: embedder.identity.modelHash,
                precision: embedder.identity.precision.rawValue,
                dimension: embedder.identity.dimension,
                tokenLimit: embedder.textLimit,
                model: name
            ),
            vectors: { try await embedder.embed($0, as: .passage).vectors },
            queryVectors: { try await embedder.embed($0, as: .query).vectors },
            tokenCount: { try embedder.tokenCount($0) },
            unknownShare: { embedder.unknownShare($0) }
        )
    }
}
