// SPDX-License-Identifier: Apache-2.0

extension [UInt8] {
    /// The code point that starts at `position` of valid UTF-8, and how many bytes it has.
    @inline(__always)
    func scalar(at position: Int) -> (value: UInt32, length: Int) {
        let lead = UInt32(self[position])
        if lead < 0x80 { return (lead, 1) }
        if lead < 0xE0, position + 1 < count { return ((lead & 0x1F) << 6 | tail(position + 1), 2) }
        if lead < 0xF0, position + 2 < count {
            return ((lead & 0x0F) << 12 | tail(position + 1) << 6 | tail(position + 2), 3)
        }
        if position + 3 < count {
            let high = (lead & 0x07) << 18 | tail(position + 1) << 12
            return (Swift.min(high | tail(position + 2) << 6 | tail(position + 3), 0x10FFFF), 4)
        }
        return (0xFFFD, 1)
    }

    @inline(__always)
    private func tail(_ position: Int) -> UInt32 { UInt32(self[position] & 0x3F) }

    /// Where the code point that ends before `position` starts.
    func start(before position: Int) -> Int {
        var start = position - 1
        while start > 0, self[start] & 0xC0 == 0x80 { start -= 1 }
        return start
    }

    /// All code points of valid UTF-8.
    var scalars: [UInt32] {
        var found: [UInt32] = []
        found.reserveCapacity(count)
        var position = 0
        while position < count {
            let (value, length) = scalar(at: position)
            found.append(value)
            position += length
        }
        return found
    }

    /// Adds a code point as UTF-8.
    @inline(__always)
    mutating func append(scalar: UInt32) {
        if scalar < 0x80 {
            append(UInt8(scalar))
        } else if scalar < 0x800 {
            append(UInt8(0xC0 | scalar >> 6))
            append(UInt8(0x80 | scalar & 0x3F))
        } else if scalar < 0x10000 {
            append(UInt8(0xE0 | scalar >> 12))
            append(UInt8(0x80 | scalar >> 6 & 0x3F))
            append(UInt8(0x80 | scalar & 0x3F))
        } else {
            append(UInt8(0xF0 | scalar >> 18 & 0x07))
            append(UInt8(0x80 | scalar >> 12 & 0x3F))
            append(UInt8(0x80 | scalar >> 6 & 0x3F))
            append(UInt8(0x80 | scalar & 0x3F))
        }
    }

    /// The UTF-8 of code points.
    init(scalars: some Sequence<UInt32>) {
        self = []
        for scalar in scalars { append(scalar: scalar) }
    }

    /// Whether the bytes of `other` stand at `position`.
    @inline(__always)
    func hasBytes(_ other: [UInt8], at position: Int) -> Bool {
        guard other.count <= count - position else { return false }
        for offset in 0..<other.count where self[position + offset] != other[offset] { return false }
        return true
    }
}
