// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Checkpoints
import Knowledge
import Tokenization

extension KnowledgeCommand {
    struct Add: AsyncParsableCommand, WithCommonOptions {
        static let configuration = CommandConfiguration(
            abstract: "Takes in files and folders of text, Markdown and HTML; again later, only what changed.",
            discussion: """
                EXAMPLES
                  martlet kb add ~/notes
                  martlet kb add handbook.html README.md --kb work --json
                """
        )

        @Argument(help: "Files and folders.")
        var paths: [String]

        @OptionGroup var knowledge: KnowledgeOptions

        @OptionGroup var embedder: EmbedderOptions

        @Flag(name: [.long, .customShort("y")], help: "Fetch the embedder without asking if it is not here.")
        var yes = false

        @Flag(help: .hidden) var watch = false

        @OptionGroup var common: CommonOptions

        func validate() throws {
            if watch { throw ValidationError("--watch is not built yet; leave it out") }
            if let address = paths.first(where: { $0.hasPrefix("http://") || $0.hasPrefix("https://") }) {
                throw ValidationError(
                    "\(address) is a web address, which is not built yet; save the page and add the file"
                )
            }
        }

        func run() async throws {
            let embedding = try await embedder.load(isAgreed: yes)
            let base = try await KnowledgeBase.open(
                named: knowledge.kb,
                home: common.homeFolder(),
                embedding: embedding,
                creating: true
            )
            let bar = ProgressBar(.items)
            let paths = paths
            let report = try await Interrupts.cancelling {
                try await base.add(paths) { progress in
                    bar.update("documents", done: progress.done, total: progress.total)
                }
            }
            bar.clear()
            try StandardOutput.write(
                common.json ? String(decoding: JSONText(report.json).bytes, as: UTF8.self) + "\n" : text(report)
            )
            guard report.added + report.unchanged == 0 else { return }
            guard let first = report.skipped.first else {
                throw CommandError(.noInput, "there is no document in \(paths.map(printable).joined(separator: ", "))")
            }
            let exit = Exit(rawValue: first.code.exitCode) ?? .data
            throw CommandError(exit, "nothing went in: \(printable(first.path)): \(printable(first.reason))")
        }

        private func text(_ report: IngestionReport) -> String {
            var text = ""
            for file in report.converted {
                let replaced = file.replaced == 0 ? "" : ", \(counted(file.replaced, "place")) unreadable"
                text += "converted \(printable(file.path)) from \(file.encoding)\(replaced)\n"
            }
            for skipped in report.skipped {
                text += Style.yellow("skipped") + " \(printable(skipped.path)): \(printable(skipped.reason))\n"
            }
            var parts = ["\(counted(report.added, "document")) added (\(counted(report.passages, "passage")))"]
            if report.unchanged > 0 { parts.append("\(report.unchanged) unchanged") }
            if !report.skipped.isEmpty { parts.append("\(report.skipped.count) skipped") }
            return text + "\(knowledge.kb): \(parts.joined(separator: ", "))\n"
        }
    }
}

extension IngestionReport {
    fileprivate var json: JSONValue {
        .members([
            "added": .integer(added),
            "unchanged": .integer(unchanged),
            "skipped": .array(
                skipped.map { .members(["path": .string($0.path), "reason": .string($0.reason)]) }
            ),
            "passages": .integer(passages),
            "converted": .array(
                converted.map {
                    .members([
                        "path": .string($0.path), "encoding": .string($0.encoding), "replaced": .integer($0.replaced),
                    ])
                }
            ),
        ])
    }
}
