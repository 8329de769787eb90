// SPDX-License-Identifier: Apache-2.0
import Foundation

/// The built-in functions: https://www.w3.org/TR/sparql11-query/#SparqlOps.
extension Evaluator {
    func call(_ function: BuiltIn, _ list: [Expression], _ row: Row, in scope: GraphScope) throws -> Term? {
        switch function {
        case .coalesce:
            for part in list {
                if let value = try evaluate(part, row, in: scope) { return value }
            }
            return nil
        case .if:
            guard let condition = TermComparison.effectiveBoolean(try evaluate(list[0], row, in: scope)) else {
                return nil
            }
            return try evaluate(list[condition ? 1 : 2], row, in: scope)
        default:
            var values: [Term] = []
            for part in list {
                guard let value = try evaluate(part, row, in: scope) else { return nil }
                values.append(value)
            }
            return try apply(function, values)
        }
    }

    private func apply(_ function: BuiltIn, _ values: [Term]) throws -> Term? {
        guard let first = values.first else { return constant(function) }
        switch function {
        case .str: return Self.text(first).map { .literal(Literal($0)) }
        case .iri, .uri:
            if case .iri = first { return first }
            guard let literal = Self.simple(first) else { return nil }
            return .iri(IRIBase(base).resolve(literal) ?? literal)
        case .bnode:
            guard let label = Self.simple(first) else { return nil }
            if let known = blankLabels[label] { return known }
            let made = newBlank()
            blankLabels[label] = made
            return made
        case .strDT:
            guard let lexical = Self.simple(first), case .iri(let datatype) = values[1] else { return nil }
            return .literal(Literal(lexical, datatype: datatype))
        case .sameTerm: return Self.boolean(values[0] == values[1])
        case .isIRI, .isURI: if case .iri = first { return Self.boolean(true) } else { return Self.boolean(false) }
        case .isBlank: if case .blank = first { return Self.boolean(true) } else { return Self.boolean(false) }
        case .isLiteral: if case .literal = first { return Self.boolean(true) } else { return Self.boolean(false) }
        case .isNumeric:
            guard case .literal(let literal) = first else { return Self.boolean(false) }
            return Self.boolean(Numeric(literal) != nil)
        case .concat: return concatenation(values)
        default:
            let literals = values.compactMap { if case .literal(let literal) = $0 { literal } else { nil } }
            guard literals.count == values.count, let literal = literals.first else { return nil }
            return try apply(function, literal, literals)
        }
    }

    private func apply(_ function: BuiltIn, _ literal: Literal, _ literals: [Literal]) throws -> Term? {
        switch function {
        case .lang: return .literal(Literal(literal.language ?? ""))
        case .datatype: return .iri(literal.datatype)
        case .langMatches: return Self.boolean(Self.matches(literal.lexical, range: literals[1].lexical))
        case .strLang:
            guard literal.datatype == XSD.string else { return nil }
            return .literal(Literal(literal.lexical, language: literals[1].lexical))
        case .abs: return Numeric(literal).map { .literal($0.magnitude.literal) }
        case .ceil: return Numeric(literal).map { .literal($0.rounded(.up).literal) }
        case .floor: return Numeric(literal).map { .literal($0.rounded(.down).literal) }
        case .round: return Numeric(literal).map { .literal($0.rounded(.nearest).literal) }
        case .year, .month, .day, .hours, .minutes, .seconds, .timezone, .tz: return Self.part(function, literal)
        case .md5, .sha1, .sha256, .sha384, .sha512:
            guard literal.datatype == XSD.string else { return nil }
            return Digest.hexadecimal(function, literal.lexical).map { .literal(Literal($0)) }
        default:
            guard literal.datatype == XSD.string || literal.language != nil else { return nil }
            return try textual(function, literal, literals)
        }
    }

    private func constant(_ function: BuiltIn) -> Term? {
        switch function {
        case .bnode: newBlank()
        case .rand: .literal(Numeric.double(Double.random(in: 0..<1)).literal)
        case .now: .literal(Literal(started.formatted(.iso8601), datatype: XSD.dateTime))
        case .uuid: .iri("urn:uuid:" + UUID().uuidString.lowercased())
        case .strUUID: .literal(Literal(UUID().uuidString.lowercased()))
        case .concat: .literal(Literal(""))
        default: nil
        }
    }

    private static func simple(_ term: Term) -> String? {
        guard case .literal(let literal) = term, literal.datatype == XSD.string else { return nil }
        return literal.lexical
    }

    private func concatenation(_ values: [Term]) -> Term? {
        var text = ""
        var languages = Set<String?>()
        for value in values {
            guard case .literal(let literal) = value, literal.datatype == XSD.string || literal.language != nil else {
                return nil
            }
            text += literal.lexical
            languages.insert(literal.language)
        }
        if languages.count == 1, case let language?? = languages.first {
            return .literal(Literal(text, language: language))
        }
        return .literal(Literal(text))
    }

    private static func matches(_ language: String, range: String) -> Bool {
        if range == "*" { return !language.isEmpty }
        let (language, range) = (language.lowercased(), range.lowercased())
        return language == range || language.hasPrefix(range + "-")
    }

    private static func part(_ function: BuiltIn, _ literal: Literal) -> Term? {
        guard literal.datatype == XSD.dateTime || literal.datatype == XSD.date,
            let date = DateTime(literal.lexical, isDate: literal.datatype == XSD.date)
        else { return nil }
        func integer(_ value: Int) -> Term { .literal(Literal("\(value)", datatype: XSD.integer)) }
        switch function {
        case .year: return integer(date.year)
        case .month: return integer(date.month)
        case .day: return integer(date.day)
        case .hours: return integer(date.hours)
        case .minutes: return integer(date.minutes)
        case .seconds:
            return Numeric.exact(date.seconds, allowsPoint: true).map {
                .literal(Literal($0.description, datatype: XSD.decimal))
            }
        case .tz: return .literal(Literal(date.zone ?? ""))
        default: return date.duration.map { .literal(Literal($0, datatype: XSD.namespace + "dayTimeDuration")) }
        }
    }
}
