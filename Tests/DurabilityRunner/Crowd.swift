// SPDX-License-Identifier: Apache-2.0
import Foundation
import Knowledge

/// Four processes that write and four that read one knowledge base, for a time.
struct Crowd {
    let seconds: Int

    func run() async throws {
        try await Script.inScratch { script in
            try await Self.addFirst(script)
            let folder = script.folder.path
            let results = try await withThrowingTaskGroup(of: Output.self) { group in
                for writer in 0..<4 {
                    group.addTask { try await Output(["write", folder, "\(writer)", "\(seconds)"]) }
                }
                for _ in 0..<4 { group.addTask { try await Output(["read", folder, "\(seconds)"]) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            var complaints = results.flatMap(\.complaints)
            let acknowledged = results.reduce(into: [:]) { $0.merge($1.acknowledged) { one, _ in one } }
            let base = try await script.open()
            var found: [String: String] = [:]
            for document in try base.documents() {
                for try await piece in try base.text(of: document.document) {
                    found[document.document, default: ""] += piece
                }
            }
            for (path, version) in acknowledged {
                let name = URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent
                if found[path] != Script.text(name, version: version) {
                    complaints.append("\(path) is not what was last added")
                }
            }
            complaints += try await base.verify().problems
            let (writes, reads) = (results.reduce(0) { $0 + $1.writes }, results.reduce(0) { $0 + $1.reads })
            let figure = "\(seconds) s: \(writes) changes, \(reads) reads, \(acknowledged.count) documents"
            DurabilityRunner.report("four writers, four readers", figure, complaints)
        }
    }

    private static func addFirst(_ script: Script) async throws {
        try await script.perform(Script.steps[0], in: script.open())
    }

    /// What a child said.
    private struct Output: Sendable {
        var complaints: [String] = []
        var acknowledged: [String: Int] = [:]
        var writes = 0
        var reads = 0

        init(_ arguments: [String]) async throws {
            let text = try await withCheckedThrowingContinuation {
                (continuation: CheckedContinuation<String, any Error>) in
                Thread.detachNewThread {
                    let process = Process()
                    process.executableURL = URL(fileURLWithPath: CommandLine.arguments[0])
                    process.arguments = arguments
                    let output = Pipe()
                    process.standardOutput = output
                    process.standardError = output
                    do { try process.run() } catch { return continuation.resume(throwing: error) }
                    let data = output.fileHandleForReading.readDataToEndOfFile()
                    process.waitUntilExit()
                    let end = process.terminationStatus == 0 ? "" : "\nended with \(process.terminationStatus)"
                    continuation.resume(returning: String(decoding: data, as: UTF8.self) + end)
                }
            }
            for line in text.split(separator: "\n") {
                let parts = line.split(separator: "\t")
                if parts.count == 3, parts[0] == "wrote", let version = Int(parts[2]) {
                    acknowledged[String(parts[1])] = version
                    writes += 1
                } else if parts.count == 2, parts[0] == "read", let count = Int(parts[1]) {
                    reads += count
                } else {
                    complaints.append(String(line))
                }
            }
        }
    }

    /// A writer: its own documents, added, changed and now and then removed.
    static func write(_ folder: String, _ writer: String, _ seconds: Int) async throws {
        let script = try Script(URL(fileURLWithPath: folder))
        let base = try await script.open()
        let end = ContinuousClock.now.advanced(by: .seconds(seconds))
        var round = 0
        while ContinuousClock.now < end {
            let name = "w\(writer)-\(round % 23)"
            let version = round / 23 % 2
            try await script.perform(.add(name, version: version), in: base)
            DurabilityRunner.say("wrote\t\(folder)/documents/\(name).md\t\(version)")
            round += 1
        }
    }

    /// A reader: what is listed has all of its text, and what is found stands in it.
    static func read(_ folder: String, _ seconds: Int) async throws {
        let script = try Script(URL(fileURLWithPath: folder))
        let end = ContinuousClock.now.advanced(by: .seconds(seconds))
        var reads = 0
        var base = try await script.open()
        while ContinuousClock.now < end {
            if reads % 50 == 0 { base = try await script.open() }
            let hits = try await base.search(
                "lamp \(reads % 40) of the harbour",
                top: 5,
                mode: reads % 2 == 0 ? .hybrid : .lexical
            )
            if hits.isEmpty { DurabilityRunner.say("a search found nothing") }
            for hit in hits where !hit.text.contains("lamp") { DurabilityRunner.say("found \(hit.text.prefix(40))") }
            reads += 1
        }
        DurabilityRunner.say("read\t\(reads)")
    }
}
