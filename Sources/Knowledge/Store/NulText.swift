// SPDX-License-Identifier: Apache-2.0

/// Text with U+0000, which PostgreSQL does not hold and where SQLite's text would end: U+10FFFF, which is no character,
/// stands before `0` for it, and before `1` for itself.
enum NulText {
    private static let mark: Unicode.Scalar = "\u{10FFFF}"
    /// The first byte of the mark in UTF-8, which few others have.
    private static let first: UInt8 = 0xF4

    static func encoded(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 == 0 || $0 == first }) else { return text }
        var encoded = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\0": encoded.append(contentsOf: [mark, "0"])
            case mark: encoded.append(contentsOf: [mark, "1"])
            default: encoded.append(scalar)
            }
        }
        return String(encoded)
    }

    /// A mark before anything else is kept: earlier versions wrote it as it is.
    static func decoded(_ text: String) -> String {
        guard text.utf8.contains(first), text.unicodeScalars.contains(mark) else { return text }
        var decoded = String.UnicodeScalarView()
        var rest = Substring.UnicodeScalarView(text.unicodeScalars)
        while let scalar = rest.popFirst() {
            guard scalar == mark, let next = rest.first, next == "0" || next == "1" else {
                decoded.append(scalar)
                continue
            }
            decoded.append(next == "0" ? "\0" : mark)
            rest.removeFirst()
        }
        return String(decoded)
    }
}
