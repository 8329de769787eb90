// SPDX-License-Identifier: Apache-2.0
import Foundation

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// One writer at a time, in this process and in others: an advisory lock on a file beside the database. SQLite before
/// 3.51.3 can corrupt a database when two connections write or checkpoint in WAL mode together. The system releases
/// the lock of a process that dies.
final class FileLock: WriteLock {
    private let descriptor: Int32

    /// Waits for the lock, at most `seconds`.
    init(path: String, seconds: Double) async throws {
        let opened = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard opened >= 0 else {
            let code = errno
            throw KnowledgeError(
                code == ENOSPC ? .noSpace : .notWritable,
                "`\(path)` cannot be opened to lock the knowledge base: \(String(cString: strerror(code)))",
                subject: path
            )
        }
        let deadline = ContinuousClock.now.advanced(by: .seconds(seconds))
        while flock(opened, LOCK_EX | LOCK_NB) != 0 {
            let code = errno
            if code != EWOULDBLOCK, code != EINTR {
                close(opened)
                throw KnowledgeError(
                    .notWritable,
                    "`\(path)` cannot be locked: \(String(cString: strerror(code)))",
                    subject: path
                )
            }
            if ContinuousClock.now >= deadline {
                close(opened)
                throw KnowledgeError(
                    .busy,
                    "another process has been writing to this knowledge base for \(Int(seconds)) s (`\(path)`); try again later",
                    subject: path
                )
            }
            do {
                try await Task.sleep(for: .milliseconds(10))
            } catch {
                close(opened)
                throw error
            }
        }
        descriptor = opened
    }

    deinit { close(descriptor) }
}
