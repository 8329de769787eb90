// SPDX-License-Identifier: Apache-2.0
import CKernels
import Synchronization

/// The bytes behind tensors: 64-byte aligned, given back to a pool when the last tensor lets go.
package final class Storage: @unchecked Sendable {
    // Safe: the bytes are written only by whoever made the storage, before it is shared.
    package let bytes: UnsafeMutableRawPointer
    package let byteCount: Int

    /// - Throws: `TensorError.outOfMemory`.
    package init(byteCount: Int) throws(TensorError) {
        let size = BufferPool.sizeClass(byteCount)
        guard let bytes = BufferPool.shared.take(size) else {
            throw TensorError(.outOfMemory, "no memory for \(byteCount) bytes")
        }
        self.bytes = bytes
        self.byteCount = byteCount
    }

    deinit { BufferPool.shared.give(bytes, BufferPool.sizeClass(byteCount)) }

    package var floats: UnsafeMutablePointer<Float> { bytes.assumingMemoryBound(to: Float.self) }
}

/// Free buffers by size, so that a step that repeats allocates nothing.
struct BufferPool: ~Copyable {
    static let shared = BufferPool()
    /// Free bytes kept at most; what comes back beyond goes to the system.
    private static let limit = 64 << 20

    private struct State: @unchecked Sendable {
        // Safe: a free buffer belongs to nobody; the mutex hands each to one taker.
        var free: [Int: [UnsafeMutableRawPointer]] = [:]
        var bytes = 0
    }
    private let state = Mutex(State())

    /// Sizes in eighths of a power of two, so that nearby sizes share buffers and at most an eighth is wasted.
    static func sizeClass(_ bytes: Int) -> Int {
        guard bytes > 512 else { return 512 }
        let step = 1 << (Int.bitWidth - (bytes - 1).leadingZeroBitCount - 4)
        return (bytes + step - 1) / step * step
    }

    func take(_ size: Int) -> UnsafeMutableRawPointer? {
        let reused = state.withLock { state -> UnsafeMutableRawPointer? in
            guard let buffer = state.free[size]?.popLast() else { return nil }
            state.bytes -= size
            return buffer
        }
        return reused ?? ck_allocate(size)
    }

    func give(_ buffer: UnsafeMutableRawPointer, _ size: Int) {
        let kept = state.withLock { state -> Bool in
            guard state.bytes + size <= Self.limit else { return false }
            state.free[size, default: []].append(buffer)
            state.bytes += size
            return true
        }
        if !kept { ck_release(buffer, size) }
    }
}
