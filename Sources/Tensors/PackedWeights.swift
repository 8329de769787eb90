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
        case .q4_0, .q4_1: format = .q4_1
        case .q5_0: format = .q5_0
        case .q8_0: format = .q8_0
        case .q4_k: format = .q4_k
        case .q6_k: format = .q6_k
        case .int32, .int64:
            throw TensorError(.unsupportedType, "pack: no products with \(elementType.name) weights")
        }
        // Rows that are not packed as they lie pass through `converted`, each rounded or with its minimum written out.
        let convertedStride = toBFloat16 ? (columns + 1) * 2 : elementType == .q4_0 ? columns / 32 * 20 : 0
        let groups = (rows + 15) / 16
        let groupBytes = format.groupBytes(depth: columns)
        let storage = try Storage(byteCount: groups * groupBytes)
        parallelRanges(groups, cost: columns * 16) { range in
            withUnsafeTemporaryAllocation(byteCount: max(1, 16 * convertedStride), alignment: 64) { converted in
                for group in range {
                    let count = min(16, rows - group * 16)
                    var from = base + group * 16 * stride
                    var fromStride = stride
                    if convertedStride > 0, let start = converted.baseAddress {
                        for row in 0..<count {
                            let (source, target) = (from + row * stride, start + row * convertedStride)
                            if toBFloat16 {
                                let floats = source.assumingMemoryBound(to: Float.self)
                                ck_round_row_bf16(Int64(columns), floats, target.assumingMemoryBound(to: UInt16.self))
                            } else {
                                ck_q4_0_to_q4_1(Int64(columns), source, target)
                            }
                        }
                        from = UnsafeRawPointer(start)
                        fromStride = convertedStride
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

extension Tensor {
    /// A packed matrix packed anew from its values as float32, which are the same.
    ///
    /// - Throws: `TensorError` if there is no memory.
    package func expanded(precision: Precision) throws(TensorError) -> Tensor {
        guard case .packed(let format) = layout else { return self }
        let (rows, columns) = (shape[0], shape[1])
        let floats = try Storage(byteCount: rows * columns * 4)
        parallelRanges(rows, cost: columns) { range in
            for row in range {
                ck_unpack_row(format.code, Int64(columns), storage.bytes, Int64(row), floats.floats + row * columns)
            }
        }
        defer { withExtendedLifetime(floats) {} }
        return try Tensor(
            packing: UnsafeRawBufferPointer(start: floats.bytes, count: rows * columns * 4),
            rows: rows,
            columns: columns,
            elementType: .float32,
            precision: precision
        )
    }
}
