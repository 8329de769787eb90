// SPDX-License-Identifier: Apache-2.0
import Tokenization

/// Small sound tokenizers and a sound template, for readers whose input is the text.
enum KnownTokenizers {
    /// Byte-level BPE with the two ways of splitting; ids 0 and 1 are `<|im_start|>` and `<|im_end|>`.
    static let byteLevel: [Tokenizer] = ["gpt-2", "qwen2"].map { pre in
        let merges = ["t h", "th e", "a n", "an d", "\u{120} the", "\u{120} and", "1 2", "\u{C3} \u{A9}"]
        let tokens =
            ["<|im_start|>", "<|im_end|>"] + byteAlphabet + merges.map { $0.split(separator: " ").joined() }
        return made(
            VocabularyDescription(
                model: "gpt2",
                pre: pre,
                tokens: tokens,
                tokenTypes: [3, 3] + Array(repeating: 1, count: tokens.count - 2),
                merges: merges,
                bosID: 0,
                eosID: 1
            )
        )
    }

    static let wordPiece: Tokenizer = {
        let tokens = [
            "[PAD]", "[UNK]", "[CLS]", "[SEP]", "\u{2581}the", "\u{2581}a", "n", "d", "\u{2581}中", "s", "\u{2581}e",
        ]
        return made(
            VocabularyDescription(
                model: "bert",
                tokens: tokens,
                tokenTypes: [3, 3, 3, 3] + Array(repeating: 1, count: tokens.count - 4),
                padID: 0,
                unknownID: 1,
                separatorID: 3,
                classifierID: 2
            )
        )
    }()

    /// Unigram; ids 0 and 1 are `<s>` and `</s>`, 2 stands for what no piece covers.
    static func unigram(characters: CharacterReplacements) throws -> Tokenizer {
        let tokens = [
            "<s>", "</s>", "<unk>", "\u{2581}", "\u{2581}the", "th", "e", "a", "n", "and", "\u{E9}", "中文", "中",
        ]
        return try Tokenizer(
            vocabulary: VocabularyDescription(
                model: "t5",
                tokens: tokens,
                scores: tokens.indices.map { -Float($0) },
                tokenTypes: [3, 3, 2] + Array(repeating: 1, count: tokens.count - 3),
                bosID: 0,
                eosID: 1,
                unknownID: 2,
                characters: characters
            )
        )
    }

    static let template: ChatTemplate = {
        let source = """
            {% for m in messages %}<|im_start|>{{ m['role'] }}
            {{ m['content'] }}<|im_end|>
            {% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
            {% endif %}
            """
        do { return try ChatTemplate(source) } catch { fatalError("the template is sound: \(error)") }
    }()

    private static func made(_ vocabulary: VocabularyDescription) -> Tokenizer {
        do { return try Tokenizer(vocabulary: vocabulary) } catch { fatalError("the tokenizer is sound: \(error)") }
    }

    /// GPT-2's letters for the 256 bytes.
    private static let byteAlphabet: [String] = {
        let plain = Array(0x21...0x7E) + Array(0xA1...0xAC) + Array(0xAE...0xFF)
        let others = (0..<256).filter { !plain.contains($0) }
        return (plain + others.indices.map { 256 + $0 }).compactMap { Unicode.Scalar($0).map(String.init) }
    }()
}

/// A JSON value as a text.
func written(_ value: JSONValue) -> String {
    switch value {
    case .null: "null"
    case .bool(let value): "\(value)"
    case .integer(let value): "\(value)"
    case .number(let value): "\(value)"
    case .string(let value): written(value)
    case .array(let values): "[\(values.map { written($0) }.joined(separator: ","))]"
    case .object(let members): "{\(members.map { "\(written($0)):\(written($1))" }.joined(separator: ","))}"
    }
}

private func written(_ text: String) -> String {
    let scalars = text.unicodeScalars.map { scalar in
        if scalar == "\"" || scalar == "\\" { return "\\\(scalar)" }
        guard scalar.value < 0x20 else { return String(scalar) }
        return "\\u00\(scalar.value < 16 ? "0" : "")\(String(scalar.value, radix: 16))"
    }
    return "\"\(scalars.joined())\""
}

let tokenizerWords =
    [
        "type", "model", "vocab", "merges", "BPE", "WordPiece", "Unigram", "WordLevel", "added_tokens", "id", "content",
        "special", "normalized", "lstrip", "rstrip", "single_word", "normalizer", "pre_tokenizer", "post_processor",
        "decoder", "Sequence", "normalizers", "pretokenizers", "processors", "decoders", "NFC", "NFKC", "NFD",
        "Lowercase", "StripAccents", "Strip", "Replace", "Prepend", "pattern", "String", "Regex", "Split", "behavior",
        "Isolated", "Removed", "MergedWithPrevious", "invert", "ByteLevel", "add_prefix_space", "use_regex", "Digits",
        "individual_digits", "BertNormalizer", "BertPreTokenizer", "Whitespace", "Metaspace", "replacement",
        "prepend_scheme", "unk_id", "Precompiled", "precompiled_charsmap", "pair",
        "TemplateProcessing", "single", "SpecialToken", "special_tokens", "ids", "BertProcessing", "sep", "cls",
        "ByteFallback", "Fuse", "unk_token", "continuing_subword_prefix", "max_input_chars_per_word", "byte_fallback",
        "ignore_merges", "chat_template", "bos_token", "eos_token", "Punctuation",
    ].map { "\"\($0)\"" } + ["null", "true", "[]", "{}", "\u{0}", "2147483647", "\u{120}", "\u{2581}"]

let templateWords = [
    "{{", "}}", "{%", "%}", "{#", "#}", "{%-", "-%}", "{% for m in messages %}", "{% endfor %}", "{% if ", "{% elif ",
    "{% else %}", "{% endif %}", "{% set x = ", "{% endset %}", "{% macro f(a) %}", "{% endmacro %}", "{% break %}",
    "{% continue %}", "{% generation %}", "m['content']", "m.role", "messages[0]", "loop.index0", "loop.last",
    "namespace(", "ns.x", "range(", "|trim", "|tojson", "|length", "|upper", "|join(', ')", "|map(attribute='x')",
    "|selectattr('role', 'equalto', 'user')", "|list", "|items", "|default('')", "|replace('a', 'b')", "|first",
    ".split(", ".strip()", ".startswith(", ".items()", "[::-1]", "[1:]", " is defined", " is mapping", " not in ",
    " ~ ",
    " // ", " ** ", " and ", "bos_token", "tools", "raise_exception(", "strftime_now('%d %b %Y')", "none", "true",
    "9223372036854775807", "1e308", "'a' * 1000000", "%s", "recursive", "{% raw %}", "{% endraw %}",
    "{% filter upper %}",
    "joiner(", "cycler(", "dict(a=1)", "lambda", "caller()", "{% call ",
]
