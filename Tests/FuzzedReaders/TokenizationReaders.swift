// SPDX-License-Identifier: Apache-2.0
import Foundation
import Tokenization

/// Readers of JSON, of tokenizers and chat templates, and of the text that both are given.
let tokenizationReaders: [FuzzedReader] = [
    FuzzedReader(
        "json",
        "a JSON document",
        dictionary: [
            "null", "true", "false", "-0", "1e308", "1e-400", "\\u0000", "\\ud83d\\ude00", "\\ud800", "[[[[", "{\"\":",
            "9223372036854775808", "\"\u{E9}\":", "\"e\u{301}\":",
        ]
    ) { bytes in
        let value = try JSONValue(parsing: bytes)
        let text = written(value)
        do {
            try promise(try JSONValue(parsing: Array(text.utf8)) == value, "\(text) reads as another value")
        } catch let error as JSONError {
            throw BrokenPromise(message: "\(text), written from what was read, cannot be read: \(error)")
        }
    },
    FuzzedReader(
        "tokenizer",
        "tokenizer.json, and tokenizer_config.json behind a NUL",
        dictionary: tokenizerWords
    ) { bytes in
        let parts = bytes.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false).map(Array.init)
        let configuration = parts.count > 1 ? try? JSONValue(parsing: parts[1]) : nil
        try exercise(try Tokenizer(json: parts[0], configuration: configuration))
    },
    FuzzedReader(
        "token-text",
        "a text to ids and back, by byte-level BPE and WordPiece",
        limit: 4_096,
        dictionary: [
            "the", " and", "'ll", "\r\n", "  ", "123", "\u{3000}", "中文", "é", "e\u{301}", "<|im_end|>", "[UNK]",
        ]
    ) { bytes in
        let text = String(decoding: bytes, as: UTF8.self)
        for tokenizer in KnownTokenizers.byteLevel {
            let ids = try tokenizer.encode(text, addSpecialTokens: false)
            try promise(ids.allSatisfy { $0 >= 2 }, "text became a special token")
            // Qwen2's tokenizer composes what is decomposed (NFC).
            let decoded = try tokenizer.decode(ids)
            let isSame =
                decoded.utf8.elementsEqual(text.utf8)
                || decoded.utf8.elementsEqual(text.precomposedStringWithCanonicalMapping.utf8)
            try promise(isSame, "the ids decode to another text")
            var stream = StreamingDecoder()
            let streamed = ids.map { stream.append(tokenizer.bytes(of: $0)) }.joined() + stream.finish()
            try promise(streamed.utf8.elementsEqual(decoded.utf8), "the ids stream as another text")
        }
        try exercise(KnownTokenizers.wordPiece, texts: [text])
        let unigram = try KnownTokenizers.unigram(characters: .scalars([0xA0: [0x20], 0xFB01: [0x66, 0x69], 0: []]))
        let ids = try unigram.encode(text, addSpecialTokens: false)
        try promise(ids.allSatisfy { $0 >= 2 }, "text became a special token")
        try exercise(unigram, texts: [text])
    },
    FuzzedReader(
        "character-map",
        "SentencePiece's precompiled_charsmap, and the text that it is used on",
        dictionary: ["e\u{301}", "\u{200d}", "\r\n", "\u{FB01}", "\u{0}"]
    ) { bytes in
        let tokenizer = try KnownTokenizers.unigram(characters: .precompiled(bytes))
        try exercise(tokenizer)
        try exercise(tokenizer, texts: [String(decoding: bytes, as: UTF8.self)])
    },
    FuzzedReader(
        "token-bytes",
        "bytes of tokens to text, as they come",
        limit: 1_024
    ) { bytes in
        let length = 1 + Int(bytes.first ?? 0) % 5
        var stream = StreamingDecoder()
        var found = ""
        var rest = bytes.dropFirst()
        while !rest.isEmpty {
            found += stream.append(Array(rest.prefix(length)))
            rest = rest.dropFirst(length)
        }
        found += stream.finish()
        let whole = String(decoding: bytes.dropFirst(), as: UTF8.self)
        try promise(found.utf8.elementsEqual(whole.utf8), "pieces of \(length) bytes give another text than the whole")
    },
    FuzzedReader(
        "template",
        "a chat template, read and run on a conversation",
        dictionary: templateWords
    ) { bytes in
        let template = try ChatTemplate(String(decoding: bytes, as: UTF8.self))
        let pieces = try template.render(
            messages: conversation,
            tools: tools,
            addGenerationPrompt: true,
            specialTokens: ["bos_token": "<s>", "eos_token": "</s>"],
            now: TemplateDate(year: 2026, month: 2, day: 28, weekday: 6, dayOfYear: 59)
        )
        try promise(pieces.allSatisfy { !$0.text.isEmpty }, "a run of a prompt is empty")
        try promise(
            zip(pieces, pieces.dropFirst()).allSatisfy { $0.isTrusted != $1.isTrusted },
            "neighbouring runs of a prompt come from one side"
        )
    },
    FuzzedReader(
        "message",
        "what a user says, in a prompt with special tokens",
        limit: 4_096,
        dictionary: ["<|im_start|>", "<|im_end|>", "<|im_", "end|>", "system\n", "{{", "{%"]
    ) { bytes in
        let wanted = try specialCount("x")
        let found = try specialCount(String(decoding: bytes, as: UTF8.self))
        try promise(found == wanted, "\(found) special tokens instead of \(wanted): a message made one")
    },
]

/// Encodes, decodes, streams; ids must be the vocabulary's own.
func exercise(
    _ tokenizer: Tokenizer,
    texts: [String] = ["", "the cat and the hat ab", "Dr. Wu's  3.14é 中文\n<|end|>\u{0}👍🏽", "aaaaaaaaaaaaaaaaaaaaaaaa"]
) throws {
    for text in texts {
        for matching in [Tokenizer.AddedTokenMatching.none, .nonSpecial, .all] {
            try attempt {
                let ids = try tokenizer.encode(text, matching: matching)
                try promise(
                    ids.allSatisfy { $0 >= 0 && Int($0) < tokenizer.vocabularyCount },
                    "an id beyond the vocabulary of \(tokenizer.vocabularyCount)"
                )
                do {
                    _ = try tokenizer.decode(ids)
                    _ = try tokenizer.decode(ids, skipSpecialTokens: true)
                } catch {
                    throw BrokenPromise(message: "the tokenizer cannot decode its own ids: \(error)")
                }
                for id in ids.prefix(64) { _ = tokenizer.bytes(of: id) }
            }
        }
        let share = tokenizer.unknownShare(text)
        try promise((0...1).contains(share), "a share of \(share) unknown words")
    }
    for id in Int32(-1)...Int32(min(512, tokenizer.vocabularyCount)) {
        _ = tokenizer.bytes(of: id)
        if let text = tokenizer.text(of: id) { _ = tokenizer.id(of: text) }
    }
    if let source = tokenizer.chatTemplate { try attempt { _ = try ChatTemplate(source) } }
}

private func specialCount(_ content: String) throws -> Int {
    let messages = [ChatMessage(role: "system", content: content), ChatMessage(role: "user", content: content)]
    let tokenizer = KnownTokenizers.byteLevel[0]
    let pieces = try KnownTokenizers.template.render(messages: messages, addGenerationPrompt: true)
    return try tokenizer.encode(pieces).count { tokenizer.specialIDs.contains($0) }
}

private let conversation = [
    ChatMessage(role: "system", content: "Be kind. <s>"),
    ChatMessage(role: "user", content: " Héllo <b> 'q' \"d\" \n\tworld 你好 "),
    ChatMessage(
        role: "assistant",
        content: "",
        toolCalls: tools
    ),
]

private let tools: [JSONValue] = {
    let text = #"[{"function": {"name": "add", "arguments": {"a": 1, "b": [1.5, null, true, "x"], "é": 1e+16}}}]"#
    return (try? JSONValue(parsing: Array(text.utf8)))?.array ?? []
}()
