// SPDX-License-Identifier: Apache-2.0

/// https://www.w3.org/1999/02/22-rdf-syntax-ns
package enum RDF {
    package static let namespace = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
    package static let type = namespace + "type"
    package static let first = namespace + "first"
    package static let rest = namespace + "rest"
    package static let `nil` = namespace + "nil"
    package static let langString = namespace + "langString"
    package static let json = namespace + "JSON"
    package static let xmlLiteral = namespace + "XMLLiteral"
}

/// https://www.w3.org/TR/xmlschema11-2
package enum XSD {
    package static let namespace = "http://www.w3.org/2001/XMLSchema#"
    package static let string = namespace + "string"
    package static let boolean = namespace + "boolean"
    package static let integer = namespace + "integer"
    package static let decimal = namespace + "decimal"
    package static let float = namespace + "float"
    package static let double = namespace + "double"
    package static let dateTime = namespace + "dateTime"
    package static let date = namespace + "date"
}

/// https://www.w3.org/TR/owl2-syntax
package enum OWL {
    package static let namespace = "http://www.w3.org/2002/07/owl#"
    package static let functionalProperty = namespace + "FunctionalProperty"
}
