// SPDX-License-Identifier: Apache-2.0

extension Tokenizer {
    /// Makes the tokenizer that the metadata of a GGUF file describe.
    ///
    /// - Throws: `TokenizationError`, `malformed` for metadata that contradict themselves, `notSupported` for a model
    ///   or a way of splitting that is not built; each names the key.
    /// - Complexity: O(n) for n bytes of tokens and merges.
    public init(vocabulary description: VocabularyDescription) throws(TokenizationError) {
        self.init(parts: try VocabularyReader(description: description).parts())
    }
}

/// Reads the `tokenizer.ggml` metadata of a GGUF file.
struct VocabularyReader {
    let description: VocabularyDescription

    /// The values of `tokenizer.ggml.token_type` that set a token apart from ordinary ones.
    private enum TokenType {
        static let unknown: Int32 = 2
        static let control: Int32 = 3
        static let userDefined: Int32 = 4
        static let byte: Int32 = 6
    }

    func parts() throws(TokenizationError) -> Tokenizer.Parts {
        guard !description.tokens.isEmpty else { throw malformed("there are no tokens", "tokens") }
        guard description.tokens.count <= Int(Int32.max) else { throw malformed("too many tokens", "tokens") }
        try checkCounts()
        let vocabulary = try Vocabulary(description.tokens, key: "tokenizer.ggml.tokens")
        var parts: Tokenizer.Parts
        switch description.model {
        case "gpt2": parts = try bytePairEncoding(vocabulary)
        case "bert": parts = try wordPiece(vocabulary)
        case "t5": parts = try unigram(vocabulary)
        default:
            throw TokenizationError(
                .notSupported,
                "not supported: the tokenizer model \(quoted(description.model))",
                key: "tokenizer.ggml.model"
            )
        }
        parts.specialIDs = specialIDs
        parts.bosID = description.bosID ?? (description.model == "bert" ? description.classifierID : nil)
        parts.eosID = description.eosID ?? (description.model == "bert" ? description.separatorID : nil)
        parts.padID = description.padID
        parts.unknownID = parts.model.unknownID ?? description.unknownID
        parts.chatTemplate = description.chatTemplate
        return parts
    }

    func malformed(_ message: String, _ name: String) -> TokenizationError {
        TokenizationError(.malformed, message, key: "tokenizer.ggml.\(name)")
    }

    private func checkCounts() throws(TokenizationError) {
        let count = description.tokens.count
        let lengths = [("scores", description.scores?.count), ("token_type", description.tokenTypes?.count)]
        for (name, length) in lengths {
            guard let length, length != count else { continue }
            throw malformed("\(length) values for \(count) tokens", name)
        }
        // A byte token means the byte it spells: `<0x-1>` means none.
        for (id, type) in (description.tokenTypes ?? []).enumerated() where type == TokenType.byte {
            let token = description.tokens[id]
            guard Self.isByte(token) else { throw malformed("\(quoted(token)) spells no byte", "tokens[\(id)]") }
        }
        let ids = [
            ("bos_token_id", description.bosID), ("eos_token_id", description.eosID),
            ("padding_token_id", description.padID), ("unknown_token_id", description.unknownID),
            ("seperator_token_id", description.separatorID), ("cls_token_id", description.classifierID),
            ("mask_token_id", description.maskID),
        ]
        for (name, id) in ids {
            guard let id, id < 0 || Int(id) >= count else { continue }
            throw malformed("there is no token \(id) in a vocabulary of \(count)", name)
        }
    }

    /// Whether a text is `<0x`, two hexadecimal digits and `>`.
    private static func isByte(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        return bytes.count == 6 && bytes.starts(with: "<0x".utf8) && bytes[5] == UInt8(ascii: ">")
            && bytes[3..<5].allSatisfy { Character(Unicode.Scalar($0)).isHexDigit }
    }

    /// Control tokens and the unknown one; where the file gives no types, those that have a role.
    var specialIDs: Set<Int32> {
        guard let types = description.tokenTypes else {
            let roles = [
                description.bosID, description.eosID, description.padID, description.unknownID,
                description.separatorID, description.classifierID, description.maskID,
            ]
            return Set(roles.compactMap { $0 })
        }
        return Set(types.indices.filter { isSpecial(types[$0]) }.map { Int32($0) })
    }

    private func isSpecial(_ type: Int32) -> Bool { type == TokenType.control || type == TokenType.unknown }

    func addedTokens(_ normalizer: Normalizer?) throws(TokenizationError) -> AddedTokens {
        var tokens: [AddedToken] = []
        let special = specialIDs
        for (index, text) in description.tokens.enumerated() where !text.isEmpty {
            let id = Int32(index)
            let isUserDefined = description.tokenTypes?[index] == TokenType.userDefined
            guard isUserDefined || special.contains(id) else { continue }
            tokens.append(AddedToken(id: id, text: text, isSpecial: !isUserDefined))
        }
        return try AddedTokens(tokens, normalizer: normalizer)
    }

    private func bytePairEncoding(_ vocabulary: Vocabulary) throws(TokenizationError) -> Tokenizer.Parts {
        guard let merges = description.merges else { throw malformed("there are no merges", "merges") }
        let splitting = try Splitting(name: description.pre)
        var builder = MergeTableBuilder(vocabulary: vocabulary, count: merges.count, key: "tokenizer.ggml.merges")
        for merge in merges { try builder.add(line: merge) }
        let options = BytePairEncoding.Options(ignoresMerges: splitting.ignoresMerges, isByteLevel: true)
        let model = BytePairEncoding(
            vocabulary: vocabulary,
            merges: builder.finish(),
            options: options,
            specialIDs: specialIDs
        )
        var parts = Tokenizer.Parts(
            vocabulary: vocabulary,
            normalizer: splitting.normalizer,
            preTokenizer: splitting.preTokenizer,
            model: .bytePairEncoding(model),
            decoder: .byteLevel,
            addedTokens: try addedTokens(splitting.normalizer)
        )
        if description.addsBOS ?? splitting.addsBOS, let id = description.bosID {
            parts.postProcessor.before = [id]
        }
        if description.addsEOS ?? false, let id = description.eosID { parts.postProcessor.after = [id] }
        // Added tokens are written as they are, all others in the alphabet of bytes.
        for token in parts.addedTokens.byID.values {
            parts.decodedForms[token.id] = Array(token.text.utf8).flatMap { ByteAlphabet.written[Int($0)] }
        }
        return parts
    }

    /// WordPiece, whose entries are marked the other way round: `▁` where a word begins, nothing where one goes on.
    private func wordPiece(_ vocabulary: Vocabulary) throws(TokenizationError) -> Tokenizer.Parts {
        guard let unknownID = description.unknownID ?? vocabulary.id(of: "[UNK]") else {
            throw malformed("there is no token for unknown words", "unknown_token_id")
        }
        let special = specialIDs
        let mark = Array("▁".utf8)
        let entries = description.tokens.enumerated().map { index, token in
            let text = Array(token.utf8)
            // What stands in brackets is a token with a role, or kept for one.
            let hasRole =
                special.contains(Int32(index)) || text.first == UInt8(ascii: "[") && text.last == UInt8(ascii: "]")
            guard !hasRole, !text.isEmpty else { return WordPiece.Entry() }
            let begins = text.starts(with: mark) && text.count > mark.count
            return begins
                ? WordPiece.Entry(beginning: Array(text[mark.count...])) : WordPiece.Entry(continuation: text)
        }
        let normalizer = Normalizer.bert(BertNormalizer())
        var parts = Tokenizer.Parts(
            vocabulary: vocabulary,
            normalizer: normalizer,
            preTokenizer: .bert,
            model: .wordPiece(
                WordPiece(entries: entries, unknownID: unknownID, maximumCharacters: 100)
            ),
            decoder: .wordPiece(prefix: Array("##".utf8), cleansUp: true),
            addedTokens: try addedTokens(normalizer)
        )
        for (index, entry) in entries.enumerated() {
            guard let form = entry.beginning ?? entry.continuation.map({ Array("##".utf8) + $0 }) else { continue }
            parts.decodedForms[Int32(index)] = form
        }
        if description.addsBOS ?? true, let id = description.classifierID ?? description.bosID {
            parts.postProcessor.before = [id]
        }
        if description.addsEOS ?? true, let id = description.separatorID ?? description.eosID {
            parts.postProcessor.after = [id]
        }
        parts.postProcessor.pair = Self.pair(parts.postProcessor)
        return parts
    }

    /// BERT's pairs: [CLS] A [SEP] B [SEP], B in a segment of its own.
    private static func pair(_ single: PostProcessor) -> PairTemplate {
        var pair = PairTemplate()
        pair.before = single.before.map { .init(id: $0, segment: 0) }
        pair.between = single.after.map { .init(id: $0, segment: 0) }
        pair.secondSegment = 1
        pair.after = single.after.map { .init(id: $0, segment: 1) }
        return pair
    }
}
