// SPDX-License-Identifier: Apache-2.0
import LanguageModels

/// Tells language, intent and what to look for. The intent is read from the model's likelihoods, never from its text.
struct UtteranceUnderstanding: Stage {
    let name = "understanding"
    let model: any LanguageModel

    func callAsFunction(_ turn: Turn) async throws -> Turn {
        var turn = turn
        let question = try await questionLikelihood(turn.utterance, &turn.usage)
        let isQuestion = question >= 0.5
        let understanding = Understanding(
            language: Self.language(of: turn.utterance),
            intent: isQuestion ? .question : .conversation,
            confidence: isQuestion ? question : 1 - question,
            query: Self.query(turn))
        turn.understanding = understanding
        turn.note(
            name,
            [
                "language": understanding.language, "intent": understanding.intent.rawValue,
                "confidence": decimals(understanding.confidence), "query": understanding.query,
            ])
        return turn
    }

    /// How likely the utterance asks for information, against how likely the model finds that of no message at all
    /// (Zhao et al., "Calibrate Before Use", arXiv:2102.09690).
    private func questionLikelihood(_ utterance: String, _ usage: inout Usage) async throws -> Double {
        guard let model = model as? any LikelihoodModel else { return 1 }
        func ratio(_ message: String) async throws -> Double {
            let prompt = PromptTemplate.intent.filled(["utterance": message])
            let likelihoods = try await model.likelihoods(
                of: ["information", "small talk"], to: Transcript(entries: [.prompt(prompt)]))
            return likelihoods[0].logProbability - likelihoods[1].logProbability
        }
        let difference = try await ratio(String(utterance.prefix(500))) - ratio("N/A")
        return 1 / (1 + exponential(-difference))
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
        let leans = words.contains(where: leaningWords.contains) || leaningStarts.contains { turn.utterance.hasPrefix($0) }
        return leans ? last.utterance + "\n" + turn.utterance : turn.utterance
    }

    private static let leaningWords: Set<String> = ["it", "its", "that", "those", "they", "them", "their", "he", "she"]
    private static let leaningStarts = ["And ", "and ", "What about", "what about", "那", "它", "他", "她", "这"]
}
