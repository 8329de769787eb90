// SPDX-License-Identifier: Apache-2.0
import CKernels

/// How packed weights lie in memory and what activations they meet (see `ck_format`).
package enum WeightFormat: Sendable, Hashable {
    case float32, float16, bfloat16
    // swift-format-ignore: AlwaysUseLowerCamelCase
    case q4_1, q8_0
    /// bfloat16 weights that meet activations rounded to bfloat16.
    case bfloat16Dot

    var code: ck_format {
        switch self {
        case .float32: CK_F32
        case .float16: CK_F16
        case .bfloat16: CK_BF16
        case .q4_1: CK_Q4_1
        case .q8_0: CK_Q8_0
        case .bfloat16Dot: CK_BF16_DOT
        }
    }

    /// Bytes of 16 rows.
    func groupBytes(depth: Int) -> Int { Int(ck_group_bytes(code, Int64(depth))) }
}
