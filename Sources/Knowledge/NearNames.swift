// SPDX-License-Identifier: Apache-2.0

/// Names that a mistyped one may have meant.
package enum NearNames {
    /// At most three names near `name`, the nearest first.
    package static func of(_ name: String, among names: [String]) -> [String] {
        let wanted = Array(name.lowercased().prefix(200))
        return names.compactMap { candidate -> (String, Int)? in
            let other = Array(candidate.lowercased().prefix(200))
            let part = other.count >= 3 && wanted.count >= 3 && (contains(other, wanted) || contains(wanted, other))
            let distance = part ? 1 : distance(wanted, other)
            return distance <= max(2, wanted.count / 3) ? (candidate, distance) : nil
        }
        .sorted { ($0.1, $0.0) < ($1.1, $1.0) }.prefix(3).map(\.0)
    }

    /// The end of a message: `; near names: a, b`, or nothing.
    static func hint(_ name: String, among names: [String]) -> String {
        let near = of(name, among: names)
        return near.isEmpty ? "" : "; near names: " + near.map { "`\($0)`" }.joined(separator: ", ")
    }

    private static func contains(_ text: [Character], _ part: [Character]) -> Bool {
        part.count <= text.count && (0...(text.count - part.count)).contains { text[$0...].starts(with: part) }
    }

    /// Insertions, deletions and replacements between two texts (Levenshtein).
    private static func distance(_ one: [Character], _ other: [Character]) -> Int {
        var row = Array(0...other.count)
        for (i, character) in one.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, candidate) in other.enumerated() {
                let value = min(row[j] + 1, row[j + 1] + 1, diagonal + (character == candidate ? 0 : 1))
                diagonal = row[j + 1]
                row[j + 1] = value
            }
        }
        return row[other.count]
    }
}
