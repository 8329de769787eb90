// SPDX-License-Identifier: Apache-2.0
import CKernels

/// a + b, both of one shape.
///
/// - Throws: `TensorError` if the shapes differ.
public func add(_ a: Tensor, _ b: Tensor) throws(TensorError) -> Tensor {
    guard a.shape == b.shape, a.elementType == .float32, b.elementType == .float32 else {
        throw .shapes("add", a.shape, b.shape)
    }
    let out = try Tensor(unset: a.shape)
    chunks(of: a.shape.count) { start, count in
        ck_add(count, a.storage.floats + start, b.storage.floats + start, out.storage.floats + start)
    }
    withExtendedLifetime((a, b)) {}
    return out
}

/// silu(gate) · up, the gated unit of Shazeer, "GLU Variants Improve Transformer" (arXiv:2002.05202).
///
/// - Throws: `TensorError` if the shapes differ.
public func siluMultiply(_ gate: Tensor, _ up: Tensor) throws(TensorError) -> Tensor {
    guard gate.shape == up.shape, gate.elementType == .float32, up.elementType == .float32 else {
        throw .shapes("siluMultiply", gate.shape, up.shape)
    }
    let out = try Tensor(unset: gate.shape)
    chunks(of: gate.shape.count) { start, count in
        ck_silu_multiply(count, gate.storage.floats + start, up.storage.floats + start, out.storage.floats + start)
    }
    withExtendedLifetime((gate, up)) {}
    return out
}

/// A function of each value alone.
public enum Activation: String, Sendable {
    /// x · Φ(x), with the error function (Hendrycks and Gimpel, arXiv:1606.08415).
    case gelu
    /// The same with its approximation by the hyperbolic tangent.
    case geluTanh = "gelu_new"
    /// The hyperbolic tangent.
    case tanh

    /// Applies the function to each value of a float32 tensor.
    ///
    /// - Throws: `TensorError` if the tensor holds no float32 rows.
    public func callAsFunction(_ x: Tensor) throws(TensorError) -> Tensor {
        guard x.elementType == .float32, x.layout == .rowMajor else { throw .shapes("activation", x.shape) }
        let out = try Tensor(unset: x.shape)
        chunks(of: x.shape.count) { start, count in
            let (source, target) = (x.storage.floats + start, out.storage.floats + start)
            switch self {
            case .gelu: ck_gelu(count, source, target)
            case .geluTanh: ck_gelu_tanh(count, source, target)
            case .tanh: ck_tanh(count, source, target)
            }
        }
        withExtendedLifetime(x) {}
        return out
    }
}

private func chunks(of count: Int, _ body: (Int, Int64) -> Void) {
    let size = 4096
    parallelRanges((count + size - 1) / size, cost: size * 2) { range in
        let start = range.lowerBound * size
        body(start, Int64(min(range.upperBound * size, count) - start))
    }
}
