// SPDX-License-Identifier: Apache-2.0

/// The ragged input of every forward pass: one row a token, the rows of one sequence together and in order.
///
/// There is no padding: a prompt, eight unequal prompts, a training batch and one step of thirty live requests are the
/// same thing.
public struct TokenBatch: Sendable, Hashable {
    /// The vocabulary's ids.
    public private(set) var ids: [Int32] = []
    /// Positions within the sequence, from 0.
    public private(set) var positions: [Int32] = []
    /// Segments (token types) for models that know them.
    public private(set) var segments: [Int32] = []
    /// The sequence each row belongs to: with a cache the `id` of its `CachedSequence`, else any number.
    public private(set) var sequences: [Int32] = []

    /// Makes an empty batch.
    public init() {}

    /// The number of rows.
    public var count: Int { ids.count }

    /// Adds one row.
    public mutating func append(id: Int32, position: Int32, segment: Int32 = 0, sequence: Int32 = 0) {
        ids.append(id)
        positions.append(position)
        segments.append(segment)
        sequences.append(sequence)
    }

    /// Adds the rows of one sequence, positions ascending from `start`.
    public mutating func append(contentsOf ids: some Sequence<Int32>, start: Int = 0, sequence: Int32) {
        for (offset, id) in ids.enumerated() {
            append(id: id, position: Int32(clamping: start + offset), sequence: sequence)
        }
    }

    /// The rows of each sequence, in the order in which they stand.
    public var runs: [Range<Int>] {
        var runs: [Range<Int>] = []
        var start = 0
        for row in 0..<count where row + 1 == count || sequences[row + 1] != sequences[row] {
            runs.append(start..<row + 1)
            start = row + 1
        }
        return runs
    }
}
