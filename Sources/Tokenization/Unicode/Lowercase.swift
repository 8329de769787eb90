// SPDX-License-Identifier: Apache-2.0

/// Lowercase as the reference has it: code point by code point, without the rule for a final sigma.
struct Lowercase: Sendable {
    private let mapping: [UInt32: [UInt32]]

    static let shared = Lowercase()

    private init() { mapping = TableText(LowercaseTable.mapping).mapping() }

    @inline(__always)
    func append(_ scalar: UInt32, to bytes: inout [UInt8]) {
        if scalar < 0x80 {
            bytes.append(UInt8(scalar) &+ (scalar >= 0x41 && scalar <= 0x5A ? 0x20 : 0))
        } else if let lowered = mapping[scalar] {
            for part in lowered { bytes.append(scalar: part) }
        } else {
            bytes.append(scalar: scalar)
        }
    }

    func applied(to text: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        var position = 0
        while position < text.count {
            let (value, length) = text.scalar(at: position)
            append(value, to: &result)
            position += length
        }
        return result
    }
}
