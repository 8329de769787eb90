// SPDX-License-Identifier: Apache-2.0

/// Why a tokenizer could not be made, or could not do what was asked of it.
public struct TokenizationError: Error, Sendable, CustomStringConvertible {
    /// What kind of trouble it is.
    public enum Code: String, Sendable {
        /// The description of the tokenizer contradicts itself or its format.
        case malformed
        /// The description is well formed but asks for something that is not built.
        case notSupported
        /// A limit that keeps hostile input from exhausting the machine was passed.
        case limitExceeded
        /// An id that the vocabulary does not have.
        case unknownID
        /// The chat template refused the conversation, or could not go on.
        case templateFailed
    }

    /// What kind of trouble it is.
    public let code: Code
    /// What is wrong, and what to do about it, in one line.
    public let message: String
    /// Where in the description, such as `model.merges[3]` or `tokenizer.ggml.pre`.
    public let key: String?
    /// The byte of the file, where that is known.
    public let offset: Int?
    /// The error that caused this one.
    public let underlying: (any Error)?

    /// Makes an error.
    public init(
        _ code: Code,
        _ message: String,
        key: String? = nil,
        offset: Int? = nil,
        underlying: (any Error)? = nil
    ) {
        self.code = code
        self.message = message
        self.key = key
        self.offset = offset
        self.underlying = underlying
    }

    /// One line for people.
    public var description: String {
        var text = message
        if let key { text += " (key \(key))" }
        if let offset { text += " (byte \(offset))" }
        return text
    }
}
