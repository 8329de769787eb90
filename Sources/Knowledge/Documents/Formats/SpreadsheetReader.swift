// SPDX-License-Identifier: Apache-2.0

/// Excel workbooks (XLSX): sheets in their order, each with its name as heading, and of each cell what it shows; dates
/// as ISO 8601.
final class SpreadsheetReader: PackageReader {
    override init(_ path: String, _ scan: FileScan) throws {
        try super.init(path, scan)
        let main = "xl/workbook.xml"
        let workbook = ElementList(["sheet", "workbookPr"])
        guard try XMLParser.parse(main, of: container, workbook) else {
            throw container.error("no Excel workbook: the part `\(main)` is missing")
        }
        let relations = try OfficePackage.relations(of: main, in: container)
        var parts: [PackagePart] = []
        for sheet in workbook.found where sheet.name == "sheet" {
            guard let name = sheet.attributes["id"].flatMap({ relations[$0]?.target }) else { continue }
            parts.append(PackagePart(name: name, page: parts.count + 1, heading: sheet.attributes["name"]))
        }
        let strings = SharedStrings()
        _ = try XMLParser.parse("xl/sharedStrings.xml", of: container, strings)
        if strings.isTooLarge {
            throw container.error("has more than \(SharedStrings.limit >> 20) MiB of shared strings")
        }
        let styles = CellStyles()
        _ = try XMLParser.parse("xl/styles.xml", of: container, styles)
        let startsIn1904 = workbook.found.contains { ["1", "true"].contains($0.attributes["date1904"]) }
        title = try OfficePackage.title("docProps/core.xml", in: container)
        read(parts, with: SheetHandler(strings.strings, dates: styles.dates, startsIn1904: startsIn1904))
    }
}

private final class SharedStrings: XMLHandler {
    static let limit = 256 << 20
    private(set) var strings: [String] = []
    private(set) var isTooLarge = false
    private var string = ""
    private var size = 0
    private var isText = false
    private var phonetic = 0

    func start(_ name: String, _ attributes: [String: String]) {
        if name == "si" { string = "" }
        if name == "t" { isText = true }
        if name == "rPh" { phonetic += 1 }
    }

    func end(_ name: String) {
        if name == "t" { isText = false }
        if name == "rPh" { phonetic -= 1 }
        if name == "si", !isTooLarge { strings.append(string) }
    }

    func text(_ text: String) {
        guard isText, phonetic == 0, !isTooLarge else { return }
        size += text.utf8.count
        isTooLarge = size > Self.limit
        string += text
    }
}

/// Which of the cells' styles show dates.
private final class CellStyles: XMLHandler {
    private(set) var dates: [Bool] = []
    private var custom: Set<Int> = []
    private var isInCells = false

    func start(_ name: String, _ attributes: [String: String]) {
        switch name {
        case "numFmt":
            if let id = attributes["numFmtId"].flatMap({ Int($0) }), Self.isDate(attributes["formatCode"] ?? "") {
                custom.insert(id)
            }
        case "cellXfs": isInCells = true
        case "xf" where isInCells && dates.count < 100_000:
            let id = attributes["numFmtId"].flatMap { Int($0) } ?? 0
            dates.append(
                (14...22).contains(id) || (27...36).contains(id) || (45...47).contains(id) || custom.contains(id)
            )
        default: break
        }
    }

    func end(_ name: String) {
        if name == "cellXfs" { isInCells = false }
    }

    func text(_ text: String) {}

    /// Whether a format has letters of dates outside quotes and brackets.
    private static func isDate(_ format: String) -> Bool {
        var (isQuoted, isBracketed, isEscaped) = (false, false, false)
        for character in format.prefix(256) {
            if isEscaped {
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else if character == "\"" {
                isQuoted.toggle()
            } else if character == "[" || character == "]" {
                isBracketed = character == "["
            } else if !isQuoted, !isBracketed, "dmyhs".contains(character.lowercased()) {
                return true
            }
        }
        return false
    }
}

private final class SheetHandler: PartHandler {
    private let strings: [String]
    private let dates: [Bool]
    private let startsIn1904: Bool
    private var composer = BlockComposer()
    private var cells: [String] = []
    private var type = ""
    private var style = 0
    private var value = ""
    private var isValue = false

    init(_ strings: [String], dates: [Bool], startsIn1904: Bool) {
        (self.strings, self.dates, self.startsIn1904) = (strings, dates, startsIn1904)
    }

    func begin(_ part: PackagePart) {
        composer.place.page = part.page
        if let heading = part.heading { composer.heading(heading, level: 1) }
        composer.startTable()
    }

    func takeLines() -> [ExtractedLine] { composer.takeLines() }
    func finishPart() { composer.endTable() }

    func start(_ name: String, _ attributes: [String: String]) {
        switch name {
        case "row": cells = []
        case "c":
            type = attributes["t"] ?? "n"
            style = attributes["s"].flatMap { Int($0) } ?? 0
            value = ""
            // Cells that are left out are empty; a far one has no long row of them before it.
            if let column = attributes["r"].flatMap(Self.column), column - cells.count <= 64 {
                while cells.count < column { cells.append("") }
            }
        case "v", "t": isValue = true
        default: break
        }
    }

    func end(_ name: String) {
        switch name {
        case "v", "t": isValue = false
        case "c": if cells.count < 16_384 { cells.append(shown) }
        case "row":
            composer.row(cells)
            cells = []
        default: break
        }
    }

    func text(_ text: String) {
        if isValue, value.utf8.count < 1 << 20 { value += text }
    }

    private var shown: String {
        switch type {
        case "s":
            guard let index = Int(value), strings.indices.contains(index) else { return "" }
            return strings[index]
        case "b": return value == "1" ? "TRUE" : value == "0" ? "FALSE" : value
        case "n":
            guard let number = Double(value), number.isFinite else { return value }
            if dates.indices.contains(style), dates[style],
                let date = DayNumber.text(number, startsIn1904: startsIn1904)
            {
                return date
            }
            if number == number.rounded(), abs(number) < 1e15, let whole = Int(exactly: number) { return String(whole) }
            return String(number)
        default: return value
        }
    }

    /// The place of a cell's column: `C5` is 2.
    private static func column(_ reference: String) -> Int? {
        var column = 0
        for byte in reference.utf8.prefix(3) {
            guard (0x41...0x5A).contains(byte) else { break }
            column = column * 26 + Int(byte) - 64
        }
        return column > 0 ? column - 1 : nil
    }
}

/// Days since the end of 1899 (or 1904), as spreadsheets count them → ISO 8601.
enum DayNumber {
    static func text(_ number: Double, startsIn1904: Bool) -> String? {
        guard number >= 0, number < 2_958_466 else { return nil }
        let seconds = Int((number * 86_400).rounded())
        var days = seconds / 86_400
        let time = seconds % 86_400
        let clock = [time / 3_600, time / 60 % 60, time % 60].map { $0 < 10 ? "0\($0)" : "\($0)" }.joined(
            separator: ":"
        )
        if number < 1, !startsIn1904 { return clock }
        // Excel holds 1900 for a leap year.
        if startsIn1904 { days += 1_462 } else if days < 60 { days += 1 }
        // Days from 1970-01-01, then civil from days (H. Hinnant, "chrono-Compatible Low-Level Date Algorithms").
        let shifted = days - 25_569 + 719_468
        let era = shifted / 146_097
        let day = shifted - era * 146_097
        let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365
        let ofYear = day - (365 * year + year / 4 - year / 100)
        let month = (5 * ofYear + 2) / 153
        let date = [ofYear - (153 * month + 2) / 5 + 1, month < 10 ? month + 3 : month - 9]
        let civil = year + era * 400 + (date[1] <= 2 ? 1 : 0)
        func padded(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
        return "\(civil)-\(padded(date[1]))-\(padded(date[0]))" + (time == 0 ? "" : " \(clock)")
    }
}
