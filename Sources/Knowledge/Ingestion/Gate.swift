// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// Lets tasks pass or wait. Embedding keeps all cores busy and its threads wait for each other at every product, so
/// that another task on one of their cores slows all of them down: who reads ahead waits meanwhile.
final class Gate: Sendable {
    private struct State {
        var isClosed = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    /// Waits while it is closed.
    func pass() async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            let passes = state.withLock { state in
                if state.isClosed { state.waiting.append(continuation) }
                return !state.isClosed
            }
            if passes { continuation.resume() }
        }
    }

    /// Runs `body` with nobody passing.
    func closed<Value>(_ body: () async throws -> Value) async rethrows -> Value {
        state.withLock { $0.isClosed = true }
        defer {
            let waiting = state.withLock { state in
                state.isClosed = false
                defer { state.waiting = [] }
                return state.waiting
            }
            for continuation in waiting { continuation.resume() }
        }
        return try await body()
    }
}
