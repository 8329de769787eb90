// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Tensors

/// The gated feed-forward part of Llama and those that follow it (Shazeer, arXiv:2002.05202).
struct GatedMLP: Sendable {
    let gateProjection: Linear  // gate_proj [F, C]
    let upProjection: Linear  // up_proj [F, C]
    let downProjection: Linear  // down_proj [C, F]

    init(
        _ weights: WeightReader,
        _ key: String,
        _ channels: Int,
        _ width: Int,
        bias: Bool = false
    ) throws(CheckpointError) {
        gateProjection = try Linear(weights, "\(key).gate_proj", channels, width, bias: bias)
        upProjection = try Linear(weights, "\(key).up_proj", channels, width, bias: bias)
        downProjection = try Linear(weights, "\(key).down_proj", width, channels, bias: bias)
    }

    /// x + mlp(norm(x)), [N, C].
    func callAsFunction(_ x: Tensor, norm: RMSNorm) throws(TensorError) -> Tensor {
        let gated = try gatedLinear(x, norm: norm.ofInput, gate: gateProjection.pair, up: upProjection.pair)  // [N, F]
        return try downProjection(gated, residual: x)  // [N, C]
    }
}
