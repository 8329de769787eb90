// SPDX-License-Identifier: Apache-2.0

extension ModelReader {
    /// The tokens and scores of a Unigram model: pairs, by id.
    ///
    /// - Throws: `TokenizationError` unless each element is a token and a finite score.
    static func scoredVocabulary(_ list: Description) throws(TokenizationError) -> (tokens: [String], scores: [Double])
    {
        guard let elements = list.value.array else { throw list.malformed("expected an array of tokens and scores") }
        var tokens: [String] = []
        var scores: [Double] = []
        tokens.reserveCapacity(elements.count)
        scores.reserveCapacity(elements.count)
        for (index, element) in elements.enumerated() {
            guard let pair = element.array, pair.count == 2, let token = pair[0].string, let score = pair[1].number,
                abs(score) < Self.largestScore
            else {
                throw TokenizationError(.malformed, "expected a token and its score", key: "\(list.path)[\(index)]")
            }
            tokens.append(token)
            scores.append(score)
        }
        return (tokens, scores)
    }

    /// Sums of scores stay finite below it, whatever the text.
    static let largestScore = 1e30

    func unigram() throws(TokenizationError) -> Unigram {
        let list = try description.required("vocab")
        let scores = try Self.scoredVocabulary(list).scores
        let unknown = try description.required("unk_id").id()
        guard unknown < vocabulary.count else {
            throw description.malformed("the unknown token \(unknown) is not in the vocabulary of \(vocabulary.count)")
        }
        return Unigram(
            vocabulary: vocabulary,
            scores: scores,
            unknownID: unknown,
            fallsBackToBytes: try description.bool("byte_fallback", default: false),
            specialIDs: specialIDs
        )
    }
}

extension VocabularyReader {
    /// Unigram as SentencePiece's vocabularies describe it (`t5`).
    func unigram(_ vocabulary: Vocabulary) throws(TokenizationError) -> Tokenizer.Parts {
        guard let scores = description.scores else { throw malformed("there are no scores", "scores") }
        guard scores.allSatisfy({ abs($0) < Float(ModelReader.largestScore) }) else {
            throw malformed("a score that is no number of ordinary size", "scores")
        }
        guard let unknownID = description.unknownID else {
            throw malformed("there is no token for unknown characters", "unknown_token_id")
        }
        var normalizers: [Normalizer] = []
        switch description.characters {
        case .precompiled(let bytes):
            let key = "tokenizer.ggml.precompiled_charsmap"
            normalizers.append(.characters(try CharacterMap(precompiled: bytes, key: key)))
        case .scalars(let scalars): normalizers.append(.characters(CharacterMap(scalars: scalars)))
        case nil: break
        }
        normalizers.append(.collapseSpaces(with: [0x20]))
        let normalizer = Normalizer.sequence(normalizers)
        let special = specialIDs
        let addsSpace = description.addsSpacePrefix ?? true
        let mark = Array("▁".utf8)
        var parts = Tokenizer.Parts(
            vocabulary: vocabulary,
            normalizer: normalizer,
            preTokenizer: .metaspace(replacement: mark, prepends: addsSpace, splits: true),
            model: .unigram(
                Unigram(
                    vocabulary: vocabulary,
                    scores: scores.map(Double.init),
                    unknownID: unknownID,
                    fallsBackToBytes: false,
                    specialIDs: special
                )
            ),
            decoder: .metaspace(replacement: mark, strips: addsSpace),
            addedTokens: try addedTokens(normalizer)
        )
        let bos = description.addsBOS ?? true ? description.bosID : nil
        let eos = description.addsEOS ?? true ? description.eosID : nil
        parts.postProcessor.before = bos.map { [$0] } ?? []
        parts.postProcessor.after = eos.map { [$0] } ?? []
        return parts
    }
}
