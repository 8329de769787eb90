// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Checkpoints
import Knowledge
import Tokenization

extension KnowledgeCommand {
    struct Add: AsyncParsableCommand, WithCommonOptions {
        static let configuration = CommandConfiguration(
            abstract: "Takes in documents, pictures, films, sounds and web pages; again later, only what changed.",
            discussion: """
                EXAMPLES
                  martlet kb add ~/notes
                  martlet kb add handbook.html README.md --kb work --json
                  martlet kb add ~/notes --watch
                  martlet kb add https://www.debian.org/intro/why_debian
                """
        )

        @Argument(help: "Files, folders and addresses of pages.")
        var paths: [String]

        @OptionGroup var knowledge: KnowledgeOptions

        @OptionGroup var embedder: EmbedderOptions

        @Flag(name: [.long, .customShort("y")], help: "Fetch the embedder without asking if it is not here.")
        var yes = false

        @Flag(help: "Go on: take in what is new or changed and remove what is gone, until Ctrl-C.")
        var watch = false

        @OptionGroup var common: CommonOptions

        func run() async throws {
            let known = try await knowledge.openIfPresent(common)
            let embedding = try await embedder.load(isAgreed: yes, for: known)
            let base = try await KnowledgeBase.open(
                named: knowledge.kb,
                home: common.homeFolder(),
                embedding: embedding,
                creating: true
            )
            let bar = ProgressBar(.items)
            let (paths, command) = (paths, self)
            let show: @Sendable (IngestionProgress) -> Void = { progress in
                bar.update("documents", done: progress.done, total: progress.total)
            }
            if watch {
                do {
                    try await Interrupts.cancelling {
                        try await base.watch(paths, progress: show) { round in
                            bar.clear()
                            try command.write(round.ingestion, removed: round.removed)
                        }
                    }
                } catch is CancellationError {
                    return
                }
            }
            let report = try await Interrupts.cancelling { try await base.add(paths, progress: show) }
            bar.clear()
            try write(report)
            guard report.added + report.unchanged == 0 else { return }
            guard let first = report.skipped.first else {
                throw CommandError(.noInput, "there is no document in \(paths.map(printable).joined(separator: ", "))")
            }
            let exit = Exit(rawValue: first.code.exitCode) ?? .data
            throw CommandError(exit, "nothing went in: \(printable(first.path)): \(printable(first.reason))")
        }

        private func write(_ report: IngestionReport, removed: [String]? = nil) throws {
            if common.json {
                return try StandardOutput.write(report.json(removed: removed))
            }
            try StandardOutput.write(text(report, removed: removed ?? []))
        }

        private func text(_ report: IngestionReport, removed: [String]) -> String {
            var text = removed.map { "removed \(printable($0)): its file is gone\n" }.joined()
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
    /// `removed` is there where files are watched.
    fileprivate func json(removed: [String]?) -> JSONValue {
        var object = JSONObject()
        object["added"] = .integer(added)
        object["unchanged"] = .integer(unchanged)
        object["skipped"] = .array(
            skipped.map { .members(["path": .string($0.path), "reason": .string($0.reason)]) }
        )
        object["passages"] = .integer(passages)
        object["converted"] = .array(
            converted.map {
                .members([
                    "path": .string($0.path), "encoding": .string($0.encoding), "replaced": .integer($0.replaced),
                ])
            }
        )
        if let removed { object["removed"] = .array(removed.map(JSONValue.string)) }
        return .object(object)
    }
}
