// SPDX-License-Identifier: Apache-2.0
import Knowledge

/// The paragraphs, items and rows of a passage, as ranges without the white space around them.
///
/// A line goes on in the next one where the next one's first word had no room in it any more, as in text that is wrapped
/// at some width, and where an indented line follows an item.
package struct PassageBlocks {
    /// In the order of the passage.
    package let ranges: [Range<Int>]
    private let items: Set<Int>
    /// Lines shorter than this are not wrapped: they are verses, addresses, lists.
    private static let narrowest = 40

    package init(_ scalars: [Unicode.Scalar]) {
        let lines = scalars.indices.split(whereSeparator: { scalars[$0] == "\n" }).map { $0.startIndex..<$0.endIndex }
        let width = lines.map(\.count).max() ?? 0
        var ranges: [Range<Int>] = []
        var items: Set<Int> = []
        for line in lines {
            guard let text = Self.trimmed(line, scalars) else { continue }
            let startsItem = Self.startsItem(scalars[text])
            if !startsItem, let last = ranges.last,
                scalars[last.upperBound..<text.lowerBound].count(where: { $0 == "\n" }) == 1
            {
                let isIndented = items.contains(last.lowerBound) && text.lowerBound - line.lowerBound >= 2
                let lineStart = scalars[..<last.upperBound].lastIndex(of: "\n").map { $0 + 1 } ?? 0
                let word = scalars[text].prefix { !$0.properties.isWhitespace }.count
                let isFull = width >= Self.narrowest && last.upperBound - lineStart + 1 + word > width
                if isIndented || isFull {
                    ranges[ranges.count - 1] = last.lowerBound..<text.upperBound
                    continue
                }
            }
            if startsItem { items.insert(text.lowerBound) }
            ranges.append(text)
        }
        self.ranges = ranges
        self.items = items
    }

    /// The item or row that holds a place; nil if a paragraph does.
    package func item(holding place: Int) -> Range<Int>? {
        ranges.first { $0.contains(place) && items.contains($0.lowerBound) }
    }

    /// A range without the white space around it; nil if there is nothing else.
    static func trimmed(_ range: Range<Int>, _ scalars: [Unicode.Scalar]) -> Range<Int>? {
        var (low, high) = (range.lowerBound, range.upperBound)
        while low < high, scalars[low].properties.isWhitespace { low += 1 }
        while high > low, scalars[high - 1].properties.isWhitespace { high -= 1 }
        return low < high ? low..<high : nil
    }

    private static func startsItem(_ line: ArraySlice<Unicode.Scalar>) -> Bool {
        if line.first == "|" || line.first == "#" || line.first == ">" { return true }
        var view = String.UnicodeScalarView()
        view.append(contentsOf: line.prefix(16))
        return startsListItem(String(view)[...])
    }
}
