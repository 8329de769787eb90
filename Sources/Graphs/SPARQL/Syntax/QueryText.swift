// SPDX-License-Identifier: Apache-2.0

/// A SPARQL 1.1 query that is well-formed: <https://www.w3.org/TR/sparql11-query/>.
package struct QueryText: Sendable {
    let form: QueryForm
    let dataset: DatasetClause
    let variables: VariableTable
    /// What IRI() resolves against.
    let base: String?

    /// Reads a query; what is wrong with it is named by line and column.
    package init(_ text: String, base: String? = nil, prefixes: [String: String] = [:]) throws {
        var parser = try QueryParser(text, base: base, prefixes: prefixes)
        (form, dataset) = try parser.query()
        variables = parser.variables
        self.base = parser.base
    }
}

/// A SPARQL 1.1 update that is well-formed: <https://www.w3.org/TR/sparql11-update/>.
package struct UpdateText: Sendable {
    let operations: [(operation: UpdateOperation, variables: VariableTable)]

    /// Reads an update; what is wrong with it is named by line and column.
    package init(_ text: String, base: String? = nil, prefixes: [String: String] = [:]) throws {
        var parser = try QueryParser(text, base: base, prefixes: prefixes)
        operations = try parser.update()
    }
}
