// SPDX-License-Identifier: Apache-2.0

/// Reads a file forward through a small window, little-endian, never beyond `end`.
///
/// Every length that a file claims is compared with the bytes left before anything is allocated for it.
struct ByteCursor {
    let file: OpenFile
    let end: Int
    private var window: [UInt8] = []
    private var windowStart: Int
    private var position = 0
    private static let windowLength = 1 << 16

    init(_ file: OpenFile, from start: Int = 0, to end: Int? = nil) {
        self.file = file
        self.end = min(end ?? file.size, file.size)
        windowStart = start
    }

    /// The offset in the file of the next byte.
    var offset: Int { windowStart + position }
    /// How many bytes are left before `end`.
    var remaining: Int { end - offset }

    func malformed(_ message: String, at offset: Int? = nil, key: String? = nil) -> CheckpointError {
        CheckpointError(.malformed, message, file: file.path, offset: offset ?? self.offset, key: key)
    }

    /// The next byte without taking it; nil at the end.
    mutating func peek() throws(CheckpointError) -> UInt8? {
        if position < window.count { return window[position] }
        guard remaining > 0 else { return nil }
        let start = offset
        window = try file.bytes(at: start, count: min(Self.windowLength, end - start))
        windowStart = start
        position = 0
        return window.first
    }

    mutating func next() throws(CheckpointError) -> UInt8? {
        let byte = try peek()
        if byte != nil { position += 1 }
        return byte
    }

    mutating func unsigned<T: FixedWidthInteger & UnsignedInteger>(
        _ what: String,
        as type: T.Type = T.self
    ) throws(CheckpointError) -> T {
        guard remaining >= MemoryLayout<T>.size else { throw malformed("the file ends inside \(what)") }
        var value: T = 0
        if position + MemoryLayout<T>.size <= window.count {
            value = window.withUnsafeBytes { T(littleEndian: $0.loadUnaligned(fromByteOffset: position, as: T.self)) }
            position += MemoryLayout<T>.size
            return value
        }
        for index in 0..<MemoryLayout<T>.size {
            guard let byte = try next() else { throw malformed("the file ends inside \(what)") }
            value |= T(byte) << T(8 * index)
        }
        return value
    }

    /// A 64-bit count, as an `Int`, of things that take at least `minimum` bytes each in what is left.
    mutating func count(of what: String, minimum: Int, key: String? = nil) throws(CheckpointError) -> Int {
        let start = offset
        let value: UInt64 = try unsigned("the number of \(what)")
        guard let count = Int(exactly: value), count <= remaining / minimum else {
            throw malformed("\(value) \(what) do not fit in the \(remaining) bytes left", at: start, key: key)
        }
        return count
    }

    mutating func skip(_ count: Int, _ what: String) throws(CheckpointError) {
        guard count >= 0, count <= remaining else { throw malformed("the file ends inside \(what)") }
        if position + count <= window.count {
            position += count
        } else {
            windowStart = offset + count
            window = []
            position = 0
        }
    }

    mutating func bytes(_ count: Int, _ what: String) throws(CheckpointError) -> [UInt8] {
        guard count >= 0, count <= remaining else { throw malformed("the file ends inside \(what)") }
        if position + count <= window.count {
            defer { position += count }
            return Array(window[position..<position + count])
        }
        let bytes = try file.bytes(at: offset, count: count)
        try skip(count, what)
        return bytes
    }

    /// Appends the next `count` bytes to `bytes`.
    mutating func append(_ count: Int, to bytes: inout [UInt8], _ what: String) throws(CheckpointError) {
        if count >= 0, position + count <= window.count {
            bytes.append(contentsOf: window[position..<position + count])
            position += count
        } else {
            bytes.append(contentsOf: try self.bytes(count, what))
        }
    }

    /// Appends to `bytes` what comes before the next quote, backslash or control character, or as much of it as the
    /// window holds, and at most `limit` bytes.
    mutating func appendPlainText(to bytes: inout [UInt8], limit: Int) throws(CheckpointError) {
        guard try peek() != nil else { return }
        let last = min(window.count, position + limit)
        let stop = window.withUnsafeBufferPointer { window in
            var stop = position
            while stop < last, window[stop] >= 0x20, window[stop] != 0x22, window[stop] != 0x5C { stop += 1 }
            return stop
        }
        bytes.append(contentsOf: window[position..<stop])
        position = stop
    }
}
