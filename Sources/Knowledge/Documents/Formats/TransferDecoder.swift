// SPDX-License-Identifier: Apache-2.0

/// How a part of a message is written in ASCII (RFC 2045, section 6): lines in, bytes out.
struct TransferDecoder {
    private enum Encoding { case none, quotedPrintable, base64 }

    private let encoding: Encoding
    private var group: UInt32 = 0
    private var count = 0

    init(_ name: String) {
        switch name.lowercased() {
        case "quoted-printable": encoding = .quotedPrintable
        case "base64": encoding = .base64
        default: encoding = .none
        }
    }

    /// The bytes of a line, or of a piece of one.
    mutating func decode(_ line: ArraySlice<UInt8>, endsLine: Bool) -> [UInt8] {
        switch encoding {
        case .none: return Array(line) + (endsLine ? [0x0A] : [])
        case .quotedPrintable: return Self.quotedPrintable(line, endsLine: endsLine)
        case .base64: return base64(line)
        }
    }

    private static func quotedPrintable(_ line: ArraySlice<UInt8>, endsLine: Bool) -> [UInt8] {
        var text = line
        if endsLine { while text.last == 0x20 || text.last == 0x09 { text.removeLast() } }
        var joins = false
        if endsLine, text.last == 0x3D {
            text.removeLast()
            joins = true
        }
        return hexadecimal(text, mark: 0x3D) + (endsLine && !joins ? [0x0A] : [])
    }

    /// Text with bytes as a mark and two hexadecimal digits; a mark without them is itself.
    static func hexadecimal(_ text: ArraySlice<UInt8>, mark: UInt8, underscoreIsSpace: Bool = false) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count)
        var index = text.startIndex
        while index < text.endIndex {
            let byte = text[index]
            if byte == mark, index + 2 < text.endIndex, let high = digit(text[index + 1]),
                let low = digit(text[index + 2])
            {
                bytes.append(high << 4 | low)
                index += 3
            } else {
                bytes.append(underscoreIsSpace && byte == 0x5F ? 0x20 : byte)
                index += 1
            }
        }
        return bytes
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x41 + 10
        case 0x61...0x66: byte - 0x61 + 10
        default: nil
        }
    }

    private mutating func base64(_ line: ArraySlice<UInt8>) -> [UInt8] {
        var bytes: [UInt8] = []
        for byte in line {
            let value: UInt32
            switch byte {
            case 0x41...0x5A: value = UInt32(byte) - 0x41
            case 0x61...0x7A: value = UInt32(byte) - 0x61 + 26
            case 0x30...0x39: value = UInt32(byte) - 0x30 + 52
            case 0x2B: value = 62
            case 0x2F: value = 63
            case 0x3D:
                // The end of what was encoded as one: what is left of a group is one or two bytes.
                bytes += flush()
                continue
            default: continue
            }
            group = group << 6 | value
            count += 1
            if count == 4 {
                for shift in [UInt32(16), 8, 0] { bytes.append(UInt8(truncatingIfNeeded: group >> shift)) }
                (group, count) = (0, 0)
            }
        }
        return bytes
    }

    /// The bytes of a group that is not whole.
    mutating func flush() -> [UInt8] {
        defer { (group, count) = (0, 0) }
        switch count {
        case 2: return [UInt8(truncatingIfNeeded: group >> 4)]
        case 3: return [UInt8(truncatingIfNeeded: group >> 10), UInt8(truncatingIfNeeded: group >> 2)]
        default: return []
        }
    }
}
