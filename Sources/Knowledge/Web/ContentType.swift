// SPDX-License-Identifier: Apache-2.0

/// What a server says its answer is: `text/html; charset=gb2312`.
package struct ContentType: Equatable, Sendable {
    /// Type and subtype in lower case.
    package let type: String
    /// The encoding, if one is named.
    package let charset: String?

    private static let limit = 1_024

    /// Reads the header's value; nil where it begins with no type.
    package init?(_ field: String) {
        let field = field.prefix(Self.limit)
        let parts = field.split(separator: ";", omittingEmptySubsequences: false)
        let type = Self.trimmed(parts.first ?? "").lowercased()
        let halves = type.split(separator: "/", omittingEmptySubsequences: false)
        guard halves.count == 2, halves.allSatisfy({ !$0.isEmpty && $0.allSatisfy(Self.isTokenCharacter) }) else {
            return nil
        }
        self.type = type
        var charset: String?
        for part in parts.dropFirst() where charset == nil {
            guard let equals = part.firstIndex(of: "="), Self.trimmed(part[..<equals]).lowercased() == "charset" else {
                continue
            }
            var value = Self.trimmed(part[part.index(after: equals)...])
            if value.count > 1, let mark = value.first, mark == "\"" || mark == "'", value.last == mark {
                value = value.dropFirst().dropLast()
            }
            if (1...40).contains(value.utf8.count), value.allSatisfy(Self.isTokenCharacter) { charset = String(value) }
        }
        self.charset = charset
    }

    /// The ending of file names that stands for this type; nil where the content or the address' own name tells more.
    package var ending: String? {
        switch type {
        case "text/html", "application/xhtml+xml": "html"
        case "text/markdown", "text/x-markdown": "md"
        case "text/csv": "csv"
        case "text/tab-separated-values": "tsv"
        case "text/vtt": "vtt"
        case "application/json", "application/ld+json", "application/x-ndjson": "json"
        case "message/rfc822": "eml"
        case "application/mbox": "mbox"
        case "application/pdf": "pdf"
        case "application/epub+zip": "epub"
        default: nil
        }
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text.drop { $0 == " " || $0 == "\t" }
        while text.last == " " || text.last == "\t" { text.removeLast() }
        return text
    }

    private static func isTokenCharacter(_ character: Character) -> Bool {
        character.isASCII && (character.isLetter || character.isNumber || "!#$&^_.+-:".contains(character))
    }
}
