// SPDX-License-Identifier: Apache-2.0

/// Rows of text in columns.
struct Table {
    private let titles: [String]
    private let alignsRight: Set<Int>
    private var rows: [[String]] = []

    init(_ titles: [String], alignsRight: Set<Int> = []) {
        self.titles = titles
        self.alignsRight = alignsRight
    }

    mutating func append(_ cells: [String]) { rows.append(cells) }

    /// The table's lines, the titles first.
    var text: String {
        let widths = titles.indices.map { column in
            ([titles] + rows).map { column < $0.count ? $0[column].displayWidth : 0 }.max() ?? 0
        }
        var text = Style.bold(line(titles, widths)) + "\n"
        for row in rows { text += line(row, widths) + "\n" }
        return text
    }

    private func line(_ cells: [String], _ widths: [Int]) -> String {
        var line = ""
        for (column, cell) in cells.enumerated() {
            let space = String(repeating: " ", count: widths[column] - cell.displayWidth)
            line += alignsRight.contains(column) ? space + cell : column + 1 < cells.count ? cell + space : cell
            if column + 1 < cells.count { line += "  " }
        }
        return line
    }
}
