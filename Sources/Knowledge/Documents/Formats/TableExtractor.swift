// SPDX-License-Identifier: Apache-2.0

/// Comma-separated values (RFC 4180, also with `;`, tabs or `|`) → rows `cell | cell`. A field may be of any size: what
/// is long leaves in pieces.
struct TableExtractor: TextExtractor {
    private enum State { case fieldStart, plain, quoted, quoteInQuoted }

    private var delimiter: UInt8?
    private var beginning: [UInt8] = []  // held back until the delimiter is known
    private var state = State.fieldStart
    private var afterReturn = false
    private var line: [UInt8] = []
    private var cell = 0  // where in the line the cell begins
    private var cells: [String] = []  // of the first row
    private var spaceIsDue = false
    private var isFirstRow = true
    private var lineIsOpen = false  // a piece of the row is out
    private var lines: [ExtractedLine] = []

    private static let beginningLimit = 65_536

    init(isTabbed: Bool) {
        delimiter = isTabbed ? 0x09 : nil
    }

    mutating func feed(_ bytes: [UInt8], before: Int?) -> [ExtractedLine] {
        if delimiter == nil {
            beginning += bytes
            guard beginning.count >= Self.beginningLimit else { return [] }
            return begin()
        }
        return read(bytes)
    }

    mutating func finish() -> [ExtractedLine] {
        var result = delimiter == nil ? begin() : []
        endRow()
        result += lines
        lines = []
        return result
    }

    private mutating func begin() -> [ExtractedLine] {
        delimiter = Self.delimiter(of: beginning)
        defer { beginning = [] }
        return read(beginning)
    }

    /// The character that is most frequent outside quotes, in the first lines together.
    private static func delimiter(of beginning: [UInt8]) -> UInt8 {
        var counts: [UInt8: Int] = [:]
        var isQuoted = false
        var lines = 0
        for byte in beginning {
            if byte == 0x22 { isQuoted.toggle() }
            if isQuoted { continue }
            if byte == 0x0A {
                lines += 1
                if lines == 10 { break }
            }
            counts[byte, default: 0] += 1
        }
        let candidates = Array(",;\t|".utf8)
        let best = candidates.max { (counts[$0] ?? 0, $1) < (counts[$1] ?? 0, $0) }
        return best ?? 0x2C
    }

    private mutating func read(_ bytes: [UInt8]) -> [ExtractedLine] {
        for byte in bytes {
            if byte == 0x0A, afterReturn {
                afterReturn = false
                continue
            }
            afterReturn = byte == 0x0D && state != .quoted
            step(byte)
        }
        defer { lines.removeAll(keepingCapacity: true) }
        return lines
    }

    private mutating func step(_ byte: UInt8) {
        switch state {
        case .quoted:
            if byte == 0x22 { state = .quoteInQuoted } else { put(byte) }
            return
        case .quoteInQuoted:
            if byte == 0x22 {
                state = .quoted
                return put(byte)
            }
            state = .plain
        case .fieldStart:
            if byte == 0x22 {
                state = .quoted
                return
            }
            state = .plain
        case .plain: break
        }
        if byte == delimiter {
            endCell()
            line += [0x20, 0x7C]
            spaceIsDue = true
            cell = line.count
        } else if byte == 0x0A || byte == 0x0D {
            endRow()
        } else {
            put(byte)
        }
    }

    private mutating func put(_ byte: UInt8) {
        guard byte > 0x20 else {
            // White space is one space, and none where a cell begins.
            if byte != 0, line.count > cell { spaceIsDue = true }
            return
        }
        if spaceIsDue {
            line.append(0x20)
            spaceIsDue = false
        }
        line.append(byte)
        // A piece ends before a character, never within one.
        if line.count > TableRow.pieceLimit, byte & 0xC0 != 0x80 {
            line.removeLast()
            lines.append(ExtractedLine(text: String(decoding: line, as: UTF8.self), kind: .row, endsLine: false))
            line = [byte]
            cell = 0
            lineIsOpen = true
        }
    }

    private mutating func endCell() {
        state = .fieldStart
        spaceIsDue = false
        if isFirstRow, cells.count < 1_024 {
            cells.append(TableRow.cleaned(String(decoding: line[min(cell, line.count)...], as: UTF8.self)))
        }
    }

    private mutating func endRow() {
        endCell()
        while line.last == 0x7C || line.last == 0x20 { line.removeLast() }
        if !line.isEmpty || lineIsOpen {
            let columns = isFirstRow && !lineIsOpen && TableRow.namesColumns(cells)
            let text = String(decoding: line, as: UTF8.self)
            lines.append(ExtractedLine(text: text, kind: columns ? .columns : .row))
            isFirstRow = false
        }
        line.removeAll(keepingCapacity: true)
        cells = []
        cell = 0
        spaceIsDue = false
        lineIsOpen = false
    }
}
