// SPDX-License-Identifier: Apache-2.0
import Foundation
import FoundationXML
import Graphs

/// What a query should find, as a file of the suite says it.
struct Expectation {
    /// The variable that the place of a solution is under, where the order matters and the file tells it.
    private static let place = " place"

    private enum Kind {
        case boolean(Bool)
        case rows([[String: Term]])
        case lexical([[Term?]])
        case graph([Quad])
    }

    private let kind: Kind
    /// The format of the file; what a query finds is written in it and read again before it is compared.
    private var format: QueryResultFormat?

    init(path: String) throws {
        let data = try Data(contentsOf: URL(filePath: path))
        switch URL(filePath: path).pathExtension {
        case "srx", "srj", "csv", "tsv": (kind, format) = try Self.read(data, String(URL(filePath: path).pathExtension))
        case "ttl", "nt", "rdf":
            let facts = try Facts(path: path)
            if let set = facts.subjects.first(where: { facts.one($0, "type")?.text.hasSuffix("#ResultSet") ?? false }) {
                if let value = facts.one(set, "boolean") {
                    kind = .boolean(value.text == "true")
                } else {
                    kind = .rows(
                        facts.all(set, "solution").map { solution in
                            let pairs = facts.all(solution, "binding").compactMap { binding -> (String, Term)? in
                                guard let name = facts.one(binding, "variable"), let value = facts.one(binding, "value")
                                else {
                                    return nil
                                }
                                return (name.text, value)
                            }
                            let places = facts.all(solution, "index").map { (Self.place, $0) }
                            return Dictionary(pairs + places) { first, _ in first }
                        }
                    )
                }
            } else {
                var quads: [Quad] = []
                try RDFReader(RDFSyntax(path: path) ?? .turtle, base: URL(filePath: path).absoluteString)
                    .read(path: path) { quads.append($0) }
                kind = .graph(quads)
            }
        default: throw ManifestTest.Skip(why: "a result in another syntax")
        }
    }

    private static func read(_ data: Data, _ ending: String) throws -> (Kind, QueryResultFormat) {
        switch ending {
        case "srj": return (try json(data), .json)
        case "csv", "tsv":
            let isCSV = ending == "csv"
            return (try table(String(decoding: data, as: UTF8.self), isCSV: isCSV), isCSV ? .csv : .tsv)
        default:
            let reader = XMLResults()
            let parser = XMLParser(data: data)
            parser.delegate = reader
            _ = parser.parse()
            return (reader.boolean.map { .boolean($0) } ?? .rows(reader.rows), .xml)
        }
    }

    func isMet(by result: QueryResult, ordered: Bool) throws -> Bool {
        if let format {
            let ending = format == .xml ? "srx" : format == .json ? "srj" : format.rawValue
            switch (kind, try Self.read(Data(result.text(as: format).utf8), ending).0) {
            case (.boolean(let wanted), .boolean(let found)): return wanted == found
            case (.lexical(let wanted), .lexical(let found)): return Isomorphism.holds(found, wanted)
            case (.rows(let wanted), .rows(let found)):
                let names = Set((wanted + found).flatMap(\.keys)).sorted()
                return Isomorphism.holds(
                    found.map { row in names.map { row[$0] } },
                    wanted.map { row in names.map { row[$0] } }
                )
            default: return false
            }
        }
        switch (kind, result) {
        case (.boolean(let wanted), .boolean(let found)): return wanted == found
        case (.graph(let wanted), .graph(let found)): return Isomorphism.holds(found.map { Quad($0) }, wanted)
        case (.rows(let wanted), .solutions(let variables, let rows)):
            let places = wanted.compactMap { $0[Self.place] }.sorted { (Int($0.text) ?? 0) < (Int($1.text) ?? 0) }
            let isPlaced = ordered && places.count == rows.count
            let names = Set(variables).union(wanted.flatMap(\.keys)).filter { isPlaced || $0 != Self.place }.sorted()
            let found = rows.enumerated().map { index, row in
                var values = Dictionary(zip(variables, row)) { first, _ in first }
                if isPlaced { values[Self.place] = places[index] }
                return names.map { values[$0] ?? nil }
            }
            return Isomorphism.holds(found, wanted.map { row in names.map { row[$0] } })
        default: return false
        }
    }

    private static func json(_ data: Data) throws -> Kind {
        let object = try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
        if let value = object["boolean"] as? Bool { return .boolean(value) }
        let results = object["results"] as? [String: Any] ?? [:]
        let bindings = results["bindings"] as? [[String: [String: String]]] ?? []
        return .rows(
            bindings.map {
                $0.compactMapValues { value in
                    term(
                        value["type"] ?? "",
                        value["value"] ?? "",
                        datatype: value["datatype"],
                        language: value["xml:lang"]
                    )
                }
            }
        )
    }

    static func term(_ type: String, _ value: String, datatype: String?, language: String?) -> Term {
        switch type {
        case "uri": .iri(value)
        case "bnode": .blank(value)
        default: .literal(language.map { Literal(value, language: $0) } ?? Literal(value, datatype: datatype))
        }
    }

    private static func table(_ text: String, isCSV: Bool) throws -> Kind {
        if isCSV { return .lexical(fields(text)) }
        let lines = text.split(whereSeparator: \.isNewline).map {
            $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
        }
        let names = (lines.first ?? []).map { $0.filter { $0 != "?" } }
        return .rows(
            try lines.dropFirst().map { line in
                let pairs = zip(names, line).filter { !$1.isEmpty }
                return try Dictionary(pairs.map { ($0, try Term(parsing: $1)) }) { first, _ in first }
            }
        )
    }

    /// The fields of CSV, line by line; `_:` begins a blank node.
    private static func fields(_ text: String) -> [[Term?]] {
        text.split(whereSeparator: \.isNewline).map { line in
            var fields = [""]
            var isQuoted = false
            for character in line {
                switch character {
                case "\"": isQuoted.toggle()
                case "," where !isQuoted: fields.append("")
                default: fields[fields.count - 1].append(character)
                }
            }
            return fields.map { $0.hasPrefix("_:") ? .blank($0) : .literal(Literal($0)) }
        }
    }
}

/// https://www.w3.org/TR/rdf-sparql-XMLres
final class XMLResults: NSObject, XMLParserDelegate {
    var rows: [[String: Term]] = []
    var boolean: Bool?
    private var row: [String: Term] = [:]
    private var name = ""
    private var text = ""
    private var attributes: [String: String] = [:]

    func parser(
        _ parser: XMLParser,
        didStartElement element: String,
        namespaceURI: String?,
        qualifiedName: String?,
        attributes: [String: String]
    ) {
        text = ""
        if element == "result" { row = [:] }
        if element == "binding" { name = attributes["name"] ?? "" }
        self.attributes = attributes
    }

    func parser(_ parser: XMLParser, foundCharacters string: String) { text += string }

    func parser(_ parser: XMLParser, didEndElement element: String, namespaceURI: String?, qualifiedName: String?) {
        switch element {
        case "boolean": boolean = text.trimmingCharacters(in: .whitespacesAndNewlines) == "true"
        case "uri", "bnode", "literal":
            row[name] = Expectation.term(
                element,
                text,
                datatype: attributes["datatype"],
                language: attributes["xml:lang"]
            )
        case "result": rows.append(row)
        default: break
        }
    }
}
