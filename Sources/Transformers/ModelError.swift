// SPDX-License-Identifier: Apache-2.0

/// Why a model cannot be made or run.
public struct ModelError: Error, Sendable, CustomStringConvertible {
    /// What kind of failure this is.
    public enum Code: String, Sendable {
        /// No architecture of that name is built.
        case unsupportedArchitecture
        /// The model is of another kind than the caller needs.
        case wrongKind
        /// The configuration asks for something that is not built, or makes no sense.
        case configuration
        /// The rows of a batch do not fit the cache or the model.
        case batch
        /// The key-value cache has no room left.
        case cacheFull
    }

    /// What kind of failure this is.
    public let code: Code
    /// What is wrong and what to do.
    public let message: String
    /// One line for people.
    public var description: String { message }

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}
