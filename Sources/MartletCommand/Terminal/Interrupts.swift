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

    private static let presses = Atomic(0)

    /// Runs `body` as a task that Ctrl-C cancels; a second Ctrl-C ends the program.
    static func cancelling<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) async throws -> Value
    {
        let task = Task { try await body() }
        presses.store(0, ordering: .relaxed)
        signal(SIGINT) { _ in
            if Interrupts.presses.add(1, ordering: .relaxed).oldValue > 0 { _exit(130) }
        }
        // A dispatch source for the signal fires for the first of several in a row only, so the count is looked at.
        let timer = DispatchSource.makeTimerSource(queue: .global())
        timer.schedule(deadline: .now(), repeating: .milliseconds(20))
        timer.setEventHandler { if presses.load(ordering: .relaxed) > 0 { task.cancel() } }
        timer.resume()
        defer {
            timer.cancel()
            endAtInterrupt()
        }
        return try await task.value
    }

    /// Ends the program without running destructors: threads may still be at work.
    static func leave(_ exit: Exit) -> Never { _exit(exit.rawValue) }
}
