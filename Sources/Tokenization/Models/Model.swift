// SPDX-License-Identifier: Apache-2.0

/// What turns pieces of text into ids (`model` of tokenizer.json).
enum Model: Sendable {
    case bytePairEncoding(BytePairEncoding)
    case wordPiece(WordPiece)
    case unigram(Unigram)

    /// Adds the ids of all pieces.
    func encode(_ split: SplitText, into ids: inout [Int32]) {
        switch self {
        case .bytePairEncoding(let model):
            var scratch = BytePairEncoding.Scratch()
            for piece in split.pieces { model.encode(split.text, piece, into: &ids, scratch: &scratch) }
        case .wordPiece(let model):
            var hashes: [UInt64] = []
            for piece in split.pieces { model.encode(split.text, piece, into: &ids, hashes: &hashes) }
        case .unigram(let model):
            var scratch = Unigram.Scratch()
            for piece in split.pieces { model.encode(split.text, piece, into: &ids, scratch: &scratch) }
        }
    }

    /// How many units of a text there are, and how many of them the vocabulary misses: words that hold the unknown
    /// token, and for Unigram, which needs no words, characters.
    func coverage(_ split: SplitText) -> (units: Int, missed: Int) {
        var units = 0
        var missed = 0
        if case .unigram(let model) = self {
            var scratch = Unigram.Scratch()
            for piece in split.pieces {
                let found = model.coverage(split.text, piece, scratch: &scratch)
                units += found.characters
                missed += found.unknown
            }
            return (units, missed)
        }
        guard let unknownID else { return (0, 0) }
        var word = split
        for piece in split.pieces {
            word.pieces = [piece]
            var ids: [Int32] = []
            encode(word, into: &ids)
            units += 1
            if ids.contains(unknownID) { missed += 1 }
        }
        return (units, missed)
    }

    /// The id that stands for what the vocabulary lacks.
    var unknownID: Int32? {
        switch self {
        case .bytePairEncoding(let model): model.unknownID
        case .wordPiece(let model): model.unknownID
        case .unigram(let model): model.unknownID
        }
    }
}
