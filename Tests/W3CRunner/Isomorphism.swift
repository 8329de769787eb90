// SPDX-License-Identifier: Apache-2.0
import Foundation
import Graphs

/// Whether two multisets of rows are one but for the names of their blank nodes.
enum Isomorphism {
    static func holds(_ left: [Quad], _ right: [Quad]) -> Bool {
        func row(_ quad: Quad) -> [Term?] {
            [quad.triple.subject, quad.triple.predicate, quad.triple.object, quad.graph]
        }
        return holds(left.map(row), right.map(row))
    }

    static func holds(_ left: [[Term?]], _ right: [[Term?]]) -> Bool {
        guard left.count == right.count else { return false }
        var steps = 0
        var taken = [Bool](repeating: false, count: right.count)
        // Rows without blank nodes first: they decide soonest.
        let ordered = left.sorted { blanks($0) < blanks($1) }
        return matches(ordered[...], right, &taken, [:], [:], &steps)
    }

    private static func blanks(_ row: [Term?]) -> Int {
        row.count { if case .blank = $0 { true } else { false } }
    }

    private static func matches(
        _ rows: ArraySlice<[Term?]>,
        _ others: [[Term?]],
        _ taken: inout [Bool],
        _ forward: [String: String],
        _ backward: [String: String],
        _ steps: inout Int
    ) -> Bool {
        guard let row = rows.first else { return true }
        for (index, other) in others.enumerated() where !taken[index] {
            steps += 1
            if steps > 2_000_000 { return false }
            var (there, back) = (forward, backward)
            let fits = row.count == other.count && zip(row, other).allSatisfy { same($0, $1, &there, &back) }
            guard fits else { continue }
            taken[index] = true
            if matches(rows.dropFirst(), others, &taken, there, back, &steps) { return true }
            taken[index] = false
            if blanks(row) == 0 { return false }
        }
        return false
    }

    private static func same(
        _ left: Term?,
        _ right: Term?,
        _ there: inout [String: String],
        _ back: inout [String: String]
    ) -> Bool {
        switch (left, right) {
        case (.blank(let first), .blank(let second)):
            if there[first] == nil, back[second] == nil { (there[first], back[second]) = (second, first) }
            return there[first] == second && back[second] == first
        case (.literal(let first), .literal(let second)):
            if first == second { return true }
            // Numbers of one type are compared by value: their form is free.
            return first.datatype == second.datatype
                && ["decimal", "double", "float", "integer"].contains { first.datatype.hasSuffix("#" + $0) }
                && Double(first.lexical) != nil && Double(first.lexical) == Double(second.lexical)
        default: return left == right
        }
    }
}
