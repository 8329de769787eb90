// SPDX-License-Identifier: Apache-2.0
import CArchive

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// A ZIP container, read by libarchive: one part at a time, in pieces, nothing written anywhere. What comes out is
/// bounded by a multiple of the file's size, so that a bomb is an error and no flood.
final class ZipContainer {
    let path: String
    /// Names of the parts, in their order.
    private(set) var names: [String] = []
    private var places: [String: Int] = [:]
    private let file: InputFile
    private var archive: OpaquePointer?
    private var next = 0  // the part that the archive comes to next
    private var unpacked = 0
    private var steps = 0
    private var current = ""

    private static let partLimit = 100_000
    private static let stepLimit = 4_000_000
    /// DEFLATE makes at most 1,032 of one; documents make 5 to 100.
    private static let ratioLimit = 400
    private static let smallSize = 16 << 20
    private static let sizeLimit = 2 << 30

    /// Reads the list of parts.
    init(_ path: String) throws(KnowledgeError) {
        self.path = path
        file = try InputFile(path)
        try reopen()
        while let entry = try nextEntry() {
            let name = Self.name(of: entry)
            guard names.count < Self.partLimit else { throw error("holds more than \(Self.partLimit) parts") }
            // Of two parts of one name the last one counts, as with other readers.
            places[name] = names.count
            names.append(name)
        }
    }

    deinit { _ = archive_read_free(archive) }

    func has(_ name: String) -> Bool { places[name] != nil }

    /// Goes to a part's beginning; false if there is none of that name.
    func open(_ name: String) throws(KnowledgeError) -> Bool {
        guard let place = places[name] else { return false }
        if place < next { try reopen() }
        while let entry = try nextEntry() {
            guard next == place + 1 else { continue }
            current = name
            if archive_entry_is_data_encrypted(entry) != 0 { throw error("is encrypted; save it without a password") }
            return true
        }
        throw error("has lost its part `\(name)`")
    }

    /// The next bytes of the part, at most 65,536; none at its end.
    func read() throws(KnowledgeError) -> [UInt8] {
        var failed = false
        let bytes = [UInt8](unsafeUninitializedCapacity: 65_536) { buffer, count in
            let read = archive_read_data(archive, buffer.baseAddress, buffer.count)
            failed = read < 0
            count = max(0, min(read, buffer.count))
        }
        if failed { throw error("is damaged in its part `\(current)`\(said)") }
        unpacked += bytes.count
        let isBomb = unpacked > Self.smallSize && unpacked / Self.ratioLimit > file.byteCount
        if isBomb || unpacked > Self.sizeLimit {
            throw error("unpacks to more than \(unpacked >> 20) MiB out of \(file.byteCount) bytes: a ZIP bomb")
        }
        return bytes
    }

    /// A whole part; nil if there is none of that name.
    func contents(_ name: String, limit: Int) throws(KnowledgeError) -> [UInt8]? {
        guard try open(name) else { return nil }
        var whole: [UInt8] = []
        while true {
            let bytes = try read()
            if bytes.isEmpty { return whole }
            guard whole.count + bytes.count <= limit else {
                throw error("has a part `\(name)` of more than \(limit >> 20) MiB, too large to be what it is named")
            }
            whole += bytes
        }
    }

    /// What the part `mimetype` says.
    func declaredType() throws(KnowledgeError) -> String? {
        guard let bytes = try contents("mimetype", limit: 4 << 20)?.prefix(256) else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    func error(_ what: String) -> KnowledgeError { KnowledgeError(.badDocument, what, subject: path) }

    // MARK: - The archive

    private func reopen() throws(KnowledgeError) {
        _ = archive_read_free(archive)
        archive = archive_read_new()
        next = 0
        guard archive != nil else { throw error("cannot be unpacked: no memory") }
        _ = archive_read_support_format_zip_seekable(archive)
        guard lseek(file.descriptor, 0, SEEK_SET) == 0, archive_read_open_fd(archive, file.descriptor, 65_536) == 0
        else {
            throw error("cannot be unpacked, it is damaged\(said)")
        }
    }

    private func nextEntry() throws(KnowledgeError) -> OpaquePointer? {
        var entry: OpaquePointer?
        let result = archive_read_next_header(archive, &entry)
        if result == ARCHIVE_EOF { return nil }
        steps += 1
        guard result >= ARCHIVE_WARN, let entry, steps < Self.stepLimit else {
            throw error("cannot be unpacked, it is damaged\(said)")
        }
        next += 1
        return entry
    }

    private static func name(of entry: OpaquePointer) -> String {
        if let name = archive_entry_pathname_utf8(entry) { return String(cString: name) }
        return archive_entry_pathname(entry).map { String(cString: $0) } ?? ""
    }

    private var said: String {
        guard let archive, let text = archive_error_string(archive) else { return "" }
        return " (\(String(cString: text)))"
    }
}
