// SPDX-License-Identifier: Apache-2.0

/// What went wrong with a graph: one line that says what, where and what to do.
public struct GraphError: Error, Sendable, CustomStringConvertible {
    /// The kinds of failure.
    public enum Code: String, Sendable {
        /// RDF that is not well-formed; the message names the line.
        case badSyntax
        /// A query or update that is not well-formed; the message names line and column.
        case badQuery
        /// A rule that is not well-formed or not safe.
        case badRule
        /// A query that would take more time or memory than it may.
        case limit
        /// A file that cannot be read.
        case unreadable
        /// A fact that does not hold.
        case notFound
    }

    /// The kind of failure.
    public let code: Code
    /// What is wrong, where, and what to do.
    public let message: String
    /// The file or query that it is about.
    public let subject: String?

    package init(_ code: Code, _ message: String, subject: String? = nil) {
        (self.code, self.message, self.subject) = (code, message, subject)
    }

    /// The message.
    public var description: String { message }
}
