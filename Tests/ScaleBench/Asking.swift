// SPDX-License-Identifier: Apache-2.0
import Foundation
import Knowledge

/// Questions asked one after the other, as one user asks.
struct Asking {
    private let home: String
    private let model: String
    private let questions: [String]
    private let search: VectorSearch

    init(_ arguments: [String]) throws {
        (home, model) = (arguments[1], arguments[2])
        questions = try String(contentsOfFile: arguments[3], encoding: .utf8).split(separator: "\n").map(String.init)
        guard let search = VectorSearch(rawValue: arguments[4]) else {
            throw KnowledgeError(.badArgument, "`\(arguments[4])` is no way to search")
        }
        self.search = search
    }

    private struct Figures: Encodable {
        /// From opening the knowledge base to the first hit, without loading the model, in seconds.
        var opening: Double
        /// Memory after that beyond what there was before it.
        var openingBytes: Int
        var peakBytes: Int
        /// Milliseconds of each question.
        var embedding: [Double] = []
        var lexical: [Double] = []
        var semantic: [Double] = []
        var hybrid: [Double] = []
        /// The similarities of the ten nearest of each question, and their passages.
        var similarities: [[Double]] = []
        var passages: [[String]] = []
    }

    func run() async throws {
        let embedding = try ScaleBench.embedding(model)
        let warm = try await embedding.vectors([questions[0]])
        let before = ScaleBench.memory().now
        let began = ContinuousClock.now
        let base = try await ScaleBench.open(home, model: model)
        var options = SearchOptions()
        options.vectors = search
        _ = try await base.search(questions[0], vector: warm[0], top: 10, options: options)
        var figures = Figures(
            opening: (ContinuousClock.now - began).seconds,
            openingBytes: ScaleBench.memory().now - before,
            peakBytes: 0
        )
        for question in questions {
            var vector: [Float] = []
            figures.embedding.append(try await milliseconds { vector = try await embedding.vectors([question])[0] })
            for mode in SearchMode.allCases {
                options.mode = mode
                var hits: [Hit] = []
                let took = try await milliseconds {
                    hits = try await base.search(question, vector: vector, top: 10, options: options)
                }
                switch mode {
                case .lexical: figures.lexical.append(took)
                case .hybrid: figures.hybrid.append(took)
                case .semantic:
                    figures.semantic.append(took)
                    figures.similarities.append(hits.map(\.score))
                    figures.passages.append(hits.map(\.passage))
                }
            }
        }
        figures.peakBytes = ScaleBench.memory().most
        try ScaleBench.print(figures)
    }

    private func milliseconds(_ body: () async throws -> Void) async rethrows -> Double {
        let began = ContinuousClock.now
        try await body()
        return (ContinuousClock.now - began).seconds * 1000
    }
}
