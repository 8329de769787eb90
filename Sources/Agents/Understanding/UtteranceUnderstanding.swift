// SPDX-License-Identifier: Apache-2.0
import Knowledge
import LanguageModels

/// Tells language, intent and what to look for. The intent is read from the model's likelihoods, never from its text.
struct UtteranceUnderstanding: Stage {
    let name = "understanding"
    let model: any LanguageModel
    let knowledge: KnowledgeBase

    func callAsFunction(_ turn: Turn) async throws -> Turn {
        var turn = turn
        let query = Self.query(turn)
        let likelihood = try await questionLikelihood(turn.utterance)
        // What the knowledge speaks of is asked about, however it is worded.
        let coverage = likelihood < 0.5 ? try await coverage(of: query) : 0
        let question = min(1, likelihood + coverage)
        let isQuestion = question >= 0.5
        let understanding = Understanding(
            language: Self.language(of: turn.utterance),
            intent: isQuestion ? .question : .conversation,
            confidence: isQuestion ? question : 1 - question,
            query: query
        )
        turn.understanding = understanding
        turn.note(
            name,
            [
                "language": understanding.language, "intent": understanding.intent.rawValue,
                "confidence": decimals(understanding.confidence), "query": understanding.query,
            ]
        )
        return turn
    }

    /// How likely the utterance asks for information rather than that it chats: the utterance's own likelihood after
    /// messages of either kind (the noisy channel of Min et al., arXiv:2108.04106), which small models judge far
    /// better than the name of its kind.
    private func questionLikelihood(_ utterance: String) async throws -> Double {
        guard let model = model as? any LikelihoodModel else { return 1 }
        let line = String(utterance.split(whereSeparator: \.isNewline).joined(separator: " ").prefix(300)) + "\n"
        let question = try await model.likelihood(of: line, after: PromptTemplate.questions.filled() + "\n")
        let conversation = try await model.likelihood(of: line, after: PromptTemplate.conversation.filled() + "\n")
        return 1 / (1 + exponential(conversation.logProbability - question.logProbability))
    }

    /// The share of the words, weighted by rarity, that the best passage for them covers.
    private func coverage(of query: String) async throws -> Double {
        guard TermAnalyzer.tellingCount(of: query) >= 3,
            let hit = try await knowledge.search(query, top: 1, mode: .lexical).first
        else { return 0 }
        return try knowledge.coverage(of: query, by: hit.headings + [hit.text])
    }

    /// `zh` where at least a third of the letters are Han characters.
    static func language(of text: String) -> String {
        let letters = text.unicodeScalars.filter(\.properties.isAlphabetic)
        let han = letters.filter(\.properties.isIdeographic)
        return !letters.isEmpty && han.count * 3 >= letters.count ? "zh" : "en"
    }

    /// The utterance, with the question before it where it leans on that one.
    static func query(_ turn: Turn) -> String {
        guard let last = turn.history.last else { return turn.utterance }
        let words = turn.utterance.lowercased().split { !$0.isLetter }.map(String.init)
        let leans =
            words.contains(where: leaningWords.contains) || leaningStarts.contains { turn.utterance.hasPrefix($0) }
        return leans ? last.utterance + "\n" + turn.utterance : turn.utterance
    }

    private static let leaningWords: Set<String> = ["it", "its", "that", "those", "they", "them", "their", "he", "she"]
    private static let leaningStarts = ["And ", "and ", "What about", "what about", "那", "它", "他", "她", "这"]
}
