// SPDX-License-Identifier: Apache-2.0

/// Reads a query's terminals one by one.
struct QueryLexer {
    private let bytes: [UInt8]
    private var at = 0

    init(_ text: String) throws {
        let bytes = Array(text.utf8)
        self.bytes = bytes.contains(0x5C) ? try CodepointEscapes.replaced(in: bytes) : bytes
    }

    /// The next terminal: the longest that matches.
    mutating func next() throws -> QueryToken {
        skipBlanks()
        let start = at
        let kind = try read()
        return QueryToken(kind: kind, start: start, end: at)
    }

    /// An error that says where.
    func error(_ message: String, at offset: Int) -> GraphError {
        TextPosition.error(.badQuery, message, in: bytes, at: offset)
    }

    // MARK: Bytes and scalars

    private func byte(_ ahead: Int = 0) -> UInt8 { at + ahead < bytes.count ? bytes[at + ahead] : 0 }

    /// The scalar at a place and how many bytes it takes; what was text before is well-formed.
    private func scalar(at place: Int) -> (value: UInt32, length: Int) {
        guard place < bytes.count else { return (0, 0) }
        let first = UInt32(bytes[place])
        let length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4
        guard length > 1, place + length <= bytes.count else { return (first, 1) }
        var value = first & (0x7F >> UInt32(length))
        for offset in 1..<length { value = value << 6 | UInt32(bytes[place + offset] & 0x3F) }
        return (value, length)
    }

    private func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

    private mutating func skipBlanks() {
        while at < bytes.count {
            switch bytes[at] {
            case 0x20, 0x09, 0x0A, 0x0D: at += 1
            case UInt8(ascii: "#"): while at < bytes.count, bytes[at] != 0x0A, bytes[at] != 0x0D { at += 1 }
            default: return
            }
        }
    }

    private mutating func skip(while belongs: (UInt32) -> Bool) {
        while at < bytes.count {
            let (value, length) = scalar(at: at)
            guard belongs(value) else { return }
            at += length
        }
    }

    // MARK: Terminals

    private mutating func read() throws -> QueryToken.Kind {
        guard at < bytes.count else { return .end }
        switch bytes[at] {
        case UInt8(ascii: "<"): return readIRI() ?? symbol(byte(1) == UInt8(ascii: "=") ? 2 : 1)
        case UInt8(ascii: "?"), UInt8(ascii: "$"): return try readVariable()
        case UInt8(ascii: "\""), UInt8(ascii: "'"): return .string(try readString())
        case UInt8(ascii: "@"): return try readLanguage()
        case UInt8(ascii: "0")...UInt8(ascii: "9"): return readNumber()
        case UInt8(ascii: "."): return QueryCharacters.isDigit(UInt32(byte(1))) ? readNumber() : symbol(1)
        case UInt8(ascii: "_"): return try readBlank()
        case UInt8(ascii: ":"): return try readPrefixed(prefix: "")
        case UInt8(ascii: "["): return readPair(UInt8(ascii: "]"), .anonymous)
        case UInt8(ascii: "("): return readPair(UInt8(ascii: ")"), .emptyList)
        case UInt8(ascii: ">"), UInt8(ascii: "!"): return symbol(byte(1) == UInt8(ascii: "=") ? 2 : 1)
        case UInt8(ascii: "^"): return symbol(byte(1) == UInt8(ascii: "^") ? 2 : 1)
        case UInt8(ascii: "|"): return symbol(byte(1) == UInt8(ascii: "|") ? 2 : 1)
        case UInt8(ascii: "&") where byte(1) == UInt8(ascii: "&"): return symbol(2)
        case UInt8(ascii: "{"), UInt8(ascii: "}"), UInt8(ascii: "]"), UInt8(ascii: ")"), UInt8(ascii: ";"),
            UInt8(ascii: ","), UInt8(ascii: "="), UInt8(ascii: "*"), UInt8(ascii: "/"), UInt8(ascii: "+"),
            UInt8(ascii: "-"):
            return symbol(1)
        default: return try readName()
        }
    }

    private mutating func symbol(_ length: Int) -> QueryToken.Kind {
        at += length
        return .symbol(text(at - length..<at))
    }

    private mutating func readPair(_ close: UInt8, _ kind: QueryToken.Kind) -> QueryToken.Kind {
        let start = at
        at += 1
        skipBlanks()
        if byte() == close {
            at += 1
            return kind
        }
        at = start
        return symbol(1)
    }

    /// nil where `<` compares.
    private mutating func readIRI() -> QueryToken.Kind? {
        var place = at + 1
        while place < bytes.count {
            switch bytes[place] {
            case UInt8(ascii: ">"):
                defer { at = place + 1 }
                return .iri(text(at + 1..<place))
            case 0...0x20, UInt8(ascii: "<"), UInt8(ascii: "\""), UInt8(ascii: "{"), UInt8(ascii: "}"),
                UInt8(ascii: "|"), UInt8(ascii: "^"), UInt8(ascii: "`"), UInt8(ascii: "\\"):
                return nil
            default: place += 1
            }
        }
        return nil
    }

    private mutating func readVariable() throws -> QueryToken.Kind {
        let start = at
        at += 1
        guard QueryCharacters.isStart(scalar(at: at).value) else {
            guard bytes[start] == UInt8(ascii: "?") else {
                throw error("a variable's name is missing after $", at: start)
            }
            return .symbol("?")
        }
        skip(while: QueryCharacters.isVariable)
        return .variable(text(start + 1..<at))
    }

    private mutating func readLanguage() throws -> QueryToken.Kind {
        let start = at
        at += 1
        guard QueryCharacters.isLetter(UInt32(byte())) else { throw error("a language is missing after @", at: start) }
        skip(while: QueryCharacters.isLetter)
        while byte() == 0x2D, QueryCharacters.isLetter(UInt32(byte(1))) || QueryCharacters.isDigit(UInt32(byte(1))) {
            at += 1
            skip { QueryCharacters.isLetter($0) || QueryCharacters.isDigit($0) }
        }
        return .language(text(start + 1..<at))
    }

    private mutating func readNumber() -> QueryToken.Kind {
        let start = at
        var isDecimal = false
        skip(while: QueryCharacters.isDigit)
        if byte() == UInt8(ascii: "."), QueryCharacters.isDigit(UInt32(byte(1))) || exponentLength(1) > 0, start < at {
            isDecimal = true
        } else if byte() == UInt8(ascii: "."), start == at {
            isDecimal = true
        }
        if isDecimal {
            at += 1
            skip(while: QueryCharacters.isDigit)
        }
        let exponent = exponentLength(0)
        at += exponent
        let number = text(start..<at)
        return exponent > 0 ? .double(number) : isDecimal ? .decimal(number) : .integer(number)
    }

    private func exponentLength(_ ahead: Int) -> Int {
        guard byte(ahead) | 0x20 == UInt8(ascii: "e") else { return 0 }
        let sign = byte(ahead + 1) == UInt8(ascii: "+") || byte(ahead + 1) == UInt8(ascii: "-") ? 1 : 0
        var length = 1 + sign
        while QueryCharacters.isDigit(UInt32(byte(ahead + length))) { length += 1 }
        return length > 1 + sign ? length : 0
    }

    private mutating func readBlank() throws -> QueryToken.Kind {
        let start = at
        guard byte(1) == UInt8(ascii: ":"), QueryCharacters.isStart(scalar(at: at + 2).value) else {
            throw error("a blank node's label is missing after _", at: start)
        }
        at += 2
        skip { QueryCharacters.isName($0) || $0 == 0x2E }
        // A dot at the end closes the sentence.
        while bytes[at - 1] == 0x2E { at -= 1 }
        return .blank(text(start + 2..<at))
    }

    private mutating func readName() throws -> QueryToken.Kind {
        let start = at
        let first = scalar(at: at).value
        guard QueryCharacters.isBase(first) else {
            throw error("unexpected character \(Unicode.Scalar(first).map(String.init) ?? "")", at: start)
        }
        skip { QueryCharacters.isName($0) || $0 == 0x2E }
        while bytes[at - 1] == 0x2E { at -= 1 }
        if byte() == UInt8(ascii: ":") { return try readPrefixed(prefix: text(start..<at)) }
        at = start
        skip { QueryCharacters.isLetter($0) || QueryCharacters.isDigit($0) || $0 == 0x5F }
        guard at > start else {
            throw error("unexpected character \(Unicode.Scalar(first).map(String.init) ?? "")", at: start)
        }
        let word = text(start..<at)
        return word == "a" ? .a : .word(word.uppercased())
    }

    /// From the colon on.
    private mutating func readPrefixed(prefix: String) throws -> QueryToken.Kind {
        at += 1
        var local: [UInt8] = []
        var kept = (place: at, count: 0)
        while at < bytes.count {
            let (value, length) = scalar(at: at)
            if value == UInt32(UInt8(ascii: "\\")) {
                guard Self.escapable.contains(byte(1)) else {
                    throw error("no character may be escaped as \\ here", at: at)
                }
                local.append(byte(1))
                at += 2
            } else if value == UInt32(UInt8(ascii: "%")) {
                guard QueryCharacters.isHex(UInt32(byte(1))), QueryCharacters.isHex(UInt32(byte(2))) else {
                    throw error("two hexadecimal digits are missing after %", at: at)
                }
                local += bytes[at..<at + 3]
                at += 3
            } else if local.isEmpty
                ? QueryCharacters.isStart(value) || value == 0x3A : QueryCharacters.isName(value) || value == 0x3A
            {
                local += bytes[at..<at + length]
                at += length
            } else if value == 0x2E, !local.isEmpty {
                local.append(0x2E)
                at += 1
                continue
            } else {
                break
            }
            kept = (at, local.count)
        }
        at = kept.place
        return .prefixed(prefix: prefix, local: String(decoding: local.prefix(kept.count), as: UTF8.self))
    }

    private static let escapable = Set("_~.-!$&'()*+,;=/?#@%".utf8)

    private mutating func readString() throws -> String {
        let start = at
        let quote = byte()
        let isLong = byte(1) == quote && byte(2) == quote
        at += isLong ? 3 : 1
        var content: [UInt8] = []
        while at < bytes.count {
            let next = bytes[at]
            if next == quote, !isLong || (byte(1) == quote && byte(2) == quote) {
                at += isLong ? 3 : 1
                return String(decoding: content, as: UTF8.self)
            }
            if next == UInt8(ascii: "\\") {
                guard let escaped = Self.escapes[byte(1)] else { throw error("no such escape in a string", at: at) }
                content.append(escaped)
                at += 2
            } else if !isLong, next == 0x0A || next == 0x0D {
                throw error("a string goes over the end of its line; write it between three quotes", at: start)
            } else {
                content.append(next)
                at += 1
            }
        }
        throw error("a string that begins here does not end", at: start)
    }

    private static let escapes: [UInt8: UInt8] = [
        UInt8(ascii: "t"): 0x09, UInt8(ascii: "b"): 0x08, UInt8(ascii: "n"): 0x0A, UInt8(ascii: "r"): 0x0D,
        UInt8(ascii: "f"): 0x0C, UInt8(ascii: "\\"): 0x5C, UInt8(ascii: "\""): 0x22, UInt8(ascii: "'"): 0x27,
    ]
}
