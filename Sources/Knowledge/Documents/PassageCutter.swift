// SPDX-License-Identifier: Apache-2.0

/// A passage on its way into the store: scalars `[start, end)` of the extracted text.
struct PassageDraft: Sendable, Equatable {
    var start: Int
    var end: Int
    var text: String
    var headings: [String]
    /// What the embedder reads, a vector each: the bounded heading path, a line feed, and some sentences of the text;
    /// before rows of a table that was cut also the row that names its columns.
    var windows: [String]
    /// Where it begins in the source; of the place in the file see `source`.
    var place = SourcePlace()
    /// The bytes of the file that it is as it stands there.
    var source: Range<Int>?

    /// The passage's id: equal text under equal headings has an equal id, in whichever document it stands.
    var key: String { Self.key(text: text, headings: headings) }

    static func key(text: String, headings: [String]) -> String {
        let digest = SecureHash.digest(of: ([text] + headings).map { Array($0.utf8) })
        return digest.prefix(8).hexadecimal
    }
}

/// How large a passage may be.
struct PassageLimits: Sendable {
    /// Unicode scalars of a passage.
    var characters = 900
    /// Tokens of the passage with its headings.
    var tokens = 254
    /// Tokens of the headings.
    var headingTokens = 64
    /// Unicode scalars from which on a paragraph's end also ends the passage.
    var enough = 600
    /// Unicode scalars of what is embedded as one: a vector of a few sentences is nearer to a question about one of
    /// them than a vector of the whole passage.
    var window = 400
}

/// Extracted lines → passages: whole sentences under one heading path, as many as fit. What is longer than the limits
/// is cut between words, and a word that is longer than them between scalars.
struct PassageCutter {
    /// A sentence, a line of code or a row, without white space around it.
    private struct Unit {
        var start: Int
        var end: Int
        var tokens: Int
        /// For a table's row, the row that names the columns.
        var columns: String?
    }

    /// A table that rows are still added to. They are held back until it is known whether all of it fits a passage.
    private struct Table {
        var columns: String?
        var columnTokens: Int
        var units: [Unit] = []
        var isHeld = true
    }

    private let limits: PassageLimits
    private let tokenCount: (String) throws -> Int
    private var path: [(level: Int, title: String)] = []
    private var prefix = ""
    private var prefixTokens = 0
    private var offset = 0  // scalars read
    private var window: [Unicode.Scalar] = []  // the scalars from `windowStart` on
    private var windowStart = 0
    private var blockStart: Int?  // where the prose that is not cut into sentences yet begins
    private var lineStart: Int?  // where an unfinished row or line of code begins
    private var pending: [Unit] = []
    private var table: Table?
    private var places = PlaceList()

    private static let blockLimit = 8_192

    init(limits: PassageLimits = PassageLimits(), tokenCount: @escaping (String) throws -> Int) {
        self.limits = limits
        self.tokenCount = tokenCount
    }

    private var headings: [String] { path.map(\.title) }

    mutating func read(_ line: ExtractedLine) throws -> [PassageDraft] {
        var drafts: [PassageDraft] = []
        let start = offset
        if line.kind != .row { try closeTable(at: start, into: &drafts) }
        append(line)
        switch line.kind {
        case .heading(let level, let title):
            // What stands before the heading ends where the heading begins.
            try closeBlock(at: start, into: &drafts)
            try emitAll(into: &drafts)
            try enter(level: level, title: title)
        case .separator:
            try closeBlock(at: start, into: &drafts)
            try endParagraph(into: &drafts)
        case .prose:
            if let lineStart {
                self.lineStart = nil
                try add(lineStart, start, into: &drafts)
            }
            if blockStart == nil { blockStart = start }
            if let blockStart, offset - blockStart > Self.blockLimit { try cutBlock(from: blockStart, into: &drafts) }
        case .columns where line.endsLine:
            try closeBlock(at: start, into: &drafts)
            try openTable(start, into: &drafts)
        case .row, .code, .columns:
            if blockStart != nil { try closeBlock(at: start, into: &drafts) }
            let first = lineStart ?? start
            lineStart = line.endsLine ? nil : first
            if line.endsLine || offset - first > Self.blockLimit {
                lineStart = nil
                try add(first, offset, into: &drafts)
            }
        }
        trimWindow()
        return drafts
    }

    mutating func finish() throws -> [PassageDraft] {
        var drafts: [PassageDraft] = []
        try closeTable(at: offset, into: &drafts)
        try closeBlock(at: offset, into: &drafts)
        try emitAll(into: &drafts)
        trimWindow()
        return drafts
    }

    // MARK: - Headings

    private mutating func enter(level: Int, title: String) throws {
        path.removeAll { $0.level >= level }
        // A page's title mostly repeats its first heading ("Heading - Site").
        if level == 1, let first = path.first, first.level == 0, first.title.contains(title) { path.removeFirst() }
        if !title.isEmpty { path.append((level, title)) }
        var kept = headings[...]
        prefix = kept.joined(separator: " > ")
        prefixTokens = try tokenCount(prefix)
        while prefixTokens > limits.headingTokens, !kept.isEmpty {
            if kept.count > 1 {
                kept.removeFirst()
                prefix = kept.joined(separator: " > ")
            } else {
                prefix = String(prefix.prefix(prefix.count / 2))
                if prefix.isEmpty { kept = [] }
            }
            prefixTokens = try tokenCount(prefix)
        }
    }

    // MARK: - Tables

    private mutating func openTable(_ start: Int, into drafts: inout [PassageDraft]) throws {
        let columns = text(start, offset - 1)
        let tokens = try tokenCount(columns)
        // What names the columns at length is no help to a vector of a few rows.
        let isShort = tokens <= limits.headingTokens
        table = Table(columns: isShort ? columns : nil, columnTokens: isShort ? tokens : 0)
        try add(start, offset, isColumns: true, into: &drafts)
    }

    /// Puts a table that fits a passage into one, with what stands before it if both fit.
    private mutating func closeTable(at end: Int, into drafts: inout [PassageDraft]) throws {
        guard table != nil else { return }
        if let start = lineStart {
            lineStart = nil
            try add(start, end, into: &drafts)
        }
        guard let closed = table else { return }
        table = nil
        guard closed.isHeld, let last = closed.units.last, let first = pending.first else {
            if closed.isHeld { pending += closed.units }
            return
        }
        let tokens = (pending + closed.units).reduce(0) { $0 + $1.tokens }
        if last.end - first.start > limits.characters || tokens > room { try emitAll(into: &drafts) }
        for unit in closed.units { try push(unit, into: &drafts) }
    }

    /// Holds a unit of the open table back; gives up where it has become too large for one passage.
    private mutating func hold(_ unit: Unit, into drafts: inout [PassageDraft]) throws {
        table?.units.append(unit)
        guard let open = table, let first = open.units.first else { return }
        let tokens = open.units.reduce(0) { $0 + $1.tokens }
        guard unit.end - first.start > limits.characters || tokens > room else { return }
        table?.isHeld = false
        table?.units = []
        try emitAll(into: &drafts)
        for unit in open.units { try push(unit, into: &drafts) }
    }

    // MARK: - Text

    private mutating func append(_ line: ExtractedLine) {
        let before = window.count
        places.append(line.place, at: offset)
        window.append(contentsOf: line.text.unicodeScalars)
        if line.endsLine { window.append("\n") }
        offset += window.count - before
    }

    private func scalars(_ start: Int, _ end: Int) -> ArraySlice<Unicode.Scalar> {
        window[(start - windowStart)..<(end - windowStart)]
    }

    private func text(_ start: Int, _ end: Int) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars(start, end))
        return String(view)
    }

    // MARK: - Units

    /// Cuts the open prose into sentences, all of them.
    private mutating func closeBlock(at end: Int, into drafts: inout [PassageDraft]) throws {
        if let start = blockStart {
            blockStart = nil
            try addSentences(start, end, keepLast: false, into: &drafts)
        }
        if let start = lineStart {
            lineStart = nil
            try add(start, end, into: &drafts)
        }
    }

    /// Cuts a very long paragraph; its last sentence may go on.
    private mutating func cutBlock(from start: Int, into drafts: inout [PassageDraft]) throws {
        blockStart = try addSentences(start, offset, keepLast: true, into: &drafts)
    }

    /// Adds the sentences of a range and returns where the first one begins that was not added.
    @discardableResult
    private mutating func addSentences(
        _ start: Int,
        _ end: Int,
        keepLast: Bool,
        into drafts: inout [PassageDraft]
    ) throws -> Int? {
        let shift = windowStart
        var ends = SentenceSplitter.ends(in: scalars(start, end)).map { $0 + shift }
        if keepLast, ends.count > 1 { ends.removeLast() }
        var from = start
        for sentenceEnd in ends {
            try add(from, sentenceEnd, into: &drafts)
            from = sentenceEnd
        }
        return from < end ? from : nil
    }

    /// Adds what is between the white space of a range as a unit, in pieces where it is too large for one passage.
    private mutating func add(
        _ start: Int,
        _ end: Int,
        isColumns: Bool = false,
        into drafts: inout [PassageDraft]
    ) throws {
        var (start, end) = (start, end)
        while start < end, SentenceSplitter.isSpace(window[start - windowStart]) { start += 1 }
        while end > start, SentenceSplitter.isSpace(window[end - 1 - windowStart]) { end -= 1 }
        guard start < end else { return }
        let tokens = end - start > 4 * limits.characters ? Int.max : try tokenCount(text(start, end))
        guard end - start > limits.characters || tokens > room else {
            let unit = Unit(start: start, end: end, tokens: tokens, columns: isColumns ? nil : table?.columns)
            if table?.isHeld == true { try hold(unit, into: &drafts) } else { try push(unit, into: &drafts) }
            return
        }
        var from = start
        while from < end {
            let to = try fittingEnd(from, end)
            let tokens = try tokenCount(text(from, to))
            let unit = Unit(start: from, end: to, tokens: tokens, columns: isColumns ? nil : table?.columns)
            if table?.isHeld == true { try hold(unit, into: &drafts) } else { try push(unit, into: &drafts) }
            from = to
            while from < end, SentenceSplitter.isSpace(window[from - windowStart]) { from += 1 }
        }
    }

    private var room: Int { max(1, limits.tokens - prefixTokens - (table?.columnTokens ?? 0)) }

    /// The largest end from `start` on that fits a passage, between words where there are any.
    private func fittingEnd(_ start: Int, _ end: Int) throws -> Int {
        var low = start + 1
        var high = min(end, start + limits.characters)
        while low < high {
            let middle = (low + high + 1) / 2
            if try tokenCount(text(start, middle)) <= room { low = middle } else { high = middle - 1 }
        }
        if low == end { return end }
        var cut = low
        while cut > start, !SentenceSplitter.isSpace(window[cut - windowStart]) { cut -= 1 }
        while cut > start, SentenceSplitter.isSpace(window[cut - 1 - windowStart]) { cut -= 1 }
        return cut > start ? cut : low
    }

    // MARK: - Passages

    private mutating func push(_ unit: Unit, into drafts: inout [PassageDraft]) throws {
        if let first = pending.first {
            let tokens = pending.reduce(unit.tokens) { $0 + $1.tokens }
            let isOtherPage = places.page(at: first.start) != places.page(at: unit.start)
            if isOtherPage || unit.end - first.start > limits.characters || tokens > room {
                try emitAll(into: &drafts)
            }
        }
        pending.append(unit)
    }

    private mutating func endParagraph(into drafts: inout [PassageDraft]) throws {
        if let first = pending.first, let last = pending.last, last.end - first.start >= limits.enough {
            try emitAll(into: &drafts)
        }
    }

    private mutating func emitAll(into drafts: inout [PassageDraft]) throws {
        while let first = pending.first {
            // Tokens of a whole may be more than those of its parts.
            var count = pending.count
            var embedded = embedded(first, pending[count - 1].end)
            while count > 1, try tokenCount(embedded) > limits.tokens {
                count -= 1
                embedded = self.embedded(first, pending[count - 1].end)
            }
            var end = pending[count - 1].end
            var windows = windows(pending[..<count])
            while count == 1, end - first.start > 1, try tokenCount(embedded) > limits.tokens {
                end = first.start + (end - first.start + 1) / 2
                embedded = self.embedded(first, end)
                windows = [embedded]
            }
            drafts.append(
                PassageDraft(
                    start: first.start,
                    end: end,
                    text: text(first.start, end),
                    headings: headings,
                    windows: windows,
                    place: places.place(at: first.start),
                    source: places.source(first.start, end) { scalars($0, $1) }
                )
            )
            if end < pending[count - 1].end {
                pending[0].start = end
                pending[0].tokens = try tokenCount(text(end, pending[0].end))
            } else {
                pending.removeFirst(count)
            }
        }
    }

    /// What is embedded of a text that begins with this unit.
    private func embedded(_ first: Unit, _ end: Int) -> String {
        var parts = prefix.isEmpty ? [] : [prefix]
        if let columns = first.columns { parts.append(columns) }
        return (parts + [text(first.start, end)]).joined(separator: "\n")
    }

    /// Neighbouring units together, as many as fit a window.
    private func windows(_ units: ArraySlice<Unit>) -> [String] {
        var windows: [String] = []
        var rest = units
        while let first = rest.first {
            let size = max(1, rest.prefix { $0.end - first.start <= limits.window }.count)
            windows.append(embedded(first, rest[rest.startIndex + size - 1].end))
            rest = rest.dropFirst(size)
        }
        return windows
    }

    /// Forgets what no open unit needs.
    private mutating func trimWindow() {
        let needed = min(
            pending.first?.start ?? offset,
            blockStart ?? offset,
            min(lineStart ?? offset, table?.units.first?.start ?? offset)
        )
        guard needed == offset || needed - windowStart > Self.blockLimit else { return }
        let (known, start) = (window, windowStart)
        places.trim(to: needed) { known[($0 - start)..<($1 - start)] }
        window.removeFirst(needed - windowStart)
        windowStart = needed
    }
}
