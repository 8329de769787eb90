// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Knowledge
import Tokenization

extension KnowledgeCommand {
    struct Index: AsyncParsableCommand, WithCommonOptions {
        static let configuration = CommandConfiguration(
            abstract: "Makes or brings up to date the graph of neighbours that searches of a million vectors use.",
            discussion: """
                Below a million vectors a search compares all of them, and nothing is needed. Above, the graph makes it
                fast and nearly exact; how nearly is measured and printed. Without it, and for what was added since,
                searches compare all vectors.

                EXAMPLES
                  martlet kb index
                  martlet kb index --kb library --json
                """
        )

        @OptionGroup var knowledge: KnowledgeOptions

        @OptionGroup var common: CommonOptions

        func run() async throws {
            let base = try await knowledge.open(common)
            let bar = ProgressBar(.items)
            let made = try await Interrupts.cancelling {
                try await base.buildGraph { done, total in bar.update("vectors", done: done, total: total) }
            }
            bar.clear()
            if common.json { return try StandardOutput.write(.object(made.adding(to: JSONObject()))) }
            try StandardOutput.write("\(knowledge.kb): \(made.text)\n")
        }
    }

    struct Stats: AsyncParsableCommand, WithCommonOptions {
        static let configuration = CommandConfiguration(
            abstract: "Shows the size of a knowledge base, who made its vectors, and how they are searched.",
            discussion: """
                EXAMPLES
                  martlet kb stats
                  martlet kb stats --kb work --json
                """
        )

        @OptionGroup var knowledge: KnowledgeOptions

        @OptionGroup var common: CommonOptions

        func run() async throws {
            let base = try await knowledge.open(common)
            let (stats, vectors) = (try base.stats(), try base.vectorStatistics())
            if common.json {
                var object = JSONObject()
                object["name"] = .string(stats.name)
                object["documents"] = .integer(stats.documents)
                object["passages"] = .integer(stats.passages)
                object["characters"] = .integer(stats.characters)
                object["bytes"] = .integer(stats.bytes)
                if let embedder = stats.embedder {
                    object["embedder"] = .members([
                        "model": .string(embedder.modelHash), "precision": .string(embedder.precision),
                        "dimension": .integer(embedder.dimension),
                    ])
                }
                return try StandardOutput.write(.object(vectors.adding(to: object)))
            }
            var text = Style.bold(stats.name) + "\n"
            text += "  documents  \(stats.documents)\n"
            text += "  passages   \(stats.passages), \(stats.characters) characters of text\n"
            text += "  size       \(Amount.bytes(stats.bytes))\n"
            if let embedder = stats.embedder {
                text +=
                    "  embedder   \(embedder.modelHash.prefix(12)), \(embedder.precision), dimension \(embedder.dimension)\n"
            }
            try StandardOutput.write(text + "  vectors    \(vectors.text)\n")
        }
    }
}

extension VectorStatistics {
    fileprivate func adding(to object: JSONObject) -> JSONObject {
        var object = object
        object["vectors"] = .integer(vectors)
        object["graph"] = .integer(inGraph)
        object["recall"] = recall.map(JSONValue.number) ?? .null
        return object
    }

    fileprivate var text: String {
        guard inGraph > 0 else { return "\(vectors), all compared" }
        let measured = recall.map { ", recall@10 \(Amount.fixed($0, 3)) on \(counted(sample ?? 0, "question"))" } ?? ""
        return "\(vectors), \(inGraph) in the graph of neighbours\(measured)"
    }
}
