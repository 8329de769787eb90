// SPDX-License-Identifier: Apache-2.0
import CKernels

/// How packed weights lie in memory and what activations they meet (see `ck_format`).
package enum WeightFormat: Sendable, Hashable {
    case float32, float16, bfloat16
    // swift-format-ignore: AlwaysUseLowerCamelCase
    case q4_1, q5_0, q8_0, q4_k, q6_k
    /// bfloat16 weights that meet activations rounded to bfloat16.
    case bfloat16Dot

    var code: ck_format {
        switch self {
        case .float32: CK_F32
        case .float16: CK_F16
        case .bfloat16: CK_BF16
        case .q4_1: CK_Q4_1
        case .q5_0: CK_Q5_0
        case .q8_0: CK_Q8_0
        case .q4_k: CK_Q4_K
        case .q6_k: CK_Q6_K
        case .bfloat16Dot: CK_BF16_DOT
        }
    }

    /// Whether activations are rounded to 8 bits.
    var isQuantized: Bool {
        switch self {
        case .q4_1, .q5_0, .q8_0, .q4_k, .q6_k: true
        case .float32, .float16, .bfloat16, .bfloat16Dot: false
        }
    }

    /// Bytes of 16 rows.
    func groupBytes(depth: Int) -> Int { Int(ck_group_bytes(code, Int64(depth))) }
}
