// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

/// The questions that `Scripts/prove answers` asks are fair: what they look for stands in the document they name.
@Suite struct ExampleQuestionsTests {
    struct Question: Decodable {
        let question: String
        let gold: String?
        let document: String?
        let kind: String
    }

    private let root: URL
    private let questions: [Question]

    init() throws {
        root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let file = root.appending(path: "Tests/AgentsTests/Fixtures/answers.json")
        questions = try JSONDecoder().decode([Question].self, from: Data(contentsOf: file))
    }

    @Test func countsAreThoseThatTheProofPromises() {
        let answerable = questions.filter { $0.gold != nil }
        #expect(answerable.count == 25)
        #expect(questions.count - answerable.count == 10)
        #expect(answerable.filter { $0.kind == "paraphrased" }.count >= 8)
        #expect(answerable.filter { $0.document?.contains("/zh/") == true }.count == 5)
        #expect(Set(questions.map(\.question)).count == questions.count)
    }

    @Test func goldStandsInItsDocument() throws {
        for question in questions {
            guard let gold = question.gold else {
                #expect(question.document == nil, "\(question.question)")
                continue
            }
            let path = try #require(question.document, "\(question.question)")
            let text = try String(contentsOf: root.appending(path: path), encoding: .utf8)
            let words = text.split(whereSeparator: \.isWhitespace).joined(separator: " ").lowercased()
            #expect(words.contains(gold.lowercased()), "'\(gold)' is not in \(path)")
        }
    }
}
