// SPDX-License-Identifier: Apache-2.0

/// Unigram: of all ways to cut a text into entries the one whose scores add up to the most (T. Kudo, "Subword
/// Regularization", arXiv:1804.10959).
struct Unigram: Sendable {
    /// What a character that no entry covers costs beyond the worst entry.
    private static let unknownPenalty = 10.0

    /// Buffers that all pieces of a text share.
    struct Scratch {
        fileprivate var best: [Step] = []
        fileprivate var reversed: [(id: Int32, range: Range<Int>)] = []
    }

    /// The best way to a place in the text: its score, and the entry with which it ends.
    fileprivate struct Step {
        var score = -Double.infinity
        var start = -1
        var id: Int32 = 0
    }

    private let trie: PrefixTrie
    private let scores: [Double]
    private let unknownScore: Double
    /// The entries that spell single bytes, where unknown characters are written with them.
    private let byteIDs: [Int32]?
    let unknownID: Int32

    /// Makes a model; no text becomes one of `specialIDs` by being spelled like it.
    init(
        vocabulary: Vocabulary,
        scores: [Double],
        unknownID: Int32,
        fallsBackToBytes: Bool,
        specialIDs: Set<Int32>
    ) {
        var trie = PrefixTrie(capacity: vocabulary.count * 3)
        for id in 0..<Int32(scores.count) where id != unknownID && !specialIDs.contains(id) {
            if let text = vocabulary.bytes(of: id) { trie.insert(text, value: id) }
        }
        self.trie = trie
        self.scores = scores
        self.unknownID = unknownID
        unknownScore = (scores.min() ?? 0) - Self.unknownPenalty
        let bytes = (0...255).map { byte in
            let digits = String(byte, radix: 16, uppercase: true)
            return vocabulary.id(of: "<0x\(digits.count < 2 ? "0" : "")\(digits)>") ?? -1
        }
        byteIDs = fallsBackToBytes && !bytes.contains(-1) ? bytes : nil
    }

    /// Adds the ids of `text[piece]`; characters in a row that no entry covers are one unknown.
    func encode(_ text: [UInt8], _ piece: Range<Int>, into ids: inout [Int32], scratch: inout Scratch) {
        findBestPath(text, piece, &scratch)
        var unknown: Range<Int>?
        func settle() {
            guard let range = unknown else { return }
            if let byteIDs { ids += range.map { byteIDs[Int(text[$0])] } } else { ids.append(unknownID) }
            unknown = nil
        }
        for (id, range) in scratch.reversed.reversed() {
            if id == unknownID {
                unknown = (unknown?.lowerBound ?? range.lowerBound)..<range.upperBound
            } else {
                settle()
                ids.append(id)
            }
        }
        settle()
    }

    /// How many characters of `text[piece]` there are, and how many of them no entry covers.
    func coverage(_ text: [UInt8], _ piece: Range<Int>, scratch: inout Scratch) -> (characters: Int, unknown: Int) {
        findBestPath(text, piece, &scratch)
        let characters = piece.count { text[$0] & 0xC0 != 0x80 }
        return (characters, scratch.reversed.count { $0.id == unknownID })
    }

    /// Viterbi's algorithm: the best way to each place, then back from the end. An earlier way wins among equals.
    private func findBestPath(_ text: [UInt8], _ piece: Range<Int>, _ scratch: inout Scratch) {
        let base = piece.lowerBound
        scratch.best.removeAll(keepingCapacity: true)
        scratch.best.append(contentsOf: repeatElement(Step(), count: piece.count + 1))
        scratch.best[0].score = 0
        scratch.best.withUnsafeMutableBufferPointer { best in
            var start = base
            while start < piece.upperBound {
                let here = best[start - base].score
                let end = min(start + text.scalar(at: start).length, piece.upperBound)
                var isCovered = false
                trie.forEachPrefix(text, from: start, to: piece.upperBound) { stop, id in
                    let score = here + scores[Int(id)]
                    if score > best[stop - base].score || best[stop - base].start < 0 {
                        best[stop - base] = Step(score: score, start: start, id: id)
                    }
                    if stop == end { isCovered = true }
                }
                if !isCovered, here + unknownScore > best[end - base].score || best[end - base].start < 0 {
                    best[end - base] = Step(score: here + unknownScore, start: start, id: unknownID)
                }
                start = end
            }
        }
        scratch.reversed.removeAll(keepingCapacity: true)
        var end = piece.upperBound
        while end > base {
            let step = scratch.best[end - base]
            scratch.reversed.append((step.id, step.start..<end))
            end = step.start
        }
    }
}
