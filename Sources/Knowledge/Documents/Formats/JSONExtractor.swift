// SPDX-License-Identifier: Apache-2.0

/// JSON, one value or many one after the other (JSON lines) → a line a value: `outer.inner: value`, a blank line
/// around what is an element of its own. Strings are text, with their line breaks. What is not JSON is read as far as
/// it can be.
struct JSONExtractor: TextExtractor {
    private enum State { case outside, string, escape, unicode, bare }

    private var state = State.outside
    private var keys: [String?] = []  // the key that each open object is at; nil for an array
    private var token: [UInt8] = []
    private var escaped = 0
    private var digits = 0
    private var highSurrogate: Int?
    private var isKey = false
    private var lineIsOpen = false  // the value's beginning is out
    private var hasOutput = false
    private var lines: [ExtractedLine] = []
    private(set) var title: String?

    private static let depthLimit = 512

    mutating func feed(_ bytes: [UInt8], before: Int?) throws -> [ExtractedLine] {
        for byte in bytes { try step(byte) }
        defer { lines.removeAll(keepingCapacity: true) }
        return lines
    }

    mutating func finish() -> [ExtractedLine] {
        endValue()
        defer { lines = [] }
        return lines
    }

    private mutating func step(_ byte: UInt8) throws {
        switch state {
        case .outside: try begin(byte)
        case .bare:
            if byte <= 0x20 || ",]}:".utf8.contains(byte) {
                endValue()
                try begin(byte)
            } else {
                append(byte)
            }
        case .string:
            if byte == 0x22 {
                endSurrogate()
                if isKey { endKey() } else { endValue() }
            } else if byte == 0x5C {
                state = .escape
            } else {
                endSurrogate()
                append(byte)
            }
        case .escape:
            state = .string
            if byte == UInt8(ascii: "u") {
                (state, escaped, digits) = (.unicode, 0, 0)
                return
            }
            endSurrogate()
            switch byte {
            case UInt8(ascii: "n"), UInt8(ascii: "r"): append(0x0A)
            case UInt8(ascii: "t"): append(0x20)
            case UInt8(ascii: "b"), UInt8(ascii: "f"): break
            default: append(byte)
            }
        case .unicode:
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                state = .string
                return try step(byte)
            }
            escaped = escaped << 4 | digit
            digits += 1
            if digits == 4 {
                state = .string
                endEscape()
            }
        }
    }

    private mutating func begin(_ byte: UInt8) throws {
        switch byte {
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            guard keys.count < Self.depthLimit else {
                throw KnowledgeError(.badDocument, "JSON nested more than \(Self.depthLimit) deep")
            }
            keys.append(byte == UInt8(ascii: "{") ? "" : nil)
            isKey = byte == UInt8(ascii: "{")
            part()
        case UInt8(ascii: "}"), UInt8(ascii: "]"):
            _ = keys.popLast()
            isKey = false
            if !keys.isEmpty { part() }
        case UInt8(ascii: ","): isKey = keys.last.map { $0 != nil } ?? false
        case UInt8(ascii: ":"): isKey = false
        case 0x22: state = .string
        case 0...0x20: break
        default:
            state = .bare
            append(byte)
        }
    }

    /// Parts what stands before from what follows.
    private mutating func part() {
        guard hasOutput, lines.last?.kind != .separator else { return }
        lines.append(ExtractedLine(text: "", kind: .separator))
        hasOutput = false
    }

    private mutating func append(_ byte: UInt8) {
        guard byte != 0 else { return }
        token.append(byte)
        if !isKey, token.count >= TableRow.pieceLimit, byte < 0x80 { flush(endsLine: false) }
        if isKey, token.count > 1_024 { token.removeLast() }
    }

    private mutating func endEscape() {
        if let high = highSurrogate, (0xDC00...0xDFFF).contains(escaped) {
            highSurrogate = nil
            append(scalar: 0x10000 + (high - 0xD800) << 10 + (escaped - 0xDC00))
            return
        }
        endSurrogate()
        if (0xD800...0xDBFF).contains(escaped) { highSurrogate = escaped } else { append(scalar: escaped) }
    }

    private mutating func endSurrogate() {
        if highSurrogate != nil { append(scalar: 0xFFFD) }
        highSurrogate = nil
    }

    private mutating func append(scalar value: Int) {
        let scalar = UInt32(exactly: value).flatMap(Unicode.Scalar.init) ?? "\u{FFFD}"
        for byte in String(scalar).utf8 { append(byte) }
    }

    private mutating func endKey() {
        state = .outside
        if !keys.isEmpty { keys[keys.count - 1] = TableRow.cleaned(String(decoding: token, as: UTF8.self)) }
        token.removeAll(keepingCapacity: true)
    }

    private mutating func endValue() {
        state = .outside
        flush(endsLine: true)
        lineIsOpen = false
    }

    /// The innermost keys, for a line.
    private var path: String { keys.compactMap(\.self).suffix(4).joined(separator: ".") }

    private mutating func flush(endsLine: Bool) {
        let value = String(decoding: token, as: UTF8.self)
        token.removeAll(keepingCapacity: true)
        if value.isEmpty, !lineIsOpen { return }
        let name = path
        if !lineIsOpen, title == nil, name == "title" || name == "name" { title = HeadingText.clean(value) }
        let text = lineIsOpen || name.isEmpty ? value : "\(name): \(value)"
        let parts = text.split(separator: "\n", omittingEmptySubsequences: false)
        let kind: ExtractedLine.Kind =
            lineIsOpen || !endsLine || text.utf8.count > 200 || parts.count > 1 ? .prose : .row
        for (index, part) in parts.enumerated() {
            let isLast = index == parts.count - 1
            let isBlank = part.isEmpty && !(isLast && !endsLine)
            lines.append(
                ExtractedLine(text: String(part), kind: isBlank ? .separator : kind, endsLine: !isLast || endsLine)
            )
        }
        lineIsOpen = !endsLine
        hasOutput = true
    }
}
