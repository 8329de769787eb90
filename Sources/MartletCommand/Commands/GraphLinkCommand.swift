// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Knowledge
import Tokenization

extension GraphCommand {
    struct Link: AsyncParsableCommand, WithCommonOptions {
        static let configuration = CommandConfiguration(
            abstract: "Looks up the names of the graph in the documents, as a search does by itself when it must.",
            discussion: """
                Only what is new or has changed since is looked at. Entities of one name are told apart by vectors of what
                the graph says of them.

                EXAMPLES
                  martlet graph link
                  martlet graph link --kb work --json
                """
        )

        @OptionGroup var knowledge: KnowledgeOptions

        @OptionGroup var embedder: EmbedderOptions

        @Flag(name: [.long, .customShort("y")], help: "Fetch the embedder without asking if it is not here.")
        var yes = false

        @OptionGroup var common: CommonOptions

        func run() async throws {
            var kb = try await knowledge.open(common)
            if try !kb.documents().isEmpty {
                let embedding = try await embedder.load(isAgreed: yes, for: kb)
                kb = try await KnowledgeBase.open(named: knowledge.kb, home: common.homeFolder(), embedding: embedding)
            }
            let (base, bar) = (kb, ProgressBar(.items))
            defer { bar.clear() }
            let report = try await Interrupts.cancelling {
                try await base.linkEntities { bar.update("passages", done: $0, total: nil) }
            }
            bar.clear()
            guard !common.json else {
                return try StandardOutput.write(
                    .members([
                        "passages": .integer(report.passages), "mentions": .integer(report.mentions),
                        "names": .integer(report.names), "name_bytes": .integer(report.nameBytes),
                    ])
                )
            }
            let found = "\(counted(report.mentions, "mention")) in \(counted(report.passages, "passage"))"
            try StandardOutput.write("\(knowledge.kb): \(found) that were new or have changed\n")
        }
    }
}
