// SPDX-License-Identifier: Apache-2.0

/// What a name in `tokenizer.ggml.pre` stands for.
struct Splitting: Sendable {
    var preTokenizer: PreTokenizer
    var normalizer: Normalizer?
    var ignoresMerges = false
    /// Whether a file that does not say so wants the beginning token in front.
    var addsBOS = false

    /// - Throws: `TokenizationError` for a name that is not built: guessing would give other ids without a word.
    init(name: String?) throws(TokenizationError) {
        switch name {
        case "gpt-2", "phi-2", "mpt", "olmo", "jais", "modern-bert", "jina-es", "jina-de", "jina-v2-es", "jina-v2-de":
            preTokenizer = .split(.gpt2, .isolated, inverted: false)
        case "smollm", "starcoder", "refact", "command-r", "codeshell", "exaone":
            preTokenizer = .sequence([.digits(individual: true), .split(.gpt2, .isolated, inverted: false)])
        case "qwen2", "deepseek-r1-qwen", "stablelm2":
            preTokenizer = .split(.qwen2, .isolated, inverted: false)
            if name != "stablelm2" { normalizer = .form(composed: true, compatibility: false) }
        case "llama3", "llama-v3", "llama-bpe":
            preTokenizer = .split(.llama3, .isolated, inverted: false)
            ignoresMerges = true
            addsBOS = true
        case "smaug-bpe", "dbrx":
            preTokenizer = .split(.llama3, .isolated, inverted: false)
        case "default", nil:
            let patterns: [SplitPattern] = [.symbols, .gpt2, .digits(atMost: .max), .digitTriples]
            preTokenizer = .sequence(patterns.map { .split($0, .isolated, inverted: false) })
        case .some(let other):
            throw TokenizationError(
                .notSupported,
                "not supported: the way of splitting \(quoted(other))",
                key: "tokenizer.ggml.pre"
            )
        }
    }
}
