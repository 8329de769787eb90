// SPDX-License-Identifier: Apache-2.0

/// Breaks text that comes in pieces between words, so that no line is wider than the terminal; wide characters part from
/// each other, but never from the punctuation that closes them.
struct WordWrapper {
    private let columns: Int
    private var column = 0
    private var spaces = ""
    private var word = ""

    /// - Parameter columns: Columns of the terminal; nil where nobody reads, and nothing is broken.
    init(columns: Int?) { self.columns = columns ?? .max }

    /// The next piece, as far as its place is known.
    mutating func append(_ text: String) -> String {
        var output = ""
        for character in text {
            if character == "\n" {
                place(&output)
                output += spaces + "\n"
                (column, spaces) = (0, "")
            } else if character == " " {
                place(&output)
                spaces.append(character)
            } else {
                let isWide = character.displayWidth > 1
                let follows = Self.closing.contains(character)
                if !follows, isWide || word.last.map({ $0.displayWidth > 1 }) == true { place(&output) }
                word.append(character)
            }
        }
        return output
    }

    /// What was held back.
    mutating func finish() -> String {
        var output = ""
        place(&output)
        return output
    }

    private mutating func place(_ output: inout String) {
        guard !word.isEmpty else { return }
        if column > 0, column + spaces.count + word.displayWidth > columns {
            output += "\n"
            (column, spaces) = (0, "")
        }
        output += spaces + word
        column += spaces.count + word.displayWidth
        (spaces, word) = ("", "")
    }

    private static let closing: Set<Character> = [
        "，", "。", "、", "；", "：", "！", "？", "）", "》", "」", "』", "】", "”", "’",
    ]
}
