// SPDX-License-Identifier: Apache-2.0
package import Foundation

/// A line of an exported knowledge base, one JSON object with one member: a header; then for each document its record,
/// its text in pieces, its passages and a seal; where there is a graph, its size, its prefixes, its facts in the order of
/// their making and a seal; at last the number of documents, and another seal. A seal is the SHA-256 of all lines before
/// it, so that nothing that was changed on the way goes in.
package struct ArchiveLine: Codable {
    struct Header: Codable {
        /// 1: no graph; 2: a graph may follow the documents.
        var version = 2
        var name: String
        var embedder: TextEmbedding.Identity?
    }

    struct Document: Codable {
        var name: String
        var title: String?
        var format: String
        var encoding: String
        var bytes: Int
        var characters: Int
        var passages: Int
        var sha256: String
        var pipeline: Int
        var added: Int
    }

    struct Passage: Codable {
        var start: Int
        var end: Int
        var text: String
        var headings: [String]
        var page: Int?
        var time: Int?
        /// The first byte of the file that it stands in as it is, and the byte after its last.
        var source: [Int]?
        /// Its vectors one after the other, F32, little-endian.
        var vectors: Data
    }

    struct Graph: Codable {
        var prefixes: [String: String]
        var facts: Int
    }

    struct Fact: Codable {
        /// Subject, predicate, object and, if it is in one, the named graph, as N-Quads writes them.
        var terms: [String]
        var document: String?
        var passage: String?
        /// Seconds since 1970.
        var validFrom: Int64?
        var validTo: Int64?
        var recorded: Int64
        var confidence: Double?
        /// The name of the rule that it was inferred by.
        var rule: String?
        /// The facts that it was inferred from, by their places in the archive.
        var premises: [Int]?
    }

    var header: Header?
    var document: Document?
    var text: String?
    var passage: Passage?
    var graph: Graph?
    var fact: Fact?
    var seal: String?
    var documents: Int?
}

/// Lines of bytes that come in pieces.
package struct ArchiveLines {
    private let read: () throws -> Data?
    private var pending = Data()
    private var isAtEnd = false
    private(set) var number = 0
    private var hash = SecureHash()
    private var seal = ""

    /// Far longer than any line that `export` writes.
    private static let limit = 64 << 20

    package init(_ read: @escaping () throws -> Data?) { self.read = read }

    func malformed(_ what: String) -> KnowledgeError {
        KnowledgeError(.badDocument, "not an exported knowledge base: \(what), line \(number); export it again")
    }

    /// The next line; nil at the end.
    package mutating func next() throws -> ArchiveLine? {
        guard let line = try nextLine() else { return nil }
        number += 1
        seal = hash.finalizedCopy.hexadecimal
        hash.update(line)
        hash.update([0x0A])
        do {
            return try JSONDecoder().decode(ArchiveLine.self, from: line)
        } catch {
            throw malformed("no such line is written by `kb export`")
        }
    }

    /// Reads a line that must be a seal of all before it.
    mutating func checkSeal() throws {
        guard let written = try next()?.seal else { throw malformed("a seal is missing") }
        guard written == seal else { throw malformed("changed after it was written") }
    }

    private mutating func nextLine() throws -> Data? {
        var searched = pending.startIndex
        while true {
            if let end = pending[searched...].firstIndex(of: 0x0A) {
                defer { pending = pending[pending.index(after: end)...] }
                return Data(pending[..<end])
            }
            if isAtEnd {
                return pending.isEmpty
                    ? nil
                    : {
                        defer { pending = Data() }; return pending
                    }()
            }
            guard pending.count < Self.limit else { throw malformed("a line of more than \(Self.limit >> 20) MiB") }
            if let more = try read(), !more.isEmpty {
                pending = Data(pending)
                searched = pending.count
                pending += more
            } else {
                isAtEnd = true
            }
        }
    }
}
