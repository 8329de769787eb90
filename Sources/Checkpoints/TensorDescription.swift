// SPDX-License-Identifier: Apache-2.0

public import Tensors

/// Where a tensor lies in a checkpoint and how it is stored.
public struct TensorDescription: Sendable, Hashable {
    /// The name as in the file.
    public let name: String
    /// How its numbers are stored.
    public let elementType: ElementType
    /// Its extents, outermost first; empty for a single number.
    public let shape: [Int]
    /// Bytes it takes in the file.
    public let byteCount: Int
    /// Which of the checkpoint's files holds it.
    public let fileIndex: Int
    /// The byte of that file at which it begins.
    public let offset: Int

    /// The number of values.
    public var count: Int { shape.reduce(1, *) }
}
