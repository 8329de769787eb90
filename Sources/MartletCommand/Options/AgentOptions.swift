// SPDX-License-Identifier: Apache-2.0
import Agents
import ArgumentParser
import Checkpoints
import Knowledge
import LanguageModels

/// Who answers, and from what.
struct AgentOptions: ParsableArguments {
    @OptionGroup var knowledge: KnowledgeOptions

    @OptionGroup var model: ModelOptions

    @OptionGroup var embedder: EmbedderOptions

    @Flag(help: "Show what each stage of the turn did.")
    var trace = false

    // What is promised but not built yet is refused, never ignored.
    @Option(help: .hidden) var agent: String?
    @Option(help: .hidden) var session: String?

    func validate() throws {
        if agent != nil { throw ValidationError("--agent is not built yet; leave it out") }
        if session != nil { throw ValidationError("--session is not built yet; leave it out") }
    }

    /// Loads the models side by side and opens the knowledge base.
    func load(_ common: CommonOptions) async throws -> Agent {
        // A name that does not exist is told before anything is fetched or loaded.
        let home = try common.homeFolder()
        let known = try await knowledge.open(common)
        let path = try await model.path()
        async let loaded = onOwnThread { try EmbeddedLanguageModel(path) }
        let embedding = try await embedder.load(isAgreed: model.yes, for: known)
        let base = try await KnowledgeBase.open(named: knowledge.kb, home: home, embedding: embedding)
        return Agent(model: try await loaded, knowledge: base, embedding: embedding)
    }
}
