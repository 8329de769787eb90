// SPDX-License-Identifier: Apache-2.0
import Foundation

extension ImageMetadata {
    /// Reads EXIF fields, which lie as in a TIFF file; `isFile` where it is one, with sizes of its pictures.
    mutating func readEXIF(_ bytes: ArraySlice<UInt8>, isFile: Bool = false) {
        guard let reader = EXIFReader(bytes) else { return }
        var seen: Set<Int> = []
        var next = reader.first
        var main: [Int: EXIFReader.Entry]?
        while let place = next, seen.insert(place).inserted, seen.count <= EXIFReader.directoryLimit {
            guard let (entries, following) = reader.directory(at: place) else { break }
            if isFile, let width = reader.number(entries[256]), let height = reader.number(entries[257]) {
                setSize(width, height)
            }
            if main == nil { main = entries }
            // The second directory of a photo is its thumbnail's.
            next = isFile ? following : nil
        }
        guard let main else { return }
        take(main, reader)
        if let place = reader.number(main[0x8769]), let (entries, _) = reader.directory(at: place) {
            takeExposure(entries, main, reader)
        } else {
            takeExposure([:], main, reader)
        }
        if let place = reader.number(main[0x8825]), let (entries, _) = reader.directory(at: place) {
            takePosition(entries, reader)
        }
    }

    private mutating func take(_ main: [Int: EXIFReader.Entry], _ reader: EXIFReader) {
        set(\.title, reader.wideText(main[0x9C9B]))
        set(\.description, reader.text(main[0x010E]))
        set(\.description, reader.wideText(main[0x9C9F]))
        add(reader.wideText(main[0x9C9C]), to: \.comments)
        for word in reader.wideText(main[0x9C9E])?.split(separator: ";") ?? [] {
            add(Self.clean(String(word)), to: \.keywords)
        }
        set(\.author, reader.text(main[0x013B]))
        set(\.author, reader.wideText(main[0x9C9D]))
        set(\.copyright, reader.text(main[0x8298]))
        let make = reader.text(main[0x010F]) ?? ""
        let model = reader.text(main[0x0110]) ?? ""
        // Many models begin with their maker's name.
        let first = make.split(separator: " ").first.map { $0.lowercased() } ?? ""
        let isNamed = !first.isEmpty && model.lowercased().hasPrefix(first)
        set(\.camera, isNamed || make.isEmpty ? model : Self.clean(make + " " + model))
        if let turn = reader.number(main[0x0112]) { isTurned = (2...8).contains(turn) }
    }

    private mutating func takeExposure(
        _ entries: [Int: EXIFReader.Entry],
        _ main: [Int: EXIFReader.Entry],
        _ reader: EXIFReader
    ) {
        for (date, offset) in [(entries[0x9003], 0x9011), (entries[0x9004], 0x9012), (main[0x0132], 0x9010)] {
            guard let text = reader.text(date), let moment = Self.moment(text) else { continue }
            let zone = reader.text(entries[offset]).flatMap { Self.isOffset($0) ? " " + $0 : nil }
            set(\.taken, moment + (zone ?? ""))
        }
        add(reader.comment(entries[0x9286]), to: \.comments)
    }

    private mutating func takePosition(_ entries: [Int: EXIFReader.Entry], _ reader: EXIFReader) {
        guard let north = reader.degrees(entries[2]), let east = reader.degrees(entries[4]), north <= 90, east <= 180
        else { return }
        latitude = reader.text(entries[1])?.hasPrefix("S") == true ? -north : north
        longitude = reader.text(entries[3])?.hasPrefix("W") == true ? -east : east
    }

    /// `2020:08:27 23:16:12` as `2020-08-27 23:16:12`; nil for what is no date, such as zeros.
    static func moment(_ text: String) -> String? {
        let parts = text.split { $0 == ":" || $0 == "-" || $0 == " " || $0 == "T" }
        let numbers = parts.prefix(6).enumerated().map { index, part in Int(part.prefix(index == 0 ? 4 : 2)) ?? -1 }
        guard numbers.count >= 3, (1_000...9_999).contains(numbers[0]), (1...12).contains(numbers[1]),
            (1...31).contains(numbers[2])
        else { return nil }
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let day = "\(numbers[0])-\(two(numbers[1]))-\(two(numbers[2]))"
        guard numbers.count == 6, (0...23).contains(numbers[3]), (0...59).contains(numbers[4]),
            (0...60).contains(numbers[5])
        else { return day }
        return day + " " + numbers[3...].map(two).joined(separator: ":")
    }

    private static func isOffset(_ text: String) -> Bool {
        text == "Z" || text.count == 6 && (text.first == "+" || text.first == "-") && text.dropFirst(3).first == ":"
    }
}

/// The directories of a TIFF structure: entries of a tag, a type and values, in place or elsewhere.
struct EXIFReader {
    struct Entry {
        let type: Int
        let count: Int
        let value: ArraySlice<UInt8>
    }

    static let directoryLimit = 10_000
    private static let entryLimit = 1_000
    /// Bytes of a value of each type, from 1 on.
    private static let sizes = [1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8]
    private let view: ByteView
    let first: Int?

    init?(_ bytes: ArraySlice<UInt8>) {
        if bytes.starts(with: [0x49, 0x49, 42, 0]) {
            view = ByteView(bytes, isLittleEndian: true)
        } else if bytes.starts(with: [0x4D, 0x4D, 0, 42]) {
            view = ByteView(bytes)
        } else {
            return nil
        }
        first = view.number(4, 4)
    }

    /// The entries of a directory whose values lie in the file, and where the next directory is.
    func directory(at place: Int) -> (entries: [Int: Entry], next: Int?)? {
        guard place >= 8, let count = view.number(place, 2), count <= Self.entryLimit else { return nil }
        var entries: [Int: Entry] = [:]
        for index in 0..<count {
            let at = place + 2 + 12 * index
            guard let tag = view.number(at, 2), let type = view.number(at + 2, 2), let number = view.number(at + 4, 4)
            else { break }
            guard (1...Self.sizes.count).contains(type) else { continue }
            let length = number * Self.sizes[type - 1]
            let value =
                length <= 4 ? view.part(at + 8, length) : view.number(at + 8, 4).flatMap { view.part($0, length) }
            if let value, entries[tag] == nil { entries[tag] = Entry(type: type, count: number, value: value) }
        }
        let next = view.number(place + 2 + 12 * count, 4)
        return (entries, next == 0 ? nil : next)
    }

    private func values(_ entry: Entry) -> ByteView { ByteView(entry.value, isLittleEndian: view.isLittleEndian) }

    /// The first of an entry's whole numbers.
    func number(_ entry: Entry?) -> Int? {
        guard let entry else { return nil }
        switch entry.type {
        case 1: return values(entry).number(0, 1)
        case 3: return values(entry).number(0, 2)
        case 4: return values(entry).number(0, 4)
        default: return nil
        }
    }

    func text(_ entry: Entry?) -> String? {
        guard let entry, entry.type == 2 || entry.type == 7 else { return nil }
        return ImageMetadata.text(entry.value)
    }

    /// UTF-16, little-endian whatever the file is: how Windows writes its own fields.
    func wideText(_ entry: Entry?) -> String? {
        guard let entry, entry.type == 1 || entry.type == 7 else { return nil }
        return Self.wide(entry.value, isLittleEndian: true)
    }

    /// The user's comment: eight bytes that name the encoding, then the text.
    func comment(_ entry: Entry?) -> String? {
        guard let entry, let code = values(entry).part(0, 8) else { return nil }
        let text = entry.value.dropFirst(8)
        if code.starts(with: Array("UNICODE\0".utf8)) { return Self.wide(text, isLittleEndian: view.isLittleEndian) }
        if code.starts(with: Array("ASCII\0".utf8)) || code.allSatisfy({ $0 == 0 }) { return ImageMetadata.text(text) }
        return nil
    }

    private static func wide(_ bytes: ArraySlice<UInt8>, isLittleEndian: Bool) -> String {
        let view = ByteView(bytes.prefix(ImageMetadata.textLimit), isLittleEndian: isLittleEndian)
        let units = (0..<view.count / 2).map { UInt16(truncatingIfNeeded: view.number(2 * $0, 2) ?? 0) }
        return ImageMetadata.clean(String(decoding: units.prefix { $0 != 0 }, as: UTF16.self))
    }

    /// Degrees, minutes and seconds as degrees.
    func degrees(_ entry: Entry?) -> Double? {
        guard let entry, entry.type == 5, entry.count >= 1 else { return nil }
        let view = values(entry)
        var sum = 0.0
        for (index, unit) in [1.0, 60, 3_600].enumerated() where index < entry.count {
            guard let above = view.number(8 * index, 4), let below = view.number(8 * index + 4, 4) else { return nil }
            // Seconds that are not known are 0/0.
            guard below > 0 else { if above == 0, index > 0 { continue } else { return nil } }
            sum += Double(above) / Double(below) / unit
        }
        return sum
    }
}
