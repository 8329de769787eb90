// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// The date and time that `strftime_now` prints, in English whatever the locale.
package struct TemplateDate: Sendable, Hashable {
    package var year: Int
    /// 1 to 12.
    package var month: Int
    /// 1 to 31.
    package var day: Int
    package var hour = 0
    package var minute = 0
    package var second = 0
    /// 0 for Sunday.
    package var weekday = 0
    /// 1 to 366.
    package var dayOfYear = 1

    package init(year: Int, month: Int, day: Int, weekday: Int, dayOfYear: Int) {
        self.year = year
        self.month = month
        self.day = day
        self.weekday = weekday
        self.dayOfYear = dayOfYear
    }

    /// The local time.
    package static var now: TemplateDate {
        var seconds = time(nil)
        var parts = tm()
        localtime_r(&seconds, &parts)
        var date = TemplateDate(
            year: Int(parts.tm_year) + 1900,
            month: Int(parts.tm_mon) + 1,
            day: Int(parts.tm_mday),
            weekday: Int(parts.tm_wday),
            dayOfYear: Int(parts.tm_yday) + 1
        )
        date.hour = Int(parts.tm_hour)
        date.minute = Int(parts.tm_min)
        date.second = Int(parts.tm_sec)
        return date
    }

    private static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ]
    private static let weekdays = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]

    /// What `strftime` writes in the C locale; nil for a directive that is not built.
    func formatted(_ format: String) -> String? {
        var text = ""
        var isDirective = false
        for character in format {
            if isDirective {
                guard let value = value(of: character) else { return nil }
                text += value
                isDirective = false
            } else if character == "%" {
                isDirective = true
            } else {
                text.append(character)
            }
        }
        return isDirective ? nil : text
    }

    private func value(of directive: Character) -> String? {
        func padded(_ number: Int, _ width: Int = 2) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(width - digits.count, 0)) + digits
        }
        guard (1...12).contains(month), (0...6).contains(weekday) else { return nil }
        switch directive {
        case "Y": return String(year)
        case "y": return padded(year % 100)
        case "m": return padded(month)
        case "d": return padded(day)
        case "e": return day < 10 ? " \(day)" : String(day)
        case "H": return padded(hour)
        case "I": return padded((hour + 11) % 12 + 1)
        case "M": return padded(minute)
        case "S": return padded(second)
        case "p": return hour < 12 ? "AM" : "PM"
        case "j": return padded(dayOfYear, 3)
        case "B": return Self.months[month - 1]
        case "b", "h": return String(Self.months[month - 1].prefix(3))
        case "A": return Self.weekdays[weekday]
        case "a": return String(Self.weekdays[weekday].prefix(3))
        case "F": return "\(year)-\(padded(month))-\(padded(day))"
        case "T": return "\(padded(hour)):\(padded(minute)):\(padded(second))"
        case "%": return "%"
        default: return nil
        }
    }
}
