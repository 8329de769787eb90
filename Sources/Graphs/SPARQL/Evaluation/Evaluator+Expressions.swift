// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Expressions; nil is an error, as in https://www.w3.org/TR/sparql11-query/#evaluation.
extension Evaluator {
    func holds(_ expression: Expression, _ row: Row, in scope: GraphScope) throws -> Bool {
        try truth(expression, row, in: scope) ?? false
    }

    private func truth(_ expression: Expression, _ row: Row, in scope: GraphScope) throws -> Bool? {
        TermComparison.effectiveBoolean(try evaluate(expression, row, in: scope))
    }

    static func boolean(_ value: Bool) -> Term { .literal(Literal(value ? "true" : "false", datatype: XSD.boolean)) }

    static func text(_ term: Term) -> String? {
        switch term {
        case .iri(let iri): iri
        case .literal(let literal): literal.lexical
        case .blank: nil
        }
    }

    private func number(_ term: Term?) -> Numeric? {
        if case .literal(let literal) = term { Numeric(literal) } else { nil }
    }

    func evaluate(_ expression: Expression, _ row: Row, in scope: GraphScope) throws -> Term? {
        switch expression {
        case .variable(let slot): return try term(row[slot])
        case .constant(let term): return term
        case .or(let parts): return try any(parts, is: true, row, in: scope)
        case .and(let parts): return try any(parts, is: false, row, in: scope)
        case .not(let inner): return try truth(inner, row, in: scope).map { Self.boolean(!$0) }
        case .negative(let inner):
            return number(try evaluate(inner, row, in: scope)).map { .literal($0.negated.literal) }
        case .positive(let inner): return number(try evaluate(inner, row, in: scope)).map { .literal($0.literal) }
        case .comparison(let sign, let left, let right):
            guard let first = try evaluate(left, row, in: scope), let second = try evaluate(right, row, in: scope)
            else {
                return nil
            }
            return TermComparison.compare(sign, first, second).map(Self.boolean)
        case .arithmetic(let first, let rest):
            guard var sum = number(try evaluate(first, row, in: scope)) else { return nil }
            for part in rest {
                guard let operand = number(try evaluate(part.operand, row, in: scope)),
                    let next = sum.apply(part.sign, operand)
                else { return nil }
                sum = next
            }
            return .literal(sum.literal)
        case .isIn(let item, let list):
            guard let value = try evaluate(item, row, in: scope) else { return nil }
            var hasErrors = false
            for other in list {
                switch try evaluate(other, row, in: scope).flatMap({ TermComparison.equal(value, $0) }) {
                case true?: return Self.boolean(true)
                case nil: hasErrors = true
                case false?: break
                }
            }
            return hasErrors ? nil : Self.boolean(false)
        case .bound(let slot): return Self.boolean(row[slot] != 0)
        case .exists(let existing):
            return try Self.boolean(!solve(plan(existing, row), row, in: scope) { _ in false })
        case .call(let function, let list): return try call(function, list, row, in: scope)
        case .function(let iri, let list):
            guard list.count == 1, let value = try evaluate(list[0], row, in: scope) else { return nil }
            return Self.cast(value, to: iri)
        }
    }

    /// OR for true, AND for false: one such part decides, errors in others or not.
    private func any(_ parts: [Expression], is wanted: Bool, _ row: Row, in scope: GraphScope) throws -> Term? {
        var hasErrors = false
        for part in parts {
            guard let value = try truth(part, row, in: scope) else {
                hasErrors = true
                continue
            }
            if value == wanted { return Self.boolean(wanted) }
        }
        return hasErrors ? nil : Self.boolean(!wanted)
    }

    /// https://www.w3.org/TR/sparql11-query/#FunctionMapping
    private static func cast(_ term: Term, to type: String) -> Term? {
        guard let text = text(term) else { return nil }
        if type == XSD.string { return .literal(Literal(text)) }
        guard case .literal(let literal) = term, literal.language == nil else { return nil }
        let trimmed = text.trimmingCharacters(in: .whitespacesAndNewlines)
        let number = Numeric(literal)
        let truth = TermComparison.boolean(literal)
        guard
            literal.datatype == XSD.string || literal.datatype == type || number != nil || truth != nil
                || literal.datatype == XSD.dateTime || literal.datatype == XSD.date
        else { return nil }
        switch type {
        case XSD.boolean:
            if let number { return boolean(number.isTrue) }
            return TermComparison.boolean(Literal(trimmed, datatype: XSD.boolean)).map(boolean)
        case XSD.dateTime: return DateTime(trimmed) == nil ? nil : .literal(Literal(trimmed, datatype: type))
        case XSD.date: return DateTime(trimmed, isDate: true) == nil ? nil : .literal(Literal(trimmed, datatype: type))
        case XSD.double, XSD.float:
            if literal.datatype == type { return term }
            if literal.datatype == XSD.string {
                return Numeric(trimmed, datatype: type) == nil ? nil : .literal(Literal(trimmed, datatype: type))
            }
            guard let value = number?.double ?? truth.map({ $0 ? 1 : 0 }) else { return nil }
            return .literal((type == XSD.double ? Numeric.double(value) : .float(Float(value))).literal)
        case XSD.decimal, XSD.integer:
            if literal.datatype == XSD.string {
                return Numeric(trimmed, datatype: type) == nil ? nil : .literal(Literal(trimmed, datatype: type))
            }
            if let truth {
                return .literal(
                    (type == XSD.integer ? Numeric.integer(truth ? 1 : 0) : .decimal(truth ? 1 : 0)).literal
                )
            }
            guard let number, var value = exact(number) else { return nil }
            guard type == XSD.integer else { return .literal(Numeric.decimal(value).literal) }
            var whole = Decimal()
            NSDecimalRound(&whole, &value, 0, value < 0 ? .up : .down)
            return .literal(Numeric.integer(whole).literal)
        default: return nil
        }
    }

    private static func exact(_ number: Numeric) -> Decimal? {
        switch number {
        case .integer(let value), .decimal(let value): value
        case .float(let value): value.isFinite ? Decimal(string: "\(value)") : nil
        case .double(let value): value.isFinite ? Decimal(string: "\(value)") : nil
        }
    }
}
