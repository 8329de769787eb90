// SPDX-License-Identifier: Apache-2.0
import Foundation

/// A text as names are compared: whole words without case, accents and width, single characters of the scripts that have
/// no spaces, and a mark wherever punctuation parts what stands around it. No stemming; each token knows its place.
package struct NameText: Sendable {
    /// How a word is written: names that are capitalised are told from words by that.
    package enum Shape: UInt8, Sendable {
        /// Without letters that have a case.
        case none
        case lower
        case capitalised
        case upper
        /// Capitals within, as in `iPhone`.
        case mixed

        var hasCapital: Bool { self == .capitalised || self == .upper || self == .mixed }
    }

    /// Unicode scalars from the text's beginning.
    package private(set) var starts: [Int] = []
    package private(set) var ends: [Int] = []
    package private(set) var shapes: [Shape] = []
    /// Letters of a word; 0 for digits and marks, -1 for a character of a script without spaces.
    package private(set) var letters: [Int] = []
    /// The tokens' bytes, one after the other, and where each ends.
    private var bytes: [UInt8] = []
    private var bounds: [Int] = [0]

    package var count: Int { starts.count }

    /// What parts words, as a token.
    static let mark = UInt8(ascii: ",")

    func bytes(of token: Int) -> ArraySlice<UInt8> { bytes[bounds[token]..<bounds[token + 1]] }

    func isMark(_ token: Int) -> Bool {
        let bytes = bytes(of: token)
        return bytes.count == 1 && bytes.first == Self.mark
    }

    /// A character of a script without spaces.
    func isCharacter(_ token: Int) -> Bool { letters[token] < 0 }

    /// The tokens with spaces between them, by which equal names are equal.
    package func key(_ tokens: Range<Int>) -> String {
        String(decoding: Array(tokens.map { bytes(of: $0) }.joined(separator: [0x20])), as: UTF8.self)
    }

    package init(_ text: String) {
        var reader = NameReader()
        reader.read(Array(text.unicodeScalars), into: &self)
    }

    fileprivate mutating func append(_ token: [UInt8], _ start: Int, _ end: Int, _ shape: Shape, letters: Int) {
        bytes += token
        bounds.append(bytes.count)
        starts.append(start)
        ends.append(end)
        shapes.append(shape)
        self.letters.append(letters)
    }
}

/// Reads the tokens of one text.
private struct NameReader {
    private var word: [UInt8] = []
    private var start = 0
    private var end = 0
    private var letters = 0
    private var capitals = 0
    private var startsWithCapital = false
    private var gapHasMark = false
    private var newlines = 0
    private var folded: [Unicode.Scalar: [UInt8]] = [:]

    mutating func read(_ scalars: [Unicode.Scalar], into text: inout NameText) {
        var place = 0
        while place < scalars.count {
            let scalar = Self.narrow(scalars[place])
            let next = place + 1 < scalars.count ? Self.narrow(scalars[place + 1]) : nil
            if scalar.isASCII, TermAnalyzer.isWordScalar(scalar) {
                let folded = UInt8(truncatingIfNeeded: scalar.value) | (scalar.value > 64 ? 0x20 : 0)
                put([folded], of: scalar, at: place, &text)
            } else if (0x300...0x36F).contains(scalar.value) {
                // An accent: what is compared has none.
                if !word.isEmpty { end = place + 1 }
            } else if TermAnalyzer.isPairScript(scalar) {
                finish(&text)
                mark(&text)
                text.append(fold(scalar), place, place + 1, .none, letters: -1)
            } else if TermAnalyzer.isWordScalar(scalar) {
                put(fold(scalar), of: scalar, at: place, &text)
            } else if scalar == "'" || scalar == "\u{2019}", !word.isEmpty, let next, next.properties.isAlphabetic {
                // "Alice's" is Alice, "O'Brien" is one word.
                let after = place + 2 < scalars.count ? Self.narrow(scalars[place + 2]) : nil
                if next == "s" || next == "S", after.map({ !TermAnalyzer.isWordScalar($0) }) ?? true {
                    finish(&text)
                    place += 1
                }
            } else if scalar.properties.generalCategory != .format {
                finish(&text)
                pass(scalar)
            }
            place += 1
        }
        finish(&text)
    }

    private mutating func put(_ bytes: [UInt8], of scalar: Unicode.Scalar, at place: Int, _ text: inout NameText) {
        if word.isEmpty {
            mark(&text)
            (start, letters, capitals, startsWithCapital) = (place, 0, 0, false)
        }
        let isCapital = scalar.isASCII ? scalar.value > 64 && scalar.value < 91 : scalar.properties.isUppercase
        if isCapital {
            if letters == 0 { startsWithCapital = true }
            capitals += 1
        }
        if scalar.isASCII ? scalar.value > 64 : scalar.properties.isAlphabetic { letters += 1 }
        word += bytes
        end = place + 1
    }

    private mutating func finish(_ text: inout NameText) {
        guard !word.isEmpty else { return }
        let shape: NameText.Shape =
            if letters == 0 {
                .none
            } else if capitals == 0 {
                .lower
            } else if capitals == letters, letters > 1 {
                .upper
            } else if capitals == 1, startsWithCapital {
                .capitalised
            } else {
                .mixed
            }
        if word.contains(where: { $0 >= 0x80 }) {
            word = Array(String(decoding: word, as: UTF8.self).precomposedStringWithCanonicalMapping.utf8)
        }
        text.append(word, start, end, shape, letters: letters)
        word.removeAll(keepingCapacity: true)
    }

    /// What stands between two words: spaces and joiners do not part them, an empty line and punctuation do.
    private mutating func pass(_ scalar: Unicode.Scalar) {
        if scalar.properties.isWhitespace {
            if scalar == "\n" { newlines += 1 }
            if newlines > 1 { gapHasMark = true }
        } else if !Self.joiners.contains(scalar) {
            gapHasMark = true
        }
    }

    private mutating func mark(_ text: inout NameText) {
        if gapHasMark, text.count > 0, let end = text.ends.last {
            text.append([NameText.mark], end, end, .none, letters: 0)
        }
        (gapHasMark, newlines) = (false, 0)
    }

    private static let joiners: Set<Unicode.Scalar> = [
        "-", "_", ".", "/", "&", "'", "\"", "\u{2019}", "\u{2018}", "\u{201C}", "\u{201D}", "\u{B7}", "\u{2010}",
        "\u{2011}", "\u{2012}", "\u{2013}", "\u{2022}", "\u{2027}", "\u{30FB}",
    ]

    private static func narrow(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        guard (0xFF01...0xFF5E).contains(scalar.value) else { return scalar }
        return Unicode.Scalar(scalar.value - 0xFEE0) ?? scalar
    }

    /// Lower case without accents, as UTF-8.
    private mutating func fold(_ scalar: Unicode.Scalar) -> [UInt8] {
        switch scalar.value {
        // Nearly all that is Chinese, Japanese or Korean is as it is.
        case 0x3041...0x30FF, 0x3400...0x9FFF, 0xAC00...0xD7A3: return Array(Unicode.UTF8.encode(scalar) ?? .init())
        default: break
        }
        if let known = folded[scalar] { return known }
        var lower = scalar.properties.lowercaseMapping
        if lower == "\u{3C2}" { lower = "\u{3C3}" }
        let plain = lower.decomposedStringWithCanonicalMapping.unicodeScalars.filter {
            !(0x300...0x36F).contains($0.value)
        }
        let bytes = Array(String(String.UnicodeScalarView(plain)).precomposedStringWithCanonicalMapping.utf8)
        folded[scalar] = bytes
        return bytes
    }
}
