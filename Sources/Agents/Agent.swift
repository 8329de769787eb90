// SPDX-License-Identifier: Apache-2.0
public import Knowledge
public import LanguageModels

/// Answers from a knowledge base with citations, in the words of its documents first and a language model's second.
///
/// ```swift
/// let agent = Agent(model: model, knowledge: base, embedder: embedder)
/// let turn = try await agent.answer("What does fault code E125 mean?")
/// print(turn.response?.answer ?? "", turn.response?.citations ?? [])
/// ```
/// A turn passes understanding, the task module that its intent calls for, and responding; each can be replaced.
public struct Agent: Sendable {
    /// What the user wants.
    public var understanding: any Stage
    /// Who answers questions.
    public var questionAnswering: any Stage
    /// Who talks.
    public var dialogue: any Stage
    /// Who words the answer.
    public var responding: any RespondingStage

    /// An agent of the usual stages.
    ///
    /// - Parameters:
    ///   - model: The language model that understands and words.
    ///   - knowledge: The knowledge base, opened with the embedder's `embedding`.
    ///   - embedding: The embedder.
    public init(model: any LanguageModel, knowledge: KnowledgeBase, embedding: TextEmbedding) {
        understanding = UtteranceUnderstanding(model: model)
        questionAnswering = QuestionAnswering(
            knowledge: knowledge,
            ranking: PassageRanking(model: model),
            selector: QuoteSelector(knowledge: knowledge, embedding: embedding)
        )
        dialogue = Dialogue()
        responding = Responder(model: model, knowledge: knowledge)
    }

    /// Answers one utterance, piece by piece as the words are certain.
    ///
    /// - Parameters:
    ///   - utterance: What the user said.
    ///   - history: What was said before.
    /// - Returns: Pieces of the answer, then the whole turn. Ending the stream early cancels the work.
    public func stream(_ utterance: String, history: [Exchange] = []) -> AsyncThrowingStream<AgentEvent, any Error> {
        AsyncThrowingStream { continuation in
            let task = Task {
                do {
                    var turn = try await Turn(utterance: utterance, history: history).passing(understanding)
                    turn = try await turn.passing(
                        turn.understanding?.intent == .conversation ? dialogue : questionAnswering
                    )
                    turn = try await turn.passing(
                        Streamed(stage: responding) { continuation.yield(.text($0)) }
                    )
                    continuation.yield(.finished(turn))
                    continuation.finish()
                } catch {
                    continuation.finish(throwing: error)
                }
            }
            continuation.onTermination = { _ in task.cancel() }
        }
    }

    /// Answers one utterance.
    ///
    /// - Parameters:
    ///   - utterance: What the user said.
    ///   - history: What was said before.
    /// - Returns: The whole turn.
    /// - Throws: What models and stores throw, `CancellationError` if the task was cancelled.
    public func answer(_ utterance: String, history: [Exchange] = []) async throws -> Turn {
        for try await event in stream(utterance, history: history) {
            if case .finished(let turn) = event { return turn }
        }
        throw CancellationError()
    }
}

/// What an agent's stream gives.
public enum AgentEvent: Sendable {
    /// A piece of the answer.
    case text(String)
    /// The end, with everything.
    case finished(Turn)
}

/// The stage that words the answer.
public protocol RespondingStage: Sendable {
    /// The stage's name in traces.
    var name: String { get }
    /// Words a drafted turn, giving each piece as soon as it is certain.
    ///
    /// - Throws: What the models behind it throw.
    func callAsFunction(_ turn: Turn, _ say: @escaping @Sendable (String) -> Void) async throws -> Turn
}

private struct Streamed: Stage {
    let stage: any RespondingStage
    let say: @Sendable (String) -> Void
    var name: String { stage.name }
    func callAsFunction(_ turn: Turn) async throws -> Turn { try await stage(turn, say) }
}
