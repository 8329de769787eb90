// SPDX-License-Identifier: Apache-2.0
import CKernels

/// x Wᵀ + b (+ residual).
///
/// `x`: [N, K] float32.
/// `weight`: [M, K] packed.
/// `bias`: [M] float32.
/// `residual`: [N, M] float32, added last.
/// - Returns: [N, M] float32.
/// - Throws: `TensorError` if shapes or types do not fit.
public func linear(
    _ x: Tensor,
    _ weight: Tensor,
    bias: Tensor? = nil,
    residual: Tensor? = nil
) throws(TensorError) -> Tensor {
    let input = try ProductInput(x)
    let product = try Product("linear", input, weight, bias: bias, residual: residual)
    run([product], columns: input.count)
    return product.out
}

/// Several products of one input, which is normalised and rounded once: norm(x) Wᵀ + b for each W.
///
/// `x`: [N, K] float32; each weight: [M, K] packed; its bias: [M].
/// - Returns: [N, M] float32 for each weight.
/// - Throws: `TensorError` if shapes or types do not fit.
public func linear(
    _ x: Tensor,
    norm: RootMeanSquare? = nil,
    _ weights: [(weight: Tensor, bias: Tensor?)]
) throws(TensorError) -> [Tensor] {
    let input = try ProductInput(x, norm: norm)
    var products: [Product] = []
    for (weight, bias) in weights { products.append(try Product("linear", input, weight, bias: bias)) }
    run(products, columns: input.count)
    return products.map(\.out)
}

/// silu(norm(x) Gᵀ) · (norm(x) Uᵀ), the gated unit of Shazeer, "GLU Variants Improve Transformer" (arXiv:2002.05202).
///
/// `x`: [N, K] float32; `gate` and `up`: [M, K] packed, with their biases [M].
/// - Returns: [N, M] float32.
/// - Throws: `TensorError` if shapes or types do not fit.
public func gatedLinear(
    _ x: Tensor,
    norm: RootMeanSquare? = nil,
    gate: (weight: Tensor, bias: Tensor?),
    up: (weight: Tensor, bias: Tensor?)
) throws(TensorError) -> Tensor {
    guard gate.weight.shape == up.weight.shape else {
        throw .shapes("gatedLinear", gate.weight.shape, up.weight.shape)
    }
    let input = try ProductInput(x, norm: norm)
    let gate = try Product("gatedLinear", input, gate.weight, bias: gate.bias)
    let up = try Product("gatedLinear", input, up.weight, bias: up.bias)
    let width = gate.rows
    forPieces([gate], columns: input.count) { _, groups, columns in
        gate.run(groups, columns)
        up.run(groups, columns)
        // While both are in the cache.
        let first = groups.lowerBound * 16
        let count = Int64(min(groups.upperBound * 16, width) - first)
        for column in columns {
            let place = gate.out.storage.floats + column * width + first
            ck_silu_multiply(count, place, up.out.storage.floats + column * width + first, place)
        }
    }
    return gate.out
}

/// A root-mean-square norm as part of a product's input (see `rmsNorm`).
public struct RootMeanSquare: Sendable {
    let weight: Tensor  // [K]
    let epsilon: Float

    /// `weight`: [K] float32.
    public init(weight: Tensor, epsilon: Float) {
        self.weight = weight
        self.epsilon = epsilon
    }
}

/// One product, checked and ready to be computed in pieces.
private struct Product {
    let out: Tensor  // [N, M]
    let rows: Int  // M
    var groups: Int { (rows + 15) / 16 }
    let depth: Int  // K
    private let job: ck_product
    private let kept: (Tensor, Tensor?, Tensor?, Activations)

    init(
        _ operation: StaticString,
        _ input: ProductInput,
        _ weight: Tensor,
        bias: Tensor?,
        residual: Tensor? = nil
    ) throws(TensorError) {
        guard case .packed(let format) = weight.layout else {
            throw TensorError(.unsupportedType, "\(operation): the weight is not packed")
        }
        guard weight.shape.rank == 2, weight.shape[1] == input.depth else {
            throw .shapes(operation, [input.count, input.depth], weight.shape)
        }
        rows = weight.shape[0]
        depth = input.depth
        if let bias, bias.shape != [rows] { throw .shapes(operation, bias.shape, weight.shape) }
        if let residual, residual.shape != [input.count, rows] {
            throw .shapes(operation, residual.shape, weight.shape)
        }
        out = try Tensor(unset: [input.count, rows])
        let activations = try input.activations(for: format)
        var job = ck_product()
        job.format = format.code
        job.rows = Int64(rows)
        job.depth = Int64(depth)
        job.weights = UnsafeRawPointer(weight.storage.bytes)
        job.x = activations.values
        job.x_scale = activations.scales
        job.bias = bias.map { UnsafePointer($0.storage.floats) }
        job.residual = residual.map { UnsafePointer($0.storage.floats) }
        job.out = out.storage.floats
        job.out_stride = Int64(rows)
        self.job = job
        kept = (weight, bias, residual, activations)
    }

    func run(_ groups: Range<Int>, _ columns: Range<Int>) {
        var job = job
        ck_product_run(
            &job,
            Int64(groups.lowerBound),
            Int64(groups.upperBound),
            Int64(columns.lowerBound),
            Int64(columns.upperBound)
        )
        withExtendedLifetime(kept) {}
    }
}

private func run(_ products: [Product], columns: Int) {
    forPieces(products, columns: columns) { product, groups, columns in products[product].run(groups, columns) }
}

/// Calls `body` for pieces that cover every group and column of the products, in one submission: groups (a multiple of
/// the kernels' tiles) by at most 256 columns.
private func forPieces(_ products: [Product], columns: Int, _ body: (Int, Range<Int>, Range<Int>) -> Void) {
    let work = products.reduce(0) { $0 + $1.rows * $1.depth } * columns
    guard work >= 50_000, Processor.threads > 1 else {
        for (index, product) in products.enumerated() { body(index, 0..<product.groups, 0..<columns) }
        return
    }
    let tile = columns >= 8 ? 3 : 8
    let total = products.reduce(0) { $0 + $1.groups }
    let step = max(tile, (total / (Processor.threads * 4) + tile - 1) / tile * tile)
    var pieces: [(product: Int, groups: Range<Int>)] = []
    for (index, product) in products.enumerated() {
        for first in stride(from: 0, to: product.groups, by: step) {
            pieces.append((index, first..<min(first + step, product.groups)))
        }
    }
    let columnPieces = (columns + 255) / 256
    parallel(pieces.count * columnPieces) { number in
        let piece = pieces[number % pieces.count]
        let first = number / pieces.count * 256
        body(piece.product, piece.groups, first..<min(first + 256, columns))
    }
}
