// SPDX-License-Identifier: Apache-2.0

/// Bytes of a file that are looked at by place; what lies outside of them is nil.
struct ByteView {
    let bytes: ArraySlice<UInt8>
    var isLittleEndian = false

    init(_ bytes: some Sequence<UInt8>, isLittleEndian: Bool = false) {
        self.bytes = (bytes as? ArraySlice<UInt8>) ?? Array(bytes)[...]
        self.isLittleEndian = isLittleEndian
    }

    var count: Int { bytes.count }

    subscript(offset: Int) -> UInt8? {
        offset >= 0 && offset < bytes.count ? bytes[bytes.startIndex + offset] : nil
    }

    /// So many bytes from a place on.
    func part(_ offset: Int, _ length: Int) -> ArraySlice<UInt8>? {
        guard offset >= 0, length >= 0, offset <= bytes.count, length <= bytes.count - offset else { return nil }
        let start = bytes.startIndex + offset
        return bytes[start..<start + length]
    }

    /// An unsigned number of up to four bytes.
    func number(_ offset: Int, _ length: Int) -> Int? {
        guard (1...4).contains(length), let part = part(offset, length) else { return nil }
        return isLittleEndian
            ? part.reversed().reduce(0) { $0 << 8 | Int($1) } : part.reduce(0) { $0 << 8 | Int($1) }
    }

    func starts(with text: String, at offset: Int = 0) -> Bool {
        part(offset, text.utf8.count)?.elementsEqual(text.utf8) ?? false
    }
}
