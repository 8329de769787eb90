// SPDX-License-Identifier: Apache-2.0
import CKernels

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Cosines and sines of the angles of a rotary embedding, one row a token (Su et al., arXiv:2104.09864).
public struct RotaryAngles: Sendable {
    /// Channels of a head.
    public let dimension: Int
    let cosine: Tensor  // [N, D / 2]
    let sine: Tensor  // [N, D / 2]

    /// Angles position · inverseFrequencies[i]; the product is rounded to float32 as the reference does.
    ///
    /// - Throws: `TensorError.outOfMemory`.
    public init(positions: [Int32], inverseFrequencies: [Float]) throws(TensorError) {
        let half = inverseFrequencies.count
        dimension = half * 2
        cosine = try Tensor(unset: [positions.count, half])
        sine = try Tensor(unset: [positions.count, half])
        for (row, position) in positions.enumerated() {
            for (index, frequency) in inverseFrequencies.enumerated() {
                ck_cosine_sine(
                    Double(Float(position) * frequency),
                    cosine.storage.floats + row * half + index,
                    sine.storage.floats + row * half + index
                )
            }
        }
    }
}

extension RotaryAngles {
    /// θ^(−2i/D) for each pair of channels, [D / 2].
    public static func inverseFrequencies(theta: Float, dimension: Int) -> [Float] {
        (0..<dimension / 2).map { index in
            1 / Float(pow(Double(theta), Double(Float(2 * index) / Float(dimension))))
        }
    }
}

/// Rotates each head of each row by its token's angles; channel i is paired with channel i + D/2.
///
/// `x`: [N, H·D].
/// - Throws: `TensorError` if the shapes do not fit.
public func rotate(_ x: Tensor, _ angles: RotaryAngles) throws(TensorError) -> Tensor {
    let (count, channels) = try x.matrix("rotate")
    let half = angles.dimension / 2
    guard channels % angles.dimension == 0, angles.cosine.shape[0] == count else {
        throw .shapes("rotate", x.shape, angles.cosine.shape)
    }
    let out = try Tensor(unset: x.shape)
    parallelRanges(count, cost: channels * 4) { range in
        for row in range {
            ck_rotate_row(
                Int64(channels / angles.dimension),
                Int64(angles.dimension),
                x.storage.floats + row * channels,
                angles.cosine.storage.floats + row * half,
                angles.sine.storage.floats + row * half,
                out.storage.floats + row * channels
            )
        }
    }
    withExtendedLifetime((x, angles)) {}
    return out
}
