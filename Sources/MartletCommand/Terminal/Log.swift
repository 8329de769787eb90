// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Synchronization

/// How much is told on standard error beside errors.
enum LogLevel: String, CaseIterable, ExpressibleByArgument, Comparable {
    case debug, info, warning, error

    static func < (first: LogLevel, second: LogLevel) -> Bool {
        (allCases.firstIndex(of: first) ?? 0) < (allCases.firstIndex(of: second) ?? 0)
    }
}

/// Notes on standard error, one line each.
enum Log {
    private static let level = Mutex(LogLevel.info)

    static func setLevel(_ value: LogLevel) { level.withLock { $0 = value } }

    static func debug(_ message: @autoclosure () -> String) { write(.debug, message) }
    static func info(_ message: @autoclosure () -> String) { write(.info, message) }
    static func warning(_ message: @autoclosure () -> String) { write(.warning, message) }

    private static func write(_ severity: LogLevel, _ message: () -> String) {
        guard level.withLock({ severity >= $0 }) else { return }
        StandardError.write(severity == .info ? "\(message())\n" : "\(severity.rawValue): \(message())\n")
    }
}
