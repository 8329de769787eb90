// SPDX-License-Identifier: Apache-2.0
import Agents
import ArgumentParser
import Checkpoints
import Foundation
import Knowledge
import LanguageModels

/// Which knowledge base a command uses.
struct KnowledgeOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The knowledge base.", valueName: "name"))
    var kb = "default"

    /// Opens it for reading without an embedder.
    func open(_ common: CommonOptions) async throws -> KnowledgeBase {
        try await KnowledgeBase.open(named: kb, home: common.homeFolder())
    }
}

/// Which model makes vectors of passages and questions.
struct EmbedderOptions: ParsableArguments {
    @Option(help: "The model that makes vectors (default: \(ModelCatalog.defaultEmbedder)).")
    var embedder: String?

    /// Loads it; `isAgreed` fetches it without asking.
    func load(isAgreed: Bool) async throws -> TextEmbedding {
        let path = try await ModelFetcher(isAgreed: isAgreed).path(of: embedder ?? ModelCatalog.defaultEmbedder)
        return try await onOwnThread {
            TextEmbedding(try TextEmbedder(try Checkpoint.open(path), precision: .bfloat16))
        }
    }
}
