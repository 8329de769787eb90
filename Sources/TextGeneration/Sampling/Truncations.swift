// SPDX-License-Identifier: Apache-2.0

/// Keeps the k highest scores, and all that equal the lowest of them (as Hugging Face's `TopKLogitsWarper`).
package struct TopK: LogitsProcessor {
    package let k: Int

    package init(k: Int) { self.k = k }

    /// - Complexity: O(V log k) for V scores.
    package func process(_ scores: inout [Float], history: TokenHistory) {
        guard k > 0, k < scores.count else { return }
        var heap = SmallestFirst(capacity: k)
        for score in scores { heap.insert(score) }
        guard let threshold = heap.smallest else { return }
        for index in scores.indices where scores[index] < threshold { scores[index] = -.infinity }
    }
}

/// Removes the least likely tokens as long as their probabilities sum to at most 1 - p; one always stays.
///
/// Holtzman et al., "The curious case of neural text degeneration" (2019); limits as in Hugging Face's
/// `TopPLogitsWarper`. Among equals the higher id goes first, as greedy decoding prefers the lower; torch's own order
/// of equals is arbitrary.
package struct TopP: LogitsProcessor {
    package let p: Double

    package init(p: Double) { self.p = p }

    /// - Complexity: O(V) and a sort of those that are not plainly in the tail.
    package func process(_ scores: inout [Float], history: TokenHistory) {
        guard let (weights, total) = Softmax.weights(scores) else { return }
        let removable = (1 - p) * total
        // Tokens below this weight cannot sum to what is removable: they go without being sorted. The likeliest weighs 1.
        let small = removable / Double(scores.count)
        var removed = 0.0
        var candidates: [Int] = []
        for index in scores.indices {
            if weights[index] < min(small, 1) {
                removed += weights[index]
                scores[index] = -.infinity
            } else {
                candidates.append(index)
            }
        }
        candidates.sort { scores[$0] != scores[$1] ? scores[$0] < scores[$1] : $0 > $1 }
        for index in candidates.dropLast() {
            removed += weights[index]
            guard removed <= removable else { break }
            scores[index] = -.infinity
        }
    }
}

/// Removes tokens that are less than `p` times as likely as the likeliest (as Hugging Face's `MinPLogitsWarper`).
package struct MinP: LogitsProcessor {
    package let p: Double

    package init(p: Double) { self.p = p }

    package func process(_ scores: inout [Float], history: TokenHistory) {
        guard let (weights, _) = Softmax.weights(scores) else { return }
        for index in scores.indices where weights[index] < p { scores[index] = -.infinity }
    }
}

/// The k largest of the numbers that went in, as a heap with the smallest of them on top.
private struct SmallestFirst {
    let capacity: Int
    var items: [Float] = []

    init(capacity: Int) { self.capacity = capacity }

    var smallest: Float? { items.first }

    mutating func insert(_ item: Float) {
        if items.count < capacity {
            items.append(item)
            var child = items.count - 1
            while child > 0, items[child] < items[(child - 1) / 2] {
                items.swapAt(child, (child - 1) / 2)
                child = (child - 1) / 2
            }
        } else if item > items[0] {
            items[0] = item
            var parent = 0
            while true {
                var least = parent
                for child in [2 * parent + 1, 2 * parent + 2] where child < capacity && items[child] < items[least] {
                    least = child
                }
                if least == parent { return }
                items.swapAt(least, parent)
                parent = least
            }
        }
    }
}
