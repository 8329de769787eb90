// SPDX-License-Identifier: Apache-2.0
public import ArgumentParser
import Checkpoints
public import Knowledge
import Tokenization

extension SearchMode: ExpressibleByArgument {}

extension KnowledgeCommand {
    struct Search: AsyncParsableCommand, WithCommonOptions {
        static let configuration = CommandConfiguration(
            abstract: "Finds the passages that speak of a question, best first.",
            discussion: """
                EXAMPLES
                  martlet kb search "when is the rent due?"
                  martlet kb search 借书证 --mode lexical --top 3
                  martlet kb search --queries questions.txt --top 5 > found.jsonl
                """
        )

        @Argument(help: "The question; - is standard input.")
        var query: String?

        @Option(help: ArgumentHelp("A file of questions, one a line; prints one JSON array a line.", valueName: "file"))
        var queries: String?

        @OptionGroup var knowledge: KnowledgeOptions

        @Option(parsing: .unconditional, help: "How many passages.")
        var top = 10

        @Option(help: "By words, by meaning, or both.")
        var mode = SearchMode.hybrid

        @OptionGroup var embedder: EmbedderOptions

        @Flag(name: [.long, .customShort("y")], help: "Fetch the embedder without asking if it is not here.")
        var yes = false

        @OptionGroup var common: CommonOptions

        func validate() throws {
            guard (query == nil) != (queries == nil) else {
                throw ValidationError(
                    query == nil
                        ? "there is no question; give QUERY or --queries FILE"
                        : "QUERY and --queries exclude one another"
                )
            }
            guard (1...10_000).contains(top) else {
                throw ValidationError("--top is \(top); give a number from 1 to 10000")
            }
        }

        func run() async throws {
            let asked =
                try queries.map { InputText.lines(try InputText.file($0)) } ?? [InputText.argument(query ?? "-")]
            let found = try await open().search(asked, top: top, mode: mode)
            if queries == nil, !common.json { return try StandardOutput.write(text(found.first ?? [])) }
            for hits in found { try StandardOutput.write(.array(hits.map(\.json))) }
        }

        /// Opens with an embedder where the search needs one.
        private func open() async throws -> KnowledgeBase {
            let base = try await knowledge.open(common)
            if try mode == .lexical || base.documents().isEmpty { return base }
            let embedding = try await embedder.load(isAgreed: yes)
            return try await KnowledgeBase.open(named: knowledge.kb, home: common.homeFolder(), embedding: embedding)
        }

        private func text(_ hits: [Hit]) -> String {
            guard !hits.isEmpty else { return "nothing found in \(knowledge.kb)\n" }
            var text = ""
            for (place, hit) in hits.enumerated() {
                let path = ([hit.document] + hit.headings).map(printable).joined(separator: " › ")
                text += "\(place + 1)  \(Style.bold(path))  \(Style.dim(Amount.fixed(hit.score, 4)))\n"
                for line in hit.text.split(separator: "\n") { text += "   \(printable(line))\n" }
                text += "\n"
            }
            return text
        }

        /// A line of a passage, whole and fit for a terminal.
        private func printable(_ text: some StringProtocol) -> String {
            String(String.UnicodeScalarView(text.unicodeScalars.filter { $0.properties.generalCategory != .control }))
        }
    }
}

extension Hit {
    fileprivate var json: JSONValue {
        .members([
            "document": .string(document),
            "passage": .string(passage),
            "score": .number(score),
            "text": .string(text),
            "start": .integer(start),
            "end": .integer(end),
            "headings": .array(headings.map(JSONValue.string)),
        ])
    }
}
