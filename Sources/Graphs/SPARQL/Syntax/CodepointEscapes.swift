// SPDX-License-Identifier: Apache-2.0

/// `\uXXXX` and `\UXXXXXXXX`, which stand for characters anywhere in a query, before its grammar is looked at.
enum CodepointEscapes {
    static func replaced(in bytes: [UInt8]) throws -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var at = 0
        while at < bytes.count {
            guard bytes[at] == UInt8(ascii: "\\"), at + 1 < bytes.count else {
                result.append(bytes[at])
                at += 1
                continue
            }
            let digits = bytes[at + 1] == UInt8(ascii: "u") ? 4 : bytes[at + 1] == UInt8(ascii: "U") ? 8 : 0
            guard digits > 0 else {
                // Both bytes, so that the second of two backslashes escapes nothing.
                result += bytes[at..<at + 2]
                at += 2
                continue
            }
            let end = min(at + 2 + digits, bytes.count)
            guard end == at + 2 + digits, bytes[at + 2..<end].allSatisfy({ QueryCharacters.isHex(UInt32($0)) }),
                let value = UInt32(String(decoding: bytes[at + 2..<end], as: UTF8.self), radix: 16),
                let scalar = Unicode.Scalar(value)
            else {
                throw TextPosition.error(
                    .badQuery,
                    "this escape names no character; write \\u and four hexadecimal digits",
                    in: bytes,
                    at: at
                )
            }
            result += Array(String(scalar).utf8)
            at = end
        }
        return result
    }
}

/// Lines and columns for messages, both from 1; columns count characters.
enum TextPosition {
    static func error(_ code: GraphError.Code, _ message: String, in bytes: [UInt8], at offset: Int) -> GraphError {
        let before = bytes.prefix(max(0, offset))
        let line = before.count { $0 == 0x0A } + 1
        let lineStart = before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
        let column = before[lineStart...].count { $0 & 0xC0 != 0x80 } + 1
        return GraphError(code, "line \(line), column \(column): \(message)")
    }
}
