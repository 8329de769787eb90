// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#endif

/// A regular file opened once for reading; its size is that of the moment it was opened.
///
/// Nothing is mapped: a file that shrinks while it is open ends in a typed error instead of a bus error.
package final class OpenFile: Sendable {
    package let path: String
    package let size: Int
    private let descriptor: Int32

    /// Opens `path` without ever waiting (a pipe does not block it) and refuses all but regular files.
    package init(_ path: String) throws(CheckpointError) {
        guard !path.utf8.contains(0) else {
            throw CheckpointError(.notFound, "the file's name holds a NUL character", file: path)
        }
        let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { throw OpenFile.openError(errno, path) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            let error = CheckpointError(.io, "cannot read the file's size: \(systemMessage(errno))", file: path)
            close(descriptor)
            throw error
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw CheckpointError(
                .notRegularFile,
                "this is \(OpenFile.kind(status.st_mode)), not a regular file",
                file: path
            )
        }
        self.path = path
        self.size = Int(status.st_size)
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    /// Reads exactly `buffer.count` bytes from `offset` on.
    package func read(_ buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(CheckpointError) {
        var done = 0
        while done < buffer.count {
            guard let base = buffer.baseAddress else { return }
            // One call moves at most 2 GiB on Linux and fails beyond it on macOS.
            let count = pread(descriptor, base + done, min(buffer.count - done, 1 << 30), off_t(offset + done))
            if count > 0 {
                done += count
            } else if count == 0 {
                throw CheckpointError(
                    .io,
                    "the file ends before byte \(offset + buffer.count); it was changed while it was read",
                    file: path,
                    offset: offset + done
                )
            } else if errno != EINTR {
                throw CheckpointError(.io, "cannot read: \(systemMessage(errno))", file: path, offset: offset + done)
            }
        }
    }

    /// The bytes `offset ..< offset + count`.
    package func bytes(at offset: Int, count: Int) throws(CheckpointError) -> [UInt8] {
        var failure: CheckpointError?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            do throws(CheckpointError) {
                try read(
                    UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[..<count]),
                    at: offset
                )
                filled = count
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return bytes
    }

    /// The whole file, if it is no longer than `limit`.
    package func contents(limit: Int) throws(CheckpointError) -> [UInt8] {
        guard size <= limit else {
            throw CheckpointError(.malformed, "\(size) bytes are more than the \(limit) allowed here", file: path)
        }
        return try bytes(at: 0, count: size)
    }

    private static func openError(_ number: Int32, _ path: String) -> CheckpointError {
        switch number {
        case ENOENT, ENOTDIR: CheckpointError(.notFound, "no such file", file: path)
        case ENAMETOOLONG, ELOOP: CheckpointError(.notFound, systemMessage(number), file: path)
        case ENXIO, ENODEV: CheckpointError(.notRegularFile, "this is no regular file", file: path)
        default: CheckpointError(.io, "cannot open: \(systemMessage(number))", file: path)
        }
    }

    private static func kind(_ mode: mode_t) -> String {
        switch mode & S_IFMT {
        case S_IFDIR: "a folder"
        case S_IFIFO: "a pipe"
        case S_IFCHR, S_IFBLK: "a device"
        case S_IFSOCK: "a socket"
        default: "something else"
        }
    }
}

/// What the system says of an error number.
package func systemMessage(_ number: Int32) -> String { String(cString: strerror(number)) }

/// What lies at a path, links followed.
package enum PathKind {
    case missing, file, folder, other

    package init(_ path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else {
            self = .missing
            return
        }
        switch status.st_mode & S_IFMT {
        case S_IFREG: self = .file
        case S_IFDIR: self = .folder
        default: self = .other
        }
    }
}

/// The names in a folder, sorted, without `.` and `..`.
package func names(inFolder path: String) throws(CheckpointError) -> [String] {
    guard let folder = opendir(path) else {
        throw CheckpointError(
            errno == ENOENT ? .notFound : .io,
            "cannot list the folder: \(systemMessage(errno))",
            file: path
        )
    }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) {
            $0.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(cString: $0) }
        }
        if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
}
