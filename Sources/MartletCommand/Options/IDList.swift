// SPDX-License-Identifier: Apache-2.0
import Checkpoints

/// Rows of whole numbers as the command line writes them: `1,2,3;4,5,6`.
struct IDList: Sendable {
    let rows: [[Int32]]

    /// One row that is there already.
    init(_ ids: [Int32]) { rows = [ids] }

    /// Reads rows; `-` stands for standard input.
    init(_ argument: String, option: String) throws {
        let text = argument == "-" ? try InputText.standardInput() : argument
        var rows: [[Int32]] = []
        for (number, row) in text.split(separator: ";", omittingEmptySubsequences: false).enumerated() {
            var ids: [Int32] = []
            for (place, item) in row.split(separator: ",", omittingEmptySubsequences: false).enumerated() {
                let item = item.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed()
                guard let id = Int32(String(item)) else {
                    let found = item.isEmpty ? "nothing" : "\"\(printable(String(String(item).prefix(40))))\""
                    throw CommandError(
                        .usage,
                        "\(option) has \(found) at place \(place + 1) of row \(number + 1), where a whole number from "
                            + "-2147483648 to 2147483647 should stand; write numbers as 1,2,3 and rows as 1,2;3,4"
                    )
                }
                ids.append(id)
            }
            rows.append(ids)
        }
        self.rows = rows
    }

    /// The only row.
    init(single argument: String, option: String) throws {
        try self.init(argument, option: option)
        guard rows.count == 1 else {
            throw CommandError(.usage, "\(option) has \(rows.count) rows; give one, without `;`")
        }
    }

    /// The ids of a list that has one row.
    var ids: [Int32] { rows.first ?? [] }

    /// Refuses rows of different lengths.
    func requireRectangle(_ option: String) throws {
        guard let width = rows.first?.count else { return }
        for (number, row) in rows.enumerated() where row.count != width {
            throw CommandError(
                .usage,
                "row \(number + 1) of \(option) has \(row.count) numbers, the first \(width); rows are all of one length"
            )
        }
    }

    /// Refuses a list of another shape than `other` has.
    func requireShape(of other: IDList, _ option: String) throws {
        try requireRectangle(option)
        guard rows.count == other.rows.count, rows.first?.count == other.rows.first?.count else {
            throw CommandError(
                .usage,
                "\(option) has \(rows.count) rows of \(rows.first?.count ?? 0) numbers, but --ids has "
                    + "\(other.rows.count) of \(other.rows.first?.count ?? 0); give as many"
            )
        }
    }

    /// Refuses ids that a vocabulary of that size does not have.
    func requireIDs(below limit: Int) throws {
        for (number, row) in rows.enumerated() {
            if let place = row.firstIndex(where: { $0 < 0 || Int($0) >= limit }) {
                throw CommandError(
                    .data,
                    "id \(row[place]) at place \(place + 1) of row \(number + 1) is not in the vocabulary; "
                        + "ids are 0 to \(limit - 1)"
                )
            }
        }
    }
}
