// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// How text looks on a terminal; elsewhere, and with `NO_COLOR`, nothing is added.
enum Style: String {
    case bold = "1"
    case dim = "2"
    case green = "32"
    case yellow = "33"
    case cyan = "36"

    /// Whether `NO_COLOR` is unset or empty (no-color.org).
    static let isWanted: Bool = getenv("NO_COLOR").map { $0.pointee == 0 } ?? true

    /// `text` in this style for standard output.
    func callAsFunction(_ text: String) -> String {
        Self.isWanted && StandardOutput.isTerminal ? "\u{1B}[\(rawValue)m\(text)\u{1B}[0m" : text
    }
}

/// Columns that a character takes on a terminal.
extension StringProtocol {
    var displayWidth: Int { reduce(0) { $0 + $1.displayWidth } }
}

extension Character {
    var displayWidth: Int {
        guard let scalar = unicodeScalars.first else { return 0 }
        switch scalar.value {
        case 0..<0x20, 0x7F..<0xA0: return 0
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
            0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F680...0x1F9FF, 0x20000...0x3FFFD:
            return 2
        default: return 1
        }
    }
}

/// Sizes and counts as people read them.
enum Amount {
    /// Bytes: `98 MB`.
    static func bytes(_ count: Int) -> String {
        scaled(Double(count), 1000, ["B", "kB", "MB", "GB", "TB"])
    }

    /// Counts: `134.5 M`.
    static func count(_ count: Int) -> String { scaled(Double(count), 1000, ["", "k", "M", "G", "T"]) }

    private static func scaled(_ value: Double, _ step: Double, _ units: [String]) -> String {
        var (value, unit) = (value, 0)
        while value >= step * 0.9995, unit < units.count - 1 {
            value /= step
            unit += 1
        }
        let isShort = unit == 0 || value >= 100
        let number = isShort ? "\(Int(value.rounded()))" : fixed(value, 1)
        return units[unit].isEmpty ? number : "\(number) \(units[unit])"
    }

    /// A number with so many digits after the point.
    static func fixed(_ value: Double, _ digits: Int) -> String {
        guard value.isFinite, abs(value) < 1e15 else { return "\(value)" }
        var factor = 1.0
        for _ in 0..<digits { factor *= 10 }
        let whole = Int((abs(value) * factor).rounded())
        let sign = value < 0 && whole != 0 ? "-" : ""
        guard digits > 0 else { return sign + String(whole) }
        let rest = String(whole % Int(factor))
        return "\(sign)\(whole / Int(factor)).\(String(repeating: "0", count: digits - rest.count))\(rest)"
    }
}
