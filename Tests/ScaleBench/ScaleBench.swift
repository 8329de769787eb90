// SPDX-License-Identifier: Apache-2.0
import Agents
import Checkpoints
import Foundation
import Knowledge
import LanguageModels

/// Measures a knowledge base at a size that no embedder reaches in reasonable time. `Scripts/prove.d/million` calls it:
///
///     ScaleBench fill HOME COUNT MODEL WORDS VECTORS [DUMP]
///     ScaleBench graph HOME MODEL
///     ScaleBench ask HOME MODEL QUESTIONS automatic|exact|approximate
///
/// Passages are 100 words of the file WORDS, drawn by Zipf's law; vectors are those of the file VECTORS (little-endian
/// floats) with 5 % of noise, normalised, and also go to the file DUMP. What it finds is one JSON object on standard
/// output.
@main
struct ScaleBench {
    static func main() async throws {
        let arguments = Array(CommandLine.arguments.dropFirst())
        switch (arguments.first, arguments.count) {
        case ("fill", 6), ("fill", 7):
            try await SyntheticBase(arguments).fill()
        case ("graph", 3):
            let base = try await open(arguments[1], model: arguments[2])
            let began = ContinuousClock.now
            let made = try await base.buildGraph { done, all in
                FileHandle.standardError.write(Data("\rgraph: \(done) of \(all) ".utf8))
            }
            try print(GraphFigures(statistics: made, seconds: (ContinuousClock.now - began).seconds))
        case ("ask", 5):
            try await Asking(arguments).run()
        default:
            throw KnowledgeError(.badArgument, "ScaleBench fill|graph|ask …; see its source")
        }
    }

    static func open(_ home: String, model: String, creating: Bool = false) async throws -> KnowledgeBase {
        try await KnowledgeBase.open(
            named: "scale",
            home: URL(fileURLWithPath: home),
            embedding: try embedding(model),
            creating: creating
        )
    }

    static func embedding(_ model: String) throws -> TextEmbedding {
        TextEmbedding(try TextEmbedder(try Checkpoint.open(model), precision: .bfloat16))
    }

    static func print(_ value: some Encodable) throws {
        var data = try JSONEncoder().encode(value)
        data.append(UInt8(ascii: "\n"))
        FileHandle.standardOutput.write(data)
    }

    struct GraphFigures: Encodable {
        var statistics: VectorStatistics
        var seconds: Double
    }

    /// The process's own memory now, and the most it had, in bytes.
    static func memory() -> (now: Int, most: Int) {
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        func field(_ name: String) -> Int {
            let line = status.split(separator: "\n").first { $0.hasPrefix(name + ":") }
            return (line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) } ?? 0) * 1024
        }
        return (field("VmRSS"), field("VmHWM"))
    }
}

extension Duration {
    var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}

/// Numbers that are the same on every machine (SplitMix64).
struct Numbers: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }
}
