// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Checkpoints
import Foundation
import Graphs
import Knowledge
import Tokenization

extension GraphCommand {
    struct Facts: AsyncParsableCommand, WithCommonOptions {
        static let configuration = CommandConfiguration(
            abstract: "Lists the facts about something, with where they come from and when they hold.",
            discussion: """
                EXAMPLES
                  martlet graph facts '<http://example.org/boiler>'
                  martlet graph facts :boiler --at 2025-06-30
                  martlet graph facts :boiler --past --json
                """
        )

        @Argument(help: "The subject as Turtle writes it; prefixes are those of imported files.")
        var subject: String

        @Option(help: ArgumentHelp("Those that held then: 2026-01-31 or 2026-01-31T12:00:00Z.", valueName: "time"))
        var at: MomentOption?

        @Flag(help: "Those that hold no more, too.")
        var past = false

        @OptionGroup var knowledge: KnowledgeOptions

        @OptionGroup var common: CommonOptions

        func validate() throws {
            if at != nil, past { throw ValidationError("--at and --past exclude one another") }
        }

        func run() async throws {
            let kb = try await knowledge.open(common)
            let term = try Term(parsing: subject, prefixes: kb.graphPrefixes())
            let facts = try kb.facts(subject: term, at: at?.date, includingPast: past)
            if common.json {
                return try StandardOutput.write(.members(["facts": .array(facts.map(\.json))]))
            }
            if facts.isEmpty { Log.warning("no facts about \(printable(subject)) in `\(printable(kb.name))`") }
            for fact in facts {
                let terms = fact.terms.map(\.nTriples).joined(separator: " ")
                try StandardOutput.write("\(printable(terms))  [\(printable(fact.remarks.joined(separator: ", ")))]\n")
            }
        }
    }
}

extension Fact {
    fileprivate var terms: [Term] { [quad.triple.subject, quad.triple.predicate, quad.triple.object] }

    fileprivate var remarks: [String] {
        var remarks = [rule.map { "inferred by \($0)" } ?? origin.document.map { "from \($0)" } ?? "asserted"]
        if let from = origin.validFrom { remarks.append("from \(from.ISO8601Format())") }
        if let to = origin.validTo { remarks.append("until \(to.ISO8601Format())") }
        if let confidence = origin.confidence { remarks.append("confidence \(confidence)") }
        return remarks
    }

    fileprivate var json: JSONValue {
        .members([
            "triple": .array(terms.map { .string($0.nTriples) }), "graph": .text(quad.graph?.nTriples),
            "document": .text(origin.document), "passage": .text(origin.passage),
            "valid_from": .text(origin.validFrom?.ISO8601Format()), "valid_to": .text(origin.validTo?.ISO8601Format()),
            "confidence": origin.confidence.map(JSONValue.number) ?? .null, "rule": .text(rule),
        ])
    }
}
