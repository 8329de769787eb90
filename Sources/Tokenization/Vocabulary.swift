// SPDX-License-Identifier: Apache-2.0

/// Byte strings, each with a number, found again by their bytes.
///
/// One flat buffer and an open-addressing index: a vocabulary of 150,000 entries takes a few megabytes and a lookup
/// allocates nothing. The hash grows byte by byte, so that all prefixes of a text are hashed in one pass.
struct ByteStringTable: Sendable {
    private var bytes: [UInt8] = []
    private var starts: [Int32] = [0]
    private var values: [Int32] = []
    private var slots: [Int32]
    private let seed: UInt64

    init(capacity: Int) {
        var size = 16
        while size < capacity * 2 { size *= 2 }
        slots = Array(repeating: -1, count: size)
        // Unguessable, so that no file can be made whose entries all collide.
        seed = UInt64.random(in: 0...UInt64.max)
    }

    var count: Int { values.count }
    var startHash: UInt64 { seed }

    @inline(__always)
    func extend(_ hash: UInt64, with byte: UInt8) -> UInt64 {
        let mixed = (hash ^ UInt64(byte)) &* 0x9E37_79B9_7F4A_7C15
        return mixed ^ (mixed >> 29)
    }

    func hash(_ text: some Sequence<UInt8>) -> UInt64 { text.reduce(seed) { extend($0, with: $1) } }

    /// The number of the entry equal to `text[range]`, whose hash the caller has.
    @inline(__always)
    func find(_ text: [UInt8], _ range: Range<Int>, hash: UInt64) -> Int32? {
        let mask = slots.count - 1
        var slot = Int(truncatingIfNeeded: hash) & mask
        while true {
            let entry = slots[slot]
            if entry < 0 { return nil }
            if matches(Int(entry), text, range) { return values[Int(entry)] }
            slot = (slot + 1) & mask
        }
    }

    func find(_ text: [UInt8]) -> Int32? { find(text, 0..<text.count, hash: hash(text)) }

    @inline(__always)
    private func matches(_ entry: Int, _ text: [UInt8], _ range: Range<Int>) -> Bool {
        let start = Int(starts[entry])
        guard Int(starts[entry + 1]) - start == range.count else { return false }
        for offset in 0..<range.count where bytes[start + offset] != text[range.lowerBound + offset] { return false }
        return true
    }

    /// Adds an entry; false if one of the same bytes is there already.
    mutating func insert(_ text: [UInt8], value: Int32) -> Bool {
        let hash = hash(text)
        if find(text, 0..<text.count, hash: hash) != nil { return false }
        if (values.count + 1) * 2 > slots.count { grow() }
        place(Int32(values.count), hash: hash)
        bytes += text
        starts.append(Int32(clamping: bytes.count))
        values.append(value)
        return true
    }

    private mutating func place(_ entry: Int32, hash: UInt64) {
        let mask = slots.count - 1
        var slot = Int(truncatingIfNeeded: hash) & mask
        while slots[slot] >= 0 { slot = (slot + 1) & mask }
        slots[slot] = entry
    }

    private mutating func grow() {
        slots = Array(repeating: -1, count: slots.count * 2)
        for entry in 0..<values.count { place(Int32(entry), hash: hash(self[entry])) }
    }

    /// The bytes of the entry that was added as the given one.
    subscript(entry: Int) -> ArraySlice<UInt8> { bytes[Int(starts[entry])..<Int(starts[entry + 1])] }
}

/// The tokens of a model: their text as the file writes it, by id and by text.
struct Vocabulary: Sendable {
    private let table: ByteStringTable

    /// - Throws: `TokenizationError` if two tokens have the same text.
    init(_ tokens: [String], key: String) throws(TokenizationError) {
        var table = ByteStringTable(capacity: tokens.count)
        for (id, token) in tokens.enumerated() {
            guard table.insert(Array(token.utf8), value: Int32(id)) else {
                throw TokenizationError(
                    .malformed,
                    "two tokens have the same text \(quoted(token))",
                    key: "\(key)[\(id)]"
                )
            }
        }
        self.table = table
    }

    var count: Int { table.count }

    func id(of text: [UInt8]) -> Int32? { table.find(text) }
    func id(of text: String) -> Int32? { table.find(Array(text.utf8)) }

    func bytes(of id: Int32) -> ArraySlice<UInt8>? {
        id >= 0 && Int(id) < table.count ? table[Int(id)] : nil
    }
}

/// A text from a file for an error message: short, in quotes, on one line.
func quoted(_ text: String) -> String {
    let scalars = text.unicodeScalars.prefix(64).map { scalar in
        scalar.value < 0x20 || scalar.value == 0x7F ? "\\u{\(String(scalar.value, radix: 16))}" : String(scalar)
    }
    return "\"\(scalars.joined())\(text.unicodeScalars.count > 64 ? "…" : "")\""
}
