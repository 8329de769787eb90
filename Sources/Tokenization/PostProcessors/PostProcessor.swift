// SPDX-License-Identifier: Apache-2.0

/// The special tokens around a text (`post_processor` of tokenizer.json, for a single text).
struct PostProcessor: Sendable {
    var before: [Int32] = []
    var after: [Int32] = []

    /// The tokens of `outer` around those of this one.
    func wrapped(in outer: PostProcessor) -> PostProcessor {
        PostProcessor(before: outer.before + before, after: after + outer.after)
    }
}
