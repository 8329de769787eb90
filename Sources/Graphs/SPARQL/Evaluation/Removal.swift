// SPDX-License-Identifier: Apache-2.0

/// The solutions that MINUS takes away, found by the values they share with a row.
///
/// A solution goes if it shares a variable with one of these and no shared variable has another value. Which variables
/// two solutions share depends on which are bound in each, so there is a set of values for each such choice, made when
/// it is first asked for.
final class Removal {
    private struct Choice: Hashable {
        let bound: [Bool]
        let common: [Int]
    }

    private let shared: [Int]
    private let groups: [[Bool]: [Row]]
    private var values: [Choice: Set<Row>] = [:]

    init(_ rows: [Row], _ shared: [Int]) {
        self.shared = shared
        groups = Dictionary(grouping: rows) { row in shared.map { row[$0] != 0 } }
    }

    /// Cost: a look-up for each choice of bound variables among the solutions to take away.
    func removes(_ row: Row, in evaluator: Evaluator) throws -> Bool {
        for (bound, rows) in groups {
            try evaluator.step()
            let common = shared.indices.filter { bound[$0] && row[shared[$0]] != 0 }.map { shared[$0] }
            if common.isEmpty { continue }
            let choice = Choice(bound: bound, common: common)
            if values[choice] == nil {
                try evaluator.hold(rows.count)
                values[choice] = Set(rows.map { other in common.map { other[$0] } })
            }
            if values[choice]?.contains(common.map { row[$0] }) == true { return true }
        }
        return false
    }
}
