// SPDX-License-Identifier: Apache-2.0
import Foundation

/// How solutions are written.
public enum QueryResultFormat: String, Sendable, CaseIterable {
    /// https://www.w3.org/TR/sparql11-results-json
    case json
    /// https://www.w3.org/TR/sparql11-results-csv-tsv
    case csv
    /// https://www.w3.org/TR/sparql11-results-csv-tsv
    case tsv
}

extension QueryResult {
    /// The result as a text; triples are written as N-Triples whatever the format.
    public func text(as format: QueryResultFormat) -> String {
        switch self {
        case .graph(let triples):
            triples.map { "\($0.subject.nTriples) \($0.predicate.nTriples) \($0.object.nTriples) .\n" }.joined()
        case .boolean(let value): format == .json ? "{\"head\":{},\"boolean\":\(value)}\n" : "\(value)\n"
        case .solutions(let variables, let rows):
            switch format {
            case .json: Self.json(variables, rows)
            case .csv:
                Self.lines([variables.map(Self.csvField)] + rows.map { $0.map(Self.csv) }, separator: ",", end: "\r\n")
            case .tsv:
                Self.lines(
                    [variables.map { "?" + $0 }] + rows.map { $0.map { $0?.nTriples ?? "" } },
                    separator: "\t",
                    end: "\n"
                )
            }
        }
    }

    private static func lines(_ rows: [[String]], separator: String, end: String) -> String {
        rows.map { $0.joined(separator: separator) + end }.joined()
    }

    private static func csv(_ term: Term?) -> String {
        switch term {
        case nil: ""
        case .iri(let iri): csvField(iri)
        case .blank(let label): "_:\(label)"
        case .literal(let literal): csvField(literal.lexical)
        }
    }

    private static func csvField(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: { ",\"\r\n".unicodeScalars.contains($0) }) else { return text }
        return "\"" + text.replacing("\"", with: "\"\"") + "\""
    }

    // MARK: JSON

    private static func json(_ variables: [String], _ rows: [[Term?]]) -> String {
        let bindings = rows.map { row in
            let pairs = zip(variables, row).compactMap { name, term in
                term.map { "\(quoted(name)):\(json($0))" }
            }
            return "{" + pairs.joined(separator: ",") + "}"
        }
        return "{\"head\":{\"vars\":[" + variables.map(quoted).joined(separator: ",")
            + "]},\"results\":{\"bindings\":[\n"
            + bindings.joined(separator: ",\n") + "\n]}}\n"
    }

    private static func json(_ term: Term) -> String {
        switch term {
        case .iri(let iri): return "{\"type\":\"uri\",\"value\":\(quoted(iri))}"
        case .blank(let label): return "{\"type\":\"bnode\",\"value\":\(quoted(label))}"
        case .literal(let literal):
            var text = "{\"type\":\"literal\",\"value\":\(quoted(literal.lexical))"
            if let language = literal.language {
                text += ",\"xml:lang\":\(quoted(language))"
            } else if literal.datatype != XSD.string {
                text += ",\"datatype\":\(quoted(literal.datatype))"
            }
            return text + "}"
        }
    }

    private static func quoted(_ text: String) -> String {
        var made = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": made += "\\\""
            case "\\": made += "\\\\"
            case "\n": made += "\\n"
            case "\r": made += "\\r"
            case "\t": made += "\\t"
            case "\0"..."\u{1F}": made += String(format: "\\u%04x", scalar.value)
            default: made.unicodeScalars.append(scalar)
            }
        }
        return made + "\""
    }
}
