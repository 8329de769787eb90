// SPDX-License-Identifier: Apache-2.0

/// Text to ids and back, as the files of a model describe it.
///
/// Follows Hugging Face tokenizers 0.23 id by id. A value is cheap to copy and may be used from several threads.
public struct Tokenizer: Sendable {
    /// Which added tokens that are spelled out in a text become that token.
    public enum AddedTokenMatching: Sendable {
        /// None: for text from outside, which must never turn into a command.
        case none
        /// Those that are not marked special, as the references do by default.
        case nonSpecial
        /// Every one: for templates and text that may be trusted.
        case all
    }

    /// The parts of a tokenizer, in the order in which text passes them.
    struct Parts: Sendable {
        var vocabulary: Vocabulary
        var normalizer: Normalizer?
        var preTokenizer: PreTokenizer?
        var model: Model
        var postProcessor = PostProcessor()
        var decoder: Decoder?
        var addedTokens: AddedTokens
        /// Spellings for the decoder of entries whose written form it would misread.
        var decodedForms: [Int32: [UInt8]] = [:]
        var specialIDs: Set<Int32> = []
        var bosID: Int32?
        var eosID: Int32?
        var padID: Int32?
        var unknownID: Int32?
        var chatTemplate: String?
    }

    private final class Storage: Sendable {
        let parts: Parts
        init(_ parts: Parts) { self.parts = parts }
    }

    private let storage: Storage

    private var parts: Parts { storage.parts }

    init(parts: Parts) { storage = Storage(parts) }

    /// The number of tokens; ids are less than this.
    public var vocabularyCount: Int { parts.vocabulary.count }
    /// The tokens that are marked special.
    public var specialIDs: Set<Int32> { parts.specialIDs }
    /// The token that begins a text, if the model has one.
    public var bosID: Int32? { parts.bosID }
    /// The token that ends a text, if the model has one.
    public var eosID: Int32? { parts.eosID }
    /// The token that fills up a batch, if the model has one.
    public var padID: Int32? { parts.padID }
    /// The token that stands for what the vocabulary lacks, if the model has one.
    public var unknownID: Int32? { parts.unknownID }
    /// Whether encoding puts the beginning token in front.
    public var addsBOS: Bool { parts.bosID.map { parts.postProcessor.before.first == $0 } ?? false }
    /// Whether encoding puts the end token behind.
    public var addsEOS: Bool { parts.eosID.map { parts.postProcessor.after.last == $0 } ?? false }
    /// What stands around and between two texts that are read together; nil where the tokenizer knows no pairs.
    package var pairTemplate: PairTemplate? { parts.postProcessor.pair }
    /// The source of the template that makes a prompt of a conversation, if the model has one.
    public var chatTemplate: String? { parts.chatTemplate }

    /// The ids of a text.
    ///
    /// - Parameters:
    ///   - text: Any text; nothing is cut or padded.
    ///   - addSpecialTokens: Whether the model's own tokens around a text are added.
    ///   - matching: Which added tokens spelled out in the text become that token.
    /// - Returns: The ids, each less than `vocabularyCount`.
    /// - Throws: `TokenizationError` if the tokenizer's own rules make the text grow beyond all measure.
    /// - Complexity: O(n log n) for n bytes.
    public func encode(
        _ text: String,
        addSpecialTokens: Bool = true,
        matching: AddedTokenMatching = .none
    ) throws(TokenizationError) -> [Int32] {
        var ids = addSpecialTokens ? parts.postProcessor.before : []
        for segment in try parts.addedTokens.segments(of: Array(text.utf8), matching: matching) {
            switch segment {
            case .token(let id): ids.append(id)
            case .text(let text): parts.model.encode(split(text), into: &ids)
            }
        }
        if addSpecialTokens { ids += parts.postProcessor.after }
        return ids
    }

    /// The ids of a prompt that a chat template made: added tokens are matched where the template wrote them, and what
    /// stands between them is one text, whoever wrote its parts.
    ///
    /// - Parameter pieces: The prompt; what is not trusted never becomes an added token.
    /// - Returns: The ids, without the tokenizer's own tokens around a text: a template writes what it wants.
    /// - Throws: `TokenizationError` if the tokenizer's own rules make the text grow beyond all measure.
    /// - Complexity: O(n log n) for n bytes.
    package func encode(_ pieces: [Piece]) throws(TokenizationError) -> [Int32] {
        var ids: [Int32] = []
        var text: [UInt8] = []
        func flush() throws(TokenizationError) {
            for case .text(let normalized) in try parts.addedTokens.segments(of: text, matching: .none) {
                parts.model.encode(split(normalized), into: &ids)
            }
            text = []
        }
        for piece in pieces {
            guard piece.isTrusted else {
                text += piece.text.utf8
                continue
            }
            for segment in parts.addedTokens.spelledOut(in: Array(piece.text.utf8)) {
                switch segment {
                case .text(let part): text += part
                case .token(let id):
                    try flush()
                    ids.append(id)
                }
            }
        }
        try flush()
        return ids
    }

    private func split(_ text: [UInt8]) -> SplitText {
        var split = SplitText(text)
        parts.preTokenizer?.apply(to: &split)
        return split
    }

    /// The text of ids.
    ///
    /// - Parameters:
    ///   - ids: Ids that this tokenizer has.
    ///   - skipSpecialTokens: Whether special tokens are left out.
    /// - Returns: The text, with U+FFFD for bytes that are no character.
    /// - Throws: `TokenizationError` if there is no token of some id.
    /// - Complexity: O(n) for n bytes of text.
    public func decode(_ ids: [Int32], skipSpecialTokens: Bool = false) throws(TokenizationError) -> String {
        var tokens: [[UInt8]] = []
        tokens.reserveCapacity(ids.count)
        for id in ids {
            guard let token = decodedForm(of: id) else {
                throw TokenizationError(
                    .unknownID,
                    "there is no token \(id); this vocabulary has ids from 0 to \(vocabularyCount - 1)"
                )
            }
            if skipSpecialTokens, parts.specialIDs.contains(id) { continue }
            tokens.append(token)
        }
        guard let decoder = parts.decoder else {
            return String(decoding: Array(tokens.joined(separator: [0x20])), as: UTF8.self)
        }
        return String(decoding: Array(decoder.decode(tokens).joined()), as: UTF8.self)
    }

    private func decodedForm(of id: Int32) -> [UInt8]? {
        parts.decodedForms[id] ?? parts.vocabulary.bytes(of: id).map(Array.init)
    }

    /// The bytes that a token adds to a text that has begun; none for an id that there is not.
    ///
    /// They need not be whole characters: feed them to a ``StreamingDecoder``.
    public func bytes(of id: Int32) -> [UInt8] {
        guard let form = decodedForm(of: id) else { return [] }
        return parts.decoder?.bytes(of: form) ?? [0x20] + form
    }

    /// The entry of the vocabulary as it is written there.
    public func text(of id: Int32) -> String? {
        parts.vocabulary.bytes(of: id).map { String(decoding: $0, as: UTF8.self) }
    }

    /// The id of the entry that is written so in the vocabulary.
    public func id(of token: String) -> Int32? { parts.vocabulary.id(of: token) }

    /// The share, from 0 to 1, of a text's words that the vocabulary cannot spell; 0 for a text without words.
    ///
    /// A word is what the tokenizer's own splitting makes one; for Unigram, which needs no words, a character.
    public func unknownShare(_ text: String) -> Double {
        guard let segments = try? parts.addedTokens.segments(of: Array(text.utf8), matching: .none) else { return 0 }
        var words = 0
        var missed = 0
        for case .text(let text) in segments {
            let found = parts.model.coverage(split(text))
            words += found.units
            missed += found.missed
        }
        return words == 0 ? 0 : Double(missed) / Double(words)
    }
}
