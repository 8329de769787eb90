// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Comparisons: https://www.w3.org/TR/sparql11-query/#OperatorMapping. nil is a type error.
enum TermComparison {
    static func boolean(_ literal: Literal) -> Bool? {
        guard literal.datatype == XSD.boolean else { return nil }
        switch literal.lexical {
        case "true", "1": return true
        case "false", "0": return false
        default: return nil
        }
    }

    /// https://www.w3.org/TR/sparql11-query/#ebv
    static func effectiveBoolean(_ term: Term?) -> Bool? {
        guard case .literal(let literal) = term else { return nil }
        if literal.datatype == XSD.boolean { return boolean(literal) ?? false }
        if literal.datatype == XSD.string || literal.language != nil { return !literal.lexical.isEmpty }
        if Numeric.isNumeric(literal.datatype) { return Numeric(literal)?.isTrue ?? false }
        return nil
    }

    /// The order of two literals' values.
    private static func order(_ left: Literal, _ right: Literal) -> ComparisonResult?? {
        if let first = Numeric(left), let second = Numeric(right) { return .some(first.compare(second)) }
        guard left.datatype == right.datatype else { return nil }
        switch left.datatype {
        case XSD.string: return compare(left.lexical, right.lexical)
        case XSD.boolean:
            guard let first = boolean(left), let second = boolean(right) else { return nil }
            return compare(first ? 1 : 0, second ? 1 : 0)
        case XSD.dateTime, XSD.date:
            let isDate = left.datatype == XSD.date
            guard let first = DateTime(left.lexical, isDate: isDate),
                let second = DateTime(right.lexical, isDate: isDate)
            else { return nil }
            if (first.zone == nil) != (second.zone == nil), abs(first.instant - second.instant) <= 14 * 3_600 {
                return nil
            }
            return compare(first.instant, second.instant)
        default: return nil
        }
    }

    private static func compare<Value: Comparable>(_ left: Value, _ right: Value) -> ComparisonResult {
        left < right ? .orderedAscending : left == right ? .orderedSame : .orderedDescending
    }

    static func compare(_ left: String, _ right: String) -> ComparisonResult {
        left == right
            ? .orderedSame
            : left.unicodeScalars.lexicographicallyPrecedes(right.unicodeScalars)
                ? .orderedAscending : .orderedDescending
    }

    static func equal(_ left: Term, _ right: Term) -> Bool? {
        guard case .literal(let first) = left, case .literal(let second) = right else { return left == right }
        if let order = order(first, second) { return order == .orderedSame }
        if first == second { return true }
        // Values of two known types, or of two languages, are two values.
        if isKnown(first), isKnown(second), first.datatype != second.datatype || first.language != nil { return false }
        return nil
    }

    private static func isKnown(_ literal: Literal) -> Bool {
        switch literal.datatype {
        case XSD.string, RDF.langString: true
        case XSD.boolean: boolean(literal) != nil
        case XSD.dateTime: DateTime(literal.lexical) != nil
        case XSD.date: DateTime(literal.lexical, isDate: true) != nil
        default: Numeric(literal) != nil
        }
    }

    static func compare(_ sign: ComparisonOperator, _ left: Term, _ right: Term) -> Bool? {
        switch sign {
        case .equal: return equal(left, right)
        case .notEqual: return equal(left, right).map { !$0 }
        default: break
        }
        guard case .literal(let first) = left, case .literal(let second) = right else { return nil }
        guard let known = order(first, second) else { return nil }
        guard let order = known else { return false }
        switch sign {
        case .less: return order == .orderedAscending
        case .greater: return order == .orderedDescending
        case .lessOrEqual: return order != .orderedDescending
        default: return order != .orderedAscending
        }
    }

    /// The order of ORDER BY, MIN and MAX: nothing, blank nodes, IRIs, literals; a total one.
    static func sortOrder(_ left: Term?, _ right: Term?) -> ComparisonResult {
        let (first, second) = (rank(left), rank(right))
        if first != second { return compare(first, second) }
        switch (left, right) {
        case (.blank(let left), .blank(let right)), (.iri(let left), .iri(let right)): return compare(left, right)
        case (.literal(let left), .literal(let right)):
            if let known = order(left, right), let order = known, order != .orderedSame { return order }
            if let known = order(left, right), known == .orderedSame { return .orderedSame }
            let (family, other) = (family(left), Self.family(right))
            if family != other { return compare(family, other) }
            let byText = compare(left.lexical, right.lexical)
            return byText != .orderedSame ? byText : compare(left.language ?? "", right.language ?? "")
        default: return .orderedSame
        }
    }

    private static func rank(_ term: Term?) -> Int {
        switch term {
        case nil: 0
        case .blank: 1
        case .iri: 2
        case .literal: 3
        }
    }

    private static func family(_ literal: Literal) -> String {
        Numeric(literal) != nil ? "" : literal.datatype
    }
}
