// SPDX-License-Identifier: Apache-2.0
import Foundation
import Graphs

/// The properties by which graphs say how things are called and what they are.
enum EntityVocabulary {
    /// A name's weight in hundredths, by the property that gives it.
    static let names: [(property: String, weight: Int)] = [
        ("http://www.w3.org/2004/02/skos/core#prefLabel", 100),
        ("http://www.w3.org/2000/01/rdf-schema#label", 100),
        ("http://xmlns.com/foaf/0.1/name", 100),
        ("http://schema.org/name", 100),
        ("https://schema.org/name", 100),
        ("http://www.w3.org/2004/02/skos/core#altLabel", 90),
        ("http://schema.org/alternateName", 90),
        ("https://schema.org/alternateName", 90),
        ("http://www.w3.org/2004/02/skos/core#hiddenLabel", 80),
    ]

    /// The weight of the last part of an IRI.
    static let localName = 60

    /// What describes in sentences.
    static let descriptions = [
        "http://www.w3.org/2000/01/rdf-schema#comment",
        "http://www.w3.org/2004/02/skos/core#definition",
        "http://dbpedia.org/ontology/abstract",
        "http://schema.org/description",
        "https://schema.org/description",
        "http://purl.org/dc/terms/description",
    ]

    /// The numbers of the properties that a graph has.
    static func terms(_ properties: [String], in dataset: StoredDataset) throws -> [TermID: Int] {
        var terms: [TermID: Int] = [:]
        for (place, property) in properties.enumerated() {
            if let id = try dataset.id(of: .iri(property)) { terms[id] = place }
        }
        return terms
    }

    /// What an IRI ends in, as words: `Ada_Lovelace` and `AdaLovelace` are `Ada Lovelace`.
    static func localName(of iri: String) -> String {
        let end = iri.utf8.suffix(while: { !separators.contains($0) })
        let text = String(decoding: end, as: UTF8.self)
        var words = String.UnicodeScalarView()
        var last: Unicode.Scalar?
        for scalar in (text.removingPercentEncoding ?? text).unicodeScalars {
            if let last, last.properties.isLowercase, scalar.properties.isUppercase { words.append(" ") }
            words.append(scalar == "_" ? " " : scalar)
            last = scalar
        }
        return String(words)
    }

    private static let separators = Set("#/:".utf8)
}

extension BidirectionalCollection {
    /// The longest end of which all elements pass.
    fileprivate func suffix(while passes: (Element) -> Bool) -> SubSequence {
        var start = endIndex
        while start > startIndex, passes(self[index(before: start)]) { start = index(before: start) }
        return self[start...]
    }
}
