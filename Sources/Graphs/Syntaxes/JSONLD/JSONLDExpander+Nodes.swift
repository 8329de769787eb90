// SPDX-License-Identifier: Apache-2.0
import Tokenization

/// https://www.w3.org/TR/json-ld11-api/#expansion-algorithm
extension JSONLDExpander {
    /// The expanded form of a document: an array of node objects.
    func expand(document: JSONValue) throws -> [JSONValue] {
        guard let expanded = try expand(document, of: nil, in: JSONLDContext(base: base)) else { return [] }
        if let object = expanded.object, object.count == 1, let graph = object["@graph"] { return Self.list(graph) }
        return Self.list(expanded)
    }

    static func list(_ value: JSONValue) -> [JSONValue] { value.array ?? [value] }

    /// Appends to what a key has, as an array.
    static func add(_ value: JSONValue, to object: inout JSONObject, _ key: String) {
        object[key] = .array((object[key].map(list) ?? []) + list(value))
    }

    func expand(
        _ element: JSONValue,
        of property: String?,
        in active: JSONLDContext,
        fromMap: Bool = false
    ) throws -> JSONValue? {
        switch element {
        case .null: return nil
        case .array(let items):
            let isList = property.flatMap { active.terms[$0] }?.container.contains("@list") ?? false
            var result: [JSONValue] = []
            for item in items {
                guard var expanded = try expand(item, of: property, in: active, fromMap: fromMap) else { continue }
                if isList, case .array = expanded { expanded = Self.asList(expanded) }
                result += Self.list(expanded)
            }
            return .array(result)
        case .object(let object):
            return try expand(object, of: property, in: active, fromMap: fromMap)
        default:
            guard let property, property != "@graph" else { return nil }
            let active = try scoped(active, to: property)
            return .object(try expand(value: element, of: property, in: active))
        }
    }

    private static func asList(_ value: JSONValue) -> JSONValue {
        var object = JSONObject()
        object["@list"] = .array(list(value))
        return .object(object)
    }

    /// The context within a property's values.
    private func scoped(_ active: JSONLDContext, to property: String?) throws -> JSONLDContext {
        guard let term = property.flatMap({ active.terms[$0] }), let context = term.context else { return active }
        return try process(context, in: active, ContextUse(base: term.contextBase, overridesProtected: true))
    }

    private func expand(
        _ element: JSONObject,
        of property: String?,
        in outer: JSONLDContext,
        fromMap: Bool
    ) throws -> JSONValue? {
        var active = outer
        if let previous = active.previous, !fromMap {
            // What a type's context says holds for its node, not for the nodes within.
            let keys = try element.keys.map { try expand(iri: $0, in: active, vocabulary: true) }
            if !keys.contains("@value"), keys != ["@id"] { active = previous.context }
        }
        if let term = property.flatMap({ outer.terms[$0] }), let context = term.context {
            active = try process(context, in: active, ContextUse(base: term.contextBase, overridesProtected: true))
        }
        if let context = element["@context"] { active = try process(context, in: active, ContextUse(base: base)) }
        let typeContext = active
        var inputType: String?
        for key in element.keys.sorted() where try expand(iri: key, in: active, vocabulary: true) == "@type" {
            let types = element[key].map(Self.list)?.compactMap(\.string) ?? []
            for type in types.sorted() {
                guard let term = typeContext.terms[type], let context = term.context else { continue }
                active = try process(context, in: active, ContextUse(base: term.contextBase, propagates: false))
            }
            if inputType == nil, let last = types.last {
                inputType = try expand(iri: last, in: active, vocabulary: true)
            }
        }
        var node = Node(property: property, active: active, typeContext: typeContext, inputType: inputType)
        try expandEntries(of: element, into: &node)
        return try finish(node.result, property)
    }

    /// The checks at the end, which tell values, sets and lists from nodes.
    private func finish(_ found: JSONObject, _ property: String?) throws -> JSONValue? {
        var result = found
        var isSetOfOthers: JSONValue?
        if let value = result["@value"] {
            let keys = Set(result.keys)
            guard keys.isSubset(of: ["@direction", "@index", "@language", "@type", "@value"]),
                !keys.contains("@type") || keys.isDisjoint(with: ["@language", "@direction"])
            else { throw bad("invalid value object", "a value with something else beside it") }
            let type = result["@type"]
            if type != .string("@json"), type != .array([.string("@json")]) {
                if case .null = value { return nil }
                if value.string == nil, keys.contains("@language") {
                    throw bad("invalid language-tagged value", "a value with a language that is no string")
                }
                if let type {
                    guard let iri = type.string, IRIReference.isAbsolute(iri),
                        !iri.unicodeScalars.contains(where: { NameCharacters.isForbiddenInIRI($0.value) })
                    else { throw bad("invalid typed value", "a value whose type is no IRI") }
                }
            }
        } else if let types = result["@type"], types.array == nil {
            result["@type"] = .array([types])
        } else if result["@set"] != nil || result["@list"] != nil {
            guard Set(result.keys).isSubset(of: ["@index", "@set", "@list"]), result.count < 3,
                result["@set"] == nil || result["@list"] == nil
            else { throw bad("invalid set or list object", "a set or list with something else beside it") }
            if let set = result["@set"] { isSetOfOthers = set }
        }
        if let set = isSetOfOthers { return set == .null ? nil : set }
        if result.count == 1, result["@language"] != nil { return nil }
        if property == nil || property == "@graph" {
            if result.count == 0 || result["@value"] != nil || result["@list"] != nil { return nil }
            if result.count == 1, result["@id"] != nil { return nil }
        }
        return .object(result)
    }

    /// https://www.w3.org/TR/json-ld11-api/#value-expansion
    func expand(value: JSONValue, of property: String, in active: JSONLDContext) throws -> JSONObject {
        let term = active.terms[property]
        var result = JSONObject()
        if let text = value.string, term?.type == "@id" || term?.type == "@vocab" {
            let id = try expand(iri: text, in: active, relative: true, vocabulary: term?.type == "@vocab")
            result["@id"] = id.map(JSONValue.string) ?? .null
            return result
        }
        result["@value"] = value
        if let type = term?.type, !["@id", "@vocab", "@none"].contains(type) {
            result["@type"] = .string(type)
        } else if value.string != nil {
            if let language = term?.language ?? active.language { result["@language"] = .string(language) }
            if let direction = term?.direction ?? active.direction { result["@direction"] = .string(direction) }
        }
        return result
    }
}
