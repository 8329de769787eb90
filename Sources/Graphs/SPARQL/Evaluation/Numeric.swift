// SPDX-License-Identifier: Apache-2.0
import Foundation

/// A number of XML Schema; integers and decimals are exact to 38 digits.
enum Numeric: Sendable {
    case integer(Decimal)
    case decimal(Decimal)
    case float(Float)
    case double(Double)

    static let integerTypes: Set<String> = Set(
        [
            "integer", "nonPositiveInteger", "negativeInteger", "nonNegativeInteger", "positiveInteger", "long", "int",
            "short", "byte", "unsignedLong", "unsignedInt", "unsignedShort", "unsignedByte",
        ].map { XSD.namespace + $0 }
    )

    static func isNumeric(_ datatype: String) -> Bool {
        integerTypes.contains(datatype) || datatype == XSD.decimal || datatype == XSD.double || datatype == XSD.float
    }

    /// nil: not a number, or not a well-formed one.
    init?(_ literal: Literal) { self.init(literal.lexical, datatype: literal.datatype) }

    init?(_ lexical: String, datatype: String) {
        if Self.integerTypes.contains(datatype) {
            guard let value = Self.exact(lexical, allowsPoint: false) else { return nil }
            self = .integer(value)
        } else if datatype == XSD.decimal {
            guard let value = Self.exact(lexical, allowsPoint: true) else { return nil }
            self = .decimal(value)
        } else if datatype == XSD.double {
            guard let value = Self.approximate(lexical) else { return nil }
            self = .double(value)
        } else if datatype == XSD.float {
            guard let value = Self.approximate(lexical) else { return nil }
            self = .float(Float(value))
        } else {
            return nil
        }
    }

    static func exact(_ text: String, allowsPoint: Bool) -> Decimal? {
        var digits = 0
        var points = 0
        for (index, byte) in text.utf8.enumerated() {
            switch byte {
            case 0x30...0x39: digits += 1
            case 0x2B, 0x2D: if index != 0 { return nil }
            case 0x2E:
                points += 1
                if !allowsPoint || points > 1 { return nil }
            default: return nil
            }
        }
        guard digits > 0, digits < 1_000 else { return nil }
        return Decimal(string: text.hasPrefix("+") ? String(text.dropFirst()) : text, locale: nil)
    }

    static func approximate(_ text: String) -> Double? {
        switch text {
        case "INF", "+INF": return .infinity
        case "-INF": return -.infinity
        case "NaN": return .nan
        default:
            let allowed = text.utf8.allSatisfy {
                (0x30...0x39).contains($0) || [0x2B, 0x2D, 0x2E, 0x45, 0x65].contains($0)
            }
            return allowed ? Double(text) : nil
        }
    }

    var double: Double {
        switch self {
        case .integer(let value), .decimal(let value): NSDecimalNumber(decimal: value).doubleValue
        case .float(let value): Double(value)
        case .double(let value): value
        }
    }

    private var rank: Int {
        switch self {
        case .integer: 0
        case .decimal: 1
        case .float: 2
        case .double: 3
        }
    }

    private var exactValue: Decimal {
        switch self {
        case .integer(let value), .decimal(let value): value
        case .float, .double: 0
        }
    }

    var isTrue: Bool {
        switch self {
        case .integer(let value), .decimal(let value): !value.isZero
        case .float(let value): !value.isNaN && value != 0
        case .double(let value): !value.isNaN && value != 0
        }
    }

    /// nil: one of them is not a number at all, so that nothing is before the other.
    func compare(_ other: Numeric) -> ComparisonResult? {
        if max(rank, other.rank) < 2 {
            let (left, right) = (exactValue, other.exactValue)
            return left < right ? .orderedAscending : left == right ? .orderedSame : .orderedDescending
        }
        let (left, right) = (double, other.double)
        if left.isNaN || right.isNaN { return nil }
        return left < right ? .orderedAscending : left == right ? .orderedSame : .orderedDescending
    }

    /// nil: division by zero, or more than 38 digits hold.
    func apply(_ sign: ArithmeticOperator, _ other: Numeric) -> Numeric? {
        switch max(rank, other.rank) {
        case 0, 1:
            var (left, right, result) = (exactValue, other.exactValue, Decimal())
            if case .divide = sign, right.isZero { return nil }
            let status =
                switch sign {
                case .add: NSDecimalAdd(&result, &left, &right, .plain)
                case .subtract: NSDecimalSubtract(&result, &left, &right, .plain)
                case .multiply: NSDecimalMultiply(&result, &left, &right, .plain)
                case .divide: NSDecimalDivide(&result, &left, &right, .plain)
                }
            guard status == .noError || status == .lossOfPrecision else { return nil }
            let isInteger = rank == 0 && other.rank == 0 && sign != .divide
            return isInteger ? .integer(result) : .decimal(result)
        case 2: return .float(Self.apply(sign, Float(double), Float(other.double)))
        default: return .double(Self.apply(sign, double, other.double))
        }
    }

    private static func apply<Value: BinaryFloatingPoint>(_ sign: ArithmeticOperator, _ left: Value, _ right: Value)
        -> Value
    {
        switch sign {
        case .add: left + right
        case .subtract: left - right
        case .multiply: left * right
        case .divide: left / right
        }
    }

    var negated: Numeric {
        switch self {
        case .integer(let value): .integer(-value)
        case .decimal(let value): .decimal(-value)
        case .float(let value): .float(-value)
        case .double(let value): .double(-value)
        }
    }

    enum Rounding { case up, down, nearest }

    func rounded(_ rounding: Rounding) -> Numeric {
        switch self {
        case .integer: return self
        case .decimal(var value):
            // Half goes up, for negative numbers too.
            if case .nearest = rounding { value += Decimal(sign: .plus, exponent: -1, significand: 5) }
            var result = Decimal()
            NSDecimalRound(&result, &value, 0, rounding == .up ? .up : .down)
            return .decimal(result)
        case .float(let value):
            return .float(
                rounding == .nearest ? (value + 0.5).rounded(.down) : value.rounded(rounding == .up ? .up : .down)
            )
        case .double(let value):
            return .double(
                rounding == .nearest ? (value + 0.5).rounded(.down) : value.rounded(rounding == .up ? .up : .down)
            )
        }
    }

    var magnitude: Numeric {
        switch self {
        case .integer(let value): .integer(abs(value))
        case .decimal(let value): .decimal(abs(value))
        case .float(let value): .float(abs(value))
        case .double(let value): .double(abs(value))
        }
    }

    var literal: Literal {
        switch self {
        case .integer(let value): Literal(value.description, datatype: XSD.integer)
        case .decimal(let value):
            Literal(
                value.description.contains(".") ? value.description : value.description + ".0",
                datatype: XSD.decimal
            )
        case .float(let value): Literal(Self.scientific(Double(value), text: "\(value)"), datatype: XSD.float)
        case .double(let value): Literal(Self.scientific(value, text: "\(value)"), datatype: XSD.double)
        }
    }

    /// The canonical form: one digit, a point, the rest, E and the exponent.
    static func scientific(_ value: Double, text: String) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-INF" : "INF" }
        if value == 0 { return value.sign == .minus ? "-0.0E0" : "0.0E0" }
        let parts = text.lowercased().split(separator: "e")
        var exponent = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
        let mantissa = parts[0].drop { $0 == "-" }
        let whole = mantissa.prefix { $0 != "." }
        var digits = Array(mantissa.filter { $0 != "." })
        exponent += whole.count - 1
        while digits.count > 1, digits.first == "0" {
            digits.removeFirst()
            exponent -= 1
        }
        while digits.count > 1, digits.last == "0" { digits.removeLast() }
        let rest = digits.count > 1 ? String(digits.dropFirst()) : "0"
        return (value < 0 ? "-" : "") + String(digits.prefix(1)) + "." + rest + "E\(exponent)"
    }
}
