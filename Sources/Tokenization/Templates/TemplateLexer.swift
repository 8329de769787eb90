// SPDX-License-Identifier: Apache-2.0

struct TemplateToken: Sendable {
    enum Kind: Sendable, Hashable {
        case text(MarkedText)
        case blockBegin, blockEnd, outputBegin, outputEnd
        case name(String)
        case string(MarkedText)
        case integer(Int)
        case number(Double)
        case symbol(String)
        case end
    }

    let kind: Kind
    let line: Int
}

/// Cuts a template into tokens the way Jinja 3.1 does with `trim_blocks` and `lstrip_blocks` on, as Hugging Face
/// sets them: the line end after a block is dropped, and so is white space between a line's start and a block.
struct TemplateLexer {
    private let source: [UInt32]
    private var position = 0
    private var line = 1
    private var tokens: [TemplateToken] = []
    private var isAtLineStart = true

    private init(_ text: String) {
        var units: [UInt32] = []
        var previous: UInt32 = 0
        for scalar in text.unicodeScalars {
            if scalar.value == 0x0D {
                units.append(0x0A)
            } else if scalar.value != 0x0A || previous != 0x0D {
                units.append(scalar.value)
            }
            previous = scalar.value
        }
        if units.last == 0x0A { units.removeLast() }
        source = units
    }

    static func tokens(of text: String) throws(TokenizationError) -> [TemplateToken] {
        var lexer = TemplateLexer(text)
        while lexer.position < lexer.source.count { try lexer.section() }
        lexer.emit(.end)
        return lexer.tokens
    }

    private mutating func emit(_ kind: TemplateToken.Kind) { tokens.append(TemplateToken(kind: kind, line: line)) }

    private func unit(_ offset: Int = 0) -> UInt32 {
        position + offset < source.count ? source[position + offset] : 0
    }

    private func character(_ offset: Int = 0) -> Character {
        Unicode.Scalar(unit(offset)).map(Character.init) ?? "\0"
    }

    private mutating func advance(_ count: Int = 1) {
        for _ in 0..<count where position < source.count {
            isAtLineStart = source[position] == 0x0A
            if isAtLineStart { line += 1 }
            position += 1
        }
    }

    private mutating func skipSpace() {
        while position < source.count, MarkedText.isSpace(source[position]) { advance() }
    }

    // MARK: - Text and delimiters

    private mutating func section() throws(TokenizationError) {
        let start = position
        let startsLine = isAtLineStart
        let startLine = line
        while position < source.count, !(character() == "{" && "{%#".contains(character(1))) { advance() }
        guard position < source.count else {
            tokens.append(TemplateToken(kind: .text(MarkedText(source[start...])), line: startLine))
            return
        }
        let opening = character(1)
        let sign = character(2)
        var end = position
        if sign == "-" {
            while end > start, MarkedText.isSpace(source[end - 1]) { end -= 1 }
        } else if sign != "+", opening != "{" {
            var lineStart = position
            while lineStart > start, source[lineStart - 1] != 0x0A { lineStart -= 1 }
            if lineStart > start || startsLine, source[lineStart..<position].allSatisfy(MarkedText.isSpace) {
                end = lineStart
            }
        }
        if end > start { tokens.append(TemplateToken(kind: .text(MarkedText(source[start..<end])), line: startLine)) }
        advance(sign == "-" || sign == "+" ? 3 : 2)
        switch opening {
        case "#": try comment()
        case "%": try block()
        default:
            emit(.outputBegin)
            try code(until: "}")
        }
    }

    private mutating func comment() throws(TokenizationError) {
        let start = line
        while position < source.count {
            if character() == "#", character(1) == "}" {
                let strips = position > 0 && character(-1) == "-"
                advance(2)
                afterBlock(strips: strips)
                return
            }
            advance()
        }
        throw TemplateFault.syntax("a comment without an end", line: start)
    }

    private mutating func afterBlock(strips: Bool) {
        if strips { skipSpace() } else if unit() == 0x0A { advance() }
    }

    private mutating func block() throws(TokenizationError) {
        let begin = tokens.count
        let start = line
        emit(.blockBegin)
        try code(until: "%")
        guard tokens.count == begin + 3, tokens[begin + 1].kind == .name("raw") else { return }
        tokens.removeSubrange(begin...)
        try raw(from: start)
    }

    /// Text up to `{% endraw %}`, taken as it stands.
    private mutating func raw(from start: Int) throws(TokenizationError) {
        let textStart = position
        let startsLine = isAtLineStart
        while position < source.count {
            guard character() == "{", character(1) == "%" else {
                advance()
                continue
            }
            let textEnd = position
            let sign = character(2)
            var probe = self
            probe.advance(sign == "-" || sign == "+" ? 3 : 2)
            probe.skipSpace()
            guard probe.word() == "endraw" else {
                advance()
                continue
            }
            probe.skipSpace()
            var closing = probe.character()
            if closing == "-" || closing == "+" { probe.advance() } else { closing = "%" }
            guard probe.character() == "%", probe.character(1) == "}" else {
                advance()
                continue
            }
            probe.advance(2)
            probe.afterBlock(strips: closing == "-")
            var end = textEnd
            if sign == "-" {
                while end > textStart, MarkedText.isSpace(source[end - 1]) { end -= 1 }
            } else if sign != "+" {
                var lineStart = textEnd
                while lineStart > textStart, source[lineStart - 1] != 0x0A { lineStart -= 1 }
                if lineStart > textStart || startsLine, source[lineStart..<textEnd].allSatisfy(MarkedText.isSpace) {
                    end = lineStart
                }
            }
            self = probe
            if end > textStart { emit(.text(MarkedText(source[textStart..<end]))) }
            return
        }
        throw TemplateFault.syntax("`raw` without `endraw`", line: start)
    }

    // MARK: - Inside of delimiters

    private mutating func code(until closing: Character) throws(TokenizationError) {
        let start = line
        var brackets: [Character] = []
        while true {
            while position < source.count, MarkedText.isSpace(source[position]) { advance() }
            guard position < source.count else {
                throw TemplateFault.syntax("`{\(closing == "}" ? "{" : "%")` without its end", line: start)
            }
            if brackets.isEmpty, try closes(closing) { return }
            let first = character()
            if first == "\"" || first == "'" {
                try string(quote: first)
            } else if first >= "0", first <= "9" {
                try number()
            } else if let word = word() {
                emit(.name(word))
            } else {
                try symbol(&brackets)
            }
        }
    }

    private mutating func closes(_ closing: Character) throws(TokenizationError) -> Bool {
        let sign = character()
        let offset = sign == "-" || (sign == "+" && closing == "%") ? 1 : 0
        guard character(offset) == closing, character(offset + 1) == "}" else { return false }
        // Jinja's own reading of `raw` keeps the line end after it.
        let opensRaw = tokens.suffix(2).map(\.kind) == [.blockBegin, .name("raw")]
        emit(closing == "%" ? .blockEnd : .outputEnd)
        advance(offset + 2)
        if sign == "-" {
            skipSpace()
        } else if closing == "%", sign != "+", !opensRaw {
            afterBlock(strips: false)
        }
        return true
    }

    private mutating func symbol(_ brackets: inout [Character]) throws(TokenizationError) {
        let first = character()
        let two = String([first, character(1)])
        if ["==", "!=", ">=", "<=", "//", "**"].contains(two) {
            emit(.symbol(two))
            advance(2)
            return
        }
        guard "+-/*%~[](){}><=.:|,;".contains(first) else {
            throw TemplateFault.syntax(
                "the character \(TemplateFault.quoted(String(first))) means nothing here",
                line: line
            )
        }
        switch first {
        case "(": brackets.append(")")
        case "[": brackets.append("]")
        case "{": brackets.append("}")
        case ")", "]", "}":
            guard brackets.popLast() == first else {
                throw TemplateFault.syntax("`\(first)` closes nothing", line: line)
            }
        default: break
        }
        emit(.symbol(String(first)))
        advance()
    }

    /// The identifier that begins here, passed over; nil where none does.
    private mutating func word() -> String? {
        var word = String.UnicodeScalarView()
        while let scalar = Unicode.Scalar(unit()), position < source.count {
            let isPart =
                scalar == "_"
                || (word.isEmpty ? scalar.properties.isXIDStart : scalar.properties.isXIDContinue)
            guard isPart else { break }
            word.append(scalar)
            advance()
        }
        return word.isEmpty ? nil : String(word)
    }

    private mutating func number() throws(TokenizationError) {
        var text = ""
        var isWhole = true
        func isDigit(_ character: Character) -> Bool { character >= "0" && character <= "9" }
        while isDigit(character()) || (character() == "_" && isDigit(character(1))) {
            if character() != "_" { text.append(character()) }
            advance()
        }
        if character() == ".", isDigit(character(1)) {
            isWhole = false
            repeat {
                text.append(character())
                advance()
            } while isDigit(character())
        }
        let signed = character(1) == "+" || character(1) == "-"
        if character() == "e" || character() == "E", isDigit(character(signed ? 2 : 1)) {
            isWhole = false
            repeat {
                text.append(character())
                advance()
            } while isDigit(character()) || "+-".contains(character())
        }
        if isWhole, let value = Int(text) {
            emit(.integer(value))
        } else if !isWhole, let value = Double(text), value.isFinite {
            emit(.number(value))
        } else {
            throw TemplateFault.syntax("the number \(TemplateFault.quoted(text)) is out of range", line: line)
        }
    }

    private mutating func string(quote: Character) throws(TokenizationError) {
        let start = line
        var units: [UInt32] = []
        advance()
        while position < source.count {
            if character() == quote {
                tokens.append(TemplateToken(kind: .string(MarkedText(units: units)), line: start))
                advance()
                return
            }
            if character() == "\\" {
                advance()
                try escape(into: &units)
            } else {
                units.append(unit())
                advance()
            }
        }
        throw TemplateFault.syntax("a string without an end", line: start)
    }

    /// What Python's `unicode-escape` makes of the characters after a backslash; an unknown escape stays as written.
    private mutating func escape(into units: inout [UInt32]) throws(TokenizationError) {
        let letter = character()
        let simple: [Character: UInt32] = [
            "n": 10, "t": 9, "r": 13, "\\": 92, "'": 39, "\"": 34, "a": 7, "b": 8, "f": 12, "v": 11,
        ]
        if let value = simple[letter] {
            units.append(value)
            advance()
        } else if letter == "\n" {
            advance()
        } else if let digits = ["x": 2, "u": 4, "U": 8][letter] {
            advance()
            var value: UInt32 = 0
            for _ in 0..<digits {
                guard let digit = character().hexDigitValue, value < 0x1000_0000 else {
                    throw TemplateFault.syntax("an escape with too few hexadecimal digits", line: line)
                }
                value = value << 4 | UInt32(digit)
                advance()
            }
            guard Unicode.Scalar(value) != nil else {
                throw TemplateFault.syntax("an escape that is no Unicode scalar", line: line)
            }
            units.append(value)
        } else if letter == "N" {
            throw TemplateFault.unsupported("the escape `\\N`", line: line)
        } else if letter >= "0", letter <= "7" {
            var value: UInt32 = 0
            var count = 0
            while count < 3, character() >= "0", character() <= "7" {
                value = value << 3 | (unit() - 0x30)
                count += 1
                advance()
            }
            units.append(value)
        } else {
            units.append(0x5C)
        }
    }
}
