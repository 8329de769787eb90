// SPDX-License-Identifier: Apache-2.0

/// Records of comma-separated values: https://www.rfc-editor.org/rfc/rfc4180, with either kind of line end.
struct CSVScanner {
    /// How many fields a record may have.
    static let fieldLimit = 10_000

    private(set) var scanner: ByteScanner
    /// The line on which the last record began.
    private(set) var line = 1

    init(_ scanner: ByteScanner) { self.scanner = scanner }

    /// The next record's fields, lines without anything left out; nil behind the last.
    mutating func next() throws -> [String]? {
        while let byte = try scanner.peek(), byte == 0x0A || byte == 0x0D { scanner.advance() }
        guard try scanner.peek() != nil else { return nil }
        line = scanner.line
        var fields: [String] = []
        while true {
            fields.append(try field())
            guard fields.count <= Self.fieldLimit else {
                throw scanner.error("a row of more than \(Self.fieldLimit) fields", line: line)
            }
            guard try scanner.take(UInt8(ascii: ",")) else { break }
        }
        switch try scanner.peek() {
        case nil, 0x0A: scanner.advance()
        case 0x0D:
            scanner.advance()
            _ = try scanner.take(0x0A)
        default: throw scanner.error("a character behind the quote that ends a field")
        }
        return fields
    }

    private mutating func field() throws -> String {
        var bytes: [UInt8] = []
        guard try scanner.take(UInt8(ascii: "\"")) else {
            while let byte = try scanner.peek(), ![UInt8(ascii: ","), 0x0A, 0x0D].contains(byte) {
                guard byte != UInt8(ascii: "\"") else { throw scanner.error("a quote in a field that has none around") }
                try append(byte, to: &bytes)
            }
            return try scanner.text(bytes)
        }
        let start = scanner.line
        while let byte = try scanner.peek() {
            if byte == UInt8(ascii: "\"") {
                scanner.advance()
                // Two of them are one that is meant.
                guard try scanner.peek() == byte else { return try scanner.text(bytes) }
            }
            try append(byte, to: &bytes)
        }
        throw scanner.error("a quoted field that does not end", line: start)
    }

    private mutating func append(_ byte: UInt8, to bytes: inout [UInt8]) throws {
        bytes.append(byte)
        scanner.advance()
        guard bytes.count <= ByteScanner.tokenLimit else {
            throw scanner.error("a field of more than \(ByteScanner.tokenLimit >> 20) MiB")
        }
    }
}
