// SPDX-License-Identifier: Apache-2.0

/// The text beside a picture or film, in a file of its name with `.txt` in place of, or after, its ending: a caption,
/// perhaps in more languages, each on a line `de.utf8=…` as Tux Paint has it.
struct Caption: Equatable {
    /// The bytes of the file, for the hash of what was read.
    let bytes: [UInt8]
    /// The caption, then those in other languages with the language's code before them.
    let lines: [String]

    private static let sizeLimit = 65_536
    /// A text of more lines is no caption but a document of its own.
    private static let lineLimit = 5

    /// Looks for the file; nil where there is none that is a text.
    init?(beside path: String) {
        let name = path.split(separator: "/").last ?? ""
        guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return nil }
        for sidecar in [path.dropLast(name[dot...].count) + ".txt", path + ".txt"] {
            guard let file = try? InputFile(String(sidecar)), file.byteCount <= Self.sizeLimit,
                let bytes = try? file.read(), let caption = Caption(Array(bytes))
            else { continue }
            self = caption
            return
        }
        return nil
    }

    init?(_ bytes: [UInt8]) {
        var detector = EncodingDetector()
        bytes.withUnsafeBufferPointer { detector.feed($0) }
        guard case .text(let encoding) = detector.verdict(), let decoder = TextDecoder(encoding) else { return nil }
        let text = decoder.decode(bytes.dropFirst(encoding.markLength)) + decoder.finish()
        let lines = ImageMetadata.clean(String(decoding: text, as: UTF8.self)).split(separator: "\n")
        let translated = lines.map(Self.translated)
        guard !lines.isEmpty, translated.filter({ $0 == nil }).count <= Self.lineLimit else { return nil }
        self.bytes = bytes
        self.lines = zip(lines, translated).map { $1 ?? String($0) }
    }

    /// `de.utf8=Ein Apfel` as `de: Ein Apfel`; nil for other lines.
    private static func translated(_ line: Substring) -> String? {
        guard let mark = line.firstRange(of: ".utf8="), mark.lowerBound > line.startIndex,
            line[..<mark.lowerBound].allSatisfy({ $0.isASCII && ($0.isLetter || $0 == "_" || $0 == "@") })
        else { return nil }
        return "\(line[..<mark.lowerBound]): \(line[mark.upperBound...])"
    }
}
