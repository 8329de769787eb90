// SPDX-License-Identifier: Apache-2.0

/// What the reference tokenizers take a code point for.
///
/// Each class follows the Unicode version that Hugging Face tokenizers use for that purpose, not Swift's own:
/// the tables are made by probing it.
struct CharacterClass: OptionSet, Sendable {
    let rawValue: UInt16

    /// `\p{L}`, `\p{N}`, `\s` and `\p{P}` of regular expressions.
    static let letter = CharacterClass(rawValue: 1 << 0)
    static let number = CharacterClass(rawValue: 1 << 1)
    static let space = CharacterClass(rawValue: 1 << 2)
    static let punctuation = CharacterClass(rawValue: 1 << 3)
    /// White space where no regular expression is used.
    static let whitespace = CharacterClass(rawValue: 1 << 4)
    /// What `Digits` splits off.
    static let numeric = CharacterClass(rawValue: 1 << 5)
    /// `\w`.
    static let word = CharacterClass(rawValue: 1 << 6)
    static let bertPunctuation = CharacterClass(rawValue: 1 << 7)
    static let bertControl = CharacterClass(rawValue: 1 << 8)
    static let bertSpace = CharacterClass(rawValue: 1 << 9)
    static let chinese = CharacterClass(rawValue: 1 << 10)
    /// What BERT's and what the plain accent stripping remove.
    static let nonspacingMark = CharacterClass(rawValue: 1 << 11)
    static let combiningMark = CharacterClass(rawValue: 1 << 12)
}

/// The classes of all code points in pages of 256, equal pages stored once.
struct CharacterClasses: Sendable {
    private var pages: [UInt16]
    private var classes: [UInt16]

    static let shared = CharacterClasses()

    private init() {
        var flat = [UInt16](repeating: 0, count: 0x110000)
        let tables: [(CharacterClass, String)] = [
            (.letter, CharacterClassTable.letter), (.number, CharacterClassTable.number),
            (.space, CharacterClassTable.space), (.punctuation, CharacterClassTable.punctuation),
            (.whitespace, CharacterClassTable.whitespace), (.numeric, CharacterClassTable.numeric),
            (.word, CharacterClassTable.word), (.bertPunctuation, CharacterClassTable.bertPunctuation),
            (.bertControl, CharacterClassTable.bertControl), (.bertSpace, CharacterClassTable.bertSpace),
            (.chinese, CharacterClassTable.chinese), (.nonspacingMark, CharacterClassTable.nonspacingMark),
            (.combiningMark, CharacterClassTable.combiningMark),
        ]
        for (flag, table) in tables {
            for range in TableText(table).ranges() {
                for scalar in range where scalar < flat.count { flat[scalar] |= flag.rawValue }
            }
        }
        pages = []
        classes = []
        var known: [ArraySlice<UInt16>: UInt16] = [:]
        for start in stride(from: 0, to: flat.count, by: 256) {
            let page = flat[start..<start + 256]
            if let same = known[page] {
                pages.append(same)
            } else {
                let number = UInt16(classes.count / 256)
                known[page] = number
                pages.append(number)
                classes += page
            }
        }
    }

    @inline(__always)
    subscript(scalar: UInt32) -> CharacterClass {
        CharacterClass(rawValue: classes[Int(pages[Int(scalar >> 8)]) << 8 | Int(scalar & 0xFF)])
    }
}

/// Reads the numbers of the generated tables: hexadecimal words between spaces or line ends.
struct TableText {
    private var bytes: Substring.UTF8View

    init(_ text: String) { bytes = text[...].utf8 }

    /// The next number and the character that ended it; nil at the end.
    mutating func number() -> (value: Int, end: UInt8)? {
        var value = 0
        var seen = false
        while let byte = bytes.popFirst() {
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                if seen { return (value, byte) }
                if byte == UInt8(ascii: "=") { return (-1, byte) }
                continue
            }
            value = value << 4 | digit
            seen = true
        }
        return seen ? (value, 0x20) : nil
    }

    /// All runs of a table of gaps and lengths.
    func ranges() -> [Range<Int>] {
        var reader = self
        var found: [Range<Int>] = []
        var position = 0
        while let (gap, _) = reader.number(), let (length, _) = reader.number() {
            found.append(position + gap..<position + gap + length)
            position += gap + length
        }
        return found
    }

    /// All code points of a table of gaps, colons and what each becomes.
    func mapping() -> [UInt32: [UInt32]] {
        var reader = self
        var found: [UInt32: [UInt32]] = [:]
        var scalar = 0
        while let (gap, _) = reader.number() {
            scalar += gap
            var target: [UInt32] = []
            while let (value, end) = reader.number() {
                target.append(UInt32(value))
                if end != UInt8(ascii: ".") { break }
            }
            found[UInt32(scalar)] = target
        }
        return found
    }
}
