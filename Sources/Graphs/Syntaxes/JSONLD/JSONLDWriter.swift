// SPDX-License-Identifier: Apache-2.0
import Tokenization

/// Writes quads as flattened JSON-LD in expanded form, lists as lists:
/// https://www.w3.org/TR/json-ld11-api/#serialize-rdf-as-json-ld-algorithm. It needs all quads before the first is out.
struct JSONLDWriter {
    /// A value of a property; a list's items are positions in the same table, so that nothing here nests.
    private enum Value {
        case term(Term)
        case list([Int])
    }

    private struct Node {
        var term: Term
        var types: [Term] = []
        var properties: [(predicate: String, values: [Int])] = []
        /// Whether it is a cell, and those that lead to it end at a node that is none.
        var isRooted = false
        var isPartOfList = false
        /// What refers to the node: the node, predicate and value.
        var uses: [(node: Int, predicate: String, value: Int)] = []
    }

    private struct Graph {
        var nodes: [Node] = []
        var numbers: [Term: Int] = [:]
    }

    private let output: (String) throws -> Void
    private var seen = Set<Quad>()
    private var values: [Value] = []
    /// How many graphs a blank node stands in.
    private var places: [Term: Int] = [:]
    private var graphs: [Term?: Graph] = [nil: Graph()]

    init(output: @escaping (String) throws -> Void) { self.output = output }

    mutating func write(_ quad: Quad) {
        guard seen.insert(quad).inserted else { return }
        if let graph = quad.graph { _ = number(graph, in: nil) }
        let node = number(quad.triple.subject, in: quad.graph)
        guard case .iri(let predicate) = quad.triple.predicate else { return }
        let object = quad.triple.object
        var target: Int?
        if case .literal = object {} else { target = number(object, in: quad.graph) }
        if predicate == RDF.type, target != nil {
            graphs[quad.graph]?.nodes[node].types.append(object)
            // A node that has been a type is no cell of a list.
            if let target { graphs[quad.graph]?.nodes[target].uses.append((node, predicate, -1)) }
            return
        }
        values.append(.term(object))
        let value = values.count - 1
        if let index = graphs[quad.graph]?.nodes[node].properties.lastIndex(where: { $0.predicate == predicate }) {
            graphs[quad.graph]?.nodes[node].properties[index].values.append(value)
        } else {
            graphs[quad.graph]?.nodes[node].properties.append((predicate, [value]))
        }
        if let target { graphs[quad.graph]?.nodes[target].uses.append((node, predicate, value)) }
    }

    private mutating func number(_ term: Term, in graph: Term?) -> Int {
        if let known = graphs[graph]?.numbers[term] { return known }
        let number = graphs[graph]?.nodes.count ?? 0
        graphs[graph, default: Graph()].nodes.append(Node(term: term))
        graphs[graph]?.numbers[term] = number
        if case .blank = term { places[term, default: 0] += 1 }
        return number
    }

    mutating func finish() throws {
        for name in graphs.keys { makeLists(in: name) }
        try output("[")
        var isFirst = true
        // What is written can be read again.
        let deepest = JSONLDExpander.depthLimit - 1
        for node in graphs[nil]?.nodes ?? [] where !node.isPartOfList {
            var object = try self.object(of: node)
            if let graph = graphs[node.term] {
                let inner = graph.nodes.filter { !$0.isPartOfList && Self.saysSomething($0) }
                object["@graph"] = .array(try inner.map { .object(try self.object(of: $0)) })
            } else if !Self.saysSomething(node) {
                continue
            }
            try output((isFirst ? "\n" : ",\n") + JSONValue.object(object).canonicalText(maximumDepth: deepest))
            isFirst = false
        }
        try output("\n]\n")
        (graphs, values, seen, places) = ([nil: Graph()], [], [], [:])
    }

    private static func saysSomething(_ node: Node) -> Bool { !node.types.isEmpty || !node.properties.isEmpty }

    /// Chains of cells that end with `rdf:nil` and that nothing else refers to become lists.
    private mutating func makeLists(in name: Term?) {
        guard var graph = graphs.removeValue(forKey: name) else { return }
        defer { graphs[name] = graph }
        guard let end = graph.numbers[.iri(RDF.nil)] else { return }
        findRoots(in: &graph)
        for var use in graph.nodes[end].uses where use.value >= 0 {
            var items: [Int] = []
            while use.predicate == RDF.rest, graph.nodes[use.node].isRooted, let item = item(of: graph.nodes[use.node])
            {
                items.append(item)
                graph.nodes[use.node].isPartOfList = true
                use = graph.nodes[use.node].uses[0]
            }
            values[use.value] = .list(items.reversed())
        }
    }

    /// Lists that are in one another in a circle are none that JSON could hold.
    private func findRoots(in graph: inout Graph) {
        var isKnown = [Bool](repeating: false, count: graph.nodes.count)
        for start in graph.nodes.indices where !isKnown[start] {
            var path: [Int] = []
            var here = start
            while !isKnown[here], item(of: graph.nodes[here]) != nil {
                isKnown[here] = true
                path.append(here)
                here = graph.nodes[here].uses[0].node
            }
            let isRooted = graph.nodes[here].isRooted || item(of: graph.nodes[here]) == nil
            isKnown[here] = true
            for cell in path { graph.nodes[cell].isRooted = isRooted }
        }
    }

    /// The item of a node that is nothing but a cell, to which one value refers.
    private func item(of node: Node) -> Int? {
        guard case .blank = node.term, places[node.term] == 1, node.uses.count == 1, node.uses[0].value >= 0,
            node.types.isEmpty || node.types == [.iri(RDF.namespace + "List")], node.properties.count == 2,
            let first = node.properties.first(where: { $0.predicate == RDF.first }), first.values.count == 1,
            let rest = node.properties.first(where: { $0.predicate == RDF.rest }), rest.values.count == 1
        else { return nil }
        return first.values[0]
    }

    private func object(of node: Node) throws -> JSONObject {
        var object = JSONObject()
        object["@id"] = .string(Self.name(node.term))
        if !node.types.isEmpty { object["@type"] = .array(node.types.map { .string(Self.name($0)) }) }
        for (predicate, values) in node.properties {
            object[predicate] = .array(try values.map { try json($0, depth: 0) })
        }
        return object
    }

    private static func name(_ term: Term) -> String {
        switch term {
        case .iri(let iri): iri
        case .blank(let label): "_:" + label
        case .literal(let literal): literal.lexical
        }
    }

    private func json(_ value: Int, depth: Int) throws -> JSONValue {
        guard depth < 24 else { throw GraphError(.limit, "lists that nest more than 24 deep; choose another syntax") }
        var object = JSONObject()
        switch values[value] {
        case .list(let items): object["@list"] = .array(try items.map { try json($0, depth: depth + 1) })
        case .term(.literal(let literal)) where literal.datatype == RDF.json:
            guard let parsed = try? JSONValue(parsing: Array(literal.lexical.utf8), maximumDepth: 64) else {
                throw GraphError(
                    .badSyntax,
                    "invalid JSON literal: `\(literal.lexical.prefix(200))`; choose another syntax"
                )
            }
            object["@type"] = .string("@json")
            object["@value"] = parsed
        case .term(.literal(let literal)):
            object["@value"] = .string(literal.lexical)
            if let language = literal.language {
                object["@language"] = .string(language)
            } else if literal.datatype != XSD.string {
                object["@type"] = .string(literal.datatype)
            }
        case .term(let term): object["@id"] = .string(Self.name(term))
        }
        return .object(object)
    }
}
