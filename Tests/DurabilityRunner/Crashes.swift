// SPDX-License-Identifier: Apache-2.0
import Foundation

/// A child process that works on the script until it ends or is ended.
struct Child {
    /// Steps that it acknowledged.
    var acknowledged = 0
    /// Operations of the whole script; nil where it did not come to the end.
    var operations: Int64?
    var seconds = 0.0
    var said = ""

    /// Runs it, and kills it after a time.
    init(_ arguments: [String], killedAfter limit: Double? = nil) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: CommandLine.arguments[0])
        process.arguments = arguments
        let (output, errors) = (Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = errors
        let began = ContinuousClock.now
        try process.run()
        if let limit {
            Thread.sleep(forTimeInterval: limit)
            kill(process.processIdentifier, SIGKILL)
        }
        let lines = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        said = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        seconds = (ContinuousClock.now - began) / .seconds(1)
        for line in lines.split(separator: "\n") {
            if let step = Int(line) { acknowledged = step }
            if line.hasPrefix("end ") { operations = Int64(line.dropFirst(4)) }
        }
    }
}

/// The power fails at an operation: of what was written and not synced, sectors are lost, in any order.
struct PowerFailures {
    let every: Int
    let seeds: Int

    func run() async throws {
        var complaints: [String] = []
        var failures = 0
        for seed in 1...seeds {
            var operation = 1 + (seed - 1) % every
            while true {
                let ended = try await Script.inScratch { script in
                    let child = try Child(["work", script.folder.path, "\(operation)", "\(seed)"])
                    if child.operations != nil { return true }
                    failures += 1
                    // What only the memory knew is gone too.
                    try? FileManager.default.removeItem(atPath: script.file + "-shm")
                    let place = "operation \(operation), seed \(seed)"
                    if !child.said.isEmpty { complaints.append("\(place): \(child.said)") }
                    complaints += await Self.aftermath(script, acknowledged: child.acknowledged).map {
                        "\(place): \($0)"
                    }
                    return false
                }
                if ended { break }
                operation += every
            }
        }
        DurabilityRunner.report("power failures", "\(failures)", complaints)
    }

    /// What is wrong after a child was ended: lost, partial, or not to be completed.
    static func aftermath(_ script: Script, acknowledged: Int) async -> [String] {
        let (complaint, steps) = await script.complaint(acknowledged: acknowledged)
        if let complaint { return [complaint] }
        do { try await script.perform(from: steps) } catch { return ["afterwards: \(error)"] }
        return await script.complaint(acknowledged: Script.steps.count).complaint.map { [$0] } ?? []
    }
}

/// `kill -9` at random moments.
struct Kills {
    let count: Int

    func run() async throws {
        let whole = try await Script.inScratch { script in try Child(["work", script.folder.path]).seconds }
        var complaints: [String] = []
        var killed = 0
        var between = 0
        while killed < count {
            try await Script.inScratch { script in
                let child = try Child(["work", script.folder.path], killedAfter: .random(in: 0...whole * 1.1))
                if child.operations != nil { return }
                killed += 1
                if (1..<Script.steps.count).contains(child.acknowledged) { between += 1 }
                if !child.said.isEmpty { complaints.append(child.said) }
                complaints += await PowerFailures.aftermath(script, acknowledged: child.acknowledged).map {
                    "after \(child.acknowledged) steps: \($0)"
                }
            }
        }
        DurabilityRunner.report("kill -9", "\(killed), \(between) of them between steps", complaints)
    }
}
