// SPDX-License-Identifier: Apache-2.0

/// The terminals that Turtle, TriG, N-Triples and N-Quads share: https://www.w3.org/TR/turtle/#terminals.
struct TurtleLexer {
    var scanner: ByteScanner
    /// N-Triples and N-Quads allow a colon in blank nodes' labels.
    let allowsColonInLabels: Bool

    mutating func skipSpace() throws {
        while let byte = try scanner.peek() {
            switch byte {
            case 0x20, 0x09, 0x0A, 0x0D: scanner.advance()
            case UInt8(ascii: "#"): try skipComment()
            default: return
            }
        }
    }

    mutating func skipComment() throws {
        while let byte = try scanner.peek(), byte != 0x0A, byte != 0x0D { scanner.advance() }
    }

    /// What is there, for an error message.
    mutating func description() throws -> String {
        guard let (scalar, _) = try scanner.peekScalar() else { return "the end of the file" }
        return scalar.value < 0x20 ? "a control character" : "`\(scalar)`"
    }

    mutating func expect(_ byte: UInt8, _ after: String) throws {
        guard try scanner.take(byte) else {
            throw scanner.error("\(try description()) where `\(Unicode.Scalar(byte))` should follow \(after)")
        }
    }

    /// The text between `<` and `>`, unescaped but not resolved.
    mutating func iriText() throws -> String {
        let start = scanner.line
        scanner.advance()
        var bytes: [UInt8] = []
        while let byte = try scanner.peek() {
            if byte == UInt8(ascii: ">") {
                scanner.advance()
                return try scanner.text(bytes)
            }
            if byte == UInt8(ascii: "\\") {
                let scalar = try escape(allowsCharacters: false)
                guard !NameCharacters.isForbiddenInIRI(scalar.value) else {
                    throw scanner.error("an IRI with an escaped character that no IRI may have")
                }
                bytes.append(scalar)
            } else {
                guard !NameCharacters.isForbiddenInIRI(UInt32(byte)) else {
                    throw scanner.error("an IRI with \(try description()) in it")
                }
                scanner.advance()
                bytes.append(byte)
            }
            try check(bytes.count)
        }
        throw scanner.error("an IRI that does not end", line: start)
    }

    private func check(_ length: Int) throws {
        if length > ByteScanner.tokenLimit {
            throw scanner.error("a term of more than \(ByteScanner.tokenLimit >> 20) MiB")
        }
    }

    /// The character of the escape that begins here.
    private mutating func escape(allowsCharacters: Bool) throws -> Unicode.Scalar {
        scanner.advance()
        let letter = try scanner.peek()
        var digits = 0
        switch letter {
        case UInt8(ascii: "u"): digits = 4
        case UInt8(ascii: "U"): digits = 8
        case .some(let byte) where allowsCharacters:
            if let scalar = Self.escapes[byte] {
                scanner.advance()
                return scalar
            }
        default: break
        }
        guard digits > 0 else { throw scanner.error("an unknown escape: `\\` and \(try description())") }
        scanner.advance()
        var value: UInt32 = 0
        for _ in 0..<digits {
            guard let digit = try scanner.peek().flatMap(Self.hexadecimal) else {
                throw scanner.error("an escape that has not \(digits) hexadecimal digits")
            }
            value = value << 4 | digit
            scanner.advance()
        }
        guard let scalar = Unicode.Scalar(value) else { throw scanner.error("an escape that is no character") }
        return scalar
    }

    private static let escapes: [UInt8: Unicode.Scalar] = [
        UInt8(ascii: "t"): "\t", UInt8(ascii: "b"): "\u{8}", UInt8(ascii: "n"): "\n", UInt8(ascii: "r"): "\r",
        UInt8(ascii: "f"): "\u{C}", UInt8(ascii: "\""): "\"", UInt8(ascii: "'"): "'", UInt8(ascii: "\\"): "\\",
    ]

    private static func hexadecimal(_ byte: UInt8) -> UInt32? {
        switch byte {
        case 0x30...0x39: UInt32(byte) - 0x30
        case 0x41...0x46: UInt32(byte) - 0x37
        case 0x61...0x66: UInt32(byte) - 0x57
        default: nil
        }
    }

    /// The text of a string in quotes, single or, where they may be, three.
    mutating func string(allowsLong: Bool) throws -> String {
        let start = scanner.line
        guard let quote = try scanner.peek() else { throw scanner.error("a string that does not begin") }
        scanner.advance()
        var isLong = false
        if allowsLong, try scanner.peek() == quote, try scanner.peek(1) == quote {
            scanner.advance(2)
            isLong = true
        }
        var bytes: [UInt8] = []
        while let byte = try scanner.peek() {
            switch byte {
            case quote:
                if !isLong {
                    scanner.advance()
                    return try scanner.text(bytes)
                }
                if try scanner.peek(1) == quote, try scanner.peek(2) == quote {
                    scanner.advance(3)
                    return try scanner.text(bytes)
                }
                scanner.advance()
                bytes.append(byte)
            case UInt8(ascii: "\\"):
                bytes.append(try escape(allowsCharacters: true))
            case 0x0A, 0x0D:
                guard isLong else { throw scanner.error("a string that does not end on its line", line: start) }
                scanner.advance()
                bytes.append(byte)
            default:
                scanner.advance()
                bytes.append(byte)
            }
            try check(bytes.count)
        }
        throw scanner.error("a string that does not end", line: start)
    }

    /// The language tag after `@`.
    mutating func languageTag() throws -> String {
        scanner.advance()
        var bytes: [UInt8] = []
        var isFirst = true
        while true {
            let start = bytes.count
            while let byte = try scanner.peek(), Self.isLetter(byte) || (!isFirst && Self.isDigit(byte)) {
                bytes.append(byte)
                scanner.advance()
            }
            guard bytes.count > start else { throw scanner.error("a language tag that is none") }
            guard try scanner.peek() == UInt8(ascii: "-") else { break }
            scanner.advance()
            bytes.append(UInt8(ascii: "-"))
            isFirst = false
            try check(bytes.count)
        }
        return try scanner.text(bytes)
    }

    static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }
    static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}

extension TurtleLexer {
    /// The label after `_:`.
    mutating func blankLabel() throws -> String {
        guard try scanner.peek(1) == UInt8(ascii: ":") else { throw scanner.error("`_` that begins no blank node") }
        scanner.advance(2)
        let colon = allowsColonInLabels
        let label = try name { scalar, isFirst in
            let isColon = colon && scalar == ":"
            return isColon
                || (isFirst
                    ? NameCharacters.isStart(scalar) || NameCharacters.isDigit(scalar)
                    : NameCharacters.isPart(scalar))
        }
        guard !label.isEmpty else { throw scanner.error("a blank node without a label") }
        return try scanner.text(label)
    }

    /// What stands before the colon of a prefixed name, or a bare word.
    mutating func prefix() throws -> String {
        try scanner.text(
            name { scalar, isFirst in isFirst ? NameCharacters.isBase(scalar) : NameCharacters.isPart(scalar) }
        )
    }

    /// What follows the colon of a prefixed name, unescaped.
    mutating func localName() throws -> String {
        var bytes: [UInt8] = []
        while true {
            let isFirst = bytes.isEmpty
            bytes += try name(isStarted: !isFirst) { scalar, first in
                scalar == ":"
                    || (first
                        ? NameCharacters.isStart(scalar) || NameCharacters.isDigit(scalar)
                        : NameCharacters.isPart(scalar))
            }
            switch try scanner.peek() {
            case UInt8(ascii: "%"):
                guard let high = try scanner.peek(1), let low = try scanner.peek(2), Self.hexadecimal(high) != nil,
                    Self.hexadecimal(low) != nil
                else { throw scanner.error("`%` without two hexadecimal digits in a name") }
                bytes += [UInt8(ascii: "%"), high, low]
                scanner.advance(3)
            case UInt8(ascii: "\\"):
                guard let byte = try scanner.peek(1), Self.localEscapes.contains(byte) else {
                    throw scanner.error("an unknown escape in a name")
                }
                bytes.append(byte)
                scanner.advance(2)
            default: return try scanner.text(bytes)
            }
            try check(bytes.count)
        }
    }

    private static let localEscapes = Set("_~.-!$&'()*+,;=/?#@%".utf8)

    /// Characters of a name; a dot belongs to it only where something of the name follows.
    private mutating func name(
        isStarted: Bool = false,
        _ belongs: (Unicode.Scalar, _ isFirst: Bool) -> Bool
    ) throws -> [UInt8] {
        var bytes: [UInt8] = []
        while let (scalar, length) = try scanner.peekScalar() {
            let isFirst = bytes.isEmpty && !isStarted
            if scalar == ".", !isFirst {
                var dots = 1
                while dots < 4_096, try scanner.peek(dots) == UInt8(ascii: ".") { dots += 1 }
                guard let (after, _) = try scanner.peekScalar(dots), belongs(after, false) || continues(after) else {
                    break
                }
                bytes += [UInt8](repeating: UInt8(ascii: "."), count: dots)
                scanner.advance(dots)
                continue
            }
            guard belongs(scalar, isFirst) else { break }
            bytes.append(scalar)
            scanner.advance(length)
            try check(bytes.count)
        }
        return bytes
    }

    /// Whether a name goes on with an escape, which only local names have: elsewhere it is an error either way.
    private func continues(_ scalar: Unicode.Scalar) -> Bool { scalar == "%" || scalar == "\\" }
}

/// The character classes of names.
enum NameCharacters {
    static func isDigit(_ scalar: Unicode.Scalar) -> Bool { (0x30...0x39).contains(scalar.value) }

    static func isBase(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x41...0x5A, 0x61...0x7A, 0xC0...0xD6, 0xD8...0xF6, 0xF8...0x2FF, 0x370...0x37D, 0x37F...0x1FFF,
            0x200C...0x200D, 0x2070...0x218F, 0x2C00...0x2FEF, 0x3001...0xD7FF, 0xF900...0xFDCF, 0xFDF0...0xFFFD,
            0x10000...0xEFFFF:
            true
        default: false
        }
    }

    static func isStart(_ scalar: Unicode.Scalar) -> Bool { scalar == "_" || isBase(scalar) }

    /// Whether a text is a name that XML has without a colon.
    static func isName(_ text: String) -> Bool {
        guard let first = text.unicodeScalars.first, isStart(first) else { return false }
        return text.unicodeScalars.allSatisfy { isPart($0) || $0 == "." }
    }

    /// Whether a text can be a blank node's label in every syntax.
    static func isLabel(_ text: String) -> Bool {
        guard let first = text.unicodeScalars.first, isStart(first) || isDigit(first), !text.hasSuffix(".") else {
            return false
        }
        return text.unicodeScalars.allSatisfy { isPart($0) || $0 == "." }
    }

    /// Whether a text is a language tag.
    static func isLanguage(_ text: String) -> Bool {
        let parts = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        return parts.enumerated().allSatisfy { index, part in
            !part.isEmpty && part.allSatisfy { TurtleLexer.isLetter($0) || (index > 0 && TurtleLexer.isDigit($0)) }
        }
    }

    static func isForbiddenInIRI(_ value: UInt32) -> Bool {
        switch value {
        case 0...0x20, 0x22, 0x3C, 0x3E, 0x5C, 0x5E, 0x60, 0x7B, 0x7C, 0x7D: true
        default: false
        }
    }

    static func isPart(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x2D, 0x30...0x39, 0xB7, 0x300...0x36F, 0x203F...0x2040: true
        default: isStart(scalar)
        }
    }
}

extension [UInt8] {
    fileprivate mutating func append(_ scalar: Unicode.Scalar) {
        if scalar.isASCII {
            append(UInt8(truncatingIfNeeded: scalar.value))
        } else {
            append(contentsOf: Array(String(Character(scalar)).utf8))
        }
    }
}
