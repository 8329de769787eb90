// SPDX-License-Identifier: Apache-2.0
import Knowledge
import LanguageModels

/// Tells language, intent and what to look for. The intent is read from the model's likelihoods, never from its text.
struct UtteranceUnderstanding: Stage {
    let name = "understanding"
    let model: any LanguageModel

    func callAsFunction(_ turn: Turn) async throws -> Turn {
        var turn = turn
        let query = Self.query(turn)
        let question = try await questionLikelihood(turn.utterance)
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

    /// The logarithm of the odds that an utterance asks for information, before it is read: small talk asks little, and
    /// in few words.
    private static func prior(_ utterance: String) -> Double {
        guard utterance.contains(where: { "?？".contains($0) }) else { return -1 }
        // Chinese has no spaces: some three characters for each word that tells something.
        let han = utterance.unicodeScalars.count(where: \.properties.isIdeographic) / 3
        return Double(min(max(TermAnalyzer.tellingCount(of: utterance), han), 8)) - 1.5
    }

    /// How likely the utterance asks for information rather than that it chats: the utterance's own likelihood after
    /// messages of either kind (the noisy channel of Min et al., arXiv:2108.04106), which small models judge far
    /// better than the name of its kind.
    private func questionLikelihood(_ utterance: String) async throws -> Double {
        guard let model = model as? any LikelihoodModel else { return 1 }
        let line = String(utterance.split(whereSeparator: \.isNewline).joined(separator: " ").prefix(300)) + "\n"
        let question = try await model.likelihood(of: line, after: PromptTemplate.questions.filled() + "\n")
        let conversation = try await model.likelihood(of: line, after: PromptTemplate.conversation.filled() + "\n")
        // Over many tokens a small model is surer than it has reason to be.
        let ratio = min(4, max(-4, question.logProbability - conversation.logProbability))
        return 1 / (1 + exponential(-ratio - Self.prior(utterance)))
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
