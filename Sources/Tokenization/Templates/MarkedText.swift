// SPDX-License-Identifier: Apache-2.0

/// A text whose every scalar knows whether the template or the conversation wrote it.
///
/// A unit is a Unicode scalar value with the mark in its top bit, so that whatever moves, cuts or repeats units
/// keeps the marks without knowing of them. Scalars, not bytes, because Jinja's lengths and slices count scalars.
struct MarkedText: Sendable {
    static let untrustedBit: UInt32 = 0x8000_0000

    var units: [UInt32]

    /// Whether the filter `safe` made it: Jinja escapes what is added to such a text by `+`, even where nothing else
    /// is escaped.
    var isMarkup = false

    init(units: [UInt32] = []) { self.units = units }

    init(_ text: String, trusted: Bool = true) {
        let mark = trusted ? 0 : Self.untrustedBit
        units = text.unicodeScalars.map { $0.value | mark }
    }

    init(_ slice: ArraySlice<UInt32>) { units = Array(slice) }

    var count: Int { units.count }
    var isEmpty: Bool { units.isEmpty }

    /// The text without its marks.
    var string: String { Self.string(units[...]) }

    static func value(_ unit: UInt32) -> UInt32 { unit & ~untrustedBit }

    static func string(_ units: ArraySlice<UInt32>) -> String {
        var text = String.UnicodeScalarView()
        for unit in units {
            // Units are made from scalars only, so none is ever replaced here.
            text.append(Unicode.Scalar(value(unit)) ?? "\u{FFFD}")
        }
        return String(text)
    }

    mutating func append(_ other: MarkedText) { units.append(contentsOf: other.units) }

    /// What Python's `str.isspace` and the `\s` of its patterns hold for white space.
    static func isSpace(_ unit: UInt32) -> Bool {
        switch value(unit) {
        case 0x09...0x0D, 0x1C...0x20, 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000: true
        default: false
        }
    }

    /// Where `str.splitlines` of Python ends a line.
    static func isLineEnd(_ unit: UInt32) -> Bool {
        switch value(unit) {
        case 0x0A...0x0D, 0x1C...0x1E, 0x85, 0x2028, 0x2029: true
        default: false
        }
    }
}

extension MarkedText: Hashable {
    static func == (left: MarkedText, right: MarkedText) -> Bool {
        left.count == right.count && zip(left.units, right.units).allSatisfy { value($0) == value($1) }
    }

    func hash(into hasher: inout Hasher) {
        for unit in units { hasher.combine(Self.value(unit)) }
    }
}

extension MarkedText: Comparable {
    static func < (left: MarkedText, right: MarkedText) -> Bool {
        left.units.lexicographicallyPrecedes(right.units) { value($0) < value($1) }
    }
}

// MARK: - What Python's strings do

extension MarkedText {
    /// Without the leading or trailing scalars that are white space, or that stand in `scalars`.
    func trimmed(leading: Bool = true, trailing: Bool = true, scalars: MarkedText? = nil) -> MarkedText {
        let set = scalars.map { Set($0.units.map(Self.value)) }
        func goes(_ unit: UInt32) -> Bool { set?.contains(Self.value(unit)) ?? Self.isSpace(unit) }
        var start = 0
        var end = count
        if leading { while start < end, goes(units[start]) { start += 1 } }
        if trailing { while end > start, goes(units[end - 1]) { end -= 1 } }
        return MarkedText(units[start..<end])
    }

    func matches(_ other: MarkedText, at position: Int) -> Bool {
        guard position >= 0, other.count <= count - position else { return false }
        for offset in 0..<other.count
        where Self.value(units[position + offset]) != Self.value(other.units[offset]) { return false }
        return true
    }

    func hasPrefix(_ other: MarkedText) -> Bool { matches(other, at: 0) }
    func hasSuffix(_ other: MarkedText) -> Bool { matches(other, at: count - other.count) }

    func firstIndex(of other: MarkedText, from start: Int = 0) -> Int? {
        guard other.count <= count else { return nil }
        var position = start
        while position <= count - other.count {
            if matches(other, at: position) { return position }
            position += 1
        }
        return nil
    }

    /// The parts between occurrences of `separator` (not empty), at most `limit` cuts.
    func split(separator: MarkedText, limit: Int = .max) -> [MarkedText] {
        var parts: [MarkedText] = []
        var start = 0
        while parts.count < limit, let found = firstIndex(of: separator, from: start) {
            parts.append(MarkedText(units[start..<found]))
            start = found + separator.count
        }
        parts.append(MarkedText(units[start...]))
        return parts
    }

    /// The parts between occurrences of `separator` (not empty), cut from the end, at most `limit` cuts.
    func splitFromEnd(separator: MarkedText, limit: Int) -> [MarkedText] {
        var parts: [MarkedText] = []
        var end = count
        var position = count - separator.count
        while parts.count < limit, position >= 0 {
            if matches(separator, at: position) {
                parts.append(MarkedText(units[(position + separator.count)..<end]))
                end = position
                position -= separator.count
            } else {
                position -= 1
            }
        }
        parts.append(MarkedText(units[..<end]))
        return parts.reversed()
    }

    /// The runs without white space, at most `limit` cuts.
    func splitAtSpace(limit: Int = .max) -> [MarkedText] {
        var parts: [MarkedText] = []
        var position = 0
        while true {
            while position < count, Self.isSpace(units[position]) { position += 1 }
            guard position < count else { return parts }
            if parts.count == limit {
                parts.append(MarkedText(units[position...]))
                return parts
            }
            let start = position
            while position < count, !Self.isSpace(units[position]) { position += 1 }
            parts.append(MarkedText(units[start..<position]))
        }
    }

    /// The lines without their ends.
    func lines() -> [MarkedText] {
        var lines: [MarkedText] = []
        var start = 0
        var position = 0
        while position < count {
            guard Self.isLineEnd(units[position]) else {
                position += 1
                continue
            }
            lines.append(MarkedText(units[start..<position]))
            let isPair =
                Self.value(units[position]) == 0x0D && position + 1 < count
                && Self.value(units[position + 1]) == 0x0A
            position += isPair ? 2 : 1
            start = position
        }
        if start < count { lines.append(MarkedText(units[start...])) }
        return lines
    }

    func joined(_ parts: [MarkedText]) -> MarkedText {
        var result = MarkedText()
        for (index, part) in parts.enumerated() {
            if index > 0 { result.append(self) }
            result.append(part)
        }
        return result
    }

    func replacing(_ old: MarkedText, with new: MarkedText, limit: Int = .max) -> MarkedText {
        guard old.isEmpty else { return new.joined(split(separator: old, limit: limit)) }
        var result = MarkedText()
        for (index, unit) in units.enumerated() {
            if index < limit { result.append(new) }
            result.units.append(unit)
        }
        if count < limit { result.append(new) }
        return result
    }

    /// The text with the characters that mean something in HTML written as references.
    func escapedForMarkup() -> MarkedText {
        mapped {
            switch $0 {
            case "&": "&amp;"
            case "<": "&lt;"
            case ">": "&gt;"
            case "'": "&#39;"
            case "\"": "&#34;"
            default: String($0)
            }
        }
    }

    func uppercased() -> MarkedText { cased(0x61...0x7A, mapping: \.properties.uppercaseMapping) }
    func lowercased() -> MarkedText { cased(0x41...0x5A, mapping: \.properties.lowercaseMapping) }

    /// Letters of ASCII change case by a bit; only the others need the tables.
    private func cased(_ letters: ClosedRange<UInt32>, mapping: (Unicode.Scalar) -> String) -> MarkedText {
        guard units.allSatisfy({ Self.value($0) < 0x80 }) else { return mapped(mapping) }
        return MarkedText(units: units.map { letters.contains(Self.value($0)) ? $0 ^ 0x20 : $0 })
    }

    /// The first scalar in upper case, the rest in lower case.
    func capitalized() -> MarkedText {
        var result = MarkedText(units.prefix(1)).mapped(\.properties.titlecaseMapping)
        result.append(MarkedText(units.dropFirst()).lowercased())
        return result
    }

    private func mapped(_ mapping: (Unicode.Scalar) -> String) -> MarkedText {
        var result = MarkedText()
        for unit in units {
            guard let scalar = Unicode.Scalar(Self.value(unit)) else { continue }
            for mapped in mapping(scalar).unicodeScalars {
                result.units.append(mapped.value | (unit & Self.untrustedBit))
            }
        }
        return result
    }
}
