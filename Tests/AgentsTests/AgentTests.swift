// SPDX-License-Identifier: Apache-2.0
import Agents
import Foundation
import Knowledge
import LanguageModels
import Testing

/// A knowledge base of one page in a folder of its own, with an embedder that counts letters.
private func makeKnowledge() async throws -> (base: KnowledgeBase, embedding: TextEmbedding, home: URL) {
    let home = FileManager.default.temporaryDirectory.appending(path: "martlet-agents-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: home, withIntermediateDirectories: true)
    let page = home.appending(path: "lighthouse.md")
    let text = """
        # The lighthouse of Skerry

        ## Visits

        The lighthouse opens every Saturday from 10:15 to 16:45. The climb has 214 steps. Children under six stay below.

        ## Lamp

        The lamp was built in 1907 by Odile Barrow. It flashes twice every nine seconds.
        """
    try text.write(to: page, atomically: true, encoding: .utf8)
    let embedding = TextEmbedding(
        identity: .init(modelHash: "letters", precision: "exact", dimension: 27, tokenLimit: 254),
        vectors: { texts in
            texts.map { text in
                var counts = [Float](repeating: 0.01, count: 27)
                for byte in text.lowercased().utf8 where byte >= 97 && byte <= 122 { counts[Int(byte) - 97] += 1 }
                let length = counts.reduce(0) { $0 + $1 * $1 }.squareRoot()
                return counts.map { $0 / length }
            }
        },
        tokenCount: { $0.split(separator: " ").count },
        unknownShare: { _ in 1 }
    )
    let base = try await KnowledgeBase.open(home: home, embedding: embedding)
    let report = try await base.add([page.path], progress: { _ in })
    #expect(report.added == 1)
    return (base, embedding, home)
}

/// Finds an utterance with a question mark likelier among questions, any other among talk.
private func scripted(_ reply: String) -> ScriptedLanguageModel {
    ScriptedLanguageModel(likelihood: { line, transcript in
        let afterQuestions = transcript.last?.text.contains("need information") == true
        return line.contains("?") == afterQuestions ? -5 : -25
    }) { _ in .text(reply) }
}

@Suite struct AgentTests {
    @Test func anAnswerQuotesAndCitesTheSpan() async throws {
        let (base, embedding, home) = try await makeKnowledge()
        defer { try? FileManager.default.removeItem(at: home) }
        let agent = Agent(model: scripted("The climb has 214 steps."), knowledge: base, embedding: embedding)
        let turn = try await agent.answer("How many steps has the climb of the lighthouse?")
        let response = try #require(turn.response)
        #expect(!response.isWithheld && response.confidence >= 0.5)
        #expect(response.answer.contains("214 steps"))
        #expect(response.citations.count <= 2)
        let citation = try #require(response.citations.first)
        var text = ""
        for try await piece in try base.text(of: citation.document) { text += piece }
        let scalars = Array(text.unicodeScalars)
        #expect(String(String.UnicodeScalarView(scalars[citation.start..<citation.end])) == citation.quote)
        #expect(!citation.quote.contains("## "), "a heading is no quotation")
        #expect(turn.trace.map(\.stage).prefix(3) == ["understanding", "question answering", "responding"])
    }

    @Test func wordsThatNoQuotationSupportsAreLeftOut() async throws {
        let (base, embedding, home) = try await makeKnowledge()
        defer { try? FileManager.default.removeItem(at: home) }
        let question = "How many steps has the climb of the lighthouse?"
        let wrong = Agent(model: scripted("The climb has 300 steps."), knowledge: base, embedding: embedding)
        let answer = try #require(try await wrong.answer(question).response?.answer)
        #expect(answer.contains("214") && !answer.contains("300"))
        let right = Agent(model: scripted("The climb has 214 steps."), knowledge: base, embedding: embedding)
        #expect(
            try await right.answer(question).response?.answer.contains("In short: The climb has 214 steps.") == true
        )
    }

    @Test func whatIsNotThereIsWithheld() async throws {
        let (base, embedding, home) = try await makeKnowledge()
        defer { try? FileManager.default.removeItem(at: home) }
        let agent = Agent(model: scripted("Brazil"), knowledge: base, embedding: embedding)
        let response = try #require(try await agent.answer("Which country exports most coffee beans?").response)
        #expect(response.isWithheld && response.citations.isEmpty)
        #expect(!response.answer.contains("Brazil"))
    }

    @Test func aNameThatNoDocumentMentionsIsNotAnsweredByWhatIsAlike() async throws {
        let (base, embedding, home) = try await makeKnowledge()
        defer { try? FileManager.default.removeItem(at: home) }
        let agent = Agent(model: scripted("214"), knowledge: base, embedding: embedding)
        let known = try #require(try await agent.answer("Who built the lamp of Skerry in 1907?").response)
        #expect(!known.isWithheld && known.confidence >= 0.5)
        let other = try #require(try await agent.answer("Who built the lamp of Fastnet in 1907?").response)
        #expect(!other.isWithheld && other.confidence < 0.5)
        let far = try #require(try await agent.answer("Who repaired the Fastnet steps?").response)
        #expect(far.isWithheld)
    }

    @Test func talkGoesToTheModelAndStreams() async throws {
        let (base, embedding, home) = try await makeKnowledge()
        defer { try? FileManager.default.removeItem(at: home) }
        let agent = Agent(model: scripted("Good day to you too."), knowledge: base, embedding: embedding)
        var said = ""
        var finished: Turn?
        for try await event in agent.stream("hello there") {
            switch event {
            case .text(let piece): said += piece
            case .finished(let turn): finished = turn
            }
        }
        #expect(said == "Good day to you too.")
        #expect(finished?.understanding?.intent == .conversation)
        #expect(finished?.response?.answer == said)
    }

    @Test func anUtteranceThatLeansTakesTheLastQuestionAlong() async throws {
        let (base, embedding, home) = try await makeKnowledge()
        defer { try? FileManager.default.removeItem(at: home) }
        let agent = Agent(model: scripted(""), knowledge: base, embedding: embedding)
        let history = [Exchange(utterance: "Who built the lamp of the lighthouse?", answer: "Odile Barrow.")]
        let turn = try await agent.answer("When was it built?", history: history)
        #expect(turn.understanding?.query.contains("lamp") == true)
        #expect(turn.response?.answer.contains("1907") == true)
    }

    @Test func anEmptyKnowledgeBaseSaysSo() async throws {
        let (_, embedding, home) = try await makeKnowledge()
        defer { try? FileManager.default.removeItem(at: home) }
        let empty = try await KnowledgeBase.open(named: "empty", home: home, embedding: embedding, creating: true)
        let agent = Agent(model: scripted(""), knowledge: empty, embedding: embedding)
        let response = try #require(try await agent.answer("When does it open?").response)
        #expect(response.isWithheld && response.answer.contains("kb add"))
    }

    @Test func aModelsFailureIsTheTurnsFailure() async throws {
        let (base, embedding, home) = try await makeKnowledge()
        defer { try? FileManager.default.removeItem(at: home) }
        let silent = ScriptedLanguageModel([])  // says nothing of likelihoods
        let agent = Agent(model: silent, knowledge: base, embedding: embedding)
        await #expect(throws: ScriptedLanguageModel.ScriptError.self) { try await agent.answer("When does it open?") }
    }
}
