// SPDX-License-Identifier: Apache-2.0

/// What turns pieces of text into ids (`model` of tokenizer.json).
enum Model: Sendable {
    case bytePairEncoding(BytePairEncoding)
    case wordPiece(WordPiece)

    /// Adds the ids of all pieces.
    func encode(_ split: SplitText, into ids: inout [Int32]) {
        switch self {
        case .bytePairEncoding(let model):
            var scratch = BytePairEncoding.Scratch()
            for piece in split.pieces { model.encode(split.text, piece, into: &ids, scratch: &scratch) }
        case .wordPiece(let model):
            var hashes: [UInt64] = []
            for piece in split.pieces { model.encode(split.text, piece, into: &ids, hashes: &hashes) }
        }
    }

    /// The id that stands for what the vocabulary lacks.
    var unknownID: Int32? {
        switch self {
        case .bytePairEncoding(let model): model.unknownID
        case .wordPiece(let model): model.unknownID
        }
    }
}
