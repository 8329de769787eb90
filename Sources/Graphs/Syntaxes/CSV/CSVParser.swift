// SPDX-License-Identifier: Apache-2.0

/// Facts of a table, a row at a time.
///
/// Where the columns are `subject,predicate,object` and perhaps `graph`, `datatype` and `language`, a row is a statement:
/// a cell that begins with `<`, `_:` or a quote is a term as N-Triples writes it, any other an IRI resolved against the
/// base, but as an object the text of a literal of that datatype or language.
///
/// In any other table a row is an entity, whose name is in the first column, and each other column is a property. A name
/// is the base with the name behind it, escaped, and `#` between them unless the base ends with `/` or `#`; a cell that
/// is `<…>`, or begins with `http://`, `https://` or `urn:`, is an IRI itself. Other values are integers, decimals,
/// booleans and dates where they look exactly like those, else texts; an empty cell says nothing.
struct CSVParser {
    private var records: CSVScanner
    private let base: String?
    private let scope: String
    private let sink: (Quad) throws -> Void

    init(_ scanner: ByteScanner, base: String?, scope: String, sink: @escaping (Quad) throws -> Void) {
        (self.base, self.scope, self.sink) = (base, scope, sink)
        records = CSVScanner(scanner)
    }

    mutating func parse() throws {
        guard let columns = try records.next() else { return }
        if columns.starts(with: ["subject", "predicate", "object"]),
            Set(columns.dropFirst(3)).isSubset(of: ["graph", "datatype", "language"]),
            Set(columns).count == columns.count
        {
            try readStatements(columns)
        } else {
            try readEntities(columns)
        }
    }

    private func error(_ what: String) -> GraphError { records.scanner.error(what, line: records.line) }

    private mutating func nextRow(_ count: Int) throws -> [String]? {
        guard let row = try records.next() else { return nil }
        guard row.count <= count else { throw error("a row of \(row.count) fields under \(count) columns") }
        return row + [String](repeating: "", count: count - row.count)
    }

    // MARK: - Statements

    private mutating func readStatements(_ columns: [String]) throws {
        let (graph, datatype) = (columns.firstIndex(of: "graph"), columns.firstIndex(of: "datatype"))
        let language = columns.firstIndex(of: "language")
        while let row = try nextRow(columns.count) {
            let subject = try resource(row[0])
            guard case .iri(let predicate) = try resource(row[1]) else { throw error("a predicate that is no IRI") }
            let object = try object(row[2], datatype.map { row[$0] } ?? "", language.map { row[$0] } ?? "")
            let name = try graph.flatMap { row[$0].isEmpty ? nil : try resource(row[$0]) }
            try sink(Quad(Triple(subject, .iri(predicate), object), graph: name))
        }
    }

    /// A cell that is a term by how it begins.
    private func term(_ cell: String) throws -> Term? {
        guard cell.hasPrefix("<") || cell.hasPrefix("_:") || cell.hasPrefix("\"") else { return nil }
        do {
            return try LineParser.term(cell, scope: scope)
        } catch {
            throw self.error("`\(cell.prefix(200))`, which begins as a term and is none")
        }
    }

    private func resource(_ cell: String) throws -> Term {
        guard let term = try term(cell) else { return try iri(cell) }
        if case .literal = term { throw error("a literal where an IRI or a blank node should be") }
        return term
    }

    private func object(_ cell: String, _ datatype: String, _ language: String) throws -> Term {
        if let term = try term(cell) {
            guard datatype.isEmpty, language.isEmpty else { throw error("a whole term beside a datatype or language") }
            return term
        }
        guard language.isEmpty || (datatype.isEmpty && NameCharacters.isLanguage(language)) else {
            throw error("the language `\(language.prefix(100))` that is none, or beside a datatype")
        }
        if !language.isEmpty { return .literal(Literal(cell, language: language)) }
        guard !datatype.isEmpty else { return .literal(Literal(cell)) }
        guard case .iri(let type) = try resource(datatype) else { throw error("a datatype that is no IRI") }
        return .literal(Literal(cell, datatype: type))
    }

    private func iri(_ text: String) throws -> Term {
        guard let iri = IRIBase(base).resolve(text), !text.isEmpty else {
            throw error("`\(text.prefix(200))` where an IRI should be, and no base to resolve it against")
        }
        guard !iri.unicodeScalars.contains(where: { NameCharacters.isForbiddenInIRI($0.value) }) else {
            throw error("the IRI `\(text.prefix(200))` with a character that no IRI may have")
        }
        return .iri(iri)
    }

    // MARK: - Entities

    private mutating func readEntities(_ columns: [String]) throws {
        let properties = try columns.enumerated().map { index, name in
            // The first column's name is of the entities, and stands for nothing.
            try index == 0 ? Term.iri(RDF.nil) : self.name(name)
        }
        while let row = try nextRow(columns.count) {
            if row.allSatisfy(\.isEmpty) { continue }
            let subject = try name(row[0])
            for (property, cell) in zip(properties, row).dropFirst() where !cell.isEmpty {
                try sink(Quad(Triple(subject, property, address(cell) ?? .literal(Self.literal(cell)))))
            }
        }
    }

    private func name(_ cell: String) throws -> Term {
        guard !cell.isEmpty else { throw error("an entity or column without a name") }
        if let address = try address(cell) { return address }
        guard let base, IRIReference.isAbsolute(base) else {
            throw error("the name `\(cell.prefix(200))` and no base that makes an IRI of it; name one")
        }
        let joint = base.hasSuffix("/") || base.hasSuffix("#") ? "" : "#"
        return try iri(base + joint + Self.escaped(cell))
    }

    /// A cell that is an IRI by how it begins.
    private func address(_ cell: String) throws -> Term? {
        if cell.hasPrefix("<"), cell.hasSuffix(">"), let term = try? LineParser.term(cell, scope: scope) { return term }
        let isAddress = ["http://", "https://", "urn:"].contains { cell.hasPrefix($0) }
        let isWhole = !cell.unicodeScalars.contains { NameCharacters.isForbiddenInIRI($0.value) }
        return isAddress && isWhole ? .iri(cell) : nil
    }

    /// A name with what separates the parts of an IRI written as escapes, so that two names stay two.
    private static func escaped(_ name: String) -> String {
        var made = ""
        for scalar in name.unicodeScalars {
            // A dot at the beginning could be read as a step to another folder.
            let isPlain =
                !scalar.isASCII || scalar == "~" || (scalar == "." && !made.isEmpty) || NameCharacters.isPart(scalar)
            if isPlain {
                made.unicodeScalars.append(scalar)
            } else {
                made += "%" + String(scalar.value + 256, radix: 16, uppercase: true).dropFirst()
            }
        }
        return made
    }

    private static func literal(_ text: String) -> Literal {
        if text == "true" || text == "false" { return Literal(text, datatype: XSD.boolean) }
        if text.utf8.count <= 64 {
            // A leading zero or plus is of a code rather than a number.
            if text.wholeMatch(of: /-?(0|[1-9][0-9]*)/) != nil { return Literal(text, datatype: XSD.integer) }
            if text.wholeMatch(of: /-?(0|[1-9][0-9]*)\.[0-9]+/) != nil { return Literal(text, datatype: XSD.decimal) }
            if text.wholeMatch(of: /[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])/) != nil {
                return Literal(text, datatype: XSD.date)
            }
        }
        return Literal(text)
    }
}
