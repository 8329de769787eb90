// SPDX-License-Identifier: Apache-2.0
import Tokenization

/// https://www.w3.org/TR/json-ld11-api/#create-term-definition
extension JSONLDExpander {
    /// The terms of one context while they are defined, which may need one another.
    struct Definitions {
        let local: JSONObject
        let use: ContextUse
        /// false: a term that is being defined.
        var isDone: [String: Bool] = [:]
    }

    private static let entries: Set<String> = [
        "@id", "@reverse", "@container", "@context", "@direction", "@index", "@language", "@nest", "@prefix",
        "@protected", "@type",
    ]

    func define(_ name: String, in active: inout JSONLDContext, _ definitions: inout Definitions) throws {
        if let isDone = definitions.isDone[name] {
            guard isDone else { throw bad("cyclic IRI mapping", "the term `\(name)` is defined by itself") }
            return
        }
        guard !name.isEmpty else { throw bad("invalid term definition", "a term is the empty string") }
        definitions.isDone[name] = false
        dependencies += 1
        defer { dependencies -= 1 }
        guard dependencies <= Self.dependencyLimit else {
            throw GraphError(
                .limit,
                "more than \(Self.dependencyLimit) terms that are defined by one another, \(self.name)",
                subject: self.name
            )
        }
        guard let value = definitions.local[name] else { return }
        if name == "@type" {
            guard let object = value.object, object.count > 0,
                object.keys.allSatisfy({ ["@container", "@protected"].contains($0) }),
                object["@container"].map({ $0 == .string("@set") || $0 == .array([.string("@set")]) }) ?? true
            else { throw bad("keyword redefinition", "@type is given another meaning") }
        } else if JSONLDKeyword.contains(name) {
            throw bad("keyword redefinition", "\(name) is given another meaning")
        } else if JSONLDKeyword.resembles(name) {
            return
        }
        let previous = active.terms.removeValue(forKey: name)
        var isSimple = false
        var entries = JSONObject()
        switch value {
        case .null: entries["@id"] = .null
        case .string:
            entries["@id"] = value
            isSimple = true
        case .object(let object): entries = object
        default: throw bad("invalid term definition", "the term `\(name)` is neither a string nor an object")
        }
        var term = JSONLDTerm()
        term.isProtected = try flag("@protected", of: entries) ?? definitions.local["@protected"]?.bool ?? false
        try setType(of: &term, name, entries, &active, &definitions)
        if entries["@reverse"] != nil {
            guard try setReverse(of: &term, entries, &active, &definitions) else { return }
            try setIndex(of: &term, name, entries, &active, &definitions)
        } else {
            guard try setIRI(of: &term, name, entries, isSimple, &active, &definitions) else { return }
            try setContainer(of: &term, entries)
            try setIndex(of: &term, name, entries, &active, &definitions)
            try setRest(of: &term, name, entries, &active, &definitions)
        }
        for key in entries.keys where !Self.entries.contains(key) {
            throw bad("invalid term definition", "`\(key)` in the term `\(name)`")
        }
        if let previous, previous.isProtected, !definitions.use.overridesProtected {
            var same = term
            same.isProtected = previous.isProtected
            guard same == previous else { throw bad("protected term redefinition", "the term `\(name)` is protected") }
            term = previous
        }
        active.terms[name] = term
        definitions.isDone[name] = true
    }

    private func flag(_ key: String, of entries: JSONObject) throws -> Bool? {
        guard let value = entries[key] else { return nil }
        guard let flag = value.bool else { throw bad("invalid \(key) value", "\(key) is neither true nor false") }
        return flag
    }

    private func setType(
        of term: inout JSONLDTerm,
        _ name: String,
        _ entries: JSONObject,
        _ active: inout JSONLDContext,
        _ definitions: inout Definitions
    ) throws {
        guard let value = entries["@type"] else { return }
        guard let text = value.string,
            let type = try expand(iri: text, in: &active, vocabulary: true, &definitions),
            ["@id", "@json", "@none", "@vocab"].contains(type) || IRIReference.isAbsolute(type)
        else { throw bad("invalid type mapping", "the type of the term `\(name)` is no IRI") }
        term.type = type
    }

    /// False: the term is ignored.
    private func setReverse(
        of term: inout JSONLDTerm,
        _ entries: JSONObject,
        _ active: inout JSONLDContext,
        _ definitions: inout Definitions
    ) throws -> Bool {
        guard entries["@id"] == nil, entries["@nest"] == nil else {
            throw bad("invalid reverse property", "@reverse beside @id or @nest")
        }
        guard let text = entries["@reverse"]?.string else { throw bad("invalid IRI mapping", "@reverse is no string") }
        if JSONLDKeyword.resembles(text) { return false }
        guard let id = try expand(iri: text, in: &active, vocabulary: true, &definitions), id.contains(":") else {
            throw bad("invalid IRI mapping", "`\(text)` is no IRI")
        }
        (term.id, term.isReverse) = (id, true)
        switch entries["@container"] {
        case nil, .null: break
        case .string(let kind) where ["@set", "@index"].contains(kind): term.container = [kind]
        default: throw bad("invalid reverse property", "a container other than @set and @index")
        }
        return true
    }

    /// False: the term is ignored.
    private func setIRI(
        of term: inout JSONLDTerm,
        _ name: String,
        _ entries: JSONObject,
        _ isSimple: Bool,
        _ active: inout JSONLDContext,
        _ definitions: inout Definitions
    ) throws -> Bool {
        if let value = entries["@id"], value != .string(name) {
            if case .null = value { return true }
            guard let text = value.string else { throw bad("invalid IRI mapping", "the @id of `\(name)` is no string") }
            if !JSONLDKeyword.contains(text), JSONLDKeyword.resembles(text) { return false }
            guard let id = try expand(iri: text, in: &active, vocabulary: true, &definitions),
                JSONLDKeyword.contains(id) || id.contains(":")
            else { throw bad("invalid IRI mapping", "the @id of `\(name)` is no IRI") }
            guard id != "@context" else { throw bad("invalid keyword alias", "`\(name)` for @context") }
            term.id = id
            let isCompact = name.dropFirst().dropLast().contains(":")
            if isCompact || name.contains("/") {
                definitions.isDone[name] = true
                guard try expand(iri: name, in: &active, vocabulary: true, &definitions) == id else {
                    throw bad("invalid IRI mapping", "the term `\(name)` is an IRI, and stands for another one")
                }
            } else if !name.contains(":"), isSimple {
                term.isPrefix = id.hasPrefix("_:") || id.last.map { ":/?#[]@".contains($0) } ?? false
            }
        } else if let colon = name.dropFirst().firstIndex(of: ":") {
            let prefix = String(name[..<colon])
            if definitions.local[prefix] != nil { try define(prefix, in: &active, &definitions) }
            term.id = active.terms[prefix]?.id.map { $0 + name[colon...].dropFirst() } ?? name
        } else if name.contains("/") {
            guard let id = try expand(iri: name, in: &active, vocabulary: true), id.contains(":") else {
                throw bad("invalid IRI mapping", "the term `\(name)` is no IRI")
            }
            term.id = id
        } else if name == "@type" {
            term.id = name
        } else {
            guard let vocabulary = active.vocabulary else {
                throw bad("invalid IRI mapping", "the term `\(name)` has no @id, and there is no @vocab")
            }
            term.id = vocabulary + name
        }
        return true
    }

    private func setContainer(of term: inout JSONLDTerm, _ entries: JSONObject) throws {
        guard let value = entries["@container"] else { return }
        let kinds = (value.array ?? [value]).compactMap(\.string)
        let rest = Set(kinds).subtracting(["@set"])
        let isKnown =
            kinds.count == (value.array?.count ?? 1) && Set(kinds).count == kinds.count && !kinds.isEmpty
            && (rest.isEmpty || rest == ["@graph", "@id"] || rest == ["@graph", "@index"]
                || (rest.count == 1 && (rest.isSubset(of: ["@graph", "@id", "@index", "@language", "@type"]))
                    || kinds == ["@list"]))
        guard isKnown else { throw bad("invalid container mapping", "a @container that there is not") }
        term.container = Set(kinds)
        if term.container.contains("@type") {
            term.type = term.type ?? "@id"
            guard ["@id", "@vocab"].contains(term.type) else {
                throw bad("invalid type mapping", "a container of types with a @type other than @id and @vocab")
            }
        }
    }

    private func setIndex(
        of term: inout JSONLDTerm,
        _ name: String,
        _ entries: JSONObject,
        _ active: inout JSONLDContext,
        _ definitions: inout Definitions
    ) throws {
        guard let value = entries["@index"] else { return }
        guard term.container.contains("@index"), let index = value.string,
            let expanded = try expand(iri: index, in: &active, vocabulary: true, &definitions),
            IRIReference.isAbsolute(expanded)
        else { throw bad("invalid term definition", "the @index of `\(name)` is no IRI, or not of a container") }
        term.index = index
    }

    private func setRest(
        of term: inout JSONLDTerm,
        _ name: String,
        _ entries: JSONObject,
        _ active: inout JSONLDContext,
        _ definitions: inout Definitions
    ) throws {
        if let context = entries["@context"] {
            var use = ContextUse(base: definitions.use.base, remote: definitions.use.remote)
            (use.overridesProtected, use.validatesScoped) = (true, false)
            do {
                _ = try process(context, in: active, use)
            } catch let error as GraphError where error.code == .badSyntax {
                throw bad("invalid scoped context", error.message)
            }
            (term.context, term.contextBase) = (context, definitions.use.base)
        }
        if let value = entries["@language"], entries["@type"] == nil {
            guard value == .null || value.string != nil else {
                throw bad("invalid language mapping", "the @language of `\(name)` is no string")
            }
            term.language = .some(value.string)
        }
        if let value = entries["@direction"], entries["@type"] == nil { term.direction = .some(try direction(value)) }
        if let value = entries["@nest"] {
            guard let nest = value.string, nest == "@nest" || !JSONLDKeyword.contains(nest) else {
                throw bad("invalid @nest value", "the @nest of `\(name)` is no term")
            }
            term.nest = nest
        }
        if entries["@prefix"] != nil {
            guard !name.contains(":"), !name.contains("/") else {
                throw bad("invalid term definition", "`\(name)` cannot be a prefix")
            }
            term.isPrefix = try flag("@prefix", of: entries) ?? false
            if term.isPrefix, let id = term.id, JSONLDKeyword.contains(id) {
                throw bad("invalid term definition", "`\(name)` stands for a keyword and cannot be a prefix")
            }
        }
    }
}
