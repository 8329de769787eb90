// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Checkpoints
import Foundation
import Graphs
import Knowledge
import Tokenization

extension GraphCommand {
    struct Infer: AsyncParsableCommand, WithCommonOptions {
        static let configuration = CommandConfiguration(
            abstract: "Infers what follows from the facts by RDFS, the core of OWL 2 RL, and rules of your own.",
            discussion: """
                A rule is a line such as
                  @prefix : <http://example.org/> .
                  ?x :parent ?y, ?y :parent ?z -> ?x :grandparent ?z .

                EXAMPLES
                  martlet graph infer
                  martlet graph infer --rules family.rules --kb work --json
                """
        )

        @Option(help: ArgumentHelp("A file of rules beside those of the ontology.", valueName: "file"))
        var rules: [String] = []

        @Flag(help: "Use the rules of the files alone.")
        var withoutOntology = false

        @OptionGroup var knowledge: KnowledgeOptions

        @OptionGroup var common: CommonOptions

        func run() async throws {
            var all = withoutOntology ? [] : try Ontology.rules()
            for file in rules {
                guard let text = try? String(contentsOfFile: file, encoding: .utf8) else {
                    throw CommandError(.noInput, "`\(printable(file))` cannot be read; is it there, and a text?")
                }
                all += try RuleReader.rules(of: text, name: file)
            }
            let kb = try await knowledge.open(common)
            let chosen = all
            let result = try await Interrupts.cancelling { try await kb.infer(chosen) }
            if common.json {
                return try StandardOutput.write(
                    .members(["inferred": .integer(result.facts), "seconds": .number(result.seconds)])
                )
            }
            let seconds = String(format: "%.2f", result.seconds)
            try StandardOutput.write("\(knowledge.kb): \(counted(result.facts, "fact")) inferred in \(seconds) s\n")
        }
    }

    struct Explain: AsyncParsableCommand, WithCommonOptions {
        static let configuration = CommandConfiguration(
            abstract: "Shows why a fact holds: rules and premises down to what was asserted.",
            discussion: """
                EXAMPLES
                  martlet graph explain '<http://example.org/a> <http://example.org/grandparent> <http://example.org/c>'
                  martlet graph explain ':a :grandparent :c' --json
                """
        )

        @Argument(help: "Subject, predicate and object as Turtle writes them; prefixes are those of imported files.")
        var triple: String

        @OptionGroup var knowledge: KnowledgeOptions

        @OptionGroup var common: CommonOptions

        func run() async throws {
            let kb = try await knowledge.open(common)
            let proof = try kb.explain(Triple(parsing: triple, prefixes: kb.graphPrefixes()))
            if common.json { return try StandardOutput.write(proof.json) }
            try StandardOutput.write(proof.tree(indent: ""))
        }
    }
}

extension GraphProof {
    private var terms: [String] { [fact.triple.subject, fact.triple.predicate, fact.triple.object].map(\.nTriples) }

    fileprivate var json: JSONValue {
        .members([
            "triple": .array(terms.map(JSONValue.string)), "graph": .text(fact.graph?.nTriples), "rule": .text(rule),
            "document": .text(document), "passage": .text(passage), "premises": .array(premises.map(\.json)),
        ])
    }

    fileprivate func tree(indent: String) -> String {
        let why = rule.map { "by \($0)" } ?? document.map { "asserted, from \($0)" } ?? "asserted"
        let line = "\(indent)\(printable(terms.joined(separator: " ")))  [\(printable(why))]\n"
        return premises.reduce(line) { $0 + $1.tree(indent: indent + "  ") }
    }
}
