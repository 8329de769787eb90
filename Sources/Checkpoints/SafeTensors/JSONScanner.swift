// SPDX-License-Identifier: Apache-2.0

/// Reads JSON of a known shape straight from a file, keeping nothing but what the caller takes.
///
/// A safetensors header may be 100 MB long; reading it into a tree of values would take ten times as much.
struct JSONScanner {
    var cursor: ByteCursor

    init(_ file: OpenFile, from start: Int = 0, to end: Int? = nil) {
        cursor = ByteCursor(file, from: start, to: end)
    }

    mutating func skipSpace() throws(CheckpointError) {
        while let byte = try cursor.peek(), byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
            _ = try cursor.next()
        }
    }

    /// Takes `character`, spaces before it skipped.
    mutating func expect(_ character: Unicode.Scalar, _ place: String) throws(CheckpointError) {
        try skipSpace()
        guard try cursor.peek() == UInt8(ascii: character) else {
            throw cursor.malformed("the JSON should have `\(character)` here, in \(place)")
        }
        _ = try cursor.next()
    }

    /// Takes `character` if it comes next.
    mutating func take(_ character: Unicode.Scalar) throws(CheckpointError) -> Bool {
        try skipSpace()
        guard try cursor.peek() == UInt8(ascii: character) else { return false }
        _ = try cursor.next()
        return true
    }

    /// The next member's key, or nil after the object's last; `first` is false from the second call on.
    mutating func nextKey(first: inout Bool, limit: Int, in place: String) throws(CheckpointError) -> String? {
        if try take("}") { return nil }
        if !first { try expect(",", place) }
        first = false
        let key = try string(limit: limit, in: place)
        try expect(":", place)
        return key
    }

    /// A string of at most `limit` bytes.
    mutating func string(limit: Int, in place: String) throws(CheckpointError) -> String {
        try expect("\"", place)
        let start = cursor.offset
        var bytes: [UInt8] = []
        while true {
            try cursor.appendPlainText(to: &bytes, limit: limit + 1 - bytes.count)
            guard bytes.count <= limit, let byte = try cursor.next() else { break }
            switch byte {
            case UInt8(ascii: "\""):
                guard let text = String(validating: bytes, as: UTF8.self) else {
                    throw cursor.malformed("a string that is not UTF-8, in \(place)", at: start)
                }
                return text
            case UInt8(ascii: "\\"): bytes.append(contentsOf: String(Character(try escape(start, place))).utf8)
            case 0..<0x20: throw cursor.malformed("a control character in a string, in \(place)", at: start)
            default: bytes.append(byte)
            }
        }
        guard bytes.count <= limit else {
            throw cursor.malformed("a string of more than \(limit) bytes, in \(place)", at: start)
        }
        throw cursor.malformed("a string without an end, in \(place)", at: start)
    }

    private mutating func escape(_ start: Int, _ place: String) throws(CheckpointError) -> Unicode.Scalar {
        switch try cursor.next() {
        case UInt8(ascii: "\""): return "\""
        case UInt8(ascii: "\\"): return "\\"
        case UInt8(ascii: "/"): return "/"
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"):
            var code = try hexadecimal(start, place)
            if code & 0xFC00 == 0xD800 {
                guard try cursor.next() == UInt8(ascii: "\\"), try cursor.next() == UInt8(ascii: "u") else {
                    throw cursor.malformed("a lone surrogate, in \(place)", at: start)
                }
                let low = try hexadecimal(start, place)
                guard low & 0xFC00 == 0xDC00 else {
                    throw cursor.malformed("a lone surrogate, in \(place)", at: start)
                }
                code = 0x10000 + ((code & 0x3FF) << 10) + (low & 0x3FF)
            }
            guard let scalar = Unicode.Scalar(code) else {
                throw cursor.malformed("a lone surrogate, in \(place)", at: start)
            }
            return scalar
        default: throw cursor.malformed("an unknown escape, in \(place)", at: start)
        }
    }

    private mutating func hexadecimal(_ start: Int, _ place: String) throws(CheckpointError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = try cursor.next(), let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw cursor.malformed("an escape without four hexadecimal digits, in \(place)", at: start)
            }
            value = value << 4 | UInt32(digit)
        }
        return value
    }

    /// A whole number from 0 to 2^48, written plainly: no sign, fraction, exponent or leading zero.
    mutating func natural(in place: String) throws(CheckpointError) -> Int {
        try skipSpace()
        let start = cursor.offset
        var value = 0
        var digits = 0
        while let byte = try cursor.peek(), (0x30...0x39).contains(byte) {
            value = value * 10 + Int(byte - 0x30)
            digits += 1
            guard value <= 1 << 48 else { throw cursor.malformed("a number beyond 2^48, in \(place)", at: start) }
            guard digits == 1 || value > 9 else { throw cursor.malformed("a leading zero, in \(place)", at: start) }
            _ = try cursor.next()
        }
        let next = try cursor.peek()
        guard digits > 0, next != UInt8(ascii: "."), next != UInt8(ascii: "e"), next != UInt8(ascii: "E") else {
            throw cursor.malformed("this should be a whole number from 0 on, in \(place)", at: start)
        }
        return value
    }

    /// The natural numbers of an array of at most `limit`.
    mutating func naturals(limit: Int, in place: String) throws(CheckpointError) -> [Int] {
        try expect("[", place)
        var values: [Int] = []
        if try take("]") { return values }
        repeat {
            guard values.count < limit else { throw cursor.malformed("more than \(limit) numbers, in \(place)") }
            values.append(try natural(in: place))
        } while try take(",")
        try expect("]", place)
        return values
    }

    /// Passes over any value, its shape checked.
    mutating func skipValue(in place: String, depth: Int = 0) throws(CheckpointError) {
        guard depth < 32 else { throw cursor.malformed("nesting deeper than 32, in \(place)") }
        try skipSpace()
        switch try cursor.peek() {
        case UInt8(ascii: "{"):
            _ = try cursor.next()
            var first = true
            while try nextKey(first: &first, limit: 1 << 16, in: place) != nil {
                try skipValue(in: place, depth: depth + 1)
            }
        case UInt8(ascii: "["):
            _ = try cursor.next()
            if try take("]") { return }
            repeat { try skipValue(in: place, depth: depth + 1) } while try take(",")
            try expect("]", place)
        case UInt8(ascii: "\""): _ = try string(limit: 1 << 20, in: place)
        default:
            let start = cursor.offset
            var word = ""
            while let byte = try cursor.peek(), word.utf8.count < 64,
                byte >= 0x30 && byte <= 0x39 || byte >= 0x61 && byte <= 0x7A || byte == 0x2D || byte == 0x2B
                    || byte == 0x2E || byte == 0x45
            {
                word.unicodeScalars.append(Unicode.Scalar(byte))
                _ = try cursor.next()
            }
            guard ["true", "false", "null"].contains(word) || word.first != "+" && Double(word) != nil else {
                throw cursor.malformed("this is no JSON value, in \(place)", at: start)
            }
        }
    }
}
