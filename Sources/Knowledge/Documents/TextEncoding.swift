// SPDX-License-Identifier: Apache-2.0

/// An encoding of text files.
package struct TextEncoding: Equatable, Sendable {
    /// The name that a report shows.
    package let name: String
    /// The name that `iconv` knows.
    package let iconvName: String
    /// Bytes skipped at the beginning: the byte-order mark.
    var markLength = 0

    package init(name: String, iconvName: String, markLength: Int = 0) {
        self.name = name
        self.iconvName = iconvName
        self.markLength = markLength
    }

    /// The encoding that a page or message names; what is named is mostly written in what contains it.
    init(declared name: String) {
        let name = name.uppercased()
        switch name {
        case "GB2312", "GBK", "GB18030": self = .gb18030
        case "BIG5": self = .big5
        case "ISO-8859-1", "LATIN1", "WINDOWS-1252": self = .windows1252
        case "UTF8", "UTF-8", "US-ASCII", "ASCII", "": self = .utf8
        default: self.init(name: name, iconvName: name)
        }
    }

    static let utf8 = TextEncoding(name: "UTF-8", iconvName: "UTF-8")
    static let utf16LittleEndian = TextEncoding(name: "UTF-16LE", iconvName: "UTF-16LE")
    static let utf16BigEndian = TextEncoding(name: "UTF-16BE", iconvName: "UTF-16BE")
    static let gb18030 = TextEncoding(name: "GB18030", iconvName: "GB18030")
    static let big5 = TextEncoding(name: "Big5", iconvName: "BIG5")
    static let shiftJIS = TextEncoding(name: "Shift_JIS", iconvName: "CP932")
    static let japaneseEUC = TextEncoding(name: "EUC-JP", iconvName: "EUC-JP")
    static let latin1 = TextEncoding(name: "ISO-8859-1", iconvName: "ISO-8859-1")
    static let windows1252 = TextEncoding(name: "Windows-1252", iconvName: "CP1252")

    var isUTF8: Bool { iconvName == "UTF-8" }
    /// Whether a character is one of those that most of a text in this encoding is made of.
    func isCommon(_ scalar: Unicode.Scalar) -> Bool {
        if CommonHan.marks.contains(scalar) { return true }
        switch self {
        case .shiftJIS, .japaneseEUC:
            // The half-width katakana (U+FF61 on) that any bytes make in Shift-JIS are rare in texts.
            return (0x3041...0x30FF).contains(scalar.value) || CommonHan.characters.contains(scalar)
        default: return CommonHan.characters.contains(scalar)
        }
    }

    /// Bytes that are skipped where they make no character.
    var unitWidth: Int { iconvName.hasPrefix("UTF-16") ? 2 : iconvName.hasPrefix("UTF-32") ? 4 : 1 }

    /// The encoding that a byte-order mark names.
    static func marked(_ head: some Collection<UInt8>) -> TextEncoding? {
        if head.starts(with: [0xEF, 0xBB, 0xBF]) { return with(utf8, mark: 3) }
        if head.starts(with: [0xFF, 0xFE, 0, 0]) {
            return TextEncoding(name: "UTF-32LE", iconvName: "UTF-32LE", markLength: 4)
        }
        if head.starts(with: [0, 0, 0xFE, 0xFF]) {
            return TextEncoding(name: "UTF-32BE", iconvName: "UTF-32BE", markLength: 4)
        }
        if head.starts(with: [0xFF, 0xFE]) { return with(utf16LittleEndian, mark: 2) }
        if head.starts(with: [0xFE, 0xFF]) { return with(utf16BigEndian, mark: 2) }
        return nil
    }

    private static func with(_ encoding: TextEncoding, mark: Int) -> TextEncoding {
        var marked = encoding
        marked.markLength = mark
        return marked
    }
}

/// Recognises a text file's encoding from all its bytes, fed in pieces: a byte-order mark, then UTF-8 if it is valid,
/// UTF-16 by its zero bytes, Chinese and Japanese ones by how many of their characters are common, else Western.
struct EncodingDetector {
    /// What a file is.
    enum Verdict: Equatable {
        case text(TextEncoding)
        case binary
    }

    private var head: [UInt8] = []
    private var window: [UInt8] = []  // from the first byte above 127
    private var validator = UTF8Validator()
    private var byteCount = 0
    private var controlCount = 0
    private var zeroCount = 0

    private static let headLimit = 65_536
    private static let windowLimit = 262_144

    mutating func feed(_ bytes: UnsafeBufferPointer<UInt8>) {
        byteCount += bytes.count
        if head.count < Self.headLimit { head.append(contentsOf: bytes.prefix(Self.headLimit - head.count)) }
        if window.isEmpty, let first = bytes.firstIndex(where: { $0 >= 128 }) {
            window.append(contentsOf: bytes[first...].prefix(Self.windowLimit))
        } else if !window.isEmpty, window.count < Self.windowLimit {
            window.append(contentsOf: bytes.prefix(Self.windowLimit - window.count))
        }
        validator.feed(bytes)
        for byte in bytes where byte < 32 {
            if byte == 0 { zeroCount += 1 }
            if !(7...13).contains(byte), byte != 27 { controlCount += 1 }
        }
    }

    /// The first bytes that were fed, at most 65,536.
    var beginning: [UInt8] { head }

    /// What the file is; `declared` is what it says of itself (HTML's `charset`).
    mutating func verdict(declared: String? = nil) -> Verdict {
        validator.finish()
        if let marked = TextEncoding.marked(head) { return .text(marked) }
        let fewControls = controlCount * 200 <= byteCount
        if validator.invalid == 0, fewControls { return .text(.utf8) }
        if zeroCount > 0 {
            if let wide = wideEncoding() { return .text(wide) }
            if !fewControls { return .binary }
        }
        if !fewControls { return .binary }
        if validator.multibyte > 20 * validator.invalid { return .text(.utf8) }
        if let declared, let encoding = declaredEncoding(declared) { return .text(encoding) }
        return .text(legacyEncoding())
    }

    private func wideEncoding() -> TextEncoding? {
        let candidates = [TextEncoding.utf16LittleEndian, .utf16BigEndian].map { encoding in
            (encoding, Self.plausibility(head.dropLast(head.count % 2), isLittleEndian: encoding == .utf16LittleEndian))
        }
        guard let best = candidates.max(by: { $0.1 < $1.1 }), best.1 >= 0.5 else { return nil }
        return best.0
    }

    /// The share of units that are usual in texts; 0 where one cannot be in a text.
    private static func plausibility(_ bytes: some Collection<UInt8>, isLittleEndian: Bool) -> Double {
        var usual = 0
        var count = 0
        var iterator = bytes.makeIterator()
        var highSurrogate = false
        while let first = iterator.next(), let second = iterator.next() {
            let unit = isLittleEndian ? UInt16(first) | UInt16(second) << 8 : UInt16(second) | UInt16(first) << 8
            count += 1
            let isLow = unit & 0xFC00 == 0xDC00
            if isLow != highSurrogate { return 0 }
            highSurrogate = unit & 0xFC00 == 0xD800
            switch unit {
            case 0...8, 14...26, 28...31, 0xFFFE, 0xFFFF: return 0
            case 9...0x24F, 0x370...0x52F, 0x590...0x6FF, 0xE00...0xE7F, 0x2010...0x2027, 0x3000...0x30FF,
                0xAC00...0xD7A3, 0xFF00...0xFFEF:
                usual += 1
            default:
                if let scalar = Unicode.Scalar(unit), CommonHan.characters.contains(scalar) { usual += 1 }
            }
        }
        return count == 0 ? 0 : Double(usual) / Double(count)
    }

    private func declaredEncoding(_ name: String) -> TextEncoding? {
        let encoding = TextEncoding(declared: name)
        guard !encoding.isUTF8, encoding.unitWidth == 1, let (_, replaced) = decodedWindow(encoding) else { return nil }
        return replaced == 0 ? encoding : nil
    }

    private func decodedWindow(_ encoding: TextEncoding) -> (String, replaced: Int)? {
        guard let decoder = TextDecoder(encoding) else { return nil }
        let text = String(decoding: decoder.decode(window), as: UTF8.self)
        return (text, decoder.replaced)
    }

    private func legacyEncoding() -> TextEncoding {
        var best: (encoding: TextEncoding, share: Double)?
        for encoding in [TextEncoding.gb18030, .big5, .shiftJIS, .japaneseEUC] {
            guard let (text, replaced) = decodedWindow(encoding) else { continue }
            var common = 0
            var count = 0
            for scalar in text.unicodeScalars where scalar.value > 127 {
                count += 1
                if encoding.isCommon(scalar) { common += 1 }
            }
            guard count > 0, replaced * 200 <= count else { continue }
            let share = Double(common) / Double(count)
            if share > best?.share ?? -1 { best = (encoding, share) }
        }
        if let best, best.share >= 0.3 { return best.encoding }
        // In Western text a byte above 127 mostly stands alone between ASCII letters; in Chinese they come in pairs.
        var alone = 0
        var high = 0
        for index in window.indices where window[index] >= 128 {
            high += 1
            let before = index > 0 && window[index - 1] >= 128
            let after = index + 1 < window.count && window[index + 1] >= 128
            if !before, !after { alone += 1 }
        }
        if let best, alone * 2 < high { return best.encoding }
        return window.contains { (0x80...0x9F).contains($0) } ? .windows1252 : .latin1
    }
}
