// SPDX-License-Identifier: Apache-2.0
import Foundation
import Knowledge
import Synchronization

/// A bag of words, each hashed to a place of the vector: deterministic, and texts that share words are near.
final class FakeEmbedder: Sendable {
    static let dimension = 64
    private let embedded = Mutex(0)
    let hash: String
    let unknownShare: Double
    let batches: Mutex<Int>

    struct Failure: Error {}

    /// `failingAfter` is the number of batches that go well.
    init(hash: String = "fake", unknownShare: Double = 0, failingAfter: Int = .max) {
        self.hash = hash
        self.unknownShare = unknownShare
        batches = Mutex(failingAfter)
    }

    /// Texts embedded so far.
    var count: Int { embedded.withLock { $0 } }

    var embedding: TextEmbedding {
        TextEmbedding(
            identity: TextEmbedding.Identity(
                modelHash: hash,
                precision: "f32",
                dimension: Self.dimension,
                tokenLimit: 254
            ),
            vectors: { texts in
                try self.batches.withLock { left in
                    guard left > 0 else { throw Failure() }
                    left -= 1
                }
                self.embedded.withLock { $0 += texts.count }
                return texts.map(Self.vector)
            },
            tokenCount: { Self.tokenCount($0) },
            unknownShare: { _ in self.unknownShare }
        )
    }

    /// Words, and single characters beyond ASCII.
    static func tokenCount(_ text: String) -> Int {
        var count = 0
        var inWord = false
        for scalar in text.unicodeScalars {
            if scalar.value > 127 {
                count += 1
                inWord = false
            } else if scalar.properties.isWhitespace {
                inWord = false
            } else if !inWord {
                count += 1
                inWord = true
            }
        }
        return count
    }

    static func vector(_ text: String) -> [Float] {
        var vector = [Float](repeating: 0, count: dimension)
        for word in text.lowercased().split(whereSeparator: { !$0.isLetter && !$0.isNumber }) {
            var hash: UInt64 = 14_695_981_039_346_656_037
            for byte in word.utf8 { hash = (hash ^ UInt64(byte)) &* 1_099_511_628_211 }
            vector[Int(hash >> 32) % dimension] += 1
        }
        let norm = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
        return norm > 0 ? vector.map { $0 / norm } : vector
    }
}

/// A folder that is gone after the test.
final class TemporaryFolder: Sendable {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appendingPathComponent("knowledge-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    var path: String { url.path }
    var home: URL { url.appendingPathComponent("home") }

    /// Writes a file, with the folders above it, and returns its path.
    @discardableResult
    func write(_ name: String, _ text: String) throws -> String { try write(name, Array(text.utf8)) }

    @discardableResult
    func write(_ name: String, _ bytes: [UInt8]) throws -> String {
        let file = url.appendingPathComponent(name)
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(),
            withIntermediateDirectories: true
        )
        try Data(bytes).write(to: file)
        return file.path
    }

    func open(_ embedder: FakeEmbedder? = FakeEmbedder()) async throws -> KnowledgeBase {
        try await TestStore.open(home: home, embedding: embedder?.embedding)
    }
}

extension KnowledgeBase {
    /// The whole extracted text.
    func wholeText(of name: String) async throws -> String {
        var whole = ""
        for try await part in try text(of: name) { whole += part }
        return whole
    }
}

/// `text[start:end]` as Python counts it.
func slice(_ text: String, _ start: Int, _ end: Int) -> String {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: text.unicodeScalars.dropFirst(start).prefix(end - start))
    return String(view)
}
