// SPDX-License-Identifier: Apache-2.0

/// The extents of a tensor, outermost first: up to four, held inline so that making a tensor allocates no array.
public struct Shape: Sendable, Hashable, CustomStringConvertible, ExpressibleByArrayLiteral {
    /// How many extents there are.
    public let rank: Int
    private let extents: SIMD4<Int>

    /// Makes a shape of at most four extents.
    public init(_ extents: [Int]) {
        precondition(
            extents.count <= 4 && extents.allSatisfy { $0 >= 0 },
            "a shape has at most four extents, none negative"
        )
        var inline = SIMD4<Int>(repeating: 1)
        for (index, extent) in extents.enumerated() { inline[index] = extent }
        self.rank = extents.count
        self.extents = inline
    }

    /// Makes a shape of at most four extents.
    public init(arrayLiteral extents: Int...) { self.init(extents) }

    /// The extent at `index`, 0 being outermost.
    public subscript(index: Int) -> Int {
        precondition(index < rank, "a shape has no extent there")
        return extents[index]
    }

    /// The number of values.
    public var count: Int { extents[0] * extents[1] * extents[2] * extents[3] }

    /// The extents as an array.
    public var array: [Int] { (0..<rank).map { extents[$0] } }

    /// `[2, 3]`.
    public var description: String { array.description }
}
