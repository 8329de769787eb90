// SPDX-License-Identifier: Apache-2.0
import Tokenization

/// How solutions are written.
public enum QueryResultFormat: String, Sendable, CaseIterable {
    /// https://www.w3.org/TR/sparql11-results-json
    case json
    /// https://www.w3.org/TR/rdf-sparql-XMLres
    case xml
    /// https://www.w3.org/TR/sparql11-results-csv-tsv
    case csv
    /// https://www.w3.org/TR/sparql11-results-csv-tsv
    case tsv
}

extension QueryResult {
    /// The result as a text; triples are written as N-Triples whatever the format. Throws `badSyntax` for a character
    /// that XML cannot hold.
    public func text(as format: QueryResultFormat) throws -> String {
        switch self {
        case .graph(let triples):
            triples.map { "\($0.subject.nTriples) \($0.predicate.nTriples) \($0.object.nTriples) .\n" }.joined()
        case .boolean(let value):
            switch format {
            case .json: "{\"head\":{},\"boolean\":\(value)}\n"
            case .xml: Self.xml(head: [], "  <boolean>\(value)</boolean>\n")
            case .csv, .tsv: "\(value)\n"
            }
        case .solutions(let variables, let rows):
            switch format {
            case .json: Self.json(variables, rows)
            case .xml: try Self.xml(variables, rows)
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

    // MARK: XML

    private static func xml(head variables: [String], _ body: String) -> String {
        let names = variables.map { "<variable name=\"\(XMLLiteralText.attribute($0))\"/>" }
        return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<sparql xmlns=\"http://www.w3.org/2005/sparql-results#\">\n"
            + "  <head>\(names.joined())</head>\n\(body)</sparql>\n"
    }

    private static func xml(_ variables: [String], _ rows: [[Term?]]) throws -> String {
        let results = try rows.map { row in
            let bindings = try zip(variables, row).compactMap { name, term in
                try term.map { "<binding name=\"\(XMLLiteralText.attribute(name))\">\(try xml($0))</binding>" }
            }
            return "    <result>\(bindings.joined())</result>\n"
        }
        return xml(head: variables, "  <results>\n\(results.joined())  </results>\n")
    }

    private static func xml(_ term: Term) throws -> String {
        switch term {
        case .iri(let iri): return "<uri>\(XMLLiteralText.content(iri))</uri>"
        case .blank(let label): return "<bnode>\(XMLLiteralText.content(label))</bnode>"
        case .literal(let literal):
            var attribute = ""
            if let language = literal.language {
                attribute = " xml:lang=\"\(XMLLiteralText.attribute(language))\""
            } else if literal.datatype != XSD.string {
                attribute = " datatype=\"\(XMLLiteralText.attribute(literal.datatype))\""
            }
            return
                "<literal\(attribute)>\(XMLLiteralText.content(try XMLLiteralText.checked(literal.lexical)))</literal>"
        }
    }

    // MARK: JSON

    private static func json(_ variables: [String], _ rows: [[Term?]]) -> String {
        let bindings = rows.map { row in
            let pairs = zip(variables, row).compactMap { name, term in
                term.map { "\(JSONValue.quoted(name)):\(json($0))" }
            }
            return "{" + pairs.joined(separator: ",") + "}"
        }
        return "{\"head\":{\"vars\":[" + variables.map(JSONValue.quoted).joined(separator: ",")
            + "]},\"results\":{\"bindings\":[\n"
            + bindings.joined(separator: ",\n") + "\n]}}\n"
    }

    private static func json(_ term: Term) -> String {
        switch term {
        case .iri(let iri): return "{\"type\":\"uri\",\"value\":\(JSONValue.quoted(iri))}"
        case .blank(let label): return "{\"type\":\"bnode\",\"value\":\(JSONValue.quoted(label))}"
        case .literal(let literal):
            var text = "{\"type\":\"literal\",\"value\":\(JSONValue.quoted(literal.lexical))"
            if let language = literal.language {
                text += ",\"xml:lang\":\(JSONValue.quoted(language))"
            } else if literal.datatype != XSD.string {
                text += ",\"datatype\":\(JSONValue.quoted(literal.datatype))"
            }
            return text + "}"
        }
    }
}
