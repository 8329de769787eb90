// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Does to a knowledge base what crashes, failing disks and many processes do; `Scripts/prove.d/durability` calls it.
///
///     DurabilityRunner errors EVERY       an input/output error at each EVERYth operation, of each kind
///     DurabilityRunner power EVERY SEEDS  the power fails at each EVERYth operation
///     DurabilityRunner kills COUNT        kill -9 at random moments
///     DurabilityRunner flips COUNT SEED   single bits of the file changed
///     DurabilityRunner crowd SECONDS      four writers and four readers at once
///
/// A server's address in MARTLET_TEST_POSTGRESQL puts the knowledge bases of `kills` and `crowd` there; `work FOLDER` and
/// `check FOLDER STEPS` are for one who ends the server meanwhile (`Scripts/prove.d/postgresql`).
///
/// Each prints a line `NAME<tab>FIGURE<tab>COMPLAINT`; the complaint is empty where all is as it should be.
@main
enum DurabilityRunner {
    static func main() async throws {
        let arguments = Array(CommandLine.arguments.dropFirst())
        func number(_ place: Int) -> Int {
            guard arguments.count > place, let number = Int(arguments[place]), number > 0 else {
                fail("give a number after `\(arguments[0])`; see the head of DurabilityRunner.swift")
            }
            return number
        }
        switch arguments.first {
        case "errors": try await InjectedErrors(every: number(1)).run()
        case "power": try await PowerFailures(every: number(1), seeds: number(2)).run()
        case "kills": try await Kills(count: number(1)).run()
        case "flips": try await BitFlips(count: number(1), seed: UInt64(number(2))).run()
        case "crowd": try await Crowd(seconds: number(1)).run()
        case "check" where arguments.count == 3:
            // 0 is a count of steps too.
            guard let acknowledged = Int(arguments[2]) else { fail("`check` takes a folder and a number") }
            let script = try Script(URL(fileURLWithPath: arguments[1]))
            report("check", arguments[2], await PowerFailures.aftermath(script, acknowledged: acknowledged))
        case "work" where arguments.count > 1: try await Script.workInChild(Array(arguments.dropFirst()))
        case "write" where arguments.count == 4: try await Crowd.write(arguments[1], arguments[2], number(3))
        case "read" where arguments.count == 3: try await Crowd.read(arguments[1], number(2))
        default: fail("name one of: errors power kills flips crowd")
        }
    }

    static func fail(_ message: String) -> Never {
        FileHandle.standardError.write(Data("error: \(message)\n".utf8))
        exit(64)
    }

    /// A row of the result.
    static func report(_ name: String, _ figure: String, _ complaints: [String]) {
        let complaint = complaints.isEmpty ? "" : "\(complaints.count) times, first: \(complaints[0])"
        say("\(name)\t\(figure)\t\(complaint.replacing("\n", with: " ").replacing("\t", with: " "))")
    }

    /// A line on standard output, at once.
    static func say(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }
}
