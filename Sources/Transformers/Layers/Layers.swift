// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Tensors

/// x Wᵀ + b with weights of a checkpoint.
struct Linear: Sendable {
    let weight: Parameter  // [out, in]
    let bias: Parameter?  // [out]

    init(
        _ weights: WeightReader,
        _ key: String,
        _ inputs: Int,
        _ outputs: Int,
        bias: Bool,
        heads: Int? = nil,
        outsidePrefix: Bool = false
    ) throws(CheckpointError) {
        weight = try weights.matrix("\(key).weight", outputs, inputs, heads: heads, outsidePrefix: outsidePrefix)
        self.bias = bias ? try weights.vector("\(key).bias", outputs, outsidePrefix: outsidePrefix) : nil
    }

    func callAsFunction(_ x: Tensor, residual: Tensor? = nil) throws(TensorError) -> Tensor {
        try linear(x, weight.value, bias: bias?.value, residual: residual)
    }

    /// Weight and bias, for products that are computed together.
    var pair: (weight: Tensor, bias: Tensor?) { (weight.value, bias?.value) }
}

/// Root-mean-square norm with a learned scale.
struct RMSNorm: Sendable {
    let weight: Parameter  // [C]
    let epsilon: Float

    init(_ weights: WeightReader, _ key: String, _ channels: Int, epsilon: Float) throws(CheckpointError) {
        weight = try weights.vector("\(key).weight", channels)
        self.epsilon = epsilon
    }

    func callAsFunction(_ x: Tensor) throws(TensorError) -> Tensor {
        try rmsNorm(x, weight: weight.value, epsilon: epsilon)
    }

    /// The norm as part of a product's input.
    var ofInput: RootMeanSquare { RootMeanSquare(weight: weight.value, epsilon: epsilon) }
}

/// Layer norm with learned scale and shift.
struct LayerNorm: Sendable {
    let weight: Parameter  // [C]
    let bias: Parameter  // [C]
    let epsilon: Float

    init(
        _ weights: WeightReader,
        _ key: String,
        _ channels: Int,
        epsilon: Float,
        outsidePrefix: Bool = false
    ) throws(CheckpointError) {
        weight = try weights.vector("\(key).weight", channels, outsidePrefix: outsidePrefix)
        bias = try weights.vector("\(key).bias", channels, outsidePrefix: outsidePrefix)
        self.epsilon = epsilon
    }

    func callAsFunction(_ x: Tensor) throws(TensorError) -> Tensor {
        try layerNorm(x, weight: weight.value, bias: bias.value, epsilon: epsilon)
    }
}
