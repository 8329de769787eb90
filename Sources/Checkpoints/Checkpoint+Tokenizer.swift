// SPDX-License-Identifier: Apache-2.0

public import Tokenization

extension Checkpoint {
    /// The longest `tokenizer.json` that is read.
    private static let tokenizerLimit = 256 << 20

    /// The tokenizer that the file or folder carries; nil if it carries none.
    ///
    /// - Throws: `CheckpointError` with the `TokenizationError` beneath it if it is malformed or not supported.
    /// - Complexity: O(n) for n bytes of vocabulary.
    public func tokenizer() throws(CheckpointError) -> Tokenizer? {
        switch format {
        case .gguf, .e5s1:
            guard let vocabulary = try vocabularyDescription() else { return nil }
            do throws(TokenizationError) {
                return try Tokenizer(vocabulary: vocabulary)
            } catch {
                throw Self.error(error, path)
            }
        case .huggingFace:
            let file = "\(path)/tokenizer.json"
            guard PathKind(file) != .missing else { return nil }
            let bytes = try OpenFile(file).contents(limit: Self.tokenizerLimit)
            let configuration = try json(named: "tokenizer_config.json")
            do throws(TokenizationError) {
                return try Tokenizer(json: bytes, configuration: configuration)
            } catch {
                throw Self.error(error, file)
            }
        }
    }

    /// The tokens at which generation ends: `generation_config.json`'s, else `config.json`'s or the vocabulary's.
    ///
    /// - Throws: `CheckpointError` if what stands there are no ids.
    package func endTokenIDs() throws(CheckpointError) -> [Int32] {
        guard format != .e5s1 else { return [] }
        guard format == .huggingFace else {
            var ids: [Int32] = []
            for name in ["eos", "eot", "eom"] {
                guard let id = try tokenID(name), !ids.contains(id) else { continue }
                ids.append(id)
            }
            return ids
        }
        let generation = try json(named: "generation_config.json")
        guard let value = generation?["eos_token_id"] ?? config["eos_token_id"], value != .null else { return [] }
        var ids: [Int32] = []
        for element in value.array ?? [value] {
            guard let id = element.integer.flatMap({ Int32(exactly: $0) }), id >= 0 else {
                throw CheckpointError(.malformed, "an end token that is no id", file: path, key: "eos_token_id")
            }
            ids.append(id)
        }
        return ids
    }

    /// What the file says of its tokenizer; nil if it says nothing.
    func vocabularyDescription() throws(CheckpointError) -> VocabularyDescription? {
        if format == .e5s1 {
            return try files.first.map { file throws(CheckpointError) in try E5S1Reader.vocabulary(file) }
        }
        let prefix = "tokenizer.ggml."
        guard let model = try metadata.stringIfPresent("\(prefix)model"), model != "no_vocab" else { return nil }
        var description = VocabularyDescription(model: model, tokens: try metadata.strings("\(prefix)tokens"))
        description.pre = try metadata.stringIfPresent("\(prefix)pre")
        description.scores = try metadata.floatsIfPresent("\(prefix)scores")
        description.tokenTypes = try metadata.integersIfPresent("\(prefix)token_type")?.map {
            Int32(truncatingIfNeeded: $0)
        }
        description.merges = try metadata.stringsIfPresent("\(prefix)merges")
        description.bosID = try tokenID("bos")
        description.eosID = try tokenID("eos")
        description.padID = try tokenID("padding")
        description.unknownID = try tokenID("unknown")
        // GGUF spells it wrongly, and so do its files.
        description.separatorID = try tokenID("seperator")
        description.classifierID = try tokenID("cls")
        description.maskID = try tokenID("mask")
        description.addsBOS = try metadata.boolIfPresent("\(prefix)add_bos_token")
        description.addsEOS = try metadata.boolIfPresent("\(prefix)add_eos_token")
        if let integers = try metadata.integersIfPresent("\(prefix)precompiled_charsmap") {
            description.characters = .precompiled(integers.map { UInt8(truncatingIfNeeded: $0) })
        }
        description.addsSpacePrefix = try metadata.boolIfPresent("\(prefix)add_space_prefix")
        description.chatTemplate = try metadata.stringIfPresent("tokenizer.chat_template")
        return description
    }

    private func tokenID(_ name: String) throws(CheckpointError) -> Int32? {
        let key = "tokenizer.ggml.\(name)_token_id"
        guard let value = try metadata.integerIfPresent(key) else { return nil }
        guard let id = Int32(exactly: value) else { throw metadata.error("\(value) is no token", key: key) }
        return id
    }

    static func error(_ error: TokenizationError, _ file: String) -> CheckpointError {
        CheckpointError(
            error.code == .notSupported ? .unsupported : .malformed,
            error.message,
            file: file,
            offset: error.offset,
            key: error.key,
            underlying: error
        )
    }
}
