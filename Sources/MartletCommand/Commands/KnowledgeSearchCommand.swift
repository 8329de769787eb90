// SPDX-License-Identifier: Apache-2.0
public import ArgumentParser
import Checkpoints
import Foundation
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
                  martlet kb search boats --document 'notes/*' --after 2026-01-31 --context 1
                  martlet kb search boats --diverse --weights 1:1
                  martlet kb search boats --rerank smollm2-135m-instruct
                  martlet kb search "what did Ada Lovelace write?" --graph --json

                Where the base has a graph, what a question names is looked up in it: entities, facts about them, and
                passages that speak of them or of their neighbours, after those found by text and never in their place.
                With --json they are printed if --graph asks for them: {"hits":[…],"entities":[…],"facts":[…],
                "related":[…]} instead of the array of hits.
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

        @OptionGroup var choice: SearchChoice

        @Flag(
            inversion: .prefixedNo,
            help: "Print entities, facts and related passages of the graph too (default: yes, but not with JSON)."
        )
        var graph: Bool?

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
            let base = try await open()
            let options = try await choice.options(mode, isAgreed: yes)
            let printsText = queries == nil && !common.json
            guard graph ?? printsText else {
                for hits in try await base.search(asked, top: top, options: options) {
                    let found = try found(hits, in: base)
                    if printsText { return try StandardOutput.write(text(found)) }
                    try StandardOutput.write(.array(found.map(\.json)))
                }
                return
            }
            for question in asked {
                let result = try await base.joinedSearch(question, top: top, options: options)
                let (hits, related) = (try found(result.hits, in: base), try found(result.related.map(\.hit), in: base))
                if printsText { return try StandardOutput.write(text(hits) + text(result, related)) }
                try StandardOutput.write(
                    .members([
                        "hits": .array(hits.map(\.json)), "entities": .array(result.entities.map(\.json)),
                        "facts": .array(result.facts.map(\.json)),
                        "related": .array(zip(related, result.related).map { $0.json(via: $1.json) }),
                    ])
                )
            }
        }

        private func found(_ hits: [Hit], in base: KnowledgeBase) throws -> [FoundPassage] {
            try hits.map { hit in
                try FoundPassage(hit: hit, around: choice.context.map { try base.neighbours(of: hit, count: $0) })
            }
        }

        /// Opens with an embedder where the search needs one.
        private func open() async throws -> KnowledgeBase {
            let base = try await knowledge.open(common)
            if try mode == .lexical || base.documents().isEmpty { return base }
            let embedding = try await embedder.load(isAgreed: yes, for: base)
            return try await KnowledgeBase.open(named: knowledge.kb, home: common.homeFolder(), embedding: embedding)
        }

        private func text(_ found: [FoundPassage]) -> String {
            guard !found.isEmpty else { return "nothing found in \(knowledge.kb)\n" }
            return passages(found) { _ in nil }
        }

        /// What the graph adds; nothing where it knows nothing of the question.
        private func text(_ result: JoinedResult, _ related: [FoundPassage]) -> String {
            var text = ""
            if !result.entities.isEmpty {
                text += Style.bold("Entities") + "\n"
                for entity in result.entities {
                    let term = Style.dim("\(printable(entity.term.nTriples))  \(Amount.fixed(entity.score, 2))")
                    text += "   \(printable(entity.label))  \(term)  in \(counted(entity.passages, "passage"))\n"
                }
                text += "\n"
            }
            if !result.facts.isEmpty {
                text += Style.bold("Facts") + "\n"
                for fact in result.facts { text += "   \(fact.line)\n" }
                text += "\n"
            }
            if !related.isEmpty {
                text += Style.bold("Related") + "\n" + passages(related) { result.related[$0].line }
            }
            return text
        }

        private func passages(_ found: [FoundPassage], note: (Int) -> String?) -> String {
            var text = ""
            for (place, passage) in found.enumerated() {
                let hit = passage.hit
                let path = ([hit.document] + hit.headings).map(printable).joined(separator: " › ")
                text += "\(place + 1)  \(Style.bold(path))  \(Style.dim(Amount.fixed(hit.score, 4)))\n"
                if let note = note(place) { text += "   \(Style.dim(note))\n" }
                func append(_ hit: Hit, _ style: (String) -> String) {
                    for line in hit.text.split(separator: "\n") { text += "   \(style(printable(line)))\n" }
                }
                passage.around?.before.forEach { append($0) { Style.dim($0) } }
                append(hit) { $0 }
                passage.around?.after.forEach { append($0) { Style.dim($0) } }
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

/// A hit, with the passages around it where they were asked for.
private struct FoundPassage {
    var hit: Hit
    var around: (before: [Hit], after: [Hit])?

    var json: JSONValue { .object(object) }

    func json(via: JSONValue) -> JSONValue {
        var object = object
        object["via"] = via
        return .object(object)
    }

    private var object: JSONObject {
        var object = JSONObject()
        object["document"] = .string(hit.document)
        object["passage"] = .string(hit.passage)
        object["score"] = .number(hit.score)
        object["text"] = .string(hit.text)
        object["start"] = .integer(hit.start)
        object["end"] = .integer(hit.end)
        object["headings"] = .array(hit.headings.map(JSONValue.string))
        object["page"] = hit.page.map(JSONValue.integer)
        object["time"] = hit.time.map(JSONValue.integer)
        object["source"] = hit.source.map { .array([.integer($0.lowerBound), .integer($0.upperBound)]) }
        if let around {
            object["before"] = .array(around.before.map { .string($0.text) })
            object["after"] = .array(around.after.map { .string($0.text) })
        }
        return object
    }
}
