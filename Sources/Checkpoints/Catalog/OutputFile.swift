// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#endif

/// A file being written; a full disk is its own kind of error.
package final class OutputFile {
    let path: String
    private(set) var byteCount: Int
    private let descriptor: Int32

    /// Opens `path` for writing, at its end if `appending`, else empty.
    package init(_ path: String, appending: Bool = false) throws(CheckpointError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | (appending ? 0 : O_TRUNC), 0o644)
        guard descriptor >= 0 else { throw OutputFile.error(errno, "cannot create", path) }
        self.path = path
        self.descriptor = descriptor
        let end = lseek(descriptor, 0, SEEK_END)
        byteCount = max(0, Int(end))
    }

    deinit { close(descriptor) }

    package func write(_ bytes: UnsafeRawBufferPointer) throws(CheckpointError) {
        var done = 0
        while done < bytes.count, let base = bytes.baseAddress {
            #if canImport(Glibc)
            let count = Glibc.write(descriptor, base + done, bytes.count - done)
            #elseif canImport(Musl)
            let count = Musl.write(descriptor, base + done, bytes.count - done)
            #else
            let count = Darwin.write(descriptor, base + done, bytes.count - done)
            #endif
            if count > 0 {
                done += count
            } else if errno != EINTR {
                throw OutputFile.error(errno, "cannot write", path)
            }
        }
        byteCount += done
    }

    /// Empties the file.
    func truncate() throws(CheckpointError) {
        guard ftruncate(descriptor, 0) == 0, lseek(descriptor, 0, SEEK_SET) == 0 else {
            throw OutputFile.error(errno, "cannot empty the file", path)
        }
        byteCount = 0
    }

    static func error(_ number: Int32, _ what: String, _ path: String) -> CheckpointError {
        switch number {
        case ENOSPC, EDQUOT:
            CheckpointError(.noSpace, "the disk is full; free some space and try again", file: path)
        case EACCES, EPERM, EROFS, ENOTDIR, ENOENT:
            CheckpointError(.cannotCreate, "\(what): \(systemMessage(number))", file: path)
        default: CheckpointError(.io, "\(what): \(systemMessage(number))", file: path)
        }
    }
}

/// Makes a folder and those above it.
func makeFolder(_ path: String) throws(CheckpointError) {
    var prefix = path.hasPrefix("/") ? "" : "."
    for part in path.split(separator: "/") {
        prefix += "/\(part)"
        guard mkdir(prefix, 0o755) == 0 || PathKind(prefix) == .folder else {
            throw OutputFile.error(errno, "cannot make the folder", prefix)
        }
    }
}

/// Waits until a file or folder is on the disk itself.
func synchronize(_ path: String) throws(CheckpointError) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw OutputFile.error(errno, "cannot open", path) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw OutputFile.error(errno, "cannot write to the disk", path) }
}

/// Renames in one step, so that a reader sees the old or the new and nothing between.
func move(_ source: String, to target: String) throws(CheckpointError) {
    guard rename(source, target) == 0 else { throw OutputFile.error(errno, "cannot rename to this", target) }
}

/// A lock between processes, held while the value lives.
final class FileLock {
    private let descriptor: Int32
    private let path: String

    /// The lock at `path`; nil if another process holds it.
    init?(_ path: String) throws(CheckpointError) {
        while true {
            let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
            guard descriptor >= 0 else { throw OutputFile.error(errno, "cannot create the lock", path) }
            guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
                close(descriptor)
                return nil
            }
            // The holder before us may have removed the file between our open and our lock: then it locks nothing.
            var ours = stat()
            var named = stat()
            if fstat(descriptor, &ours) == 0, stat(path, &named) == 0, ours.st_ino == named.st_ino {
                self.descriptor = descriptor
                self.path = path
                return
            }
            close(descriptor)
        }
    }

    deinit {
        unlink(path)
        close(descriptor)
    }
}
