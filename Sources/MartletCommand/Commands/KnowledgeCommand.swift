// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Checkpoints
import Foundation
import Knowledge
import Tokenization

struct KnowledgeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kb",
        abstract: "Takes in documents, searches them, and keeps them in order.",
        discussion: """
            EXAMPLES
              martlet kb add ~/notes
              martlet kb search "when is the rent due?"
            """,
        subcommands: [
            Add.self, Search.self, Show.self, List.self, Remove.self, Stats.self, Verify.self, Export.self, Import.self,
            Migrate.self, Terms.self, Index.self,
        ]
    )
}

extension KnowledgeCommand {
    struct Show: AsyncParsableCommand, WithCommonOptions {
        static let configuration = CommandConfiguration(
            abstract: "Shows what is known of a document, or its extracted text.",
            discussion: """
                EXAMPLES
                  martlet kb show notes/flat.md
                  martlet kb show notes/flat.md --text
                """
        )

        @Argument(help: "The document's name, as `martlet kb list` prints it.")
        var document: String

        @Flag(help: "Print the extracted text, exactly.")
        var text = false

        @OptionGroup var knowledge: KnowledgeOptions

        @OptionGroup var common: CommonOptions

        func run() async throws {
            let base = try await knowledge.open(common)
            if text, common.json {
                var whole = ""
                for try await piece in try base.text(of: document) { whole += piece }
                return try StandardOutput.write(.members(["document": .string(document), "text": .string(whole)]))
            }
            if text {
                for try await piece in try base.text(of: document) { try StandardOutput.write(piece) }
                return
            }
            let known = try base.document(named: document)
            if common.json { return try StandardOutput.write(known.json) }
            var text = Style.bold(printable(known.document)) + "\n"
            if let title = known.title { text += "  title      \(printable(title))\n" }
            text += "  format     \(known.format), \(known.encoding)\n"
            text += "  size       \(Amount.bytes(known.bytes)), \(known.characters) characters of text\n"
            text += "  passages   \(known.passages)\n"
            text += "  SHA-256    \(known.sha256)\n"
            text += "  added      \(known.added.ISO8601Format())\n"
            try StandardOutput.write(text)
        }
    }

    struct List: AsyncParsableCommand, WithCommonOptions {
        static let configuration = CommandConfiguration(
            abstract: "Lists the documents.",
            discussion: """
                EXAMPLES
                  martlet kb list
                  martlet kb list --kb work --json
                """
        )

        @OptionGroup var knowledge: KnowledgeOptions

        @OptionGroup var common: CommonOptions

        func run() async throws {
            let base = try await knowledge.open(common)
            let documents = try base.documents()
            if common.json { return try StandardOutput.write(.array(documents.map(\.json))) }
            var table = Table(["DOCUMENT", "TITLE", "FORMAT", "CHARACTERS", "PASSAGES", "ADDED"], alignsRight: [3, 4])
            for document in documents {
                table.append([
                    printable(document.document), printable(document.title ?? "–"), document.format,
                    "\(document.characters)", "\(document.passages)", String(document.added.ISO8601Format().prefix(10)),
                ])
            }
            if !documents.isEmpty { try StandardOutput.write(table.text + "\n") }
            let passages = documents.reduce(0) { $0 + $1.passages }
            var line = "\(knowledge.kb): \(counted(documents.count, "document")), \(counted(passages, "passage"))"
            if documents.isEmpty { line += "; add some with `martlet kb add PATH`" }
            let others = KnowledgeBase.names(home: try common.homeFolder()).filter { $0 != knowledge.kb }
            if !others.isEmpty { line += "; other knowledge bases: \(others.joined(separator: ", "))" }
            try StandardOutput.write(line + "\n")
        }
    }

    struct Remove: AsyncParsableCommand, WithCommonOptions {
        static let configuration = CommandConfiguration(
            abstract: "Removes documents, or all of a folder, with everything made from them.",
            discussion: """
                EXAMPLES
                  martlet kb remove notes/flat.md
                  martlet kb remove notes
                """
        )

        @Argument(help: "Names of documents or folders.")
        var documents: [String]

        @OptionGroup var knowledge: KnowledgeOptions

        @OptionGroup var common: CommonOptions

        func run() async throws {
            let removed = try await knowledge.open(common).remove(documents)
            if common.json {
                return try StandardOutput.write(.members(["removed": .array(removed.map(JSONValue.string))]))
            }
            for name in removed { try StandardOutput.write("removed \(printable(name))\n") }
        }
    }

    struct Verify: AsyncParsableCommand, WithCommonOptions {
        static let configuration = CommandConfiguration(
            abstract: "Checks that every stored byte is what was written.",
            discussion: """
                EXAMPLES
                  martlet kb verify
                  martlet kb verify --kb work --json
                """
        )

        @OptionGroup var knowledge: KnowledgeOptions

        @OptionGroup var common: CommonOptions

        func run() async throws {
            let report = try await knowledge.open(common).verify()
            if common.json {
                try StandardOutput.write(
                    .members([
                        "ok": .bool(report.problems.isEmpty),
                        "documents": .integer(report.documents),
                        "passages": .integer(report.passages),
                        "problems": .array(report.problems.map(JSONValue.string)),
                    ])
                )
            } else {
                for problem in report.problems { try StandardOutput.write("\(printable(problem))\n") }
            }
            guard report.problems.isEmpty else {
                throw CommandError(
                    .data,
                    "the knowledge base `\(knowledge.kb)` is damaged in \(counted(report.problems.count, "place")); "
                        + "remove the documents named and add them again"
                )
            }
            guard !common.json else { return }
            let size = "\(counted(report.documents, "document")), \(counted(report.passages, "passage"))"
            try StandardOutput.write("\(Style.green("ok"))  \(knowledge.kb): \(size), every byte as it was written\n")
        }
    }
}

/// `1 document`, `2 documents`.
func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }

extension DocumentDescription {
    fileprivate var json: JSONValue {
        .members([
            "document": .string(document),
            "title": .text(title),
            "format": .string(format),
            "encoding": .string(encoding),
            "bytes": .integer(bytes),
            "characters": .integer(characters),
            "passages": .integer(passages),
            "sha256": .string(sha256),
            "added": .string(added.ISO8601Format()),
        ])
    }
}
