// SPDX-License-Identifier: Apache-2.0

/// Why a request could not be served.
public struct TextGenerationError: Error, Sendable, CustomStringConvertible {
    /// The kind of failure.
    public enum Code: Sendable, Hashable {
        /// The prompt has more tokens than the model's context; `promptTokens` and `limit` hold both numbers.
        case promptTooLong
        /// The request could never fit into the engine's cache; `promptTokens` and `limit` hold both numbers.
        case cacheTooSmall
        /// A setting or an id of the request is out of its range.
        case invalidRequest
        /// The model's output is not a distribution over its vocabulary.
        case invalidLogits
        /// The engine was shut down before the request was done.
        case engineStopped
        /// The forward pass failed; `underlying` says how.
        case model
    }

    /// The kind of failure.
    public let code: Code
    /// What is wrong and what to do, in one line.
    public let message: String
    /// The number of tokens that were asked for, where a limit was exceeded.
    public let promptTokens: Int?
    /// The limit that was exceeded.
    public let limit: Int?
    /// The error below this one.
    public let underlying: (any Error)?

    package init(
        _ code: Code,
        _ message: String,
        promptTokens: Int? = nil,
        limit: Int? = nil,
        underlying: (any Error)? = nil
    ) {
        self.code = code
        self.message = message
        self.promptTokens = promptTokens
        self.limit = limit
        self.underlying = underlying
    }

    /// One line for people.
    public var description: String { message }
}
