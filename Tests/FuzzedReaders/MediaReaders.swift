// SPDX-License-Identifier: Apache-2.0
import Knowledge

/// Readers of images' own words, of what programs print about them, and of the web's addresses and rules.
let mediaReaders: [FuzzedReader] = [
    FuzzedReader(
        "image",
        "what an image says of itself: sizes, EXIF, IPTC, XMP, chunks, comments",
        dictionary: [
            "\u{89}PNG\r\n\u{1A}\n", "IHDR", "tEXt", "iTXt", "eXIf", "Exif\0\0", "II*\0", "MM\0*", "8BIM", "UNICODE\0",
            "Photoshop 3.0\0", "http://ns.adobe.com/xap/1.0/\0", "GIF89a", "RIFF", "WEBPVP8X", "VP8 ", "BM",
        ]
    ) { bytes in
        guard let format = ImageMetadata.format(of: bytes) else { return }
        let image = try ImageMetadata(bytes, format: format)
        try promise(image.width > 0 && image.height > 0, "an image of \(image.width) × \(image.height) pixels")
        try promise(image.latitude.map { abs($0) <= 90 } ?? true, "a latitude beyond the poles")
        try promise(image.longitude.map { abs($0) <= 180 } ?? true, "a longitude beyond the date line")
        let texts = [
            image.title, image.description, image.author, image.copyright, image.taken, image.camera, image.place,
        ]
        for text in texts.compactMap({ $0 }) + image.comments + image.keywords {
            try promise(!text.isEmpty, "an empty text")
            try promise(
                !text.unicodeScalars.contains { $0 != "\n" && $0.properties.generalCategory == .control },
                "a control character in \(text)"
            )
        }
    },
    FuzzedReader(
        "robots",
        "a robots.txt, and after a NUL the path that is asked about",
        dictionary: [
            "User-agent:", "Allow:", "Disallow:", "martlet", "*", "$", "%2F", "#", "\r\n", "/robots.txt", "\0",
        ]
    ) { bytes in
        let parts = bytes.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false)
        let rules = RobotsRules(Array(parts[0]), for: "Martlet")
        try promise(rules.allow("/robots.txt"), "robots.txt itself is not allowed")
        let target = String(decoding: parts.count > 1 ? parts[1] : [], as: UTF8.self)
        let answer = rules.allow(target)
        let ended = RobotsRules(Array(parts[0]) + Array("\n# the end\nSitemap: x".utf8), for: "martlet")
        try promise(ended.allow(target) == answer, "a comment changes what is allowed")
    },
    FuzzedReader(
        "web-address",
        "an address of a page, and of where it redirects to",
        limit: 5_000,
        dictionary: [
            "http://", "https://", "file://", "@", ":", "[", "]", "%", "..", "//", "?", "#", "0x7f", "127.0.0.1", "。",
        ]
    ) { bytes in
        let text = String(decoding: bytes, as: UTF8.self)
        let base = try WebAddress("https://example.com/a/b?c")
        try attempt { try check(WebAddress(text)) }
        try attempt { try check(WebAddress(text, relativeTo: base)) }
    },
    FuzzedReader(
        "ip-address",
        "an Internet address, and whether it is public",
        limit: 64,
        dictionary: ["::", "ffff:", "127.0.0.1", "64:ff9b::", "2002:", "[", "]"]
    ) { bytes in
        guard let address = IPAddress(String(decoding: bytes, as: UTF8.self)) else { return }
        try promise(address.bytes.count == 4 || address.bytes.count == 16, "\(address.bytes.count) bytes of an address")
        guard address.bytes.count == 4 else { return }
        let four = address.bytes.map(String.init).joined(separator: ".")
        for carrier in ["::ffff:", "64:ff9b::"] {
            let carried = IPAddress(carrier + four)
            try promise(carried?.isPublic == address.isPublic, "\(four) is another thing to us as \(carrier)\(four)")
        }
    },
    FuzzedReader(
        "content-type",
        "a server's name of a format and encoding",
        limit: 2_048,
        dictionary: ["text/html", "; charset=", "\"", "'", "utf-8", "/"]
    ) { bytes in
        guard let type = ContentType(String(decoding: bytes, as: UTF8.self)) else { return }
        try promise(type.type == type.type.lowercased() && type.type.contains("/"), "the type \(type.type)")
        try promise(type.charset?.allSatisfy { $0.isASCII && $0 > " " } ?? true, "an encoding of no name")
    },
    FuzzedReader(
        "recognised-text",
        "tesseract's table of words",
        dictionary: ["5\t1\t1\t1\t1\t1\t", "\t96\t", "\tnan\t", "\t-1\t", "\n", "灯塔"]
    ) { bytes in
        for block in TextRecognizer.blocks(of: bytes) {
            try promise(!block.lines.isEmpty && block.lines.allSatisfy { !$0.isEmpty }, "a block without text")
        }
    },
]

/// What is fetched is what was read: its own text reads as the same address, and no part of it is a user or a scheme
/// that is not the web's.
private func check(_ address: WebAddress) throws {
    try promise(try WebAddress(address.text) == address, "\(address.text) reads as another address")
    try promise(
        address.text.hasPrefix("http://") || address.text.hasPrefix("https://"),
        "the scheme of \(address.text)"
    )
    try promise(!address.host.contains { "@/?#%\\".contains($0) || !$0.isASCII }, "the host \(address.host)")
    try promise(address.target.hasPrefix("/") && (1...65_535).contains(address.port), "the path of \(address.text)")
    try promise(!address.text.utf8.contains { $0 <= 0x20 || $0 >= 0x7F }, "an address that is more than one word")
}
