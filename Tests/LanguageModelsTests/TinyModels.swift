// SPDX-License-Identifier: Apache-2.0
import Foundation
import Tokenization

/// Folders of tiny checkpoints with the tokenizers that the goldens lack, made anew for each test.
final class TinyModel: Sendable {
    let folder: String

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    private init(golden: String, files: [String: String]) throws {
        let source = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Fixtures/goldens/\(golden)")
        folder = FileManager.default.temporaryDirectory.appending(path: "martlet-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for name in ["config.json", "model.safetensors"] {
            try FileManager.default.copyItem(atPath: source.appending(path: name).path, toPath: "\(folder)/\(name)")
        }
        for (name, text) in files { try Data(text.utf8).write(to: URL(filePath: "\(folder)/\(name)")) }
    }

    private static func json(_ object: Any) throws -> String {
        String(decoding: try JSONSerialization.data(withJSONObject: object, options: [.sortedKeys]), as: UTF8.self)
    }

    /// The turns of SmolLM2's own template.
    static let template = """
        {% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' \
        + '\\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}
        """

    /// A Llama of 104 tokens and 64 positions, with a byte-level tokenizer that has a token for each byte it knows.
    static func llama(template: String? = template) throws -> TinyModel {
        var vocabulary = ["<|endoftext|>": 0, "<|im_start|>": 1, "<|im_end|>": 2, "<tool_call>": 3]
        for text in (33...126).map({ String(UnicodeScalar($0)) }) + ["Ġ", "Ċ", "Ã", "©", "ð", "Ł"] {
            vocabulary[text] = vocabulary.count
        }
        let added = vocabulary.filter { $0.value < 4 }.sorted { $0.value < $1.value }.map { text, id in
            [
                "id": id, "content": text, "special": id < 3, "single_word": false, "lstrip": false, "rstrip": false,
                "normalized": false,
            ] as [String: Any]
        }
        let byteLevel =
            ["type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true]
            as [String: Any]
        let tokenizer: [String: Any] = [
            "version": "1.0", "added_tokens": added, "pre_tokenizer": byteLevel, "decoder": byteLevel,
            "model": ["type": "BPE", "vocab": vocabulary, "merges": [String]()] as [String: Any],
        ]
        var configuration: [String: Any] = ["eos_token": "<|endoftext|>", "bos_token": "<|im_start|>"]
        configuration["chat_template"] = template
        return try TinyModel(
            golden: "llama",
            files: ["tokenizer.json": try json(tokenizer), "tokenizer_config.json": try json(configuration)]
        )
    }

    /// A BERT of 40 positions with the letters as its words.
    static func bert(
        tokens count: Int,
        maximumLength: Int?,
        postProcessor: [String: Any]? = ["type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2]],
        golden: String = "bert"
    ) throws -> TinyModel {
        var vocabulary = ["[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3, "[MASK]": 4]
        let letters = (97...122).map { String(UnicodeScalar($0)) }
        for text in letters + letters.map({ "##" + $0 }) where vocabulary.count < count {
            vocabulary[text] = vocabulary.count
        }
        var tokenizer: [String: Any] = [
            "version": "1.0",
            "added_tokens": [[String: Any]](),
            "normalizer": [
                "type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "lowercase": true,
            ] as [String: Any],
            "pre_tokenizer": ["type": "BertPreTokenizer"],
            "model": [
                "type": "WordPiece", "vocab": vocabulary, "unk_token": "[UNK]", "continuing_subword_prefix": "##",
                "max_input_chars_per_word": 100,
            ] as [String: Any],
        ]
        tokenizer["post_processor"] = postProcessor
        var files = ["tokenizer.json": try json(tokenizer)]
        if let maximumLength { files["sentence_bert_config.json"] = "{\"max_seq_length\": \(maximumLength)}" }
        return try TinyModel(golden: golden, files: files)
    }
}
