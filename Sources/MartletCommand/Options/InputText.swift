// SPDX-License-Identifier: Apache-2.0
import Checkpoints

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Text from arguments, files and standard input.
enum InputText {
    private static let limit = 1 << 30

    /// The argument itself, or standard input for `-`.
    static func argument(_ argument: String) throws -> String {
        argument == "-" ? try standardInput() : argument
    }

    /// All of standard input.
    static func standardInput() throws -> String { try text(read(STDIN_FILENO, "standard input"), "standard input") }

    /// A file's text, or standard input for `-`; pipes will do.
    static func file(_ path: String) throws -> String {
        guard path != "-" else { return try standardInput() }
        let name = printable(path)
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)
        guard descriptor >= 0 else {
            let reason = String(cString: strerror(errno))
            throw CommandError(errno == EACCES ? .io : .noInput, "\(name) cannot be opened: \(reason)")
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw CommandError(.io, "\(name) cannot be read") }
        switch status.st_mode & S_IFMT {
        case S_IFREG, S_IFIFO, S_IFSOCK: break
        case S_IFDIR: throw CommandError(.noInput, "\(name) is a folder; name a file")
        default: throw CommandError(.noInput, "\(name) is a device; name a file")
        }
        return try text(read(descriptor, name), name)
    }

    /// The lines of a text, without their ends; the last may lack one.
    static func lines(_ text: String) -> [String] {
        var lines = text.utf8.split(separator: 0x0A, omittingEmptySubsequences: false).map { line in
            String(line.last == 0x0D ? line.dropLast() : line) ?? ""
        }
        if lines.last == "" { lines.removeLast() }
        return lines
    }

    private static func text(_ bytes: [UInt8], _ name: String) throws -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw CommandError(.data, "\(name) is not UTF-8 text; convert it first (`iconv -t UTF-8`)")
        }
        return text
    }

    private static func read(_ descriptor: Int32, _ name: String) throws -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = chunk.withUnsafeMutableBytes { systemRead(descriptor, $0) }
            if count == 0 { return bytes }
            if count < 0 {
                if errno == EINTR { continue }
                throw CommandError(.io, "\(name) cannot be read: \(String(cString: strerror(errno)))")
            }
            bytes.append(contentsOf: chunk[..<count])
            guard bytes.count <= limit else {
                throw CommandError(.data, "\(name) is longer than \(Amount.bytes(limit)); cut it into smaller files")
            }
        }
    }
}

private func systemRead(_ descriptor: Int32, _ buffer: UnsafeMutableRawBufferPointer) -> Int {
    read(descriptor, buffer.baseAddress, buffer.count)
}
