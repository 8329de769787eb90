// SPDX-License-Identifier: Apache-2.0
import Tensors

/// Where a batch's keys and values go, layer by layer: into a cache, or into memory of this forward pass alone.
struct AttentionContext {
    private struct Entry {
        let rows: Range<Int>
        let start: Int
        let bases: [UnsafeMutableRawPointer]
        let cached: (sequence: CachedSequence, blocks: [KeyValueBlock])?
    }
    private let entries: [Entry]
    private let layout: KeyValueLayout
    private let mask: AttentionMask
    private let scratch: Storage?

    /// Prepares a forward pass.
    ///
    /// - Throws: `ModelError` if rows do not continue their sequences or the cache is full; `TensorError` without memory.
    init(
        _ batch: TokenBatch,
        layout: KeyValueLayout,
        cache: KeyValueCachePool?,
        mask: AttentionMask
    ) throws {
        self.layout = layout
        self.mask = mask
        let runs = batch.runs
        guard let cache else {
            let counts = runs.map { ($0.count + KeyValueLayout.blockLength - 1) / KeyValueLayout.blockLength }
            let scratch = try Storage(byteCount: counts.reduce(0, +) * layout.blockBytes)
            var offset = 0
            var entries: [Entry] = []
            for (rows, count) in zip(runs, counts) {
                let bases = (0..<count).map { scratch.bytes + offset + $0 * layout.blockBytes }
                offset += count * layout.blockBytes
                entries.append(Entry(rows: rows, start: 0, bases: bases, cached: nil))
            }
            self.entries = entries
            self.scratch = scratch
            return
        }
        var seen: Set<Int32> = []
        var entries: [Entry] = []
        for rows in runs {
            let id = batch.sequences[rows.lowerBound]
            guard seen.insert(id).inserted, let sequence = cache.sequence(id) else {
                throw ModelError(
                    .batch,
                    "the rows of sequence \(id) do not stand together, or the cache has no such sequence"
                )
            }
            let start = sequence.count
            for row in rows where Int(batch.positions[row]) != start + row - rows.lowerBound {
                throw ModelError(
                    .batch,
                    "position \(batch.positions[row]) does not continue a sequence of \(start) tokens"
                )
            }
            let blocks = try sequence.blocks(for: start + rows.count)
            entries.append(Entry(rows: rows, start: start, bases: blocks.map(\.base), cached: (sequence, blocks)))
        }
        self.entries = entries
        scratch = nil
    }

    /// Attention of one layer; `queries` [N, H·D], `keys` and `values` [N, KV·D] give [N, H·D].
    func attend(layer: Int, queries: Tensor, keys: Tensor, values: Tensor, scale: Float) throws(TensorError) -> Tensor {
        let offset = scratch == nil ? layer * layout.blockBytes : 0
        let runs = entries.map { entry in
            AttentionRun(rows: entry.rows, start: entry.start, blocks: entry.bases.map { $0 + offset })
        }
        let out = try attention(
            queries: queries,
            keys: keys,
            values: values,
            layout: layout,
            runs: runs,
            mask: mask,
            scale: scale
        )
        withExtendedLifetime((entries, scratch)) {}
        return out
    }

    /// Makes the positions of this pass part of their sequences.
    func commit() {
        for entry in entries {
            if let (sequence, blocks) = entry.cached { sequence.commit(entry.start + entry.rows.count, blocks) }
        }
    }
}
