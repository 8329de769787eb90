// SPDX-License-Identifier: Apache-2.0
import Foundation

extension KnowledgeBase {
    /// Copies all of it into another knowledge base, in whichever database either is; what is there already is left
    /// alone, so that a copy that was cut short goes on where it ended.
    ///
    /// Throws what `export` and `importArchive` throw. Cost: reads all of it once; memory stays flat.
    public func copy(to other: KnowledgeBase) async throws -> IngestionReport {
        let pipe = ArchivePipe()
        Thread.detachNewThread {
            do {
                _ = try self.export { try pipe.put($0) }
                pipe.end(nil)
            } catch {
                pipe.end(error)
            }
        }
        defer { pipe.close() }
        return try await other.importArchive { try pipe.next() }
    }
}

/// The bytes between one that exports and one that imports at the same time.
private final class ArchivePipe: @unchecked Sendable {
    // Safe: all of it is used under `state`.
    private let state = NSCondition()
    private var parts: [Data] = []
    private var size = 0
    private var isAtEnd = false
    private var isClosed = false
    private var failure: (any Error)?

    /// Bytes waiting at most.
    private static let limit = 8 << 20

    func put(_ data: Data) throws {
        state.lock()
        defer { state.unlock() }
        while size >= Self.limit, !isClosed { state.wait() }
        if isClosed { throw CancellationError() }
        parts.append(data)
        size += data.count
        state.signal()
    }

    func end(_ error: (any Error)?) {
        state.withLock {
            isAtEnd = true
            failure = error
            state.signal()
        }
    }

    /// The next bytes; nil at the end.
    func next() throws -> Data? {
        state.lock()
        defer { state.unlock() }
        while parts.isEmpty, !isAtEnd { state.wait() }
        if parts.isEmpty, let failure { throw failure }
        defer {
            parts.removeAll()
            size = 0
            state.signal()
        }
        return parts.isEmpty ? nil : parts.reduce(into: Data()) { $0 += $1 }
    }

    /// Nobody reads on: who still puts is told so.
    func close() {
        state.withLock {
            isClosed = true
            state.signal()
        }
    }
}
