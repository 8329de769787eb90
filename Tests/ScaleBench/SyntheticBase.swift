// SPDX-License-Identifier: Apache-2.0
import Foundation
import Knowledge

/// A knowledge base of many passages that nobody wrote.
struct SyntheticBase {
    private let home: String
    private let count: Int
    private let model: String
    private let words: [String]
    private let vectors: [Float]
    private let dump: FileHandle?
    /// The chance that a word is one of the first so many.
    private let chances: [Double]

    private static let passagesADocument = 500
    private static let wordsAPassage = 100

    init(_ arguments: [String]) throws {
        (home, model) = (arguments[1], arguments[3])
        count = Int(arguments[2]) ?? 0
        words = try String(contentsOfFile: arguments[4], encoding: .utf8).split(separator: "\n").map(String.init)
        let data = try Data(contentsOf: URL(fileURLWithPath: arguments[5]))
        vectors = data.withUnsafeBytes { bytes in
            (0..<(bytes.count / 4)).map {
                Float(bitPattern: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self)))
            }
        }
        if arguments.count > 6 {
            try Data().write(to: URL(fileURLWithPath: arguments[6]))
            dump = try FileHandle(forWritingTo: URL(fileURLWithPath: arguments[6]))
        } else {
            dump = nil
        }
        var sum = 0.0
        chances = words.indices.map { rank in
            sum += 1 / Double(rank + 1)
            return sum
        }
    }

    func fill() async throws {
        let base = try await ScaleBench.open(home, model: model, creating: true)
        let dimension = try ScaleBench.embedding(model).identity.dimension
        let began = ContinuousClock.now
        for (document, start) in stride(from: 0, to: count, by: Self.passagesADocument).enumerated() {
            var numbers = Numbers(UInt64(document) &+ 1)
            let size = min(Self.passagesADocument, count - start)
            let texts = (0..<size).map { _ in text(&numbers) }
            let made = (0..<size).map { _ in vector(dimension, &numbers) }
            let name = home + "/\(document).txt"
            try texts.joined(separator: "\n").write(toFile: name, atomically: false, encoding: .utf8)
            try await base.add(prepared: name, passages: texts, vectors: made)
            try FileManager.default.removeItem(atPath: name)
            try dump?.write(
                contentsOf: made.reduce(into: Data()) { all, row in row.withUnsafeBytes { all.append(contentsOf: $0) } }
            )
            if document % 10 == 9 {
                FileHandle.standardError.write(Data("\rpassages: \(start + size) of \(count) ".utf8))
            }
        }
        let stats = try base.stats()
        try ScaleBench.print(
            Figures(
                passages: stats.passages,
                bytes: stats.bytes,
                seconds: (ContinuousClock.now - began).seconds,
                resident: ScaleBench.memory().most
            )
        )
    }

    private struct Figures: Encodable {
        var passages: Int
        var bytes: Int
        var seconds: Double
        var resident: Int
    }

    private func text(_ numbers: inout Numbers) -> String {
        var text = ""
        for index in 0..<Self.wordsAPassage {
            let wanted = numbers.unit() * (chances.last ?? 0)
            var (low, high) = (0, chances.count - 1)
            while low < high {
                let middle = (low + high) / 2
                if chances[middle] < wanted { low = middle + 1 } else { high = middle }
            }
            if index > 0 { text += " " }
            text += words[low]
        }
        return text
    }

    /// One of the real vectors with noise of a twentieth of its length.
    private func vector(_ dimension: Int, _ numbers: inout Numbers) -> [Float] {
        let real = Int.random(in: 0..<(vectors.count / dimension), using: &numbers) * dimension
        let deviation = 0.05 / Double(dimension).squareRoot()
        var row = (0..<dimension).map { index in
            let normal = (-2 * log(1 - numbers.unit())).squareRoot() * cos(2 * .pi * numbers.unit())
            return vectors[real + index] + Float(deviation * normal)
        }
        let length = row.reduce(0) { $0 + $1 * $1 }.squareRoot()
        if length > 0 { row = row.map { $0 / length } }
        return row
    }
}
