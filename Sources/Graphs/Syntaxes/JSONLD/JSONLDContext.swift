// SPDX-License-Identifier: Apache-2.0
import Tokenization

/// What a context says of a term: https://www.w3.org/TR/json-ld11-api/#dfn-term-definition.
struct JSONLDTerm: Equatable {
    /// The IRI, blank node or keyword that it stands for; nil: it is ignored.
    var id: String?
    var isPrefix = false
    var isProtected = false
    var isReverse = false
    var type: String?
    /// nil: the context's; nil within: none.
    var language: String??
    /// nil: the context's; nil within: none.
    var direction: String??
    var container: Set<String> = []
    var index: String?
    var nest: String?
    /// The context of what is within its values, and what that one's references are relative to.
    var context: JSONValue?
    var contextBase: String?
}

/// An active context: https://www.w3.org/TR/json-ld11-api/#dfn-active-context.
struct JSONLDContext {
    /// The context to go back to, in nodes within the one that a context was for.
    final class Previous {
        let context: JSONLDContext

        init(_ context: JSONLDContext) { self.context = context }
    }

    var terms: [String: JSONLDTerm] = [:]
    var base: String?
    var vocabulary: String?
    var language: String?
    var direction: String?
    var previous: Previous?

    init(base: String?) { self.base = base }

    /// A reference resolved against the context's base, if it has one.
    func resolve(_ reference: String) -> String { IRIBase(base).resolve(reference) ?? reference }
}

/// Names that mean something of their own: https://www.w3.org/TR/json-ld11/#syntax-tokens-and-keywords.
enum JSONLDKeyword {
    private static let all: Set<String> = [
        "@base", "@container", "@context", "@direction", "@graph", "@id", "@import", "@included", "@index", "@json",
        "@language", "@list", "@nest", "@none", "@prefix", "@propagate", "@protected", "@reverse", "@set", "@type",
        "@value", "@version", "@vocab",
    ]

    static func contains(_ text: String) -> Bool { text.utf8.first == UInt8(ascii: "@") && all.contains(text) }

    /// Whether a text looks like a keyword, and is kept for ones to come.
    static func resembles(_ text: String) -> Bool {
        text.utf8.first == UInt8(ascii: "@") && text.utf8.count > 1
            && text.utf8.dropFirst().allSatisfy(TurtleLexer.isLetter)
    }
}

/// Reads JSON-LD 1.1: contexts, then expansion: https://www.w3.org/TR/json-ld11-api.
final class JSONLDExpander {
    /// How deep a document's values may nest.
    static let depthLimit = 64
    /// How many terms may be defined by one another, and contexts be loaded by one another.
    static let dependencyLimit = 128

    let name: String
    let base: String?
    private let load: (@Sendable (String) throws -> [UInt8]?)?
    var dependencies = 0

    init(name: String, base: String?, load: (@Sendable (String) throws -> [UInt8]?)?) {
        (self.name, self.base, self.load) = (name, base, load)
    }

    /// An error by the name that the specification gives it.
    func bad(_ what: String, _ detail: String) -> GraphError {
        GraphError(.badSyntax, "\(what): \(detail.prefix(300)), \(name); correct the file there", subject: name)
    }

    /// A document of JSON.
    func json(_ bytes: [UInt8], name: String) throws -> JSONValue {
        do {
            return try JSONValue(parsing: bytes, maximumDepth: Self.depthLimit)
        } catch {
            let line = 1 + bytes.prefix(error.offset).count { $0 == 0x0A }
            throw GraphError(
                .badSyntax,
                "\(error.message), \(name) line \(line); correct the file there",
                subject: name
            )
        }
    }

    /// The context that another document holds.
    func remoteContext(_ address: String) throws -> JSONValue {
        guard let bytes = try load?(address) else {
            throw GraphError(
                .unreadable,
                "loading remote context failed: \(name) needs the context <\(address.prefix(300))>, and nothing is fetched; "
                    + "give a file that holds it",
                subject: name
            )
        }
        guard let context = try json(bytes, name: address)["@context"] else {
            throw bad("invalid remote context", "<\(address)> holds no @context")
        }
        return context
    }
}
