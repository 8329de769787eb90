// SPDX-License-Identifier: Apache-2.0
import Foundation
package import Tokenization

/// Reads RDF, statement by statement.
public struct RDFReader: Sendable {
    /// How it is written.
    public var syntax: RDFSyntax
    /// What relative IRIs are resolved against; nil: there may be none, but in a file, whose own address it is.
    public var base: String?
    /// What stands before the label of every blank node, so that nodes of two files stay two.
    public var scope: String

    /// Gives the document of an address that JSON-LD takes a context from; without it, or where it gives nil, such a
    /// context is an error, for nothing is fetched.
    public var loadContext: (@Sendable (_ address: String) throws -> [UInt8]?)?

    /// A reader of a syntax.
    public init(_ syntax: RDFSyntax, base: String? = nil, scope: String = "b") {
        (self.syntax, self.base, self.scope) = (syntax, base, scope)
    }

    /// The prefixes that a document declared.
    public typealias Prefixes = [String: String]

    /// Calls `sink` with each quad of a file; `-` is standard input. Throws `unreadable`, and `badSyntax` with file and line.
    @discardableResult
    public func read(path: String, sink: @escaping (Quad) throws -> Void) throws -> Prefixes {
        let isInput = path == "-"
        let handle: FileHandle
        if isInput {
            handle = .standardInput
        } else {
            do {
                handle = try FileHandle(forReadingFrom: URL(filePath: path))
            } catch {
                throw GraphError(.unreadable, "`\(path)` cannot be read; is it there, and a file?", subject: path)
            }
        }
        defer { if !isInput { try? handle.close() } }
        var reader = self
        if base == nil, !isInput { reader.base = URL(filePath: path).absoluteString }
        return try reader.read(name: isInput ? "standard input" : path, sink: sink) {
            do {
                return Array(try handle.read(upToCount: 1 << 18) ?? Data())
            } catch {
                throw GraphError(.unreadable, "`\(path)` cannot be read: \(error.localizedDescription)", subject: path)
            }
        }
    }

    /// Calls `sink` with each quad of a text.
    @discardableResult
    public func read(text: String, name: String = "text", sink: @escaping (Quad) throws -> Void) throws -> Prefixes {
        try read(bytes: Array(text.utf8), name: name, sink: sink)
    }

    /// Calls `sink` with each quad of bytes.
    @discardableResult
    public func read(bytes: [UInt8], name: String = "bytes", sink: @escaping (Quad) throws -> Void) throws -> Prefixes {
        var rest = bytes
        return try read(name: name, sink: sink) {
            defer { rest = [] }
            return rest
        }
    }

    private func read(
        name: String,
        sink: @escaping (Quad) throws -> Void,
        nextPiece: @escaping () throws -> [UInt8]
    ) throws -> Prefixes {
        var scanner = ByteScanner(name: name, nextPiece: nextPiece)
        // XML tells its encoding by its first bytes.
        if syntax != .rdfXML { try scanner.skipByteOrderMark() }
        switch syntax {
        case .rdfXML:
            let parser = RDFXMLParser(name: name, base: base, scope: scope, sink: sink)
            try parser.parse(nextPiece)
            return parser.prefixes ?? [:]
        case .jsonLD:
            var reader = JSONLDReader(scope: scope, sink: sink)
            try reader.read(expanded(scanner.rest(limit: JSONLDReader.limit), name: name))
            return [:]
        case .turtle, .triG:
            var parser = TurtleParser(scanner, isTriG: syntax == .triG, base: base, scope: scope, sink: sink)
            try parser.parse()
            return parser.prefixes
        case .nTriples, .nQuads:
            var parser = LineParser(scanner, allowsGraphs: syntax == .nQuads, scope: scope, sink: sink)
            try parser.parse()
            return [:]
        case .csv:
            var parser = CSVParser(scanner, base: base, scope: scope, sink: sink)
            try parser.parse()
            return [:]
        }
    }
}

extension RDFReader {
    /// The nodes of a JSON-LD document in expanded form.
    package func expanded(_ bytes: [UInt8], name: String) throws -> [JSONValue] {
        let expander = JSONLDExpander(name: name, base: base, load: loadContext)
        return try expander.expand(document: expander.json(bytes, name: name))
    }
}

extension ByteScanner {
    /// All bytes that are left. Throws `limit` where they are more.
    mutating func rest(limit: Int) throws -> [UInt8] {
        var bytes: [UInt8] = []
        while let byte = try peek() {
            guard bytes.count < limit else {
                throw GraphError(.limit, "\(name) has more than \(limit >> 20) MiB; cut it in parts", subject: name)
            }
            bytes.append(byte)
            advance()
        }
        return bytes
    }

    mutating func skipByteOrderMark() throws {
        if try peek() == 0xEF, try peek(1) == 0xBB, try peek(2) == 0xBF { advance(3) }
    }
}
