// SPDX-License-Identifier: Apache-2.0
import CKernels

/// Where keys and values of one layer lie in a block of 64 positions: first the keys of every head, then the values.
package struct KeyValueLayout: Sendable, Hashable {
    /// Positions in one block.
    package static let blockLength = Int(CK_BLOCK)
    /// The widest head that the kernels take.
    package static let largestDimension = 512

    package let isHalf: Bool
    package let heads: Int
    package let dimension: Int

    /// `isHalf`: Keys and values are kept as binary16 instead of float32.
    package init(isHalf: Bool, heads: Int, dimension: Int) {
        self.isHalf = isHalf
        self.heads = heads
        self.dimension = dimension
    }

    private var keyBytes: Int { Int(ck_key_bytes(isHalf ? 1 : 0, Int64(dimension))) }
    private var valueBytes: Int { Int(ck_value_bytes(isHalf ? 1 : 0, Int64(dimension))) }
    /// Bytes of one block of one layer.
    package var blockBytes: Int { heads * (keyBytes + valueBytes) }

    fileprivate func keys(_ head: Int) -> Int { head * keyBytes }
    fileprivate func values(_ head: Int) -> Int { heads * keyBytes + head * valueBytes }
}

/// One sequence's rows in a batch and the blocks that hold its keys and values in one layer.
package struct AttentionRun {
    /// The rows of the batch that belong to the sequence.
    package let rows: Range<Int>
    /// The position of the first of these rows.
    package let start: Int
    /// The blocks of the layer, enough for every row's position.
    package let blocks: [UnsafeMutableRawPointer]

    package init(rows: Range<Int>, start: Int, blocks: [UnsafeMutableRawPointer]) {
        self.rows = rows
        self.start = start
        self.blocks = blocks
    }
}

/// Which positions a row sees.
package enum AttentionMask: Sendable {
    /// Its own position and all before it.
    case causal
    /// All positions of its sequence.
    case bidirectional
}

/// softmax(Q Kᵀ · scale) V for every row and head, with query heads in equal groups over the key-value heads.
///
/// Stores the rows' keys and values into their sequences' blocks first.
/// `queries`: [N, H·D]; keys and values: [N, KV·D].
/// - Returns: [N, H·D].
/// - Throws: `TensorError` if shapes do not fit.
package func attention(
    queries: Tensor,
    keys: Tensor,
    values: Tensor,
    layout: KeyValueLayout,
    runs: [AttentionRun],
    mask: AttentionMask,
    scale: Float
) throws(TensorError) -> Tensor {
    let (count, width) = try queries.matrix("attention")
    let (dimension, kvHeads) = (layout.dimension, layout.heads)
    let kvWidth = kvHeads * dimension
    guard keys.shape == [count, kvWidth], values.shape == [count, kvWidth], width % kvWidth == 0,
        dimension <= KeyValueLayout.largestDimension
    else { throw .shapes("attention", queries.shape, keys.shape, values.shape) }
    let group = width / kvWidth
    let block = KeyValueLayout.blockLength
    for run in runs where run.blocks.count * block < run.start + run.rows.count || run.rows.upperBound > count {
        throw TensorError(.indexOutOfRange, "attention: rows \(run.rows) of \(count) have too few blocks")
    }
    store(keys, values, layout, runs)

    let out = try Tensor(unset: queries.shape)
    let tile = 8  // tokens that share one pass over keys and values
    var tasks: [(run: Int, head: Int, token: Int)] = []
    for (index, run) in runs.enumerated() {
        for head in 0..<kvHeads {
            for token in stride(from: 0, to: run.rows.count, by: tile) { tasks.append((index, head, token)) }
        }
    }
    let isHalf: Int32 = layout.isHalf ? 1 : 0
    // A few queries over a few positions are done before other threads have woken.
    let positions = runs.reduce(0) { $0 + $1.rows.count * ($1.start + $1.rows.count) }
    func each(_ body: (Int) -> Void) {
        if positions * width < 50_000 {
            for number in tasks.indices { body(number) }
        } else {
            parallel(tasks.count, body)
        }
    }
    each { number in
        let (index, head, token) = tasks[number]
        let run = runs[index]
        let tokens = min(tile, run.rows.count - token)
        withUnsafeTemporaryAllocation(of: UnsafeRawPointer?.self, capacity: run.blocks.count * 2) { pointers in
            withUnsafeTemporaryAllocation(of: Int32.self, capacity: tile) { ends in
                for (position, base) in run.blocks.enumerated() {
                    pointers[position] = UnsafeRawPointer(base + layout.keys(head))
                    pointers[run.blocks.count + position] = UnsafeRawPointer(base + layout.values(head))
                }
                for offset in 0..<tokens {
                    ends[offset] = Int32(
                        mask == .causal ? run.start + token + offset + 1 : run.start + run.rows.count
                    )
                }
                let first = (run.rows.lowerBound + token) * width + head * group * dimension
                var job = ck_attention()
                job.half = isHalf
                job.dimension = Int64(dimension)
                job.tokens = Int64(tokens)
                job.group = Int64(group)
                job.q = UnsafePointer(queries.storage.floats + first)
                job.q_stride = Int64(width)
                job.ends = UnsafePointer(ends.baseAddress)
                job.keys = pointers.baseAddress.map { UnsafePointer($0) }
                job.values = pointers.baseAddress.map { UnsafePointer($0 + run.blocks.count) }
                job.scale = scale
                job.out = out.storage.floats + first
                job.out_stride = Int64(width)
                ck_attention_run(&job)
            }
        }
    }
    withExtendedLifetime((queries, keys, values)) {}
    return out
}

private func store(_ keys: Tensor, _ values: Tensor, _ layout: KeyValueLayout, _ runs: [AttentionRun]) {
    let width = layout.heads * layout.dimension
    let block = KeyValueLayout.blockLength
    for run in runs {
        parallelRanges(run.rows.count, cost: width * 8) { range in
            var next = range.lowerBound
            while next < range.upperBound {
                let (number, slot) = (run.start + next).quotientAndRemainder(dividingBy: block)
                let count = min(range.upperBound - next, block - slot)
                let row = (run.rows.lowerBound + next) * width
                var kept = ck_kept()
                kept.half = layout.isHalf ? 1 : 0
                kept.dimension = Int64(layout.dimension)
                kept.count = Int64(count)
                kept.slot = Int64(slot)
                kept.stride = Int64(width)
                for head in 0..<layout.heads {
                    kept.key = UnsafePointer(keys.storage.floats + row + head * layout.dimension)
                    kept.value = UnsafePointer(values.storage.floats + row + head * layout.dimension)
                    kept.keys = run.blocks[number] + layout.keys(head)
                    kept.values = run.blocks[number] + layout.values(head)
                    ck_keep(&kept)
                }
                next += count
            }
        }
    }
}
