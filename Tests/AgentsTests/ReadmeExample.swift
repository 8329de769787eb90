// SPDX-License-Identifier: Apache-2.0
import Agents
import Foundation
import Knowledge
import LanguageModels

/// The README's ten lines; `ReadmeTests` compares them with the page.
func readmeExample() async throws {
    // README begins
    let model = try EmbeddedLanguageModel("smollm2-135m-instruct")
    let embedding = TextEmbedding(try TextEmbedder("all-minilm-l6-v2", precision: .bfloat16))
    let base = try await KnowledgeBase.open(home: URL(filePath: "my-agent"), embedding: embedding)
    _ = try await base.add(["Examples/knowledge"])

    let agent = Agent(model: model, knowledge: base, embedding: embedding)
    let turn = try await agent.answer("What does fault code E119 mean?")
    print(turn.response?.answer ?? "")
    for citation in turn.response?.citations ?? [] {
        print(citation.document, citation.start, citation.end, citation.quote)
    }
    // README ends
}
