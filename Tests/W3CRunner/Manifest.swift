// SPDX-License-Identifier: Apache-2.0
import Foundation
import Graphs

/// The triples of one file, by subject and predicate.
struct Facts {
    private var table: [Term: [(predicate: String, object: Term)]] = [:]
    private(set) var subjects: [Term] = []

    init(path: String) throws {
        let base = URL(filePath: path).absoluteString
        var table: [Term: [(predicate: String, object: Term)]] = [:]
        var subjects: [Term] = []
        try RDFReader(RDFSyntax(path: path) ?? .turtle, base: base).read(path: path) { quad in
            guard case .iri(let predicate) = quad.triple.predicate else { return }
            if table[quad.triple.subject] == nil { subjects.append(quad.triple.subject) }
            table[quad.triple.subject, default: []].append((predicate, quad.triple.object))
        }
        (self.table, self.subjects) = (table, subjects)
    }

    /// Values by the last part of the predicate's IRI.
    func all(_ subject: Term?, _ predicate: String) -> [Term] {
        guard let subject else { return [] }
        return (table[subject] ?? []).filter { $0.predicate.hasSuffix("#" + predicate) }.map(\.object)
    }

    func one(_ subject: Term?, _ predicate: String) -> Term? { all(subject, predicate).first }

    func list(_ head: Term?) -> [Term] {
        var (cell, items): (Term?, [Term]) = (head, [])
        while let here = cell, let item = one(here, "first") {
            items.append(item)
            cell = one(here, "rest")
        }
        return items
    }
}

extension Term {
    var text: String {
        switch self {
        case .iri(let iri): iri
        case .blank(let label): label
        case .literal(let literal): literal.lexical
        }
    }

    var path: String { URL(string: text)?.path ?? text }
}

struct Manifest {
    var tests: [ManifestTest] = []

    init(path: String) throws {
        let facts = try Facts(path: path)
        for head in facts.subjects.flatMap({ facts.all($0, "include") }) {
            for item in facts.list(head) { tests += try Manifest(path: item.path).tests }
        }
        let folder = URL(filePath: path).deletingLastPathComponent().lastPathComponent
        for head in facts.subjects.flatMap({ facts.all($0, "entries") }) {
            tests += facts.list(head).map { ManifestTest(facts, $0, folder: folder) }
        }
    }
}

struct ManifestTest {
    let facts: Facts
    let subject: Term
    let folder: String
    let kind: String
    let name: String
    let action: Term?
    let result: Term?

    init(_ facts: Facts, _ subject: Term, folder: String) {
        (self.facts, self.subject, self.folder) = (facts, subject, folder)
        (action, result) = (facts.one(subject, "action"), facts.one(subject, "result"))
        name = String(subject.text.split(separator: "#").last ?? "")
        let type = facts.all(subject, "type").first?.text.split(separator: "#").last ?? "QueryEvaluationTest"
        kind = String(type)
    }

    /// The address that a document of the suite is known by; where it matters, manifests say it themselves.
    private var base: String? {
        guard let action else { return nil }
        let file = URL(filePath: action.path).lastPathComponent
        if kind.hasPrefix("TestXML") {
            let folder = URL(filePath: action.path).deletingLastPathComponent().lastPathComponent
            return "http://www.w3.org/2013/RDFXMLTests/\(folder)/\(file)"
        }
        return kind.hasPrefix("TestTurtle")
            ? "http://www.w3.org/2013/TurtleTests/\(file)"
            : kind.hasPrefix("TestTrig") ? "http://www.w3.org/2013/TriGTests/\(file)" : nil
    }

    func run() -> (verdict: String, why: String) {
        do {
            return try runs() ? ("PASS", "") : ("FAIL", "another result")
        } catch let skip as Skip {
            return ("SKIP", skip.why)
        } catch {
            return ("FAIL", "\(error)")
        }
    }

    struct Skip: Error { let why: String }

    private func runs() throws -> Bool {
        guard let action else { throw Skip(why: "no action") }
        if kind.hasPrefix("TestTurtle") || kind.hasPrefix("TestTrig") || kind.hasPrefix("TestNTriples")
            || kind.hasPrefix("TestNQuads") || kind.hasPrefix("TestXML")
        {
            return try readsRDF(action)
        }
        switch kind {
        case "PositiveSyntaxTest", "PositiveSyntaxTest11":
            return (try? QueryText(text(action), base: action.text)) != nil
        case "NegativeSyntaxTest", "NegativeSyntaxTest11":
            return (try? QueryText(text(action), base: action.text)) == nil
        case "PositiveUpdateSyntaxTest11": return (try? UpdateText(text(action), base: action.text)) != nil
        case "NegativeUpdateSyntaxTest11": return (try? UpdateText(text(action), base: action.text)) == nil
        case "QueryEvaluationTest", "CSVResultFormatTest": return try answersQuery(action)
        case "UpdateEvaluationTest": return try updates(action)
        default: throw Skip(why: "not a test of queries")
        }
    }

    private func text(_ term: Term) throws -> String {
        String(decoding: try Data(contentsOf: URL(filePath: term.path)), as: UTF8.self)
    }

    private func readsRDF(_ action: Term) throws -> Bool {
        let dataset = MemoryDataset()
        if kind.contains("Negative") { return (try? load(action, into: dataset, base: base)) == nil }
        try load(action, into: dataset, base: base)
        guard kind.contains("Eval"), let result else { return true }
        let wanted = MemoryDataset()
        try load(result, into: wanted, base: nil)
        return try Isomorphism.holds(quads(dataset), quads(wanted))
    }

    private func load(_ file: Term, into dataset: MemoryDataset, base: String? = nil, graph: Term? = nil) throws {
        guard let syntax = RDFSyntax(path: file.path) else { throw Skip(why: "no syntax") }
        try RDFReader(syntax, base: base ?? file.text, scope: "b\(dataset.positions)x").read(path: file.path) { quad in
            try dataset.insert(Quad(quad.triple, graph: quad.graph ?? graph))
        }
    }

    private func quads(_ dataset: MemoryDataset) throws -> [Quad] {
        var quads: [Quad] = []
        try dataset.forEach(matching: QuadPattern()) {
            quads.append(try dataset.quad(of: $0))
            return true
        }
        return quads
    }

    // MARK: Queries and updates

    private func answersQuery(_ action: Term) throws -> Bool {
        guard folder != "entailment", folder != "service" else { throw Skip(why: folder) }
        guard let query = facts.one(action, "query"), let result else { throw Skip(why: "no query") }
        let dataset = MemoryDataset()
        for file in facts.all(action, "data") { try load(file, into: dataset) }
        for file in facts.all(action, "graphData") { try load(file, into: dataset, graph: file) }
        let queryText = try text(query)
        // FROM names files of the suite.
        for file in try Self.sources(queryText, query.text) where facts.all(action, "data").isEmpty {
            try load(file, into: dataset, graph: file)
        }
        let found = try SPARQL.query(queryText, over: dataset, base: query.text)
        let isOrdered = folder == "sort"
        return try Expectation(path: result.path).isMet(by: found, ordered: isOrdered)
    }

    private static func sources(_ query: String, _ base: String) throws -> [Term] {
        let pattern = try Regex("FROM\\s+(?:NAMED\\s+)?<([^>]*)>").ignoresCase()
        return Set(
            query.matches(of: pattern).compactMap { match -> Term? in
                guard let text = match.output[1].substring else { return nil }
                return URL(string: String(text), relativeTo: URL(string: base)).map { .iri($0.absoluteString) }
            }
        ).sorted { $0.text < $1.text }
    }

    private func updates(_ action: Term) throws -> Bool {
        guard let request = facts.one(action, "request") else { throw Skip(why: "no request") }
        let dataset = try graphs(action)
        do {
            try SPARQL.update(text(request), over: dataset, base: request.text)
        } catch let error as GraphError where error.code == .notFound {
            return false
        }
        guard let result else { throw Skip(why: "no result") }
        return try Isomorphism.holds(quads(dataset), quads(graphs(result)))
    }

    private func graphs(_ node: Term) throws -> MemoryDataset {
        let dataset = MemoryDataset()
        for file in facts.all(node, "data") { try load(file, into: dataset) }
        for named in facts.all(node, "graphData") {
            guard let file = facts.one(named, "graph"), let label = facts.one(named, "label") else { continue }
            try load(file, into: dataset, graph: .iri(label.text))
        }
        return dataset
    }
}
