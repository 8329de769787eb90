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
        case .q5_0: format = .q5_0
        case .q8_0: format = .q8_0
        case .q4_k: format = .q4_k
        case .q6_k: format = .q6_k
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
