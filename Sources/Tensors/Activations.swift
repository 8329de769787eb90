// SPDX-License-Identifier: Apache-2.0
import CKernels

/// The input of one or more products: rows, normalised if asked for, in the form that each weight's format needs.
final class ProductInput {
    let count: Int  // N
    let depth: Int  // K
    private let x: Tensor
    private let norm: RootMeanSquare?
    private var made: [(kind: Activations.Kind, activations: Activations)] = []

    init(_ x: Tensor, norm: RootMeanSquare? = nil) throws(TensorError) {
        (count, depth) = try x.matrix("linear")
        if let norm, norm.weight.shape != [depth] { throw .shapes("rmsNorm", x.shape, norm.weight.shape) }
        self.x = x
        self.norm = norm
    }

    /// The rows in the form for `format`, made once for all formats of the same kind.
    func activations(for format: WeightFormat) throws(TensorError) -> Activations {
        let kind = Activations.Kind(format)
        if let found = made.first(where: { $0.kind == kind }) { return found.activations }
        let activations = try Activations(x, norm: norm, kind: kind)
        made.append((kind, activations))
        return activations
    }
}

/// Rows of activations as a kind of product takes them.
struct Activations {
    enum Kind {
        case float, bfloat16
        /// 8 bits in blocks of 32, with the scale and the sums of each block.
        case quantized

        init(_ format: WeightFormat) {
            self = format.isQuantized ? .quantized : format == .bfloat16Dot ? .bfloat16 : .float
        }
    }

    let values: UnsafeRawPointer
    let scales: UnsafePointer<ck_block_scale>?
    private let kept: (Tensor, Storage?)

    init(_ x: Tensor, norm: RootMeanSquare?, kind: Kind) throws(TensorError) {
        let (rows, depth) = (x.shape[0], x.shape[1])
        let source = x.storage.floats
        switch kind {
        case .float:
            let normalised = if let norm { try rmsNorm(x, weight: norm.weight, epsilon: norm.epsilon) } else { x }
            values = UnsafeRawPointer(normalised.storage.bytes)
            scales = nil
            kept = (normalised, nil)
        case .bfloat16:
            let stride = (depth + 1) / 2 * 2
            let storage = try Storage(byteCount: rows * stride * 2)
            let target = storage.bytes.assumingMemoryBound(to: UInt16.self)
            Self.eachRow(source, rows, depth, norm) { row, floats in
                ck_round_row_bf16(Int64(depth), floats, target + row * stride)
            }
            values = UnsafeRawPointer(target)
            scales = nil
            kept = (x, storage)
        case .quantized:
            let blocks = depth / 32
            let scaleBytes = rows * blocks * MemoryLayout<ck_block_scale>.stride
            let storage = try Storage(byteCount: scaleBytes + rows * depth)
            let scales = storage.bytes.assumingMemoryBound(to: ck_block_scale.self)
            let values = (storage.bytes + scaleBytes).assumingMemoryBound(to: Int8.self)
            Self.eachRow(source, rows, depth, norm) { row, floats in
                ck_quantize_row(Int64(depth), floats, values + row * depth, scales + row * blocks)
            }
            self.values = UnsafeRawPointer(values)
            self.scales = UnsafePointer(scales)
            kept = (x, storage)
        }
    }

    /// Gives each row, normalised in memory of its own thread, to `body`.
    private static func eachRow(
        _ source: UnsafeMutablePointer<Float>,
        _ rows: Int,
        _ depth: Int,
        _ norm: RootMeanSquare?,
        _ body: (Int, UnsafePointer<Float>) -> Void
    ) {
        parallelRanges(rows, cost: depth * 2) { range in
            guard let norm else {
                for row in range { body(row, source + row * depth) }
                return
            }
            withUnsafeTemporaryAllocation(byteCount: depth * 4, alignment: 64) { bytes in
                guard let scratch = bytes.baseAddress?.assumingMemoryBound(to: Float.self) else { return }
                for row in range {
                    ck_rms_norm_row(
                        Int64(depth),
                        source + row * depth,
                        norm.weight.storage.floats,
                        norm.epsilon,
                        scratch
                    )
                    body(row, scratch)
                }
            }
        }
        withExtendedLifetime(norm) {}
    }
}
