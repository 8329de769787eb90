// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Standard output, gathered into large writes; streams call `flush` where a reader should see what is there.
enum StandardOutput {
    private static let pending = Mutex<[UInt8]>([])
    private static let limit = 1 << 16

    static func write(_ text: String) throws { try write(text.utf8) }

    static func write(_ bytes: some Sequence<UInt8>) throws {
        try pending.withLock { pending in
            pending.append(contentsOf: bytes)
            if pending.count >= limit { try put(&pending) }
        }
    }

    static func flush() throws { try pending.withLock { try put(&$0) } }

    private static func put(_ bytes: inout [UInt8]) throws {
        defer { bytes.removeAll(keepingCapacity: true) }
        try bytes.withUnsafeBytes { buffer in
            var rest = buffer[...]
            while !rest.isEmpty {
                let count = systemWrite(STDOUT_FILENO, UnsafeRawBufferPointer(rebasing: rest))
                if count > 0 {
                    rest = rest.dropFirst(count)
                } else if errno == EPIPE {
                    throw ClosedPipe()
                } else if errno == EAGAIN {
                    usleep(1_000)
                } else if errno != EINTR {
                    let reason = String(cString: strerror(errno))
                    throw CommandError(.cannotCreate, "standard output cannot be written: \(reason)")
                }
            }
        }
    }

    /// Whether a person reads it.
    static let isTerminal = isatty(STDOUT_FILENO) == 1

    /// Columns of the terminal as it is now; nil if it is none.
    static var columns: Int? {
        var size = winsize()
        guard isTerminal, ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 20 else { return nil }
        return Int(size.ws_col)
    }
}

/// Standard error: errors, warnings, progress.
enum StandardError {
    static func write(_ text: String) {
        var text = text
        text.withUTF8 { _ = systemWrite(STDERR_FILENO, UnsafeRawBufferPointer($0)) }
    }

    /// Whether a person reads it.
    static let isTerminal = isatty(STDERR_FILENO) == 1
}

private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
    write(descriptor, bytes.baseAddress, bytes.count)
}
