// SPDX-License-Identifier: Apache-2.0

/// GPT-2's alphabet: every byte as a character that can be seen, so that a vocabulary can be a text file.
enum ByteAlphabet {
    /// The code point of each byte.
    static let scalars: [UInt32] = {
        var free: UInt32 = 0x100
        return (0...255).map { (byte: UInt32) -> UInt32 in
            switch byte {
            case 0x21...0x7E, 0xA1...0xAC, 0xAE...0xFF: return byte
            default:
                defer { free += 1 }
                return free
            }
        }
    }()

    /// The UTF-8 of each byte's character.
    static let written: [[UInt8]] = scalars.map { [UInt8](scalars: [$0]) }

    /// The byte of each code point below 0x144 that is in the alphabet, else -1.
    private static let byteOfScalar: [Int16] = {
        var bytes = [Int16](repeating: -1, count: 0x144)
        for (byte, scalar) in scalars.enumerated() where Int(scalar) < bytes.count { bytes[Int(scalar)] = Int16(byte) }
        return bytes
    }()

    /// The bytes that a text in the alphabet stands for; nil if some character is none of it.
    static func bytes(of text: [UInt8]) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count)
        var position = 0
        while position < text.count {
            let (value, length) = text.scalar(at: position)
            guard Int(value) < byteOfScalar.count, byteOfScalar[Int(value)] >= 0 else { return nil }
            bytes.append(UInt8(truncatingIfNeeded: byteOfScalar[Int(value)]))
            position += length
        }
        return bytes
    }
}
