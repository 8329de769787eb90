// SPDX-License-Identifier: Apache-2.0

/// A row of a table as lines: `cell | cell`, white space in cells made one space, empty cells at the end left out.
enum TableRow {
    /// Bytes of a line, about; a longer one comes in pieces.
    static let pieceLimit = 16_384

    static func lines(_ cells: [String], isFirst: Bool, place: SourcePlace) -> [ExtractedLine] {
        var cells = cells.map(cleaned)
        let columns = isFirst && namesColumns(cells)
        while cells.last?.isEmpty == true { cells.removeLast() }
        guard !cells.isEmpty else { return [] }
        return pieces(cells.joined(separator: " | "), kind: columns ? .columns : .row, place: place)
    }

    /// A line, in pieces where it is very long.
    static func pieces(_ text: String, kind: ExtractedLine.Kind, place: SourcePlace) -> [ExtractedLine] {
        var lines: [ExtractedLine] = []
        var rest = text.unicodeScalars[...]
        while rest.count > pieceLimit {
            let piece = String(rest.prefix(pieceLimit))
            lines.append(ExtractedLine(text: piece, kind: .row, endsLine: false, place: place))
            rest = rest.dropFirst(pieceLimit)
        }
        lines.append(ExtractedLine(text: String(rest), kind: lines.isEmpty ? kind : .row, place: place))
        return lines
    }

    /// Whether a table's first row holds names: two or more cells, none empty, none of them a number, none long.
    static func namesColumns(_ cells: [String]) -> Bool {
        cells.count > 1
            && cells.allSatisfy { cell in
                !cell.isEmpty && cell.count <= 60 && cell.contains(where: \.isLetter) && Double(cell) == nil
            }
    }

    static func cleaned(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: { $0.properties.isWhitespace || $0.value == 0 }) else { return text }
        return text.filter { $0 != "\0" }.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }
}
