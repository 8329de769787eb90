// SPDX-License-Identifier: Apache-2.0
public import Foundation

/// A passage that a search found: `text` is `[start, end)` of the document's extracted text, in Unicode scalars.
public struct Hit: Sendable, Codable, Hashable {
    /// The document's name, as it was added.
    public var document: String
    /// The passage's id, derived from its text and headings.
    public var passage: String
    /// Higher is better; comparable within one search only.
    public var score: Double
    /// The cosine of what in it is nearest to the question; nil where meaning had no say.
    public var similarity: Double?
    /// The passage, exactly as it stands in the extracted text.
    public var text: String
    /// The first Unicode scalar of the passage.
    public var start: Int
    /// The Unicode scalar after its last.
    public var end: Int
    /// The headings above it, outermost first.
    public var headings: [String]
    /// The page, slide or sheet where it begins, the first being 1.
    public var page: Int?
    /// Milliseconds from the beginning of what is shown or heard.
    public var time: Int?
    /// The bytes of the file that are this text, where it stands there as it is.
    public var source: Range<Int>?

    package init(
        document: String,
        passage: String,
        score: Double,
        similarity: Double? = nil,
        text: String,
        start: Int,
        end: Int,
        headings: [String],
        page: Int? = nil,
        time: Int? = nil,
        source: Range<Int>? = nil
    ) {
        (self.document, self.passage, self.score, self.similarity) = (document, passage, score, similarity)
        (self.text, self.start, self.end, self.headings) = (text, start, end, headings)
        (self.page, self.time, self.source) = (page, time, source)
    }
}

/// Which rankings a search uses.
public enum SearchMode: String, Sendable, Codable, CaseIterable {
    /// Full text and vectors, joined by reciprocal rank fusion.
    case hybrid
    /// Full text alone (BM25).
    case lexical
    /// Vectors alone (cosine).
    case semantic
}

/// What is known of a document in a knowledge base.
public struct DocumentDescription: Sendable, Codable, Hashable {
    /// Its name: the path as it was added, or FOLDER/path.
    public var document: String
    /// Its title or first heading, if it has one.
    public var title: String?
    /// What kind of file it is: `text`, `markdown`, `html`, `pdf`, `docx` and so on.
    public var format: String
    /// The encoding of the file.
    public var encoding: String
    /// Bytes of the file.
    public var bytes: Int
    /// Unicode scalars of the extracted text.
    public var characters: Int
    /// Passages cut from it.
    public var passages: Int
    /// SHA-256 of the file, in hexadecimal.
    public var sha256: String
    /// When it was taken in.
    public var added: Date
}

/// What an `add` did.
public struct IngestionReport: Sendable, Codable {
    /// A path that was left out, and why.
    public struct Skipped: Sendable, Codable, Hashable {
        /// The path.
        public var path: String
        /// Why.
        public var reason: String
        /// The kind of reason.
        public var code: KnowledgeError.Code { KnowledgeError.Code(rawValue: kind) ?? .badDocument }
        private var kind = KnowledgeError.Code.badDocument.rawValue

        private enum CodingKeys: String, CodingKey { case path, reason }

        package init(path: String, reason: String, code: KnowledgeError.Code = .badDocument) {
            self.path = path
            self.reason = reason
            kind = code.rawValue
        }
    }

    /// A file that was not UTF-8, and what it was.
    public struct Converted: Sendable, Codable, Hashable {
        /// The path.
        public var path: String
        /// The encoding that was recognised.
        public var encoding: String
        /// Places that were no valid character and became U+FFFD.
        public var replaced: Int

        package init(path: String, encoding: String, replaced: Int) {
            self.path = path
            self.encoding = encoding
            self.replaced = replaced
        }
    }

    /// Documents taken in, new or changed.
    public var added = 0
    /// Documents that were there already, unchanged.
    public var unchanged = 0
    /// Paths left out, with the reason.
    public var skipped: [Skipped] = []
    /// Files converted from another encoding.
    public var converted: [Converted] = []
    /// Passages of the documents taken in.
    public var passages = 0
    /// Facts that are new in the graph.
    public var facts = 0

    package init() {}
}

/// Where an `add` stands.
public struct IngestionProgress: Sendable {
    /// The document in work, or the last one.
    public var document: String
    /// Documents done, whether added, unchanged or skipped.
    public var done: Int
    /// Documents found.
    public var total: Int
    /// Passages of the document in work that are stored.
    public var passages: Int
}

/// The size of a knowledge base.
public struct KnowledgeStatistics: Sendable, Codable, Hashable {
    /// Its name.
    public var name: String
    /// Documents in it.
    public var documents: Int
    /// Passages in it.
    public var passages: Int
    /// Unicode scalars of all extracted texts.
    public var characters: Int
    /// Bytes on disk.
    public var bytes: Int
    /// The embedder that made its vectors; none before the first document.
    public var embedder: TextEmbedding.Identity?
}

/// What `verify` found.
public struct VerificationReport: Sendable, Codable {
    /// Documents checked.
    public var documents = 0
    /// Passages checked.
    public var passages = 0
    /// One line for each damaged record; empty if all is as it was written.
    public var problems: [String] = []
}
