// SPDX-License-Identifier: Apache-2.0

/// What an image file says of itself beside its pixels.
package struct ImageMetadata: Equatable, Sendable {
    /// The formats of images that are read.
    package enum Format: String, Sendable {
        case png = "PNG"
        case jpeg = "JPEG"
        case gif = "GIF"
        case webp = "WebP"
        case tiff = "TIFF"
        case bmp = "BMP"
    }

    package let format: Format
    /// Pixels; of several pictures in a file the largest sides.
    package internal(set) var width = 0
    package internal(set) var height = 0
    package internal(set) var title: String?
    package internal(set) var description: String?
    package internal(set) var comments: [String] = []
    package internal(set) var keywords: [String] = []
    package internal(set) var author: String?
    package internal(set) var copyright: String?
    /// When the picture was taken, `2020-08-27 23:16:12`, with the offset from UTC where it is known.
    package internal(set) var taken: String?
    package internal(set) var camera: String?
    /// Where it was taken: a name.
    package internal(set) var place: String?
    /// Where it was taken: degrees north and east.
    package internal(set) var latitude: Double?
    package internal(set) var longitude: Double?
    /// Whether the picture lies on its side or its head.
    package internal(set) var isTurned = false

    /// The most bytes of one text.
    static let textLimit = 65_536
    /// The most texts of one kind.
    static let countLimit = 200

    /// Recognises an image by how it begins.
    package static func format(of beginning: some Collection<UInt8>) -> Format? {
        let head = ByteView(beginning.prefix(16))
        if beginning.starts(with: pngMark) { return .png }
        if beginning.starts(with: [0xFF, 0xD8, 0xFF]) { return .jpeg }
        if head.starts(with: "GIF87a") || head.starts(with: "GIF89a") { return .gif }
        if head.starts(with: "RIFF"), head.starts(with: "WEBP", at: 8) { return .webp }
        if beginning.starts(with: [0x49, 0x49, 42, 0]) || beginning.starts(with: [0x4D, 0x4D, 0, 42]) { return .tiff }
        // A bitmap's header names its own length; two letters alone begin many a text.
        if head.starts(with: "BM"), head[14].map({ [12, 40, 52, 56, 64, 108, 124].contains($0) }) == true,
            head[15] == 0
        {
            return .bmp
        }
        return nil
    }

    static let pngMark: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

    /// Reads what a file says; texts that are damaged are left out.
    ///
    /// - Throws: `KnowledgeError`, where there is no size in the header.
    /// - Complexity: O(n) for n bytes; no pixel is decoded.
    package init(_ bytes: [UInt8], format: Format) throws(KnowledgeError) {
        self.format = format
        let view = ByteView(bytes[...])
        switch format {
        case .png: readPNG(view)
        case .jpeg: readJPEG(view)
        case .gif: readGIF(view)
        case .webp: readWebP(view)
        case .tiff: readEXIF(bytes[...], isFile: true)
        case .bmp: readBitmap(view)
        }
        guard width > 0, height > 0 else {
            throw KnowledgeError(.badDocument, "a damaged \(format.rawValue) image: its header tells no size")
        }
    }

    // MARK: - What readers of parts report

    mutating func setSize(_ width: Int, _ height: Int) {
        self.width = max(self.width, width)
        self.height = max(self.height, height)
    }

    /// Keeps the first of several.
    mutating func set(_ field: WritableKeyPath<ImageMetadata, String?>, _ text: String?) {
        guard self[keyPath: field] == nil, let text, !text.isEmpty else { return }
        self[keyPath: field] = text
    }

    mutating func add(_ text: String?, to field: WritableKeyPath<ImageMetadata, [String]>) {
        guard let text, !text.isEmpty, self[keyPath: field].count < Self.countLimit,
            !self[keyPath: field].contains(text)
        else { return }
        self[keyPath: field].append(text)
    }

    /// Text of a file, UTF-8 or else Latin-1, up to its first NUL, without control characters and spaces around.
    static func text(_ bytes: some Collection<UInt8>) -> String {
        let part = bytes.prefix(textLimit).prefix { $0 != 0 }
        let text =
            String(validating: part, as: UTF8.self)
            ?? String(String.UnicodeScalarView(part.map { Unicode.Scalar($0) }))
        return clean(text)
    }

    static func clean(_ text: String) -> String {
        let scalars = text.unicodeScalars.map { scalar -> Unicode.Scalar in
            scalar == "\n" || scalar == "\r" ? "\n" : scalar.properties.generalCategory == .control ? " " : scalar
        }
        let lines = String(String.UnicodeScalarView(scalars)).split(separator: "\n")
        let trimmed = lines.map { $0.split(whereSeparator: \.isWhitespace).joined(separator: " ") }
        return trimmed.filter { !$0.isEmpty }.joined(separator: "\n")
    }
}
