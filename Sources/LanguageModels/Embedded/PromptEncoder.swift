// SPDX-License-Identifier: Apache-2.0
package import Tokenization

/// Makes a model's prompts: conversations through its chat template, ids through its tokenizer.
///
/// Whatever a conversation says stays text: only what the template itself writes can become a special token.
package struct PromptEncoder: Sendable {
    package let tokenizer: Tokenizer
    /// The model's template; nil for a model that was not made for conversations.
    package let template: ChatTemplate?
    private let specialTokens: [String: String]
    /// The token with which the template ends what the assistant says, if it is a special one.
    package let turnEnd: Int32?

    /// - Throws: `TokenizationError` if the tokenizer's chat template cannot be read.
    package init(tokenizer: Tokenizer) throws(TokenizationError) {
        self.tokenizer = tokenizer
        var specialTokens: [String: String] = [:]
        let named = [
            "bos_token": tokenizer.bosID, "eos_token": tokenizer.eosID, "pad_token": tokenizer.padID,
            "unk_token": tokenizer.unknownID,
        ]
        for (name, id) in named {
            guard let id, let text = tokenizer.text(of: id) else { continue }
            specialTokens[name] = text
        }
        self.specialTokens = specialTokens
        guard let source = tokenizer.chatTemplate else {
            template = nil
            turnEnd = nil
            return
        }
        let template = try ChatTemplate(source)
        self.template = template
        turnEnd = Self.turnEnd(template, tokenizer, specialTokens)
    }

    /// The ids of a conversation, ready for the model's answer.
    ///
    /// Without a template its texts follow each other, an empty line between them, as one plain text.
    /// - Throws: `TokenizationError` if the template refuses the conversation.
    package func ids(of messages: [ChatMessage], addGenerationPrompt: Bool = true) throws(TokenizationError) -> [Int32]
    {
        guard let template else {
            return try ids(of: messages.compactMap(\.content).joined(separator: "\n\n"))
        }
        let pieces = try template.render(
            messages: messages,
            addGenerationPrompt: addGenerationPrompt,
            specialTokens: specialTokens
        )
        return try tokenizer.encode(pieces)
    }

    /// The ids of a plain text, with the tokens that the model wants around one.
    ///
    /// - Throws: `TokenizationError` if the tokenizer's own rules make the text grow beyond all measure.
    package func ids(of text: String) throws(TokenizationError) -> [Int32] { try tokenizer.encode(text) }

    /// The ids of a text that goes on from what is there.
    ///
    /// - Throws: `TokenizationError` if the tokenizer's own rules make the text grow beyond all measure.
    package func continuation(_ text: String) throws(TokenizationError) -> [Int32] {
        try tokenizer.encode(text, addSpecialTokens: false)
    }

    /// The bytes that a token adds to a text; none for a special token.
    package func bytes(of id: Int32) -> [UInt8] { tokenizer.specialIDs.contains(id) ? [] : tokenizer.bytes(of: id) }

    /// What the template writes right behind an assistant's words: asked of itself, for no file says it.
    private static func turnEnd(
        _ template: ChatTemplate,
        _ tokenizer: Tokenizer,
        _ specialTokens: [String: String]
    ) -> Int32? {
        let conversation = [ChatMessage(role: "user", content: "U"), ChatMessage(role: "assistant", content: "A")]
        let pieces = try? template.render(
            messages: conversation,
            addGenerationPrompt: false,
            specialTokens: specialTokens
        )
        guard let pieces, let place = pieces.lastIndex(where: { !$0.isTrusted && $0.text.hasSuffix("A") }),
            place + 1 < pieces.count,
            let ids = try? tokenizer.encode([Piece(text: pieces[place + 1].text, isTrusted: true)])
        else { return nil }
        return ids.first { tokenizer.specialIDs.contains($0) }
    }
}

extension Transcript {
    /// The conversation as chat templates see it.
    package var messages: [ChatMessage] {
        map { entry in
            switch entry {
            case .instructions: ChatMessage(role: "system", content: entry.text)
            case .prompt: ChatMessage(role: "user", content: entry.text)
            case .response: ChatMessage(role: "assistant", content: entry.text)
            }
        }
    }
}
