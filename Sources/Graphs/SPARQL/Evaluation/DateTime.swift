// SPDX-License-Identifier: Apache-2.0

/// An xsd:dateTime or xsd:date by its parts.
struct DateTime: Sendable {
    var year: Int
    var month: Int
    var day: Int
    var hours = 0
    var minutes = 0
    /// As it was written, the fraction included.
    var seconds = "0"
    /// nil: none was written.
    var zone: String?

    /// nil: not a date of the calendar.
    init?(_ text: String, isDate: Bool = false) {
        var rest = Substring(text)
        let isNegative = rest.hasPrefix("-")
        if isNegative { rest.removeFirst() }
        func number(_ digits: Int?) -> Int? {
            let run = rest.prefix { $0.isASCII && $0.isNumber }
            let taken = digits.map { run.prefix($0) } ?? run.prefix(9)
            guard !taken.isEmpty, digits == nil ? taken.count >= 4 && run.count <= 9 : taken.count == digits else {
                return nil
            }
            rest = rest[taken.endIndex...]
            return Int(taken)
        }
        func take(_ character: Character) -> Bool {
            guard rest.first == character else { return false }
            rest.removeFirst()
            return true
        }
        guard let year = number(nil), take("-"), let month = number(2), take("-"), let day = number(2),
            (1...12).contains(month), (1...31).contains(day)
        else { return nil }
        (self.year, self.month, self.day) = (isNegative ? -year : year, month, day)
        guard day <= Self.days(month: month, year: self.year) else { return nil }
        if !isDate {
            guard take("T"), let hours = number(2), take(":"), let minutes = number(2), take(":") else { return nil }
            let digits = rest.prefix { ($0.isASCII && $0.isNumber) || $0 == "." }
            rest = rest[digits.endIndex...]
            guard let value = Double(digits), value < 60, hours < 25, minutes < 60 else { return nil }
            (self.hours, self.minutes, self.seconds) = (hours, minutes, String(digits))
        }
        if !rest.isEmpty {
            let written = String(rest)
            guard written == "Z" || Self.offset(written) != nil else { return nil }
            zone = written
        }
    }

    private static func days(month: Int, year: Int) -> Int {
        switch month {
        case 4, 6, 9, 11: 30
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        default: 31
        }
    }

    /// Minutes to the east.
    static func offset(_ text: String) -> Int? {
        if text == "Z" { return 0 }
        let parts = text.dropFirst().split(separator: ":", omittingEmptySubsequences: false)
        guard text.hasPrefix("+") || text.hasPrefix("-"), parts.count == 2, parts.allSatisfy({ $0.count == 2 }),
            let hours = Int(parts[0]), let minutes = Int(parts[1]), (0...14).contains(hours), (0..<60).contains(minutes)
        else { return nil }
        return (text.hasPrefix("-") ? -1 : 1) * (hours * 60 + minutes)
    }

    /// Seconds since 1970 in UTC, which is also the zone of what has none.
    var instant: Double {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let ofEra = shifted - era * 400
        let ofYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let days = era * 146_097 + ofEra * 365 + ofEra / 4 - ofEra / 100 + ofYear - 719_468
        let minutes = hours * 60 + self.minutes - (zone.flatMap(Self.offset) ?? 0)
        return Double(days) * 86_400 + Double(minutes) * 60 + (Double(seconds) ?? 0)
    }

    /// The time zone as an xsd:dayTimeDuration.
    var duration: String? {
        guard let zone, let offset = Self.offset(zone) else { return nil }
        if offset == 0 { return "PT0S" }
        let (hours, minutes) = abs(offset).quotientAndRemainder(dividingBy: 60)
        return (offset < 0 ? "-PT" : "PT") + (hours > 0 ? "\(hours)H" : "") + (minutes > 0 ? "\(minutes)M" : "")
    }
}
