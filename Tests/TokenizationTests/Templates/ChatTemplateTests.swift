// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing
import Tokenization

/// The fixtures that `Scripts/make-template-fixtures` makes with jinja2, the reference.
enum TemplateFixtures {
    static let folder = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Fixtures/templates")

    static func source(_ name: String) throws -> String {
        String(decoding: try Data(contentsOf: folder.appendingPathComponent(name)), as: UTF8.self)
    }

    static func cases(_ name: String) throws -> [JSONValue] {
        let bytes = [UInt8](try Data(contentsOf: folder.appendingPathComponent(name)))
        return try #require(try JSONValue(parsing: bytes).array)
    }

    static func messages(_ value: JSONValue?) throws -> [ChatMessage] {
        try #require(value?.array).map { ChatMessage(members: try #require($0.object)) }
    }

    /// The day that the script renders on.
    static let date = TemplateDate(year: 2026, month: 7, day: 4, weekday: 6, dayOfYear: 185)
}

extension [Piece] {
    var text: String { map(\.text).joined() }
}

@Suite struct ChatTemplateTests {
    @Test func conversationsRenderAsJinjaRendersThem() throws {
        var templates: [String: ChatTemplate] = [:]
        let cases = try TemplateFixtures.cases("conversations.json")
        #expect(cases.count > 400)
        for (number, example) in cases.enumerated() {
            let name = try #require(example["template"]?.string)
            let template = try templates[name] ?? ChatTemplate(try TemplateFixtures.source(name))
            templates[name] = template
            var specialTokens: [String: String] = [:]
            for (key, value) in example["special_tokens"]?.object ?? JSONObject() { specialTokens[key] = value.string }
            let messages = try TemplateFixtures.messages(example["messages"])
            let pieces = try? template.render(
                messages: messages,
                tools: example["tools"]?.array,
                addGenerationPrompt: example["add_generation_prompt"] == .bool(true),
                specialTokens: specialTokens
            )
            // Scalars, since `==` of strings takes canonically equivalent ones for equal.
            #expect(
                pieces.map { Array($0.text.unicodeScalars) }
                    == example["expected"]?.string.map { Array($0.unicodeScalars) },
                "case \(number) of \(name)"
            )
        }
    }

    @Test func theLanguageIsJinjas() throws {
        let cases = try TemplateFixtures.cases("language.json")
        #expect(cases.count > 300)
        for example in cases {
            let source = try #require(example["template"]?.string)
            let messages = try TemplateFixtures.messages(example["messages"])
            let pieces = try? ChatTemplate(source).render(
                messages: messages,
                addGenerationPrompt: true,
                specialTokens: ["bos_token": "<s>"],
                now: TemplateFixtures.date
            )
            #expect(
                pieces.map { Array($0.text.unicodeScalars) }
                    == example["expected"]?.string.map { Array($0.unicodeScalars) },
                "\(source)"
            )
        }
    }

    @Test func theHourIsWrittenAsStrftimeWritesIt() throws {
        var date = TemplateFixtures.date
        (date.hour, date.minute, date.second) = (0, 5, 9)
        let template = try ChatTemplate("{{ strftime_now('%I:%M %p %H %T %F %y %e %h %a') }}")
        let pieces = try template.render(messages: [], addGenerationPrompt: false, now: date)
        #expect(pieces.text == "12:05 AM 00 00:05:09 2026-07-04 26  4 Jul Sat")
    }

    @Test func aRefusalSaysWhatTheTemplateSays() throws {
        let template = try ChatTemplate("a\n{{ raise_exception('roles\nmust alternate') }}")
        let error = #expect(throws: TokenizationError.self) {
            try template.render(messages: [], addGenerationPrompt: false)
        }
        #expect(error?.code == .templateFailed)
        #expect(error?.description.contains("line 2") == true)
        #expect(error?.description.contains("roles must alternate") == true)
    }
}
