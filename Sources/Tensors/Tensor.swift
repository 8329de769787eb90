// SPDX-License-Identifier: Apache-2.0
import CKernels

/// An immutable array of numbers with a shape.
///
/// Operations take tensors and return new ones. Shapes are written in the same letters everywhere: N rows (tokens) of
/// a ragged batch, C channels, H heads, D channels of a head, V vocabulary, R requested rows.
public struct Tensor: Sendable {
    /// How the values lie in memory.
    package enum Layout: Sendable, Hashable {
        /// Row by row, the last extent fastest.
        case rowMajor
        /// Rows of a matrix in groups of 16, the kernels' own order.
        case packed(WeightFormat)
    }

    /// The extents, outermost first.
    public let shape: Shape
    /// How each number is stored.
    public let elementType: ElementType
    package let layout: Layout
    package let storage: Storage

    package init(shape: Shape, elementType: ElementType, layout: Layout, storage: Storage) {
        self.shape = shape
        self.elementType = elementType
        self.layout = layout
        self.storage = storage
    }

    /// A float32 tensor whose values are not set yet.
    package init(unset shape: Shape) throws(TensorError) {
        self.init(
            shape: shape,
            elementType: .float32,
            layout: .rowMajor,
            storage: try Storage(byteCount: shape.count * 4)
        )
    }

    /// Makes a float32 tensor from values in row-major order.
    ///
    /// - Throws: `TensorError` if their number is not the shape's.
    public init(_ values: [Float], shape: [Int]) throws(TensorError) {
        let shape = Shape(shape)
        guard values.count == shape.count else {
            throw TensorError(.shapeMismatch, "\(values.count) values do not fill the shape \(shape)")
        }
        try self.init(unset: shape)
        values.withUnsafeBytes { source in
            if let address = source.baseAddress { storage.bytes.copyMemory(from: address, byteCount: source.count) }
        }
    }

    /// The values of a float32 tensor in row-major order.
    ///
    /// - Complexity: O(n), a copy.
    public var floats: [Float] { withFloats(Array.init) }

    /// Gives the values of a float32 tensor, row-major, for the length of a call.
    public func withFloats<Result>(_ body: (UnsafeBufferPointer<Float>) throws -> Result) rethrows -> Result {
        precondition(elementType == .float32 && layout == .rowMajor, "only float32 rows can be read as floats")
        defer { withExtendedLifetime(storage) {} }
        return try body(UnsafeBufferPointer(start: storage.floats, count: shape.count))
    }

    /// The rows and channels of a float32 matrix that an operation is about to read.
    func matrix(_ operation: StaticString) throws(TensorError) -> (rows: Int, columns: Int) {
        guard elementType == .float32, layout == .rowMajor else {
            throw TensorError(.unsupportedType, "\(operation): takes float32 rows, not \(elementType.name)")
        }
        guard shape.rank == 2 else { throw .shapes(operation, shape) }
        return (shape[0], shape[1])
    }
}

/// A named slot for one weight of a model.
public final class Parameter: Sendable {
    /// The checkpoint's key.
    public let name: String
    /// The weight.
    public let value: Tensor

    package init(name: String, value: Tensor) {
        self.name = name
        self.value = value
    }
}

extension Tensor {
    /// Makes a float32 tensor from plain floats of another type, exactly.
    ///
    /// - Throws: `TensorError` if the type is no plain float or there are too few bytes.
    package init(
        converting source: UnsafeRawBufferPointer,
        elementType: ElementType,
        shape: [Int]
    ) throws(TensorError) {
        let shape = Shape(shape)
        guard let bytes = elementType.byteCount(of: shape.count), source.count >= bytes else {
            throw TensorError(.shapeMismatch, "\(source.count) bytes do not fill the shape \(shape)")
        }
        try self.init(unset: shape)
        let floats = storage.floats
        switch elementType {
        case .float32:
            if let base = source.baseAddress { storage.bytes.copyMemory(from: base, byteCount: bytes) }
        case .bfloat16:
            for index in 0..<shape.count {
                let bits = source.loadUnaligned(fromByteOffset: index * 2, as: UInt16.self)
                floats[index] = Float(bitPattern: UInt32(bits) << 16)
            }
        case .float16:
            for index in 0..<shape.count {
                floats[index] = ck_half_value(source.loadUnaligned(fromByteOffset: index * 2, as: UInt16.self))
            }
        default:
            throw TensorError(.unsupportedType, "\(elementType.name) values are not plain floats")
        }
    }
}
