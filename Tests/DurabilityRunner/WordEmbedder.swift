// SPDX-License-Identifier: Apache-2.0
import Knowledge

/// A bag of words, each hashed to a place of the vector: as good as a model for what is shown here, and quicker.
enum WordEmbedder {
    static let embedding = TextEmbedding(
        identity: TextEmbedding.Identity(modelHash: "words", precision: "f32", dimension: 64, tokenLimit: 254),
        vectors: { texts in texts.map(vector) },
        tokenCount: { text in text.split(whereSeparator: \.isWhitespace).count },
        unknownShare: { _ in 0 }
    )

    private static func vector(_ text: String) -> [Float] {
        var vector = [Float](repeating: 0, count: 64)
        for word in text.split(whereSeparator: \.isWhitespace) { vector[String(word).hashOfBytes % 64] += 1 }
        let norm = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
        return norm > 0 ? vector.map { $0 / norm } : vector
    }
}
