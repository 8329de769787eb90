// SPDX-License-Identifier: Apache-2.0

extension Term {
    /// The term as N-Triples writes it.
    public var nTriples: String {
        switch self {
        case .iri(let iri): Self.bracketed(iri)
        case .blank(let label): "_:\(label)"
        case .literal(let literal): literal.nTriples
        }
    }

    /// The term that an N-Triples or Turtle text is.
    public init(parsing text: String, prefixes: [String: String] = [:]) throws {
        self = try Triple(parsing: "<x:s> <x:p> \(text)", prefixes: prefixes).object
    }

    fileprivate static func bracketed(_ iri: String) -> String {
        var text = "<"
        for scalar in iri.unicodeScalars {
            switch scalar {
            case "\0"..." ", "<", ">", "\"", "{", "}", "|", "^", "`", "\\": text += scalar.escape
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text + ">"
    }
}

extension Triple {
    /// The triple that an N-Triples or Turtle text is, without its full stop.
    public init(parsing text: String, prefixes: [String: String] = [:]) throws {
        let declared = prefixes.sorted { $0.key < $1.key }.map { "@prefix \($0): \(Term.iri($1).nTriples) ." }
        var found: [Triple] = []
        try RDFReader(.turtle, scope: "").read(
            text: declared.joined(separator: " ") + " \(text) .",
            name: "`\(text.prefix(200))`"
        ) { found.append($0.triple) }
        guard found.count == 1, let triple = found.first else {
            throw GraphError(.badSyntax, "`\(text.prefix(200))` is not one triple: subject, predicate and object")
        }
        self = triple
    }
}

extension Literal {
    fileprivate var nTriples: String {
        var text = "\""
        for scalar in lexical.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case "\0"..."\u{1F}", "\u{7F}": text += scalar.escape
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
        if let language { return text + "@" + language }
        return datatype == XSD.string ? text : text + "^^" + Term.bracketed(datatype)
    }
}

extension Unicode.Scalar {
    fileprivate var escape: String {
        let digits = String(value, radix: 16, uppercase: true)
        return "\\u" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}
