// SPDX-License-Identifier: Apache-2.0
import Agents
import Foundation
import Knowledge
import LanguageModels
import Synchronization
import Testing

@Suite struct PassageRankingTests {
    private func hit(_ text: String, similarity: Double? = nil) -> Hit {
        Hit(
            document: "d",
            passage: text,
            score: 0,
            similarity: similarity,
            text: text,
            start: 0,
            end: 1,
            headings: ["H"]
        )
    }

    /// A model that finds the question likelier the more often the passage says "yes".
    private func model(counting calls: Counter = Counter()) -> ScriptedLanguageModel {
        ScriptedLanguageModel(likelihood: { _, transcript in
            calls.add()
            let said = transcript.last?.text.components(separatedBy: "yes").count ?? 0
            return Double(said) - 10
        }) { _ in .text("") }
    }

    @Test func theLikeliestPassageComesFirst() async throws {
        let hits = [hit("no"), hit("yes"), hit("yes yes")]
        let ranked = try await PassageRanking(model: model()).ranked(hits, for: "Is it?")
        #expect(ranked.hits.map(\.text) == ["yes yes", "yes", "no"])
        #expect(ranked.likelihoods == [-7, -8, -9])
    }

    @Test func likenessInMeaningHasItsSay() async throws {
        let hits = [hit("yes yes", similarity: 0.1), hit("yes", similarity: 0.9)]
        let ranked = try await PassageRanking(model: model()).ranked(hits, for: "Is it?")
        #expect(ranked.hits.map(\.text) == ["yes", "yes yes"])
    }

    @Test func whatIsEqualAndWhatIsFarDownStaysInPlace() async throws {
        let calls = Counter()
        let hits = (0..<30).map { hit("no \($0)") }
        let ranked = try await PassageRanking(model: model(counting: calls)).ranked(hits, for: "Is it?")
        #expect(ranked.hits == hits)
        #expect(calls.count == PassageRanking.depth)
    }

    @Test func aModelThatTellsNoLikelihoodChangesNothing() async throws {
        let hits = [hit("no"), hit("yes")]
        let ranked = try await PassageRanking(model: Mute()).ranked(hits, for: "Is it?")
        #expect(ranked.hits == hits && ranked.likelihoods.isEmpty)
    }

    @Test func cancellationEndsItBetweenTwoPassages() async throws {
        let calls = Counter()
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await PassageRanking(model: model(counting: calls)).ranked(
                [hit("no"), hit("yes")],
                for: "Is it?"
            )
        }
        await #expect(throws: CancellationError.self) { _ = try await task.value }
        #expect(calls.count == 0)
    }
}

/// Counts from any thread.
private final class Counter: Sendable {
    private let value = Mutex(0)
    var count: Int { value.withLock { $0 } }
    func add() { value.withLock { $0 += 1 } }
}

/// A model that only writes.
private struct Mute: LanguageModel {
    struct Executor: LanguageModelExecutor {
        struct Configuration: Hashable, Sendable {}
        init(configuration: Configuration) {}
        nonisolated(nonsending) func respond(
            to request: LanguageModelExecutorGenerationRequest,
            model: Mute,
            streamingInto channel: LanguageModelExecutorGenerationChannel
        ) async throws {}
    }
    var capabilities: LanguageModelCapabilities { LanguageModelCapabilities([]) }
    var executorConfiguration: Executor.Configuration { Executor.Configuration() }
}
