// SPDX-License-Identifier: Apache-2.0
#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Bytes in some encoding → UTF-8, in pieces of any length: a character cut by a piece's end waits for the next one.
/// What is no character becomes U+FFFD and is counted. The C library's `iconv` converts all but UTF-8.
package final class TextDecoder {
    private let converter: iconv_t?  // nil for UTF-8
    private let unitWidth: Int
    private var rest: [UInt8] = []
    /// Places that were no valid character.
    package private(set) var replaced = 0

    /// Fails with an encoding that this machine cannot convert.
    package init?(_ encoding: TextEncoding) {
        unitWidth = encoding.unitWidth
        if encoding.isUTF8 {
            converter = nil
        } else {
            guard let opened = iconv_open("UTF-8", encoding.iconvName), opened != iconv_t(bitPattern: -1) else {
                return nil
            }
            converter = opened
        }
    }

    deinit {
        if let converter { iconv_close(converter) }
    }

    package func decode(_ bytes: some Collection<UInt8>) -> [UInt8] {
        rest.append(contentsOf: bytes)
        return converter == nil ? decodeUTF8(isLast: false) : convert(isLast: false)
    }

    /// What is left at the end: U+FFFD for a character that was cut.
    package func finish() -> [UInt8] {
        converter == nil ? decodeUTF8(isLast: true) : convert(isLast: true)
    }

    private func decodeUTF8(isLast: Bool) -> [UInt8] {
        let end = isLast ? rest.count : rest.count - incompleteTail(rest)
        let part = Array(rest[..<end])
        rest.removeFirst(end)
        let valid = part.withUnsafeBufferPointer { buffer in
            var validator = UTF8Validator()
            validator.feed(buffer)
            validator.finish()
            return validator.invalid == 0
        }
        if valid { return part }
        var repaired: [UInt8] = []
        var decoder = UTF8()
        var iterator = part.makeIterator()
        while true {
            switch decoder.decode(&iterator) {
            case .scalarValue(let scalar): repaired.append(contentsOf: UTF8.encode(scalar).map(Array.init) ?? [])
            case .emptyInput: return repaired
            case .error:
                replaced += 1
                repaired.append(contentsOf: [0xEF, 0xBF, 0xBD])
            }
        }
    }

    /// How many bytes at the end begin a character that is not whole yet.
    private func incompleteTail(_ bytes: [UInt8]) -> Int {
        for back in 1...3 where bytes.count >= back {
            let byte = bytes[bytes.count - back]
            if byte & 0xC0 == 0x80 { continue }
            let need = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1
            return need > back ? back : 0
        }
        return 0
    }

    private func convert(isLast: Bool) -> [UInt8] {
        guard let converter else { return [] }
        var output: [UInt8] = []
        var piece = [CChar](repeating: 0, count: 65_536)
        var consumed = 0
        rest.withUnsafeMutableBytes { input in
            while consumed < input.count, let base = input.baseAddress {
                var from: UnsafeMutablePointer<CChar>? = base.advanced(by: consumed).assumingMemoryBound(to: CChar.self)
                var fromLeft = input.count - consumed
                let (result, failure, written) = piece.withUnsafeMutableBufferPointer { buffer in
                    var to = buffer.baseAddress
                    var toLeft = buffer.count
                    let result = iconv(converter, &from, &fromLeft, &to, &toLeft)
                    return (result, errno, buffer.count - toLeft)
                }
                consumed = input.count - fromLeft
                output.append(contentsOf: piece[..<written].lazy.map { UInt8(bitPattern: $0) })
                if result != -1 || failure == E2BIG { continue }
                if failure == EINVAL, !isLast { break }
                replaced += 1
                output.append(contentsOf: [0xEF, 0xBF, 0xBD])
                consumed = failure == EINVAL ? input.count : min(input.count, consumed + unitWidth)
            }
        }
        rest.removeFirst(consumed)
        return output
    }
}

/// Counts characters of more than one byte, and places that are no UTF-8.
struct UTF8Validator {
    private(set) var multibyte = 0
    private(set) var invalid = 0
    private var need = 0
    private var lower: UInt8 = 0x80
    private var upper: UInt8 = 0xBF

    mutating func feed(_ bytes: UnsafeBufferPointer<UInt8>) {
        for byte in bytes {
            if need == 0 {
                if byte < 0x80 { continue }
                begin(byte)
            } else if byte >= lower, byte <= upper {
                need -= 1
                (lower, upper) = (0x80, 0xBF)
                if need == 0 { multibyte += 1 }
            } else {
                invalid += 1
                need = 0
                (lower, upper) = (0x80, 0xBF)
                if byte >= 0x80 { begin(byte) }
            }
        }
    }

    mutating func finish() {
        if need > 0 { invalid += 1 }
        need = 0
    }

    private mutating func begin(_ byte: UInt8) {
        switch byte {
        case 0xC2...0xDF: need = 1
        case 0xE0: (need, lower) = (2, 0xA0)
        case 0xED: (need, upper) = (2, 0x9F)
        case 0xE1...0xEF: need = 2
        case 0xF0: (need, lower) = (3, 0x90)
        case 0xF1...0xF3: need = 3
        case 0xF4: (need, upper) = (3, 0x8F)
        default: invalid += 1
        }
    }
}
