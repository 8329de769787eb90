// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Knowledge
import Tokenization

extension KnowledgeCommand {
    struct Terms: AsyncParsableCommand, WithCommonOptions {
        static let configuration = CommandConfiguration(
            abstract: "Shows the terms that full text looks for or holds. Prints JSON.",
            discussion: """
                A question prints its terms, in an array. With --passages, each passage is a line: its id, its terms with
                how often each counts (one of a heading twice), and their sum, which is its length in BM25.

                EXAMPLES
                  martlet kb terms "how long do batteries last?"
                  martlet kb terms --queries questions.txt --kb work
                  martlet kb terms --passages --kb work > terms.jsonl
                """
        )

        @Argument(help: "The question; - is standard input.")
        var query: String?

        @Option(help: ArgumentHelp("A file of questions, one a line; prints one JSON array a line.", valueName: "file"))
        var queries: String?

        @Flag(help: "Print what is held of every passage.")
        var passages = false

        @OptionGroup var knowledge: KnowledgeOptions

        @OptionGroup var common: CommonOptions

        func validate() throws {
            guard [query != nil, queries != nil, passages].count(where: { $0 }) == 1 else {
                throw ValidationError("give one of QUERY, --queries FILE and --passages")
            }
        }

        func run() async throws {
            let base = try await knowledge.open(common)
            if passages {
                return try base.indexedPassages { indexed in
                    var terms = JSONObject()
                    for (term, times) in indexed.terms.sorted(by: { $0.key < $1.key }) { terms[term] = .integer(times) }
                    try StandardOutput.write(
                        .members([
                            "passage": .string(indexed.passage),
                            "length": .integer(indexed.terms.values.reduce(0, +)),
                            "terms": .object(terms),
                        ])
                    )
                }
            }
            let asked =
                try queries.map { InputText.lines(try InputText.file($0)) } ?? [InputText.argument(query ?? "-")]
            for question in asked {
                try StandardOutput.write(.array(base.queryTerms(of: question).map(JSONValue.string)))
            }
        }
    }
}
