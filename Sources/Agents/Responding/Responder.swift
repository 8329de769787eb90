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
            answer += try quotes.enumerated().map { "\(try plain($1)) [\($0 + 1)]" }.joined(separator: "\n\n")
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

    private func plain(_ quote: Quote) throws -> String {
        let document = try knowledge.document(named: quote.citation.document)
        return PlainQuote.text(of: quote.citation.quote, isMarkdown: document.format == "markdown")
    }

    private func talk(_ turn: inout Turn, _ say: @Sendable (String) -> Void) async throws -> String {
        var entries: [Transcript.Entry] = [.instructions(PromptTemplate.talk.filled())]
        // Small models talk as they have seen themselves talk.
        let lines = PromptTemplate.examples.filled().split(separator: "\n").map(String.init)
        for pair in stride(from: 0, to: lines.count - 1, by: 2) {
            entries += [.prompt(lines[pair]), .response(lines[pair + 1])]
        }
        for exchange in turn.history.suffix(4) { entries += [.prompt(exchange.utterance), .response(exchange.answer)] }
        let session = LanguageModelSession(model: model, transcript: Transcript(entries: entries))
        let options = GenerationOptions(samplingMode: .greedy, maximumResponseTokens: 80)
        var answer = ""
        var written = ""
        var usage = session.usage
        let language = turn.understanding?.language ?? "en"
        func bring(_ talk: SmallTalk) {
            // Words in another language than the user's are no reply.
            guard UtteranceUnderstanding.language(of: talk.said) == language else { return }
            if talk.said.count > answer.count { say(String(talk.said.dropFirst(answer.count))) }
            answer = talk.said
        }
        for try await snapshot in session.streamResponse(to: turn.utterance, options: options) {
            (written, usage) = (snapshot.content, snapshot.usage)
            let talk = SmallTalk(written, isWhole: false)
            bring(talk)
            if talk.isOver { break }
        }
        try Task.checkCancellation()
        bring(SmallTalk(written, isWhole: true))
        if answer.isEmpty {
            answer = Phrases(language: language).talk
            say(answer)
        }
        turn.usage.add(usage)
        return answer
    }
}

/// What is said in the user's language without a model.
private struct Phrases {
    let closest, inShort, nothing, emptyKnowledge, talk: String

    init(language: String) {
        if language == "zh" {
            closest = "我没有把握，最接近的段落是："
            inShort = "简单地说："
            nothing = "知识库里没有找到相关的内容。"
            talk = "我在。你可以问我知识库里的内容。"
            emptyKnowledge = "知识库还是空的，请先用 martlet kb add 添加文档。"
        } else {
            closest = "I am not sure. The closest passage I have is:"
            inShort = "In short:"
            nothing = "I found nothing in the knowledge base that answers this."
            talk = "I am here. Ask me something about your documents."
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
