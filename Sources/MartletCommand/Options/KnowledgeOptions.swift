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

    /// Opens it for reading without an embedder; nil if it does not exist yet.
    func openIfPresent(_ common: CommonOptions) async throws -> KnowledgeBase? {
        do { return try await open(common) } catch let error as KnowledgeError where error.code == .notFound {
            return nil
        }
    }

    /// Opens it for reading without an embedder.
    func open(_ common: CommonOptions) async throws -> KnowledgeBase {
        try await KnowledgeBase.open(named: kb, home: common.homeFolder())
    }
}

/// Which model makes vectors of passages and questions.
struct EmbedderOptions: ParsableArguments {
    @Option(
        help: "The model that makes vectors (default: the base's own, for a new one \(ModelCatalog.defaultEmbedder))."
    )
    var embedder: String?

    /// Loads it, or the one that made the vectors of `base`; `isAgreed` fetches it without asking.
    func load(isAgreed: Bool, for base: KnowledgeBase?) async throws -> TextEmbedding {
        let name = try embedder ?? base?.embedder()?.model ?? ModelCatalog.defaultEmbedder
        let path = try await ModelFetcher(isAgreed: isAgreed).path(of: name)
        return try await onOwnThread {
            let embedder = try TextEmbedder(try Checkpoint.open(path), precision: .bfloat16)
            return TextEmbedding(embedder, name: Self.lastingName(name))
        }
    }

    /// The name by which another command, started elsewhere, finds the model: a path from the root, any other as it is.
    private static func lastingName(_ name: String) -> String {
        let isPath = ModelCatalog.model(named: name) == nil && !name.hasPrefix("hf:")
        return isPath && FileManager.default.fileExists(atPath: name) ? URL(fileURLWithPath: name).path : name
    }
}
