// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Runs long computations on a thread of their own, so that Swift's small pool of threads stays free.
func onOwnThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        let thread = Thread { continuation.resume(with: Result(catching: body)) }
        thread.stackSize = 8 << 20
        thread.start()
    }
}
