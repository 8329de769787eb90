// SPDX-License-Identifier: Apache-2.0

/// A terminal of the grammar: https://www.w3.org/TR/sparql11-query/#sparqlGrammar.
struct QueryToken {
    enum Kind: Equatable {
        case end
        case iri(String)
        case prefixed(prefix: String, local: String)
        case blank(String)
        case variable(String)
        case language(String)
        case integer(String)
        case decimal(String)
        case double(String)
        case string(String)
        /// A keyword or a function's name, in capitals.
        case word(String)
        /// `a`, the one keyword whose case matters.
        case a
        /// `[]`, with blanks between perhaps.
        case anonymous
        /// `()`, with blanks between perhaps.
        case emptyList
        case symbol(String)
    }

    let kind: Kind
    /// Where it begins and ends, in bytes.
    let start: Int
    let end: Int

    /// As messages name it.
    var description: String {
        switch kind {
        case .end: "the end"
        case .iri(let iri): "<\(iri)>"
        case .prefixed(let prefix, let local): "\(prefix):\(local)"
        case .blank(let label): "_:\(label)"
        case .variable(let name): "?\(name)"
        case .language(let tag): "@\(tag)"
        case .integer(let text), .decimal(let text), .double(let text): text
        case .string(let text): "\"\(text.prefix(40))\""
        case .word(let word): word
        case .a: "a"
        case .anonymous: "[]"
        case .emptyList: "()"
        case .symbol(let symbol): symbol
        }
    }
}

/// The characters that names are made of.
enum QueryCharacters {
    /// PN_CHARS_BASE beyond ASCII.
    static func isBase(_ scalar: UInt32) -> Bool {
        switch scalar {
        case 0xC0...0xD6, 0xD8...0xF6, 0xF8...0x2FF, 0x370...0x37D, 0x37F...0x1FFF, 0x200C...0x200D, 0x2070...0x218F,
            0x2C00...0x2FEF, 0x3001...0xD7FF, 0xF900...0xFDCF, 0xFDF0...0xFFFD, 0x10000...0xEFFFF:
            true
        default: isLetter(scalar)
        }
    }

    static func isLetter(_ scalar: UInt32) -> Bool { (0x41...0x5A).contains(scalar) || (0x61...0x7A).contains(scalar) }

    static func isDigit(_ scalar: UInt32) -> Bool { (0x30...0x39).contains(scalar) }

    static func isHex(_ scalar: UInt32) -> Bool {
        isDigit(scalar) || (0x41...0x46).contains(scalar) || (0x61...0x66).contains(scalar)
    }

    /// PN_CHARS_U or a digit: what a variable, a local name and a label may begin with.
    static func isStart(_ scalar: UInt32) -> Bool { scalar == 0x5F || isDigit(scalar) || isBase(scalar) }

    /// What a variable goes on with.
    static func isVariable(_ scalar: UInt32) -> Bool {
        isStart(scalar) || scalar == 0xB7 || (0x300...0x36F).contains(scalar) || (0x203F...0x2040).contains(scalar)
    }

    /// PN_CHARS.
    static func isName(_ scalar: UInt32) -> Bool { scalar == 0x2D || isVariable(scalar) }
}
