// SPDX-License-Identifier: Apache-2.0
import CFaultyFiles
import Foundation
import Graphs
import Knowledge

/// Changes of a knowledge base, one after the other, and what must be in it after each: the before or the after of the
/// change that was cut short, never less than what was acknowledged.
struct Script {
    enum Step {
        case add(String, version: Int)
        case remove(String)
        /// Facts of one file, which go into the graph together.
        case importFacts(Int)
    }

    static let steps: [Step] = {
        var steps: [Step] = (0..<6).map { .add("\($0)", version: 0) }
        steps += [.add("1", version: 1), .remove("2"), .add("6", version: 0), .add("2", version: 1), .remove("0")]
        return steps + [.importFacts(0), .add("7", version: 0), .importFacts(1), .add("6", version: 1)]
    }()

    /// What stands for the graph among the documents of a state, with the number of files imported.
    private static let graph = "the graph"
    private static let factsOfFile = 60

    let folder: URL
    private var documents: URL { folder.appendingPathComponent("documents") }
    var home: URL { folder.appendingPathComponent("home") }
    var file: String { home.path + "/knowledge/default.sqlite" }

    init(_ folder: URL) throws {
        self.folder = folder
        try FileManager.default.createDirectory(at: documents, withIntermediateDirectories: true)
    }

    /// A script in a folder of its own, which is gone afterwards.
    static func inScratch<Value>(_ body: (Script) async throws -> Value) async throws -> Value {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("durability-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        return try await body(Script(folder))
    }

    private func path(_ name: String) -> String { documents.path + "/\(name).md" }

    /// A text of some passages; a version changes the second half of it.
    static func text(_ name: String, version: Int) -> String {
        let sections = (0..<(2 + (name.hashOfBytes % 5))).map { section in
            let lines = (0..<8).map { line in
                "Note \(name).\(section).\(line)\(section > 0 ? " of version \(version)" : "") says that lamp \(line * 7 + section) "
                    + "of the harbour is lit for \(line + 3) hours, 灯塔夜里发光。"
            }
            return "## Part \(section)\n\n" + lines.joined(separator: " ")
        }
        return "# Notes \(name)\n\n" + sections.joined(separator: "\n\n") + "\n"
    }

    /// The documents after a number of steps.
    func state(after count: Int) -> [String: Int] {
        var state: [String: Int] = [:]
        for step in Self.steps.prefix(count) {
            switch step {
            case .add(let name, let version): state[path(name)] = version
            case .remove(let name): state[path(name)] = nil
            case .importFacts: state[Self.graph, default: 0] += 1
            }
        }
        return state
    }

    func open() async throws -> KnowledgeBase {
        let server = ProcessInfo.processInfo.environment["MARTLET_TEST_POSTGRESQL"]
        return try await KnowledgeBase.open(
            named: server.map { "\($0)#\(folder.lastPathComponent)" } ?? "default",
            home: home,
            embedding: WordEmbedder.embedding,
            lockWait: 60
        )
    }

    func perform(_ step: Step, in base: KnowledgeBase) async throws {
        switch step {
        case .add(let name, let version):
            try Data(Self.text(name, version: version).utf8).write(to: URL(fileURLWithPath: path(name)))
            let report = try await base.add([path(name)])
            if let skipped = report.skipped.first {
                throw KnowledgeError(.badDocument, "\(skipped.path) was skipped: \(skipped.reason)")
            }
        case .remove(let name): try await base.remove([path(name)])
        case .importFacts(let number):
            let file = documents.path + "/facts\(number).nt"
            let facts = (0..<Self.factsOfFile).map { "<e:lamp\($0)> <e:seen\(number)> \"night \($0 % 7)\" .\n" }
            try Data(facts.joined().utf8).write(to: URL(fileURLWithPath: file))
            _ = try await base.importGraph(file, reader: RDFReader(.nTriples))
        }
    }

    /// All steps from a place on, each acknowledged.
    func perform(from start: Int = 0, acknowledge: (Int) -> Void = { _ in }) async throws {
        let base = try await open()
        for (number, step) in Self.steps.enumerated().dropFirst(start) {
            try await perform(step, in: base)
            acknowledge(number + 1)
        }
    }

    /// What is wrong with the knowledge base after a number of steps were acknowledged and perhaps another was done;
    /// with it the number of steps whose outcome is there.
    func complaint(acknowledged: Int) async -> (complaint: String?, steps: Int) {
        do {
            let base = try await open()
            let problems = try await base.verify().problems
            if let problem = problems.first { return ("verify: \(problem)", 0) }
            var found: [String: Int] = [:]
            for document in try base.documents() {
                var text = ""
                for try await piece in try base.text(of: document.document) { text += piece }
                let name = URL(fileURLWithPath: document.document).deletingPathExtension().lastPathComponent
                guard let version = [0, 1].first(where: { Self.text(name, version: $0) == text }) else {
                    return ("\(document.document) is neither as before nor as after", 0)
                }
                found[document.document] = version
                let probe = "Note \(name).1.3 of version \(version)"
                guard try await base.search(probe, top: 30, mode: .lexical).contains(where: { $0.text.contains(probe) })
                else { return ("\(document.document) is not found by its words", 0) }
            }
            let facts = try base.graphStatistics().asserted
            guard facts % Self.factsOfFile == 0 else { return ("\(facts) facts are part of a file", 0) }
            if facts > 0 { found[Self.graph] = facts / Self.factsOfFile }
            for steps in [acknowledged + 1, acknowledged] where found == state(after: steps) { return (nil, steps) }
            return (
                "after \(acknowledged) steps: \(found.count) documents, \(state(after: acknowledged).count) expected", 0
            )
        } catch {
            return ("\(error)", 0)
        }
    }

    /// What a child process does: the script in a folder, each step acknowledged by a line; with a number, the power
    /// fails at that operation.
    static func workInChild(_ arguments: [String]) async throws {
        if arguments.count == 3, let at = Int64(arguments[1]), let seed = UInt64(arguments[2]) {
            guard faulty_install() == 0 else { DurabilityRunner.fail("the failing file system cannot be installed") }
            faulty_arm(faulty_crash, at, 0, seed)
        }
        do {
            try await Script(URL(fileURLWithPath: arguments[0])).perform { DurabilityRunner.say("\($0)") }
        } catch let error as KnowledgeError {
            // As a user would see it: a kind and a line.
            FileHandle.standardError.write(Data("\(error.code): \(error)\n".utf8))
            exit(Int32(error.code.exitCode))
        }
        DurabilityRunner.say("end \(faulty_operations())")
    }
}

extension String {
    /// The same in every process.
    var hashOfBytes: Int { utf8.reduce(7) { ($0 &* 31 &+ Int($1)) & 0xFFFF } }
}
