// SPDX-License-Identifier: Apache-2.0
import Tokenization

/// Steps 13 and 14 of https://www.w3.org/TR/json-ld11-api/#expansion-algorithm: the entries of an object.
extension JSONLDExpander {
    /// A node while its entries are expanded.
    struct Node {
        let property: String?
        var active: JSONLDContext
        let typeContext: JSONLDContext
        let inputType: String?
        var result = JSONObject()
    }

    func expandEntries(of element: JSONObject, into node: inout Node) throws {
        var nests: [String] = []
        for key in element.keys.sorted() where key != "@context" {
            guard let value = element[key], let name = try expand(iri: key, in: node.active, vocabulary: true) else {
                continue
            }
            if JSONLDKeyword.contains(name) {
                if name == "@nest" {
                    nests.append(key)
                } else {
                    try expandKeyword(name, value, into: &node)
                }
            } else if name.contains(":") {
                try expandProperty(key, name, value, into: &node)
            }
        }
        for key in nests {
            let outer = node.active
            if let term = outer.terms[key], let context = term.context {
                let use = ContextUse(base: term.contextBase, overridesProtected: true)
                node.active = try process(context, in: outer, use)
            }
            for nested in element[key].map(Self.list) ?? [] {
                guard let object = nested.object else { throw bad("invalid @nest value", "`\(key)` is no object") }
                for inner in object.keys where try expand(iri: inner, in: node.active, vocabulary: true) == "@value" {
                    throw bad("invalid @nest value", "`\(key)` holds a value")
                }
                try expandEntries(of: object, into: &node)
            }
            node.active = outer
        }
    }

    private func expandKeyword(_ name: String, _ value: JSONValue, into node: inout Node) throws {
        guard node.property != "@reverse" else { throw bad("invalid reverse property map", "\(name) in @reverse") }
        guard node.result[name] == nil || name == "@included" || name == "@type" else {
            throw bad("colliding keywords", "\(name) twice")
        }
        switch name {
        case "@id":
            guard let text = value.string else { throw bad("invalid @id value", "an @id that is no string") }
            node.result[name] = try expand(iri: text, in: node.active, relative: true).map(JSONValue.string) ?? .null
        case "@type":
            var types: [JSONValue] = []
            for type in Self.list(value) {
                guard let text = type.string else { throw bad("invalid type value", "a @type that is no string") }
                let iri = try expand(iri: text, in: node.typeContext, relative: true, vocabulary: true)
                if let iri { types.append(.string(iri)) }
            }
            let isOne = value.array == nil && types.count == 1 && node.result[name] == nil
            if isOne { node.result[name] = types[0] } else { Self.add(.array(types), to: &node.result, name) }
        case "@graph":
            node.result[name] = .array(try expand(value, of: name, in: node.active).map(Self.list) ?? [])
        case "@included":
            let included = try expand(value, of: nil, in: node.active).map(Self.list) ?? []
            guard !included.isEmpty, included.allSatisfy(Self.isNode) else {
                throw bad("invalid @included value", "@included holds something that is no node")
            }
            Self.add(.array(included), to: &node.result, name)
        case "@value":
            if node.inputType != "@json" {
                guard value.array == nil, value.object == nil else {
                    throw bad("invalid value object value", "a @value that is an array or an object")
                }
            }
            node.result[name] = value
        case "@language":
            guard value.string != nil else {
                throw bad("invalid language-tagged string", "a @language that is no string")
            }
            node.result[name] = value
        case "@direction":
            guard case .string = value else { throw bad("invalid base direction", "a @direction that is no string") }
            node.result[name] = try direction(value).map(JSONValue.string)
        case "@index":
            guard value.string != nil else { throw bad("invalid @index value", "an @index that is no string") }
            node.result[name] = value
        case "@list":
            guard let property = node.property, property != "@graph" else { return }
            node.result[name] = .array(try expand(value, of: property, in: node.active).map(Self.list) ?? [])
        case "@set":
            node.result[name] = try expand(value, of: node.property, in: node.active) ?? .null
        case "@reverse":
            try expandReverse(value, into: &node)
        default: break
        }
    }

    static func isNode(_ value: JSONValue) -> Bool {
        guard let object = value.object else { return false }
        return object["@value"] == nil && object["@list"] == nil && object["@set"] == nil
    }

    private func expandReverse(_ value: JSONValue, into node: inout Node) throws {
        guard value.object != nil else { throw bad("invalid @reverse value", "a @reverse that is no object") }
        guard let expanded = try expand(value, of: "@reverse", in: node.active)?.object else { return }
        for (key, values) in expanded["@reverse"]?.object ?? JSONObject() {
            Self.add(values, to: &node.result, key)
        }
        for (key, values) in expanded where key != "@reverse" { try addReverse(key, values, to: &node) }
    }

    private func addReverse(_ name: String, _ values: JSONValue, to node: inout Node) throws {
        guard Self.list(values).allSatisfy(Self.isNode) else {
            throw bad("invalid reverse property value", "a value or list where a node should be")
        }
        var map = node.result["@reverse"]?.object ?? JSONObject()
        Self.add(values, to: &map, name)
        node.result["@reverse"] = .object(map)
    }

    private func expandProperty(_ key: String, _ name: String, _ value: JSONValue, into node: inout Node) throws {
        let term = node.active.terms[key]
        let container = term?.container ?? []
        var expanded: JSONValue?
        if term?.type == "@json" {
            var literal = JSONObject()
            literal["@value"] = value
            literal["@type"] = .string("@json")
            expanded = .object(literal)
        } else if container.contains("@language"), let map = value.object {
            expanded = .array(try expandLanguages(map, term, node.active))
        } else if !container.isDisjoint(with: ["@index", "@type", "@id"]), let map = value.object, let term {
            expanded = .array(try expandMap(map, key, term, node.active))
        } else {
            expanded = try expand(value, of: key, in: node.active)
        }
        guard var expanded else { return }
        if container.contains("@list"), expanded["@list"] == nil {
            var list = JSONObject()
            list["@list"] = .array(Self.list(expanded))
            expanded = .object(list)
        }
        if container.contains("@graph"), container.isDisjoint(with: ["@id", "@index"]) {
            expanded = .array(Self.list(expanded).map(Self.asGraph))
        }
        if term?.isReverse == true {
            try addReverse(name, expanded, to: &node)
        } else {
            Self.add(expanded, to: &node.result, name)
        }
    }

    private static func asGraph(_ value: JSONValue) -> JSONValue {
        var graph = JSONObject()
        graph["@graph"] = .array(list(value))
        return .object(graph)
    }

    private func expandLanguages(_ map: JSONObject, _ term: JSONLDTerm?, _ active: JSONLDContext) throws
        -> [JSONValue]
    {
        var result: [JSONValue] = []
        let direction = term?.direction ?? active.direction
        for language in map.keys.sorted() {
            for item in map[language].map(Self.list) ?? [] where item != .null {
                guard item.string != nil else {
                    throw bad("invalid language map value", "the value of `\(language)` is no string")
                }
                var value = JSONObject()
                value["@value"] = item
                if try expand(iri: language, in: active, vocabulary: true) != "@none" {
                    value["@language"] = .string(language)
                }
                if let direction { value["@direction"] = .string(direction) }
                result.append(.object(value))
            }
        }
        return result
    }

    /// Values by index, id or type.
    private func expandMap(_ map: JSONObject, _ key: String, _ term: JSONLDTerm, _ active: JSONLDContext) throws
        -> [JSONValue]
    {
        var result: [JSONValue] = []
        let container = term.container
        let indexKey = term.index ?? "@index"
        for index in map.keys.sorted() {
            guard let value = map[index] else { continue }
            var inner = active
            if !container.isDisjoint(with: ["@id", "@type"]) { inner = active.previous?.context ?? active }
            if container.contains("@type"), let typed = inner.terms[index], let context = typed.context {
                let use = ContextUse(base: typed.contextBase, propagates: false)
                inner = try process(context, in: inner, use)
            }
            let name = try expand(iri: index, in: active, vocabulary: true)
            let items = try expand(.array(Self.list(value)), of: key, in: inner, fromMap: true).map(Self.list) ?? []
            for item in items {
                var item = item
                if container.contains("@graph"), item["@graph"] == nil { item = Self.asGraph(item) }
                guard case .object(var object) = item else { continue }
                if name != "@none" { try setIndex(index, name, indexKey, container, &object, active) }
                result.append(.object(object))
            }
        }
        return result
    }

    private func setIndex(
        _ index: String,
        _ name: String?,
        _ key: String,
        _ container: Set<String>,
        _ object: inout JSONObject,
        _ active: JSONLDContext
    ) throws {
        if container.contains("@index"), key != "@index" {
            let value = try expand(value: .string(index), of: key, in: active)
            guard let property = try expand(iri: key, in: active, vocabulary: true) else { return }
            object[property] = .array([.object(value)] + (object[property].map(Self.list) ?? []))
            guard object["@value"] == nil else {
                throw bad("invalid value object", "an index that is a property, of a value")
            }
        } else if container.contains("@index") {
            if object["@index"] == nil { object["@index"] = .string(index) }
        } else if container.contains("@id") {
            guard object["@id"] == nil else { return }
            object["@id"] = try expand(iri: index, in: active, relative: true).map(JSONValue.string) ?? .null
        } else if container.contains("@type") {
            let types = name.map { [JSONValue.string($0)] } ?? []
            object["@type"] = .array(types + (object["@type"].map(Self.list) ?? []))
        }
    }
}
