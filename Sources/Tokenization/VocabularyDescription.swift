// SPDX-License-Identifier: Apache-2.0

/// What single characters of a text become before a SentencePiece vocabulary sees it.
public enum CharacterReplacements: Sendable, Hashable {
    /// SentencePiece's `precompiled_charsmap`.
    case precompiled([UInt8])
    /// Code points by code point.
    case scalars([UInt32: [UInt32]])
}

/// A tokenizer as the metadata of a GGUF file describe it (`tokenizer.ggml.*`).
public struct VocabularyDescription: Sendable {
    /// `tokenizer.ggml.model`: `gpt2` is byte-level BPE, `bert` is WordPiece, `t5` is Unigram.
    public var model: String
    /// `tokenizer.ggml.pre`: the name of the way text is split before BPE.
    public var pre: String?
    /// `tokenizer.ggml.tokens`: the entries; a token's id is its position.
    public var tokens: [String]
    /// `tokenizer.ggml.scores`, one for each token.
    public var scores: [Float]?
    /// `tokenizer.ggml.token_type`, one for each token: 1 normal, 2 unknown, 3 control, 4 user-defined, 5 unused, 6 byte.
    public var tokenTypes: [Int32]?
    /// `tokenizer.ggml.merges`: pairs of tokens with a space between, the most important first.
    public var merges: [String]?
    /// The token that begins a text.
    public var bosID: Int32?
    /// The token that ends a text.
    public var eosID: Int32?
    /// The token that fills up a batch.
    public var padID: Int32?
    /// The token that stands for what the vocabulary lacks.
    public var unknownID: Int32?
    /// The token between and after sentences of an encoder.
    public var separatorID: Int32?
    /// The token in front of the sentences of an encoder.
    public var classifierID: Int32?
    /// The token that hides a word from an encoder.
    public var maskID: Int32?
    /// `tokenizer.ggml.add_bos_token`.
    public var addsBOS: Bool?
    /// `tokenizer.ggml.add_eos_token`.
    public var addsEOS: Bool?
    /// `tokenizer.chat_template`.
    public var chatTemplate: String?
    /// `tokenizer.ggml.precompiled_charsmap`, or what stands for it elsewhere.
    public var characters: CharacterReplacements?
    /// `tokenizer.ggml.add_space_prefix`.
    public var addsSpacePrefix: Bool?

    /// Makes a description; what is left out is what the file does not say.
    public init(
        model: String,
        pre: String? = nil,
        tokens: [String],
        scores: [Float]? = nil,
        tokenTypes: [Int32]? = nil,
        merges: [String]? = nil,
        bosID: Int32? = nil,
        eosID: Int32? = nil,
        padID: Int32? = nil,
        unknownID: Int32? = nil,
        separatorID: Int32? = nil,
        classifierID: Int32? = nil,
        maskID: Int32? = nil,
        addsBOS: Bool? = nil,
        addsEOS: Bool? = nil,
        chatTemplate: String? = nil,
        characters: CharacterReplacements? = nil,
        addsSpacePrefix: Bool? = nil
    ) {
        self.model = model
        self.pre = pre
        self.tokens = tokens
        self.scores = scores
        self.tokenTypes = tokenTypes
        self.merges = merges
        self.bosID = bosID
        self.eosID = eosID
        self.padID = padID
        self.unknownID = unknownID
        self.separatorID = separatorID
        self.classifierID = classifierID
        self.maskID = maskID
        self.addsBOS = addsBOS
        self.addsEOS = addsEOS
        self.chatTemplate = chatTemplate
        self.characters = characters
        self.addsSpacePrefix = addsSpacePrefix
    }
}
