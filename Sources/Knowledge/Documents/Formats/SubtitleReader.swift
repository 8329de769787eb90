// SPDX-License-Identifier: Apache-2.0

/// Subtitles (SubRip, WebVTT): the words of each cue, with the time at which it begins. Numbers, times, marks of style,
/// notes and styles are left out.
struct SubtitleReader: LineReader {
    private enum State { case outside, cue, skipped }

    private var state = State.outside
    private var time: Int?
    private var lineIsOpen = false
    private var isFirst = true

    mutating func read(_ text: String, endsLine: Bool, place: SourcePlace) -> [ExtractedLine] {
        let continued = lineIsOpen
        lineIsOpen = !endsLine
        if !continued {
            let trimmed = text.drop(while: \.isWhitespace)
            let first = isFirst
            isFirst = false
            if trimmed.isEmpty {
                state = .outside
                return []
            }
            if let begin = Self.begin(of: trimmed) {
                time = begin
                state = .cue
                return []
            }
            if state == .outside {
                let skips =
                    ["NOTE", "STYLE", "REGION"].contains { trimmed.hasPrefix($0) }
                    || first && trimmed.hasPrefix("WEBVTT")
                if skips { state = .skipped }
            }
        }
        guard state == .cue else { return [] }
        let words = Self.words(of: text)
        guard !words.isEmpty || continued else { return [] }
        return [ExtractedLine(text: words, kind: .prose, endsLine: endsLine, place: SourcePlace(time: time))]
    }

    mutating func finish() -> [ExtractedLine] { [] }

    /// Milliseconds at which a cue begins: `00:01:02,500 --> …`, with hours left out in WebVTT.
    private static func begin(of line: Substring) -> Int? {
        guard let arrow = line.prefix(64).firstRange(of: "-->") else { return nil }
        let fields = line[..<arrow.lowerBound].filter { !$0.isWhitespace }.split(separator: ":")
        guard (2...3).contains(fields.count), let last = fields.last else { return nil }
        let parts = last.split(whereSeparator: { $0 == "," || $0 == "." })
        guard parts.count == 2, parts[1].count == 3 else { return nil }
        var milliseconds = 0
        for field in fields.dropLast() + [parts[0]] {
            guard let value = Int(field), (0..<10_000).contains(value) else { return nil }
            milliseconds = milliseconds * 60 + value
        }
        guard let fraction = Int(parts[1]), fraction >= 0 else { return nil }
        return milliseconds * 1_000 + fraction
    }

    /// A line without its marks; who speaks (`<v Name>`) stands before what is said.
    private static func words(of line: String) -> String {
        var result = ""
        var rest = line[...]
        // Looked for once where there is none, not at each of thousands of marks.
        var mayClose: Set<Character> = ["<", "{"]
        while let character = rest.first {
            if mayClose.contains(character), character == "<" || rest.hasPrefix("{\\") {
                if let close = rest.firstIndex(of: character == "<" ? ">" : "}") {
                    let tag = rest[..<close].dropFirst()
                    if tag.hasPrefix("v "), tag.count > 2 { result += tag.dropFirst(2) + ": " }
                    rest = rest[close...].dropFirst()
                    continue
                }
                mayClose.remove(character)
            }
            if character == "&", let (text, length) = entity(rest) {
                result += text
                rest = rest.dropFirst(length)
            } else {
                result.append(character)
                rest = rest.dropFirst()
            }
        }
        return String(result.trimmingPrefix(while: \.isWhitespace))
    }

    private static func entity(_ text: Substring) -> (String, Int)? {
        let known = [("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">"), ("&nbsp;", " "), ("&lrm;", ""), ("&rlm;", "")]
        return known.first { text.hasPrefix($0.0) }.map { ($0.1, $0.0.count) }
    }
}
