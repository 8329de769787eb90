// SPDX-License-Identifier: Apache-2.0
import LanguageModels
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(15))) struct LanguageModelSessionTests {
    struct Offline: Error {}

    @Test func anAnswerJoinsTheTranscript() async throws {
        let model = ScriptedLanguageModel(["A small bird.", "It never lands."])
        let session = LanguageModelSession(model: model, instructions: "Be brief.")
        let response = try await session.respond(to: "What is a martlet?")
        #expect(response.content == "A small bird.")
        #expect(response.transcriptEntries.map(\.text) == ["What is a martlet?", "A small bird."])
        #expect(response.usage.output.totalTokenCount == 3)
        try await session.respond(to: "And?")
        #expect(
            session.transcript.map(\.text) == [
                "Be brief.", "What is a martlet?", "A small bird.", "And?", "It never lands.",
            ]
        )
        guard case .instructions = session.transcript[0], case .prompt = session.transcript[3],
            case .response = session.transcript[4]
        else {
            Issue.record("the entries are of other kinds")
            return
        }
        #expect(model.prompts == ["What is a martlet?", "And?"])
        #expect(model.requests[1].map(\.text) == session.transcript.dropLast().map(\.text))
        #expect(session.usage.output.totalTokenCount == 6)
        #expect(!session.isResponding)
    }

    @Test func aStreamGivesAllOfItSoFar() async throws {
        let session = LanguageModelSession(model: ScriptedLanguageModel([.pieces(["one", " two", " three"])]))
        var seen: [String] = []
        for try await snapshot in session.streamResponse(to: "Count.") { seen.append(snapshot.content) }
        #expect(Array(seen.prefix(3)) == ["one", "one two", "one two three"])
        #expect(seen.last == "one two three")
    }

    @Test func aSecondRequestIsRefusedWhileOneIsUnderWay() async throws {
        let session = LanguageModelSession(model: ScriptedLanguageModel([.hang(after: "wait"), "done"]))
        let stream = session.streamResponse(to: "First")
        var iterator = stream.makeAsyncIterator()
        _ = try await iterator.next()
        #expect(session.isResponding)
        let error = await #expect(throws: LanguageModelSession.Error.self) { try await session.respond(to: "Second") }
        #expect(error == .concurrentRequests)
        #expect(session.transcript.map(\.text) == ["First"])
    }

    @Test func whoeverStopsReadingKeepsWhatCame() async throws {
        let session = LanguageModelSession(model: ScriptedLanguageModel([.hang(after: "half an"), "whole"]))
        for try await snapshot in session.streamResponse(to: "Go") where snapshot.content == "half an" { break }
        // The session is free as soon as the reader has gone.
        while session.isResponding { await Task.yield() }
        #expect(session.transcript.map(\.text) == ["Go", "half an"])
        #expect(try await session.respond(to: "Again").content == "whole")
    }

    @Test func aCancelledTaskThrows() async throws {
        let session = LanguageModelSession(model: ScriptedLanguageModel([.hang, "next"]))
        let task = Task { try await session.respond(to: "Go") }
        while !session.isResponding { await Task.yield() }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(session.transcript.isEmpty)
        #expect(try await session.respond(to: "Go").content == "next")
    }

    @Test func aFailureLeavesTheTranscriptAsItWas() async throws {
        let session = LanguageModelSession(
            model: ScriptedLanguageModel(["fine", .failure(Offline(), after: "so far"), "again"])
        )
        try await session.respond(to: "1")
        let before = session.transcript
        await #expect(throws: Offline.self) { try await session.respond(to: "2") }
        #expect(session.transcript == before)
        #expect(try await session.respond(to: "3").content == "again")
        await #expect(throws: ScriptedLanguageModel.ScriptError.self) { try await session.respond(to: "4") }
    }

    @Test func aClosureAnswersFromTheConversation() async throws {
        let model = ScriptedLanguageModel { .text("\($0.count) entries") }
        let session = LanguageModelSession(model: model) { "You count." }
        #expect(try await session.respond(to: "?").content == "2 entries")
        #expect(try await session.respond(to: "?").content == "4 entries")
        let resumed = LanguageModelSession(model: model, transcript: session.transcript)
        #expect(try await resumed.respond(to: "?").content == "6 entries")
    }

    @Test func promptsAreBuiltALineEach() async throws {
        let model = ScriptedLanguageModel(["ok"])
        let session = LanguageModelSession(model: model, instructions: nil as Instructions?)
        let facts = ["one", "two"]
        try await session.respond {
            "Facts:"
            for fact in facts { fact }
            if facts.count > 5 { "many" }
            "Question?"
        }
        #expect(model.prompts == ["Facts:\none\ntwo\nQuestion?"])
    }

    @Test func optionsTravelInThePrompt() async throws {
        let model = ScriptedLanguageModel(["ok"])
        let options = GenerationOptions(samplingMode: .random(top: 3, seed: 7), maximumResponseTokens: 5)
        try await LanguageModelSession(model: model, instructions: "").respond(to: "x", options: options)
        guard case .prompt(let prompt) = model.requests[0].last else {
            Issue.record("no prompt was recorded")
            return
        }
        #expect(prompt.options == options)
        #expect(prompt.options.samplingMode?.kind == .randomTopK(3, seed: 7))
    }

    @Test func likelihoodsAreScripted() async throws {
        let model = ScriptedLanguageModel(likelihood: { answer, _ in answer == "yes" ? -1 : -3 }) { _ in "" }
        let likelihoods = try await model.likelihoods(
            of: ["yes", "no"],
            to: Transcript(entries: [.prompt("Is it?")])
        )
        #expect(abs(likelihoods.shares[0] - 0.8807970779778823) < 1e-12)
        #expect(model.prompts == ["Is it?"])
        await #expect(throws: ScriptedLanguageModel.ScriptError.self) {
            try await ScriptedLanguageModel(["a"]).likelihoods(of: ["b"], to: Transcript())
        }
    }
}
