// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Foundation
import Graphs
import Knowledge
import Tokenization

extension EntityHit {
    var json: JSONValue {
        .members([
            "entity": .string(term.nTriples), "label": .string(label), "score": .number(score),
            "start": .integer(start), "end": .integer(end), "passages": .integer(passages),
            "mentions": .array(mentions.map(\.json)),
        ])
    }
}

extension EntityMention {
    fileprivate var json: JSONValue {
        .members([
            "document": .string(document), "passage": .string(passage), "start": .integer(start), "end": .integer(end),
            "score": .number(score),
        ])
    }
}

extension FactHit {
    var json: JSONValue {
        let terms = [fact.triple.subject, fact.triple.predicate, fact.triple.object]
        return .members([
            "triple": .array(terms.map { .string($0.nTriples) }),
            "labels": .array(labels.map(JSONValue.string)), "score": .number(score), "inferred": .bool(rule != nil),
            "rule": .text(rule), "confidence": confidence.map(JSONValue.number) ?? .null, "document": .text(document),
            "passage": .text(source?.passage), "start": .count(source?.start), "end": .count(source?.end),
        ])
    }

    /// One line: what is said, and by what.
    var line: String {
        let said = labels.map { printable(String($0.prefix(120))) }.joined(separator: "  ")
        if let rule { return said + Style.dim("  by \(printable(rule))") }
        guard let document else { return said }
        let place = source.map { "  characters \($0.start)–\($0.end)" } ?? ""
        return said + Style.dim("  \(printable(document))\(place)")
    }
}

extension RelatedHit {
    /// Why it was added.
    var json: JSONValue {
        .array(
            via.map { via in
                .members([
                    "entity": .string(via.term.nTriples), "label": .string(via.label),
                    "fact": via.fact.map { fact in .array(fact.labels.map(JSONValue.string)) } ?? .null,
                ])
            }
        )
    }

    var line: String {
        guard let via = via.first else { return "" }
        let fact = via.fact.map { $0.labels.map { printable(String($0.prefix(120))) }.joined(separator: "  ") }
        return "via \(fact ?? printable(via.label))"
    }
}
