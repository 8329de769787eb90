// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import Tensors

/// A number that decides every draw; a negative one counts as its two's complement.
struct Seed: ExpressibleByArgument {
    let value: UInt64

    init(_ value: UInt64) { self.value = value }

    init?(argument: String) {
        if let value = UInt64(argument) {
            self.value = value
        } else if let value = Int64(argument) {
            self.value = UInt64(bitPattern: value)
        } else {
            return nil
        }
    }
}

/// What goes with every command.
struct CommonOptions: ParsableArguments {
    @Flag(name: .long, help: "Print JSON on standard output and nothing else there.")
    var json = false

    @Option(help: "Threads of the computation (default: what this process may use, at most the physical cores).")
    var threads: Int?

    @Option(parsing: .unconditional, help: "The number that decides every random draw.")
    var seed: Seed?

    @Option(help: "What to tell on standard error beside errors: debug, info, warning or error.")
    var logLevel = LogLevel.info

    @Option(help: "Where state lies (default: $MARTLET_HOME, else $XDG_DATA_HOME/martlet or ~/.local/share/martlet).")
    var home: String?

    func validate() throws {
        if let threads, !(1...1024).contains(threads) {
            throw ValidationError("--threads is \(threads); give a number from 1 to 1024")
        }
        if let home, home.isEmpty { throw ValidationError("--home is empty; name a folder") }
    }

    /// Makes the options count.
    func apply() throws {
        Log.setLevel(logLevel)
        if let threads { Processor.threads = threads }
        Log.debug("kernels: \(Processor.instructionSet.rawValue), \(counted(Processor.threads, "thread"))")
    }

    /// The folder of all state; it need not exist yet.
    func homeFolder() throws -> URL {
        let environment = ProcessInfo.processInfo.environment
        if let home { return URL(fileURLWithPath: home, isDirectory: true) }
        if let home = environment["MARTLET_HOME"], !home.isEmpty {
            return URL(fileURLWithPath: home, isDirectory: true)
        }
        if let data = environment["XDG_DATA_HOME"], data.hasPrefix("/") {
            return URL(fileURLWithPath: "\(data)/martlet", isDirectory: true)
        }
        if let home = environment["HOME"], !home.isEmpty {
            return URL(fileURLWithPath: "\(home)/.local/share/martlet", isDirectory: true)
        }
        throw CommandError(.configuration, "neither MARTLET_HOME nor HOME is set; set one, or give --home DIR")
    }
}
