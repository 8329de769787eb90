// SPDX-License-Identifier: Apache-2.0
import CKernels

/// How products are computed, chosen when weights are loaded.
public enum Precision: String, Sendable, Hashable, CaseIterable {
    /// Float weights keep their type and meet float32 activations; quantised ones meet activations of 8 bits.
    case float32
    /// Weights of float32 and bfloat16, and the activations that meet them, are rounded to bfloat16; sums are float32.
    /// Weights of other types are as with `float32`.
    case bfloat16
}

extension Tensor {
    /// Packs a row-major matrix for products.
    ///
    /// `source`: `rows` rows of `columns` values of `elementType`, one after the other.
    /// - Throws: `TensorError` if the type has no product or a row is no whole number of blocks.
    /// - Complexity: O(rows · columns), on all threads.
    package init(
        packing source: UnsafeRawBufferPointer,
        rows: Int,
        columns: Int,
        elementType: ElementType,
        precision: Precision
    ) throws(TensorError) {
        guard let stride = elementType.byteCount(of: columns), source.count >= rows * stride,
            let base = source.baseAddress
        else {
            throw TensorError(
                .shapeMismatch,
                "pack: \(rows) rows of \(columns) \(elementType.name) values need more bytes"
            )
        }
        let toBFloat16 = precision == .bfloat16 && elementType == .float32
        let format: WeightFormat
        switch elementType {
        case .float32: format = toBFloat16 ? .bfloat16Dot : .float32
        case .float16: format = .float16
        case .bfloat16: format = precision == .bfloat16 ? .bfloat16Dot : .bfloat16
        case .q4_1: format = .q4_1
        case .q8_0: format = .q8_0
        case .int32, .int64:
            throw TensorError(.unsupportedType, "pack: no products with \(elementType.name) weights")
        }
        let groups = (rows + 15) / 16
        let groupBytes = format.groupBytes(depth: columns)
        let storage = try Storage(byteCount: groups * groupBytes)
        parallelRanges(groups, cost: columns * 16) { range in
            withUnsafeTemporaryAllocation(of: UInt16.self, capacity: toBFloat16 ? 16 * (columns + 1) : 1) { rounded in
                for group in range {
                    let count = min(16, rows - group * 16)
                    var from = base + group * 16 * stride
                    var fromStride = stride
                    if toBFloat16, let start = rounded.baseAddress {
                        for row in 0..<count {
                            let floats = (from + row * stride).assumingMemoryBound(to: Float.self)
                            ck_round_row_bf16(Int64(columns), floats, start + row * (columns + 1))
                        }
                        from = UnsafeRawPointer(start)
                        fromStride = (columns + 1) * 2
                    }
                    ck_pack_group(
                        format.code,
                        Int64(count),
                        Int64(columns),
                        from,
                        Int64(fromStride),
                        storage.bytes + group * groupBytes
                    )
                }
            }
        }
        self.init(
            shape: [rows, columns],
            elementType: toBFloat16 ? .bfloat16 : elementType,
            layout: .packed(format),
            storage: storage
        )
    }
}

/// x Wᵀ + b.
///
/// `x`: [N, K] float32.
/// `weight`: [M, K] packed.
/// `bias`: [M] float32.
/// - Returns: [N, M] float32.
/// - Throws: `TensorError` if shapes or types do not fit.
public func linear(_ x: Tensor, _ weight: Tensor, bias: Tensor? = nil) throws(TensorError) -> Tensor {
    let (columns, depth) = try x.matrix("linear")
    guard case .packed(let format) = weight.layout else {
        throw TensorError(.unsupportedType, "linear: the weight is not packed")
    }
    guard weight.shape.rank == 2, weight.shape[1] == depth else { throw .shapes("linear", x.shape, weight.shape) }
    let rows = weight.shape[0]
    if let bias, bias.shape != [rows] { throw .shapes("linear bias", bias.shape, weight.shape) }
    let out = try Tensor(unset: [columns, rows])
    let activations = try Activations(x.storage.floats, rows: columns, depth: depth, format: format)

    var product = ck_product()
    product.format = format.code
    product.rows = Int64(rows)
    product.depth = Int64(depth)
    product.weights = UnsafeRawPointer(weight.storage.bytes)
    product.x = activations.values
    product.x_scale = activations.scales
    product.x_sum = activations.sums
    product.bias = bias.map { UnsafePointer($0.storage.floats) }
    product.out = out.storage.floats

    let groups = (rows + 15) / 16
    if columns * rows * depth < 50_000 {
        ck_product_run(&product, 0, Int64(groups), 0, Int64(columns))
    } else {
        // Work in pieces of groups (a multiple of the kernels' tiles) by at most 256 columns.
        let threads = Processor.threads
        let tile = columns >= 8 ? 3 : 8
        let groupPiece = max(tile, (groups / (threads * 4) + tile - 1) / tile * tile)
        let groupPieces = (groups + groupPiece - 1) / groupPiece
        let columnPieces = (columns + 255) / 256
        let job = product
        parallel(groupPieces * columnPieces) { piece in
            let first = piece % groupPieces * groupPiece
            let firstColumn = piece / groupPieces * 256
            var job = job
            ck_product_run(
                &job,
                Int64(first),
                Int64(min(first + groupPiece, groups)),
                Int64(firstColumn),
                Int64(min(firstColumn + 256, columns))
            )
        }
    }
    withExtendedLifetime((x, weight, bias, activations)) {}
    return out
}

/// Activations in the form that the weights' format asks for.
private struct Activations {
    let values: UnsafeRawPointer
    var scales: UnsafePointer<Float>?
    var sums: UnsafePointer<Int32>?
    private let storage: Storage?

    init(_ x: UnsafeMutablePointer<Float>, rows: Int, depth: Int, format: WeightFormat) throws(TensorError) {
        switch format {
        case .q4_1, .q8_0:
            let blocks = depth / 32
            let storage = try Storage(byteCount: rows * (depth + 8 * blocks))
            let values = storage.bytes.assumingMemoryBound(to: Int8.self)
            let scales = (storage.bytes + rows * depth).assumingMemoryBound(to: Float.self)
            let sums = (storage.bytes + rows * (depth + 4 * blocks)).assumingMemoryBound(to: Int32.self)
            parallelRanges(rows, cost: depth * 2) { range in
                for row in range {
                    ck_quantize_row(
                        Int64(depth),
                        x + row * depth,
                        values + row * depth,
                        scales + row * blocks,
                        sums + row * blocks
                    )
                }
            }
            self.values = UnsafeRawPointer(values)
            self.scales = UnsafePointer(scales)
            self.sums = UnsafePointer(sums)
            self.storage = storage
        case .bfloat16Dot:
            let stride = (depth + 1) / 2 * 2
            let storage = try Storage(byteCount: rows * stride * 2)
            let values = storage.bytes.assumingMemoryBound(to: UInt16.self)
            parallelRanges(rows, cost: depth * 2) { range in
                for row in range { ck_round_row_bf16(Int64(depth), x + row * depth, values + row * stride) }
            }
            self.values = UnsafeRawPointer(values)
            self.storage = storage
        default:
            self.values = UnsafeRawPointer(x)
            self.storage = nil
        }
    }
}
