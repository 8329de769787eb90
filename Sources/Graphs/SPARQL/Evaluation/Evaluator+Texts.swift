// SPDX-License-Identifier: Apache-2.0
import Foundation

/// The functions of texts: https://www.w3.org/TR/sparql11-query/#func-strings.
extension Evaluator {
    func textual(_ function: BuiltIn, _ literal: Literal, _ literals: [Literal]) throws -> Term? {
        let text = literal.lexical
        func like(_ text: String) -> Term {
            .literal(literal.language.map { Literal(text, language: $0) } ?? Literal(text))
        }
        switch function {
        case .strlen: return .literal(Literal("\(text.unicodeScalars.count)", datatype: XSD.integer))
        case .ucase: return like(text.uppercased())
        case .lcase: return like(text.lowercased())
        case .encodeForURI: return .literal(Literal(Self.percentEncoded(text)))
        case .substr: return Self.slice(Array(text.unicodeScalars), literals).map(like)
        case .regex, .replace: return try expression(function, literal, literals, like)
        default: break
        }
        let other = literals[1]
        guard other.datatype == XSD.string || (other.language != nil && other.language == literal.language) else {
            return nil
        }
        let (whole, part) = (Array(text.unicodeScalars), Array(other.lexical.unicodeScalars))
        switch function {
        case .contains: return Self.boolean(Self.first(part, in: whole) != nil)
        case .strStarts: return Self.boolean(whole.starts(with: part))
        case .strEnds: return Self.boolean(whole.reversed().starts(with: part.reversed()))
        case .strBefore, .strAfter:
            guard let start = Self.first(part, in: whole) else { return .literal(Literal("")) }
            return like(Self.text(function == .strBefore ? whole[..<start] : whole[(start + part.count)...]))
        default: return nil
        }
    }

    private static func text(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
        var text = ""
        text.unicodeScalars.append(contentsOf: scalars)
        return text
    }

    private static func first(_ part: [Unicode.Scalar], in whole: [Unicode.Scalar]) -> Int? {
        guard part.count <= whole.count else { return nil }
        return (0...(whole.count - part.count)).first { whole[$0...].starts(with: part) }
    }

    private static func slice(_ whole: [Unicode.Scalar], _ literals: [Literal]) -> String? {
        guard let start = Numeric(literals[1])?.rounded(.nearest).double else { return nil }
        var end = Double.infinity
        if literals.count > 2 {
            guard let length = Numeric(literals[2])?.rounded(.nearest).double else { return nil }
            end = start + length
        }
        guard !start.isNaN, !end.isNaN else { return "" }
        let first = Int(min(max(start, 1), Double(whole.count) + 1)) - 1
        let last = Int(min(max(end, 1), Double(whole.count) + 1)) - 1
        return first < last ? text(whole[first..<last]) : ""
    }

    private static func percentEncoded(_ text: String) -> String {
        var allowed = CharacterSet()
        allowed.insert(charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~")
        return text.addingPercentEncoding(withAllowedCharacters: allowed) ?? text
    }

    // MARK: Regular expressions

    private func expression(
        _ function: BuiltIn,
        _ literal: Literal,
        _ literals: [Literal],
        _ like: (String) -> Term
    ) throws -> Term? {
        let isReplacing = function == .replace
        let flags = literals.count > (isReplacing ? 3 : 2) ? literals[isReplacing ? 3 : 2].lexical : ""
        guard literals.dropFirst().allSatisfy({ $0.datatype == XSD.string }),
            let expression = compiled(literals[1].lexical, flags)
        else { return nil }
        let text = literal.lexical
        guard text.utf8.count <= 1 << 20 else {
            throw GraphError(.limit, "a text of \(text.utf8.count) bytes is too long for REGEX; the bound is a million")
        }
        var matches: [NSTextCheckingResult] = []
        var isOver = false
        expression.enumerateMatches(in: text, options: .reportProgress, range: NSRange(text.startIndex..., in: text)) {
            match,
            _,
            stop in
            if let match { matches.append(match) }
            isOver = self.isLate
            stop.pointee = ObjCBool(isOver || (match != nil && !isReplacing))
        }
        if isOver { throw late }
        guard isReplacing else { return Self.boolean(!matches.isEmpty) }
        guard !matches.contains(where: { $0.range.length == 0 }) else { return nil }
        let units = Array(text.utf16)
        var made: [UInt16] = []
        var position = 0
        for match in matches {
            made += units[position..<match.range.location]
            made += Self.replacement(Array(literals[2].lexical.utf16), match, units)
            position = match.range.location + match.range.length
        }
        made += units[position...]
        return like(String(decoding: made, as: UTF16.self))
    }

    private func compiled(_ pattern: String, _ flags: String) -> NSRegularExpression? {
        let key = flags + "/" + pattern
        if let known = expressions[key] { return known }
        var options: NSRegularExpression.Options = []
        for flag in flags {
            switch flag {
            case "i": options.insert(.caseInsensitive)
            case "s": options.insert(.dotMatchesLineSeparators)
            case "m": options.insert(.anchorsMatchLines)
            case "x": options.insert(.allowCommentsAndWhitespace)
            case "q": options.insert(.ignoreMetacharacters)
            default: return nil
            }
        }
        guard pattern.utf8.count <= 10_000, let made = try? NSRegularExpression(pattern: pattern, options: options)
        else {
            return nil
        }
        expressions[key] = made
        return made
    }

    /// The replacement with its $1 … $9 filled in.
    private static func replacement(_ template: [UInt16], _ match: NSTextCheckingResult, _ units: [UInt16]) -> [UInt16]
    {
        var made: [UInt16] = []
        var index = 0
        while index < template.count {
            let unit = template[index]
            index += 1
            guard unit == 0x24 || unit == 0x5C, index < template.count else {
                made.append(unit)
                continue
            }
            let next = template[index]
            index += 1
            guard unit == 0x24, (0x30...0x39).contains(next) else {
                made.append(next)
                continue
            }
            let group = Int(next) - 0x30
            guard group < match.numberOfRanges else { continue }
            let range = match.range(at: group)
            if range.location != NSNotFound { made += units[range.location..<(range.location + range.length)] }
        }
        return made
    }
}
