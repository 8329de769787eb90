// SPDX-License-Identifier: Apache-2.0

/// One message of a conversation as a chat template sees it.
package struct ChatMessage: Sendable, Hashable {
    /// All members in the order in which a template that prints the message prints them: `role`, `content`, and what
    /// else there is, such as `tool_calls`, `name` or `reasoning_content`.
    package var members: JSONObject

    package init(members: JSONObject) { self.members = members }

    /// A message; without content it has no member `content`.
    package init(role: String, content: String?, toolCalls: [JSONValue] = []) {
        members = JSONObject()
        members["role"] = .string(role)
        if let content { members["content"] = .string(content) }
        if !toolCalls.isEmpty { members["tool_calls"] = .array(toolCalls) }
    }

    package var role: String? { members["role"]?.string }
    package var content: String? { members["content"]?.string }
}

/// A run of a rendered prompt that comes from one side.
///
/// Runs say where special tokens may be matched, not where to cut the text for the tokenizer: between two special
/// tokens it is one text, whoever wrote its parts.
package struct Piece: Sendable, Hashable {
    package let text: String
    /// Whether the template or a special token wrote it; false for what messages and tools brought along.
    package let isTrusted: Bool

    package init(text: String, isTrusted: Bool) {
        self.text = text
        self.isTrusted = isTrusted
    }
}

/// A chat template: the Jinja program that makes one prompt of a conversation.
///
/// The language is Jinja 3.1 in the sandbox and with the settings of Hugging Face `transformers`
/// (`utils/chat_template_utils.py`), as far as chat templates use it. Every character of the prompt is marked by its
/// origin, so that nothing in a message can become a special token. What is not supported is refused when the
/// template is read. Running it is bounded in steps, text and depth.
package struct ChatTemplate: Sendable {
    private let statements: [TemplateStatement]

    /// Reads a template.
    ///
    /// - Throws: `TokenizationError` naming the line: `malformed` for what is no Jinja, `notSupported` for what is Jinja
    ///   but not built, `limitExceeded` for a source of more than 1 MiB or nested too deeply.
    /// - Complexity: O(n) for n characters.
    package init(_ source: String) throws(TokenizationError) {
        guard source.utf8.count <= TemplateLimits.sourceBytes else {
            throw TokenizationError(
                .limitExceeded,
                "a template of \(source.utf8.count) bytes; at most \(TemplateLimits.sourceBytes) are read",
                key: "chat_template"
            )
        }
        statements = try TemplateParser.parse(source)
    }

    /// Makes the prompt of a conversation.
    ///
    /// - Parameters:
    ///   - messages: The conversation, untrusted.
    ///   - tools: Descriptions of the tools at hand, untrusted; nil gives the template `none`.
    ///   - addGenerationPrompt: Whether the prompt ends with the beginning of the assistant's turn.
    ///   - specialTokens: Texts by name, such as `bos_token`; trusted.
    ///   - now: What `strftime_now` prints.
    /// - Returns: The prompt in runs, neighbours always from different sides.
    /// - Throws: `TokenizationError` naming the line: `templateFailed` where the template refuses the conversation or
    ///   cannot go on, `limitExceeded` where it asks for too much.
    package func render(
        messages: [ChatMessage],
        tools: [JSONValue]? = nil,
        addGenerationPrompt: Bool,
        specialTokens: [String: String] = [:],
        now: TemplateDate = .now
    ) throws(TokenizationError) -> [Piece] {
        var variables: [String: TemplateValue] = [:]
        for (name, text) in specialTokens { variables[name] = .string(text) }
        variables["messages"] = TemplateValue(.array(messages.map { .object($0.members) }), trusted: false)
        variables["tools"] = tools.map { TemplateValue(.array($0), trusted: false) } ?? TemplateValue.none
        variables["documents"] = TemplateValue.none
        variables["add_generation_prompt"] = .bool(addGenerationPrompt)
        var evaluator = TemplateEvaluator(variables: variables, now: now)
        for value in variables.values { try evaluator.check(value) }
        _ = try evaluator.run(statements)
        return Self.pieces(of: evaluator.output)
    }

    private static func pieces(of text: MarkedText) -> [Piece] {
        var pieces: [Piece] = []
        var start = 0
        while start < text.count {
            let mark = text.units[start] & MarkedText.untrustedBit
            var end = start + 1
            while end < text.count, text.units[end] & MarkedText.untrustedBit == mark { end += 1 }
            pieces.append(Piece(text: MarkedText.string(text.units[start..<end]), isTrusted: mark == 0))
            start = end
        }
        return pieces
    }
}
