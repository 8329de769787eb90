// SPDX-License-Identifier: Apache-2.0

/// Bytes of a document one after the other, a piece of it in memory at a time.
struct ByteScanner {
    /// The longest literal, IRI or name that is read.
    static let tokenLimit = 1 << 28

    let name: String
    private(set) var line = 1
    private let nextPiece: () throws -> [UInt8]
    private var buffer: [UInt8] = []
    private var position = 0
    private var isExhausted = false

    /// `nextPiece` gives bytes until there are none left, then an empty array.
    init(name: String, nextPiece: @escaping () throws -> [UInt8]) {
        self.name = name
        self.nextPiece = nextPiece
    }

    /// The byte that is so many ahead; nil behind the end.
    @inline(__always)
    mutating func peek(_ ahead: Int = 0) throws -> UInt8? {
        if position + ahead < buffer.count { return buffer[position + ahead] }
        return try peekBehindPiece(ahead)
    }

    private mutating func peekBehindPiece(_ ahead: Int) throws -> UInt8? {
        while position + ahead >= buffer.count {
            if isExhausted { return nil }
            let piece = try nextPiece()
            isExhausted = piece.isEmpty
            buffer.removeFirst(position)
            position = 0
            buffer += piece
        }
        return buffer[position + ahead]
    }

    /// Goes on by a number of bytes that were peeked at.
    @inline(__always)
    mutating func advance(_ count: Int = 1) {
        for _ in 0..<count where position < buffer.count {
            if buffer[position] == 0x0A { line += 1 }
            position += 1
        }
    }

    /// Goes on by one byte if it is this one.
    mutating func take(_ byte: UInt8) throws -> Bool {
        guard try peek() == byte else { return false }
        advance()
        return true
    }

    /// The Unicode scalar that begins so many bytes ahead, and its length; nil behind the end.
    mutating func peekScalar(_ ahead: Int = 0) throws -> (scalar: Unicode.Scalar, length: Int)? {
        guard let first = try peek(ahead) else { return nil }
        if first < 0x80 { return (Unicode.Scalar(first), 1) }
        let length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2
        var bytes: [UInt8] = []
        for index in 0..<length {
            guard let byte = try peek(ahead + index) else { throw error("a character that is cut off") }
            bytes.append(byte)
        }
        guard let text = String(validating: bytes, as: UTF8.self), let scalar = text.unicodeScalars.first else {
            throw notUTF8
        }
        return (scalar, length)
    }

    /// A token's bytes as text.
    func text(_ bytes: [UInt8]) throws -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else { throw notUTF8 }
        return text
    }

    private var notUTF8: GraphError { error("a byte that is not UTF-8") }

    /// An error at the line reached.
    func error(_ what: String, line: Int? = nil) -> GraphError {
        GraphError(.badSyntax, "\(what), \(name) line \(line ?? self.line); correct the file there", subject: name)
    }
}
