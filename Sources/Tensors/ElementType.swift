// SPDX-License-Identifier: Apache-2.0

/// How the numbers of a tensor are stored, quantised blocks included.
///
/// The block formats are GGML's (`ggml-common.h`); raw values are GGML's type ids.
public enum ElementType: UInt32, Sendable, Hashable, CaseIterable {
    /// IEEE 754 binary32.
    case float32 = 0
    /// IEEE 754 binary16.
    case float16 = 1
    /// 32 values: binary16 scale `d`, 4-bit `q`; value = d·(q − 8).
    // swift-format-ignore: AlwaysUseLowerCamelCase
    case q4_0 = 2
    /// 32 values: binary16 scale `d` and minimum `m`, 4-bit `q`; value = d·q + m.
    // swift-format-ignore: AlwaysUseLowerCamelCase
    case q4_1 = 3
    /// 32 values: binary16 scale `d`, 5-bit `q`; value = d·(q − 16).
    // swift-format-ignore: AlwaysUseLowerCamelCase
    case q5_0 = 6
    /// 32 values: binary16 scale `d`, signed 8-bit `q`; value = d·q.
    // swift-format-ignore: AlwaysUseLowerCamelCase
    case q8_0 = 8
    /// 256 values in eight blocks: binary16 `d` and `dmin`, 6-bit scales `s` and minima `m`, 4-bit `q`;
    /// value = d·s·q − dmin·m.
    // swift-format-ignore: AlwaysUseLowerCamelCase
    case q4_k = 12
    /// 256 values in sixteen blocks: binary16 `d`, signed 8-bit scales `s`, 6-bit `q`; value = d·s·(q − 32).
    // swift-format-ignore: AlwaysUseLowerCamelCase
    case q6_k = 14
    /// Signed 32-bit integer.
    case int32 = 26
    /// Signed 64-bit integer.
    case int64 = 27
    /// The upper half of an IEEE 754 binary32.
    case bfloat16 = 30

    /// Values per storage block, 1 where each value stands alone.
    public var blockLength: Int {
        switch self {
        case .q4_0, .q4_1, .q5_0, .q8_0: 32
        case .q4_k, .q6_k: 256
        default: 1
        }
    }

    /// Bytes per storage block.
    public var blockBytes: Int {
        switch self {
        case .float32, .int32: 4
        case .float16, .bfloat16: 2
        case .int64: 8
        case .q4_0: 18
        case .q4_1: 20
        case .q5_0: 22
        case .q8_0: 34
        case .q4_k: 144
        case .q6_k: 210
        }
    }

    /// The name used in messages and listings, as in GGUF tools.
    public var name: String {
        switch self {
        case .float32: "F32"
        case .float16: "F16"
        case .bfloat16: "BF16"
        case .q4_0: "Q4_0"
        case .q4_1: "Q4_1"
        case .q5_0: "Q5_0"
        case .q8_0: "Q8_0"
        case .q4_k: "Q4_K"
        case .q6_k: "Q6_K"
        case .int32: "I32"
        case .int64: "I64"
        }
    }

    /// Bytes of `count` values; nil if `count` is no multiple of the block length or the product overflows.
    public func byteCount(of count: Int) -> Int? {
        guard count >= 0, count % blockLength == 0 else { return nil }
        let (bytes, overflow) = (count / blockLength).multipliedReportingOverflow(by: blockBytes)
        return overflow ? nil : bytes
    }
}
