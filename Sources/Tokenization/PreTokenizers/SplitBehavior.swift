// SPDX-License-Identifier: Apache-2.0

/// What becomes of the delimiters a text is split by.
enum SplitBehavior: String, Sendable {
    case removed = "Removed"
    case isolated = "Isolated"
    case mergedWithPrevious = "MergedWithPrevious"
    case mergedWithNext = "MergedWithNext"
    case contiguous = "Contiguous"

    /// One part of a text: a delimiter, or what lies between two.
    typealias Part = (range: Range<Int>, isDelimiter: Bool)

    /// The pieces that the parts of a text, which cover it in order, leave.
    func pieces(_ parts: [Part]) -> [Range<Int>] {
        switch self {
        case .isolated: parts.map(\.range)
        case .removed: parts.filter { !$0.isDelimiter }.map(\.range)
        case .contiguous: joined(parts) { $0 == $1 }
        case .mergedWithPrevious: joined(parts) { current, previous in current && !previous }
        case .mergedWithNext:
            joined(parts.reversed()) { current, previous in current && !previous }.reversed()
        }
    }

    /// Joins each part to the one before where `joins` says so of the two being delimiters.
    private func joined(_ parts: [Part], _ joins: (Bool, Bool) -> Bool) -> [Range<Int>] {
        var pieces: [Range<Int>] = []
        var previous = false
        for part in parts {
            if let last = pieces.last, joins(part.isDelimiter, previous) {
                let lower = min(last.lowerBound, part.range.lowerBound)
                pieces[pieces.count - 1] = lower..<max(last.upperBound, part.range.upperBound)
            } else {
                pieces.append(part.range)
            }
            previous = part.isDelimiter
        }
        return pieces
    }
}
