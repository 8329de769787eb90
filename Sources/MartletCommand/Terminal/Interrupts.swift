// SPDX-License-Identifier: Apache-2.0
import Dispatch
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// What becomes of signals, and how the program leaves.
enum Interrupts {
    /// A closed pipe becomes an error of the write; Ctrl-C ends the program with 130.
    static func prepare() {
        signal(SIGPIPE, SIG_IGN)
        endAtInterrupt()
    }

    private static func endAtInterrupt() {
        signal(SIGINT) { _ in
            // Only what is safe in a signal handler.
            let line: StaticString = "error: interrupted\n"
            _ = write(STDERR_FILENO, line.utf8Start, line.utf8CodeUnitCount)
            _exit(130)
        }
    }

    /// Runs `body` as a task that Ctrl-C cancels; a second Ctrl-C ends the program.
    static func cancelling<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) async throws -> Value
    {
        let task = Task { try await body() }
        let count = Mutex(0)
        let source = DispatchSource.makeSignalSource(signal: SIGINT, queue: .global())
        source.setEventHandler {
            if count.withLock({
                $0 += 1; return $0
            }) > 1 {
                _exit(130)
            }
            task.cancel()
        }
        signal(SIGINT, SIG_IGN)
        source.resume()
        defer {
            source.cancel()
            endAtInterrupt()
        }
        return try await task.value
    }

    /// Ends the program without running destructors: threads may still be at work.
    static func leave(_ exit: Exit) -> Never { _exit(exit.rawValue) }
}
