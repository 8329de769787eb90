// SPDX-License-Identifier: Apache-2.0

/// What went wrong in a knowledge base: one line that says what, where and what to do.
public struct KnowledgeError: Error, Sendable, CustomStringConvertible {
    /// The kinds of failure, each with the exit code that the command line gives it.
    public enum Code: String, Sendable {
        /// A document cannot be taken in: binary, empty, a device, a loop.
        case badDocument
        /// A path, knowledge base or document that does not exist.
        case notFound
        /// A file that cannot be read.
        case unreadable
        /// What reading needs is not there: a program, a server.
        case unavailable
        /// The database that holds the knowledge base cannot be reached.
        case unreachable
        /// Another process writes and did not finish in time.
        case busy
        /// The disk is full; nothing of the document was written.
        case noSpace
        /// The store cannot be written.
        case notWritable
        /// Stored bytes are not those that were written.
        case damaged
        /// The embedder is not the one that made the stored vectors, or there is none.
        case wrongEmbedder
        /// The embedder returned something else than it promised.
        case badEmbedding
        /// A name or argument outside what is allowed.
        case badArgument

        /// Whether other documents can be taken in nonetheless.
        var isOfOneDocument: Bool {
            switch self {
            case .badDocument, .notFound, .unreadable, .unavailable: true
            default: false
            }
        }

        /// The exit code of the command line (`sysexits`).
        public var exitCode: Int32 {
            switch self {
            case .badDocument, .damaged: 65
            case .notFound: 66
            case .busy, .unavailable, .unreachable: 69
            case .badEmbedding: 70
            case .noSpace: 73
            case .unreadable, .notWritable: 74
            case .wrongEmbedder: 78
            case .badArgument: 64
            }
        }
    }

    /// The kind of failure.
    public let code: Code
    /// What is wrong, where, and what to do.
    public let message: String
    /// The path, document or store that it is about.
    public let subject: String?
    /// The error below this one.
    public let underlying: (any Error)?

    package init(_ code: Code, _ message: String, subject: String? = nil, underlying: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.subject = subject
        self.underlying = underlying
    }

    /// The message.
    public var description: String { message }
}
