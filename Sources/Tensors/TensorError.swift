// SPDX-License-Identifier: Apache-2.0

/// Why an operation on tensors could not be done.
public struct TensorError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What kind of failure this is.
    public struct Code: Sendable, Hashable {
        private let name: String
        private init(_ name: String) { self.name = name }
        /// Shapes do not fit the operation.
        public static let shapeMismatch = Code("shapeMismatch")
        /// The element type or layout does not fit the operation.
        public static let unsupportedType = Code("unsupportedType")
        /// An index lies outside its table.
        public static let indexOutOfRange = Code("indexOutOfRange")
        /// The machine has no memory left.
        public static let outOfMemory = Code("outOfMemory")
    }

    /// What kind of failure this is.
    public let code: Code
    /// What is wrong, with operation and shapes.
    public let message: String
    /// One line for people.
    public var description: String { message }

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    static func shapes(_ operation: StaticString, _ shapes: Shape...) -> TensorError {
        TensorError(
            .shapeMismatch,
            "\(operation): shapes \(shapes.map(\.description).joined(separator: " and ")) do not fit"
        )
    }
}
