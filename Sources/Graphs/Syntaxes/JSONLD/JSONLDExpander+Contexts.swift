// SPDX-License-Identifier: Apache-2.0
import Tokenization

/// https://www.w3.org/TR/json-ld11-api/#context-processing-algorithm
extension JSONLDExpander {
    /// How a context is taken up.
    struct ContextUse {
        /// What its references are relative to.
        var base: String?
        /// The contexts that led here by their addresses.
        var remote: [String] = []
        var overridesProtected = false
        var propagates = true
        /// Whether the contexts within terms are looked at too.
        var validatesScoped = true
    }

    private static let settings: Set<String> = [
        "@base", "@direction", "@import", "@language", "@propagate", "@protected", "@version", "@vocab",
    ]

    func process(_ local: JSONValue, in active: JSONLDContext, _ use: ContextUse) throws -> JSONLDContext {
        var result = active
        var propagates = use.propagates
        if let said = local["@propagate"]?.bool { propagates = said }
        if !propagates, result.previous == nil { result.previous = JSONLDContext.Previous(active) }
        for context in local.array ?? [local] {
            switch context {
            case .null:
                if !use.overridesProtected, let term = result.terms.first(where: { $0.value.isProtected }) {
                    throw bad("invalid context nullification", "the term `\(term.key)` is protected")
                }
                let previous = result.previous ?? JSONLDContext.Previous(result)
                result = JSONLDContext(base: base)
                if !propagates { result.previous = previous }
            case .string(let reference):
                try processRemote(reference, &result, use)
            case .object(let object):
                try process(object, &result, use)
            default: throw bad("invalid local context", "a context is neither null, a string nor an object")
            }
        }
        return result
    }

    private func processRemote(_ reference: String, _ result: inout JSONLDContext, _ use: ContextUse) throws {
        let address = try self.address(reference, use)
        if !use.validatesScoped, use.remote.contains(address) { return }
        guard use.remote.count < 32 else {
            throw bad("context overflow", "more than 32 contexts that lead to one another")
        }
        var next = use
        next.remote.append(address)
        next.base = address
        next.propagates = true
        result = try process(remoteContext(address), in: result, next)
    }

    private func address(_ reference: String, _ use: ContextUse) throws -> String {
        guard let address = IRIBase(use.base ?? base).resolve(reference) else {
            throw bad("loading document failed", "the context `\(reference)` is relative, and there is no base")
        }
        return address
    }

    private func process(_ object: JSONObject, _ result: inout JSONLDContext, _ use: ContextUse) throws {
        var context = object
        if let version = context["@version"], version.number != 1.1 {
            throw bad("invalid @version value", "@version is not 1.1")
        }
        if let source = context["@import"] {
            guard let reference = source.string else { throw bad("invalid @import value", "@import is no string") }
            guard case .object(var imported) = try remoteContext(address(reference, use)) else {
                throw bad("invalid remote context", "`\(reference)` holds no context that is an object")
            }
            guard imported["@import"] == nil else { throw bad("invalid context entry", "@import in what is imported") }
            for (key, value) in context { imported[key] = value }
            context = imported
        }
        try setDefaults(context, &result, use)
        if let propagate = context["@propagate"], propagate.bool == nil {
            throw bad("invalid @propagate value", "@propagate is neither true nor false")
        }
        if let protected = context["@protected"], protected.bool == nil {
            throw bad("invalid @protected value", "@protected is neither true nor false")
        }
        var definitions = Definitions(local: context, use: use)
        for key in context.keys where !Self.settings.contains(key) {
            try define(key, in: &result, &definitions)
        }
    }

    private func setDefaults(_ context: JSONObject, _ result: inout JSONLDContext, _ use: ContextUse) throws {
        if let value = context["@base"], use.remote.isEmpty {
            if case .null = value {
                result.base = nil
            } else {
                guard let text = value.string, let resolved = IRIBase(result.base).resolve(text) else {
                    throw bad("invalid base IRI", "@base is no IRI, or relative without a base")
                }
                result.base = IRIReference.isAbsolute(text) ? text : resolved
            }
        }
        if let value = context["@vocab"] {
            if case .null = value {
                result.vocabulary = nil
            } else {
                guard let text = value.string,
                    let expanded = try expand(iri: text, in: &result, relative: true, vocabulary: true),
                    !JSONLDKeyword.contains(expanded)
                else { throw bad("invalid vocab mapping", "@vocab is no IRI") }
                result.vocabulary = expanded
            }
        }
        if let value = context["@language"] {
            guard value == .null || value.string != nil else {
                throw bad("invalid default language", "@language is no string")
            }
            result.language = value.string
        }
        if let value = context["@direction"] {
            result.direction = try direction(value)
        }
    }

    func direction(_ value: JSONValue) throws -> String? {
        if case .null = value { return nil }
        guard let text = value.string, ["ltr", "rtl"].contains(text) else {
            throw bad("invalid base direction", "@direction is neither \"ltr\", \"rtl\" nor null")
        }
        return text
    }

    // MARK: - IRIs

    /// https://www.w3.org/TR/json-ld11-api/#iri-expansion; nil: it is to be ignored.
    func expand(iri text: String, in active: JSONLDContext, relative: Bool = false, vocabulary: Bool = false)
        throws -> String?
    {
        var active = active
        return try expand(iri: text, in: &active, relative: relative, vocabulary: vocabulary)
    }

    func expand(iri text: String, in active: inout JSONLDContext, relative: Bool = false, vocabulary: Bool = false)
        throws -> String?
    {
        var none = Definitions(local: JSONObject(), use: ContextUse())
        return try expand(iri: text, in: &active, relative: relative, vocabulary: vocabulary, &none)
    }

    func expand(
        iri text: String,
        in active: inout JSONLDContext,
        relative: Bool = false,
        vocabulary: Bool = false,
        _ definitions: inout Definitions
    ) throws -> String? {
        if JSONLDKeyword.contains(text) { return text }
        if JSONLDKeyword.resembles(text) { return nil }
        if definitions.local[text] != nil, definitions.isDone[text] != true {
            try define(text, in: &active, &definitions)
        }
        if let term = active.terms[text] {
            if let id = term.id, JSONLDKeyword.contains(id) { return id }
            if vocabulary { return term.id }
        }
        if let colon = text.dropFirst().firstIndex(of: ":") {
            let (prefix, suffix) = (String(text[..<colon]), text[colon...].dropFirst())
            if prefix == "_" || suffix.hasPrefix("//") { return text }
            if definitions.local[prefix] != nil, definitions.isDone[prefix] != true {
                try define(prefix, in: &active, &definitions)
            }
            if let term = active.terms[prefix], term.isPrefix, let id = term.id { return id + suffix }
            if IRIReference.isAbsolute(text) { return text }
        }
        if vocabulary, let vocabulary = active.vocabulary { return vocabulary + text }
        return relative ? active.resolve(text) : text
    }
}
