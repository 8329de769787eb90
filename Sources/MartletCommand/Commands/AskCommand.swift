// SPDX-License-Identifier: Apache-2.0
import Agents
import ArgumentParser

struct AskCommand: AsyncParsableCommand, WithCommonOptions {
    static let configuration = CommandConfiguration(
        commandName: "ask",
        abstract: "Answers one question from the knowledge base, with citations.",
        discussion: """
            EXAMPLES
              martlet ask "When is the rent due?"
              martlet ask "Who may use the boat?" --kb club --json
            """
    )

    @Argument(help: "The question; - is standard input.")
    var question: String

    @OptionGroup var agent: AgentOptions

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let question = try InputText.argument(question)
        guard question.contains(where: { !$0.isWhitespace }) else {
            throw CommandError(.usage, "the question is empty; ask something")
        }
        let agent = try await agent.load(common)
        let spoken = SpokenTurn(json: common.json, trace: self.agent.trace)
        guard try await spoken.say(question, agent) != nil else { throw CancellationError() }
    }
}
