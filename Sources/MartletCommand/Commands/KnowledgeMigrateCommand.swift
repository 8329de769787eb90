// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Checkpoints
import Foundation
import Knowledge
import Tokenization

extension KnowledgeCommand {
    struct Migrate: AsyncParsableCommand, WithCommonOptions {
        static let configuration = CommandConfiguration(
            abstract: "Copies a knowledge base into another one, from a file to a PostgreSQL database or back.",
            discussion: """
                A name is that of a file in Martlet's home; an address is that of a database with pgvector, as libpq \
                takes it, with the knowledge base's name after `#` (default: default). Every command takes such an \
                address for --kb. The password comes from PGPASSWORD or ~/.pgpass. What is there already is left \
                alone, and the old one stays: run `martlet kb verify --kb NEW`, then remove it.

                EXAMPLES
                  martlet kb migrate default postgresql://martlet@db.example.org/knowledge
                  martlet kb migrate "postgresql://martlet@localhost/knowledge#work" work
                """
        )

        @Argument(help: ArgumentHelp("The knowledge base to copy.", valueName: "from"))
        var source: String

        @Argument(help: ArgumentHelp("The one to copy into; it is made where there is none.", valueName: "to"))
        var target: String

        @OptionGroup var common: CommonOptions

        func run() async throws {
            guard source != target else { throw ValidationError("a knowledge base cannot be copied into itself") }
            let home = try common.homeFolder()
            let from = try await KnowledgeBase.open(named: source, home: home)
            let to = try await KnowledgeBase.open(named: target, home: home, creating: true)
            let report = try await Interrupts.cancelling { try await from.copy(to: to) }
            let (documents, passages) = (report.added, report.passages)
            if common.json {
                return try StandardOutput.write(
                    .members([
                        "added": .integer(documents), "unchanged": .integer(report.unchanged),
                        "passages": .integer(passages), "facts": .integer(report.facts),
                    ])
                )
            }
            let added = "\(counted(documents, "document")) (\(counted(passages, "passage")))"
            let facts = report.facts > 0 ? " and \(counted(report.facts, "fact"))" : ""
            let unchanged = report.unchanged > 0 ? "; \(report.unchanged) were there" : ""
            try StandardOutput.write(
                "\(printable(to.name)): \(added)\(facts) copied from \(printable(from.name))\(unchanged)\n"
            )
        }
    }
}
