// SPDX-License-Identifier: Apache-2.0
import CFaultyFiles
import Foundation
import Knowledge

/// The input/output-error loop of SQLite's own tests: the k-th operation fails, for k = 1, 2, … until all goes well;
/// once, and for good until the step has failed. https://www.sqlite.org/testing.html#i_o_error_testing
struct InjectedErrors {
    let every: Int

    private static let kinds: [(name: String, kind: faulty_kind)] = [
        ("input/output error", faulty_error), ("disk full", faulty_full), ("short write", faulty_short),
    ]

    func run() async throws {
        guard faulty_install() == 0 else { DurabilityRunner.fail("the failing file system cannot be installed") }
        for (name, kind) in Self.kinds {
            for persistent in [false, true] {
                var complaints: [String] = []
                var runs = 0
                var failures = 0
                var operation: Int64 = 1
                while true {
                    let (outcome, ended) = try await Script.inScratch { script in
                        await Self.strike(script, kind: kind, at: operation, persistent: persistent)
                    }
                    if ended { break }
                    runs += 1
                    if outcome.failed { failures += 1 }
                    if let complaint = outcome.complaint { complaints.append("operation \(operation): \(complaint)") }
                    operation += Int64(every)
                }
                let times = persistent ? "for good" : "once"
                DurabilityRunner.report("\(name), \(times)", "\(runs) operations, \(failures) steps failed", complaints)
            }
        }
    }

    /// One run of the script with one fault, and what is wrong afterwards; `ended` where the script is shorter.
    private static func strike(
        _ script: Script,
        kind: faulty_kind,
        at operation: Int64,
        persistent: Bool
    ) async -> (outcome: (failed: Bool, complaint: String?), ended: Bool) {
        var done = 0
        var failure: (any Error)?
        faulty_arm(kind, operation, persistent ? 1 : 0, 1)
        do { try await script.perform { done = $0 } } catch { failure = error }
        let ended = faulty_operations() < operation
        faulty_disarm()
        if ended { return ((false, nil), true) }
        guard let failure else {
            // A failed checkpoint is made up for later.
            let (complaint, _) = await script.complaint(acknowledged: Script.steps.count)
            return ((false, complaint), false)
        }
        guard let typed = failure as? KnowledgeError else { return ((true, "no typed error: \(failure)"), false) }
        guard [.noSpace, .notWritable, .damaged, .busy].contains(typed.code) else {
            return ((true, "ended with \(typed.code): \(typed.message)"), false)
        }
        let (complaint, steps) = await script.complaint(acknowledged: done)
        if let complaint { return ((true, complaint), false) }
        do { try await script.perform(from: steps) } catch { return ((true, "afterwards: \(error)"), false) }
        let (later, _) = await script.complaint(acknowledged: Script.steps.count)
        return ((true, later), false)
    }
}
