// SPDX-License-Identifier: Apache-2.0

extension Tokenizer {
    /// Makes the tokenizer that a tokenizer.json describes.
    ///
    /// - Parameters:
    ///   - json: The file's bytes. `truncation` and `padding` in it are ignored.
    ///   - configuration: tokenizer_config.json, for the roles of special tokens and the chat template.
    /// - Throws: `TokenizationError`, `malformed` for a file that contradicts itself, `notSupported` for parts that
    ///   are not built, `limitExceeded` for a file over 256 MiB; each names the key.
    /// - Complexity: O(n) for n bytes.
    public init(json: [UInt8], configuration: JSONValue? = nil) throws(TokenizationError) {
        guard json.count <= 256 << 20 else {
            throw TokenizationError(.limitExceeded, "a tokenizer.json of \(json.count) bytes; at most 256 MiB are read")
        }
        let document: JSONValue
        do {
            document = try JSONValue(parsing: json)
        } catch {
            throw TokenizationError(
                .malformed,
                "tokenizer.json is not JSON: \(error.message)",
                offset: error.offset,
                underlying: error
            )
        }
        self.init(parts: try TokenizerFile(root: Description(value: document, path: "")).parts(configuration))
    }
}

/// Reads the parts of a tokenizer.json.
struct TokenizerFile {
    let root: Description

    func parts(_ configuration: JSONValue?) throws(TokenizationError) -> Tokenizer.Parts {
        let normalizer = try root.member("normalizer").map { (description) throws(TokenizationError) in
            try Normalizer(description)
        }
        let preTokenizer = try root.member("pre_tokenizer").map { description throws(TokenizationError) in
            try PreTokenizer(description)
        }
        let decoder = try root.member("decoder").map { description throws(TokenizationError) in
            try Decoder(description)
        }
        let modelDescription = try root.required("model")
        let modelTokens = try ModelReader.vocabulary(modelDescription)
        let added = try addedTokens()
        let tokens = try joined(modelTokens, added)
        let vocabulary = try Vocabulary(tokens, key: "model.vocab")
        // The model must not find what is only an added token.
        let own = modelTokens.count == tokens.count ? vocabulary : try Vocabulary(modelTokens, key: "model.vocab")
        let specialIDs = Set(added.filter(\.isSpecial).map(\.id))
        let reader = ModelReader(
            description: modelDescription,
            vocabulary: own,
            tokens: modelTokens,
            specialIDs: specialIDs,
            isByteLevel: preTokenizer?.isByteLevel ?? false
        )
        var parts = Tokenizer.Parts(
            vocabulary: vocabulary,
            normalizer: normalizer,
            preTokenizer: preTokenizer,
            model: try reader.model(),
            decoder: decoder,
            addedTokens: try AddedTokens(added, normalizer: normalizer)
        )
        parts.decodedForms = parts.addedTokens.normalizedSpellings
        parts.specialIDs = specialIDs
        if let description = try root.member("post_processor") {
            parts.postProcessor = try PostProcessor(description, vocabulary: vocabulary)
        }
        parts.unknownID = parts.model.unknownID
        if let configuration { Self.apply(configuration, to: &parts) }
        return parts
    }

    private func addedTokens() throws(TokenizationError) -> [AddedToken] {
        var tokens: [AddedToken] = []
        for element in try root.member("added_tokens")?.elements() ?? [] {
            let text = try element.string("content")
            guard !text.isEmpty else { throw element.malformed("an added token without text") }
            guard text.utf8.count <= 1024 else { throw element.malformed("an added token longer than 1,024 bytes") }
            var token = AddedToken(id: try element.required("id").id(), text: text)
            token.singleWord = try element.bool("single_word", default: false)
            token.stripsLeft = try element.bool("lstrip", default: false)
            token.stripsRight = try element.bool("rstrip", default: false)
            token.isSpecial = try element.bool("special", default: false)
            token.isNormalized = try element.bool("normalized", default: !token.isSpecial)
            tokens.append(token)
        }
        return tokens
    }

    /// The model's tokens and the added ones, by id.
    private func joined(_ tokens: [String], _ added: [AddedToken]) throws(TokenizationError) -> [String] {
        var joined = tokens
        let sorted = added.enumerated().sorted { ($0.element.id, $0.offset) < ($1.element.id, $1.offset) }
        for (index, token) in sorted {
            let id = Int(token.id)
            let key = "added_tokens[\(index)]"
            if id < joined.count {
                guard joined[id].utf8.elementsEqual(token.text.utf8) else {
                    throw TokenizationError(
                        .malformed,
                        "id \(id) is \(quoted(joined[id])) already, and cannot be \(quoted(token.text)) too",
                        key: key
                    )
                }
            } else {
                guard id == joined.count else {
                    throw TokenizationError(.malformed, "no token has the id \(joined.count)", key: key)
                }
                joined.append(token.text)
            }
        }
        return joined
    }

    /// Takes the roles of special tokens and the chat template from tokenizer_config.json.
    private static func apply(_ configuration: JSONValue, to parts: inout Tokenizer.Parts) {
        let vocabulary = parts.vocabulary
        func id(_ key: String) -> Int32? {
            let value = configuration[key]
            return (value?.string ?? value?["content"]?.string).flatMap { vocabulary.id(of: $0) }
        }
        parts.bosID = id("bos_token")
        parts.eosID = id("eos_token")
        parts.padID = id("pad_token")
        parts.unknownID = parts.unknownID ?? id("unk_token")
        let template = configuration["chat_template"]
        let named = template?.array?.first { $0["name"]?.string == "default" } ?? template?.array?.first
        parts.chatTemplate = template?.string ?? named?["template"]?.string
    }
}
