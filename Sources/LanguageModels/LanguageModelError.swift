// SPDX-License-Identifier: Apache-2.0
public import Foundation

/// Why a language model did not answer.
public enum LanguageModelError: LocalizedError, CustomStringConvertible {
    /// The conversation has more tokens than the model's context.
    case contextSizeExceeded(ContextSizeExceeded)

    /// How much too long a conversation is.
    public struct ContextSizeExceeded: Sendable {
        /// The most tokens that the model takes.
        public var contextSize: Int
        /// The tokens that the conversation has.
        public var tokenCount: Int
        /// What is wrong and what to do, in one line.
        public var debugDescription: String

        /// The error of these numbers.
        public init(contextSize: Int, tokenCount: Int, debugDescription: String) {
            self.contextSize = contextSize
            self.tokenCount = tokenCount
            self.debugDescription = debugDescription
        }
    }

    /// One line for people.
    public var description: String {
        switch self {
        case .contextSizeExceeded(let context): context.debugDescription
        }
    }

    /// One line for people.
    public var errorDescription: String? { description }
}
