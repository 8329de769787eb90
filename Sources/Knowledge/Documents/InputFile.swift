// SPDX-License-Identifier: Apache-2.0
#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// A regular file open for reading. Anything else (a device, a FIFO, a socket) is refused without waiting for it.
final class InputFile {
    let path: String
    let byteCount: Int
    let descriptor: Int32
    private var buffer = [UInt8](repeating: 0, count: 1 << 20)

    init(_ path: String) throws(KnowledgeError) {
        self.path = path
        descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)
        guard descriptor >= 0 else {
            let code = errno
            throw KnowledgeError(
                code == ENOENT ? .notFound : .unreadable,
                "cannot be opened: \(String(cString: strerror(code)))",
                subject: path
            )
        }
        var status = stat()
        let failed = fstat(descriptor, &status) != 0
        byteCount = failed ? 0 : Int(status.st_size)
        if failed || status.st_mode & S_IFMT != S_IFREG {
            close(descriptor)
            throw KnowledgeError(.badDocument, FileKind(mode: status.st_mode).reason, subject: path)
        }
    }

    deinit { close(descriptor) }

    /// The next bytes, at most 1 MiB of them; none at the end.
    func read() throws(KnowledgeError) -> ArraySlice<UInt8> {
        while true {
            let count = buffer.withUnsafeMutableBytes { Self.read(descriptor, $0) }
            if count >= 0 { return buffer[..<count] }
            let code = errno
            if code == EINTR { continue }
            throw KnowledgeError(
                .unreadable,
                "cannot be read: \(String(cString: strerror(code)))",
                subject: path
            )
        }
    }

    private static func read(_ descriptor: Int32, _ bytes: UnsafeMutableRawBufferPointer) -> Int {
        #if canImport(Glibc)
        Glibc.read(descriptor, bytes.baseAddress, bytes.count)
        #else
        Darwin.read(descriptor, bytes.baseAddress, bytes.count)
        #endif
    }
}

/// What a path leads to.
enum FileKind {
    case file, folder, device, fifo, socket, other

    init(mode: mode_t) {
        switch mode & S_IFMT {
        case S_IFREG: self = .file
        case S_IFDIR: self = .folder
        case S_IFCHR, S_IFBLK: self = .device
        case S_IFIFO: self = .fifo
        case S_IFSOCK: self = .socket
        default: self = .other
        }
    }

    /// Why it is no document.
    var reason: String {
        switch self {
        case .file: "a file"
        case .folder: "a folder"
        case .device: "a device file, not a document"
        case .fifo: "a named pipe, not a document"
        case .socket: "a socket, not a document"
        case .other: "no regular file"
        }
    }
}
