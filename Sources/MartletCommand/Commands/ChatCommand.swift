// SPDX-License-Identifier: Apache-2.0
import Agents
import ArgumentParser
import Checkpoints
import Foundation

struct ChatCommand: AsyncParsableCommand, WithCommonOptions {
    static let configuration = CommandConfiguration(
        commandName: "chat",
        abstract: "Talks with you from the knowledge base; /help tells more.",
        discussion: """
            Ctrl-C stops the answer, Ctrl-D or /quit ends the conversation. Questions may also come from a pipe, one a
            line.

            EXAMPLES
              martlet chat
              martlet chat --kb work
              martlet chat --json < questions.txt
            """
    )

    @OptionGroup var agent: AgentOptions

    @OptionGroup var common: CommonOptions

    private static let help = """
        /sources   where the last answer stands, with the quotations
        /clear     forget the conversation
        /help      this
        /quit      end; so does Ctrl-D
        Ctrl-C stops an answer.

        """

    func run() async throws {
        let agent = try await agent.load(common)
        let spoken = SpokenTurn(json: common.json, trace: self.agent.trace)
        let isTalk = LineReader.isInteractive && !common.json
        if isTalk {
            try StandardOutput.write(
                "Ask something about `\(self.agent.knowledge.kb)`. /help tells more, /quit ends.\n\n"
            )
            try StandardOutput.flush()
        }
        let reader = LineReader(historyFile: try common.homeFolder().appendingPathComponent("chat_history").path)
        var history: [Exchange] = []
        var last: Turn?
        while let line = try await onOwnThread({ try reader.next() }) {
            let words = line.trimmingCharacters(in: .whitespacesAndNewlines)
            if words.isEmpty { continue }
            if words.hasPrefix("/") {
                switch words {
                case "/quit", "/exit": return
                case "/help": try show(Self.help)
                case "/sources": try show(sources(last))
                case "/clear":
                    (history, last) = ([], nil)
                    try show("The conversation is forgotten.\n")
                default: try show("There is no \(printable(words)); /help lists what there is.\n")
                }
                continue
            }
            do {
                let turn = try await spoken.say(words, agent, history: history)
                if let turn, let response = turn.response {
                    history.append(Exchange(utterance: words, answer: response.answer))
                    last = turn
                }
            } catch let error as ClosedPipe {
                throw error
            } catch {
                // One question that fails does not end a conversation.
                StandardError.write("error: \(oneLine(Exit.of(error).message))\n")
            }
            if isTalk { try show("") }
        }
        if isTalk { try show("") }
    }

    private func show(_ text: String) throws {
        // With --json nothing else may stand on standard output.
        if common.json { return StandardError.write(text) }
        try StandardOutput.write(text + (LineReader.isInteractive ? "\n" : ""))
        try StandardOutput.flush()
    }

    private func sources(_ turn: Turn?) -> String {
        guard let response = turn?.response, !response.citations.isEmpty else {
            return "The last answer cites nothing.\n"
        }
        var text = ""
        for (place, citation) in response.citations.enumerated() {
            text += "\(Style.cyan("[\(place + 1)]")) \(printable(citation.document))  "
            text += Style.dim("\(citation.place), passage \(citation.passage)") + "\n"
            var wrapper = WordWrapper(columns: StandardOutput.columns)
            text += wrapper.append(SpokenTurn.printable(citation.quote) + "\n")
        }
        return text
    }
}
