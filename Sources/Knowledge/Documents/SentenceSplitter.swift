// SPDX-License-Identifier: Apache-2.0

/// Where sentences end. A state machine over Unicode scalars: `.`, `!`, `?`, `…` before a space and their full-width
/// sisters end a sentence, with closing quotes and brackets that follow; abbreviations, initials, numbers (`3.5`,
/// `1. item`) and a lower-case continuation do not.
package enum SentenceSplitter {
    /// The ends of the sentences, as offsets into the scalars; white space after a sentence belongs to it. The last
    /// end is the count.
    package static func ends(in scalars: ArraySlice<Unicode.Scalar>) -> [Int] {
        var ends: [Int] = []
        var index = scalars.startIndex
        while index < scalars.endIndex {
            let scalar = scalars[index]
            index += 1
            let isWide = wideStops.contains(scalar)
            guard isWide || stops.contains(scalar) else { continue }
            let stop = index - 1
            while index < scalars.endIndex, stops.contains(scalars[index]) || wideStops.contains(scalars[index]) {
                index += 1
            }
            while index < scalars.endIndex, closers.contains(scalars[index]) { index += 1 }
            guard index < scalars.endIndex else { break }
            if !isWide {
                guard isSpace(scalars[index]) else { continue }
                if scalar == ".", index == stop + 1, isAbbreviation(scalars, before: stop) { continue }
                guard let next = scalars[index...].first(where: { !isSpace($0) && !openers.contains($0) }) else {
                    break
                }
                if next.properties.isLowercase { continue }
            }
            while index < scalars.endIndex, isSpace(scalars[index]) { index += 1 }
            ends.append(index)
        }
        if ends.last != scalars.endIndex, !scalars.isEmpty { ends.append(scalars.endIndex) }
        return ends
    }

    /// Whether the full stop at `index` belongs to the word before it.
    private static func isAbbreviation(_ scalars: ArraySlice<Unicode.Scalar>, before index: Int) -> Bool {
        var start = index
        while start > scalars.startIndex, index - start < 12, !isSpace(scalars[start - 1]),
            !openers.contains(scalars[start - 1])
        {
            start -= 1
        }
        guard start < index else { return true }
        var word = String.UnicodeScalarView()
        word.append(contentsOf: scalars[start..<index])
        let text = String(word)
        if index - start == 1 {
            // An initial, or the number of an item at the beginning of its line.
            let opensLine = start == scalars.startIndex || scalars[start - 1] == "\n"
            return scalars[start].properties.isUppercase && text != "I"
                || opensLine && scalars[start].properties.numericType != nil
        }
        if text.contains(".") {
            return text.split(separator: ".").allSatisfy { $0.count == 1 && $0.first?.isLetter == true }
        }
        return abbreviations.contains(text.lowercased())
    }

    static func isSpace(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.isWhitespace }

    private static let stops: Set<Unicode.Scalar> = [".", "!", "?", "…"]
    private static let wideStops: Set<Unicode.Scalar> = ["。", "！", "？", "｡", "；"]
    private static let closers: Set<Unicode.Scalar> = [
        "\"", "'", ")", "]", "”", "’", "»", "」", "』", "）", "》", "】", "*", "_",
    ]
    private static let openers: Set<Unicode.Scalar> = [
        "\"", "'", "(", "[", "“", "‘", "«", "「", "『", "（", "《", "*", "_",
    ]
    private static let abbreviations: Set<String> = [
        "mr", "mrs", "ms", "dr", "prof", "sr", "jr", "st", "vs", "etc", "eg", "ie", "cf", "al", "fig", "figs", "nos",
        "vol", "pp", "ed", "eds", "inc", "ltd", "co", "corp", "dept", "univ", "approx", "ca", "gen", "col", "sgt",
        "capt",
        "rev", "hon", "jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec", "mt", "ft",
        "est", "sec", "chap", "eq", "ref", "tel",
    ]
}
