// SPDX-License-Identifier: Apache-2.0
import Knowledge
import LanguageModels

/// Says what was drafted: quotations at once, then the model's own words as far as the quotations support them.
struct Responder: RespondingStage {
    let name = "responding"
    let model: any LanguageModel
    let knowledge: KnowledgeBase

    func callAsFunction(_ turn: Turn, _ say: @escaping @Sendable (String) -> Void) async throws -> Turn {
        var turn = turn
        let phrases = Phrases(language: turn.understanding?.language ?? "en")
        switch turn.draft {
        case .quotes(let quotes, let confidence):
            var answer = confidence < 0.5 ? phrases.closest + "\n\n" : ""
            answer += quotes.enumerated().map { "\($1.citation.quote) [\($0 + 1)]" }.joined(separator: "\n\n")
            say(answer)
            if confidence >= 0.5 {
                let words = try await worded(turn, quotes, &turn.usage)
                turn.note(name, ["words": words.isEmpty ? "none that the quotation supports" : words])
                if !words.isEmpty {
                    let addition = "\n\n\(phrases.inShort) \(words)"
                    say(addition)
                    answer += addition
                }
            }
            turn.response = Response(
                answer: answer,
                citations: quotes.map(\.citation),
                confidence: confidence,
                isWithheld: false
            )
        case .nothing(let confidence):
            let isEmpty = try knowledge.documents().isEmpty
            let answer = isEmpty ? phrases.emptyKnowledge : phrases.nothing
            say(answer)
            turn.response = Response(answer: answer, citations: [], confidence: confidence, isWithheld: true)
        case .talk, nil:
            let answer = try await talk(&turn, say)
            turn.response = Response(
                answer: answer,
                citations: [],
                confidence: turn.understanding?.confidence ?? 0,
                isWithheld: false
            )
        }
        return turn
    }

    /// One sentence of the model's own about the quotations, without what they do not support.
    private func worded(_ turn: Turn, _ quotes: [Quote], _ usage: inout Usage) async throws -> String {
        let texts = quotes.map(\.citation.quote)
        let prompt = PromptTemplate.wording.filled([
            "evidence": texts.joined(separator: "\n"), "question": turn.utterance,
        ])
        let session = LanguageModelSession(model: model)
        let options = GenerationOptions(samplingMode: .greedy, maximumResponseTokens: 60)
        let response = try await session.respond(to: prompt, options: options)
        usage.add(response.usage)
        return SupportCheck.supported(response.content, by: quotes.map(\.sentence), question: turn.utterance)
    }

    private func talk(_ turn: inout Turn, _ say: @Sendable (String) -> Void) async throws -> String {
        var entries: [Transcript.Entry] = [.instructions(PromptTemplate.talk.filled())]
        for exchange in turn.history.suffix(4) { entries += [.prompt(exchange.utterance), .response(exchange.answer)] }
        let session = LanguageModelSession(model: model, transcript: Transcript(entries: entries))
        let options = GenerationOptions(samplingMode: .greedy, maximumResponseTokens: 120)
        var answer = ""
        for try await snapshot in session.streamResponse(to: turn.utterance, options: options) {
            say(String(snapshot.content.dropFirst(answer.count)))
            answer = snapshot.content
        }
        turn.usage.add(session.usage)
        return answer
    }
}

/// What is said in the user's language without a model.
private struct Phrases {
    let closest, inShort, nothing, emptyKnowledge: String

    init(language: String) {
        if language == "zh" {
            closest = "我没有把握，最接近的段落是："
            inShort = "简单地说："
            nothing = "知识库里没有找到相关的内容。"
            emptyKnowledge = "知识库还是空的，请先用 martlet kb add 添加文档。"
        } else {
            closest = "I am not sure. The closest passage I have is:"
            inShort = "In short:"
            nothing = "I found nothing in the knowledge base that answers this."
            emptyKnowledge = "The knowledge base is empty; add documents with martlet kb add PATH."
        }
    }
}

extension Usage {
    mutating func add(_ usage: LanguageModelSession.Usage) {
        promptTokens += usage.input.totalTokenCount
        completionTokens += usage.output.totalTokenCount
    }
}
