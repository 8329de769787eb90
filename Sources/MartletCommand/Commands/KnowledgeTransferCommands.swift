// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Checkpoints
import Foundation
import Knowledge
import Tokenization

extension KnowledgeCommand {
    struct Export: AsyncParsableCommand, WithCommonOptions {
        static let configuration = CommandConfiguration(
            abstract: "Writes a knowledge base as lines of JSON: texts, passages, vectors and facts.",
            discussion: """
                EXAMPLES
                  martlet kb export notes.jsonl
                  martlet kb export - --kb work | gzip > work.jsonl.gz
                """
        )

        @Argument(help: "The file to write; `-` is standard output.")
        var file: String

        @OptionGroup var knowledge: KnowledgeOptions

        @OptionGroup var common: CommonOptions

        func validate() throws {
            if file == "-", common.json { throw ValidationError("--json prints a report; name a file for the archive") }
        }

        func run() async throws {
            let base = try await knowledge.open(common)
            if file == "-" {
                _ = try base.export { try StandardOutput.write([UInt8]($0)) }
                return
            }
            // Whole under its name, or not there.
            let partial = file + ".partial"
            guard FileManager.default.createFile(atPath: partial, contents: nil),
                let handle = FileHandle(forWritingAtPath: partial)
            else { throw CommandError(.cannotCreate, "`\(printable(partial))` cannot be made; check the folder") }
            let documents: Int
            do {
                documents = try base.export { try handle.write(contentsOf: $0) }
                try handle.synchronize()
                try handle.close()
                guard rename(partial, file) == 0 else { throw CocoaError(.fileWriteUnknown) }
            } catch {
                unlink(partial)
                if error is KnowledgeError { throw error }
                throw CommandError(
                    .cannotCreate,
                    "`\(printable(file))` cannot be written: \(error.localizedDescription)"
                )
            }
            if common.json {
                return try StandardOutput.write(.members(["documents": .integer(documents), "file": .string(file)]))
            }
            try StandardOutput.write(
                "\(knowledge.kb): \(counted(documents, "document")) written to \(printable(file))\n"
            )
        }
    }

    struct Import: AsyncParsableCommand, WithCommonOptions {
        static let configuration = CommandConfiguration(
            abstract: "Takes in what `kb export` wrote; documents that are there already are left alone.",
            discussion: """
                EXAMPLES
                  martlet kb import notes.jsonl
                  gunzip < work.jsonl.gz | martlet kb import - --kb work
                """
        )

        @Argument(help: "The file to read; `-` is standard input.")
        var file: String

        @OptionGroup var knowledge: KnowledgeOptions

        @OptionGroup var common: CommonOptions

        func run() async throws {
            let handle = file == "-" ? FileHandle.standardInput : FileHandle(forReadingAtPath: file)
            guard let handle else {
                throw CommandError(.noInput, "`\(printable(file))` cannot be opened; is it there?")
            }
            let base = try await KnowledgeBase.open(named: knowledge.kb, home: common.homeFolder(), creating: true)
            let input = ArchiveInput(handle: handle)
            let report = try await Interrupts.cancelling { try await base.importArchive { try input.next() } }
            if common.json {
                return try StandardOutput.write(
                    .members([
                        "added": .integer(report.added), "unchanged": .integer(report.unchanged),
                        "passages": .integer(report.passages), "facts": .integer(report.facts),
                    ])
                )
            }
            let added = "\(counted(report.added, "document")) added (\(counted(report.passages, "passage")))"
            let unchanged = report.unchanged > 0 ? ", \(report.unchanged) unchanged" : ""
            let facts = report.facts > 0 ? ", \(counted(report.facts, "new fact"))" : ""
            try StandardOutput.write("\(knowledge.kb): \(added)\(unchanged)\(facts)\n")
        }
    }
}

/// A file or standard input, read in pieces.
private final class ArchiveInput: @unchecked Sendable {
    // Safe: one task reads, and none other has it.
    private let handle: FileHandle

    init(handle: FileHandle) { self.handle = handle }

    func next() throws -> Data? {
        do {
            return try handle.read(upToCount: 1 << 20)
        } catch {
            throw CommandError(.io, "the archive cannot be read: \(error.localizedDescription)")
        }
    }
}
