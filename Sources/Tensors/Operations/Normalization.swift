// SPDX-License-Identifier: Apache-2.0
import CKernels

/// x / √(mean(x²) + ε) · weight, row by row (Zhang and Sennrich, arXiv:1910.07467).
///
/// `x`: [N, C]; weight: [C].
/// - Throws: `TensorError` if the shapes do not fit.
public func rmsNorm(_ x: Tensor, weight: Tensor, epsilon: Float) throws(TensorError) -> Tensor {
    let (_, channels) = try x.matrix("rmsNorm")
    guard weight.shape == [channels] else { throw .shapes("rmsNorm", x.shape, weight.shape) }
    return try rows(x) { source, target in
        ck_rms_norm_row(Int64(channels), source, weight.storage.floats, epsilon, target)
    }
}

/// (x − mean) / √(variance + ε) · weight + bias, row by row (Ba, Kiros and Hinton, arXiv:1607.06450).
///
/// `x`: [N, C]; weight and bias: [C].
/// - Throws: `TensorError` if the shapes do not fit.
public func layerNorm(_ x: Tensor, weight: Tensor, bias: Tensor, epsilon: Float) throws(TensorError) -> Tensor {
    let (_, channels) = try x.matrix("layerNorm")
    guard weight.shape == [channels], bias.shape == [channels] else {
        throw .shapes("layerNorm", x.shape, weight.shape)
    }
    return try rows(x) { source, target in
        ck_layer_norm_row(Int64(channels), source, weight.storage.floats, bias.storage.floats, epsilon, target)
    }
}

/// The softmax of each row.
///
/// - Throws: `TensorError` if x is no float32 matrix.
public func softmax(_ x: Tensor) throws(TensorError) -> Tensor {
    let (_, channels) = try x.matrix("softmax")
    return try rows(x) { source, target in ck_softmax_row(Int64(channels), source, target) }
}

/// Each row divided by its Euclidean length.
///
/// - Throws: `TensorError` if x is no float32 matrix.
public func l2Normalize(_ x: Tensor) throws(TensorError) -> Tensor {
    let (_, channels) = try x.matrix("l2Normalize")
    return try rows(x) { source, target in ck_l2_normalize_row(Int64(channels), source, target) }
}

/// The mean of each range of rows.
///
/// `ranges`: Ranges of the rows of x, none empty.
/// - Returns: [S, C], a row for each range.
/// - Throws: `TensorError` if a range is empty or lies outside x.
public func meanPool(_ x: Tensor, _ ranges: [Range<Int>]) throws(TensorError) -> Tensor {
    let (count, channels) = try x.matrix("meanPool")
    let out = try Tensor(unset: [ranges.count, channels])
    for (index, range) in ranges.enumerated() {
        guard !range.isEmpty, range.lowerBound >= 0, range.upperBound <= count else {
            throw TensorError(.indexOutOfRange, "meanPool: rows \(range) of \(count)")
        }
        let target = out.storage.floats + index * channels
        target.update(from: x.storage.floats + range.lowerBound * channels, count: channels)
        for row in range.dropFirst() { ck_add(Int64(channels), target, x.storage.floats + row * channels, target) }
        ck_scale(Int64(channels), target, 1 / Float(range.count), target)
    }
    withExtendedLifetime(x) {}
    return out
}

/// The rows of x that `indices` name.
///
/// - Throws: `TensorError` if an index lies outside x.
public func gatherRows(_ x: Tensor, _ indices: [Int]) throws(TensorError) -> Tensor {
    let (count, channels) = try x.matrix("gatherRows")
    let out = try Tensor(unset: [indices.count, channels])
    for (row, index) in indices.enumerated() {
        guard index >= 0, index < count else {
            throw TensorError(.indexOutOfRange, "gatherRows: row \(index) of \(count)")
        }
        (out.storage.floats + row * channels).update(from: x.storage.floats + index * channels, count: channels)
    }
    withExtendedLifetime(x) {}
    return out
}

private func rows(
    _ x: Tensor,
    _ body: (UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>) -> Void
) throws(TensorError) -> Tensor {
    let (count, channels) = (x.shape[0], x.shape[1])
    let out = try Tensor(unset: x.shape)
    parallelRanges(count, cost: channels * 4) { range in
        for row in range { body(x.storage.floats + row * channels, out.storage.floats + row * channels) }
    }
    withExtendedLifetime(x) {}
    return out
}
