// SPDX-License-Identifier: Apache-2.0

/// The special tokens around a text (`post_processor` of tokenizer.json).
struct PostProcessor: Sendable {
    var before: [Int32] = []
    var after: [Int32] = []
    /// How two texts become one sequence, where the model knows pairs.
    var pair: PairTemplate?

    /// The tokens of `outer` around those of this one.
    func wrapped(in outer: PostProcessor) -> PostProcessor {
        PostProcessor(before: outer.before + before, after: after + outer.after, pair: outer.pair ?? pair)
    }
}

/// What stands around and between two texts that a model reads together, and the segment of each part.
package struct PairTemplate: Sendable, Hashable {
    /// A special token and its segment.
    package struct Mark: Sendable, Hashable {
        package var id: Int32
        package var segment: Int32
    }

    package var before: [Mark] = []
    package var firstSegment: Int32 = 0
    package var between: [Mark] = []
    package var secondSegment: Int32 = 0
    package var after: [Mark] = []

    /// The number of special tokens.
    package var markCount: Int { before.count + between.count + after.count }
}
