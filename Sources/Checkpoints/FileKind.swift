// SPDX-License-Identifier: Apache-2.0

/// What the first bytes of a file look like.
enum FileKind {
    /// A few words for a message, such as "a PDF document".
    static func describe(_ head: [UInt8]) -> String {
        if head.isEmpty { return "an empty file" }
        for (magic, name) in magics where head.starts(with: magic) { return name }
        if head.count > 262, head[257..<262].elementsEqual("ustar".utf8) { return "a tar archive" }
        if head.count > 12, head.starts(with: "RIFF".utf8) { return "a RIFF file (WAV, AVI or WebP)" }
        if head.count > 8, head[4..<8].elementsEqual("ftyp".utf8) { return "an MP4 video" }
        if head.count > 1, head[0] == 0x80, (1...5).contains(head[1]) { return "a PyTorch or Python pickle" }
        if looksLikeText(head) {
            let start = head.first { $0 != 0x20 && $0 != 0x0A && $0 != 0x0D && $0 != 0x09 }
            switch start {
            case UInt8(ascii: "{"), UInt8(ascii: "["): return "a JSON text"
            case UInt8(ascii: "<"): return "an HTML or XML page"
            default: return "a text"
            }
        }
        return head.allSatisfy({ $0 == 0 }) ? "a run of zero bytes" : "binary data of no known kind"
    }

    /// What to do with a file of that kind; nil where nothing helps but another file.
    static func advice(_ head: [UInt8]) -> String? {
        if head.starts(with: [0x50, 0x4B, 0x03, 0x04])
            || (head.count > 1 && head[0] == 0x80 && (1...5).contains(head[1]))
        {
            return "convert it to safetensors; pickles can run code and are not read"
        }
        if head.starts(with: "version https://git-lfs".utf8) { return "fetch the file itself with `git lfs pull`" }
        return nil
    }

    private static let magics: [([UInt8], String)] = [
        (Array("%PDF".utf8), "a PDF document"),
        ([0x89, 0x50, 0x4E, 0x47], "a PNG image"),
        ([0xFF, 0xD8, 0xFF], "a JPEG image"),
        (Array("GIF8".utf8), "a GIF image"),
        ([0x50, 0x4B, 0x03, 0x04], "a ZIP archive (a PyTorch pickle, a wheel or an office document)"),
        ([0x50, 0x4B, 0x05, 0x06], "an empty ZIP archive"),
        ([0x1F, 0x8B], "gzip-compressed data"),
        ([0xFD, 0x37, 0x7A, 0x58, 0x5A], "xz-compressed data"),
        ([0x28, 0xB5, 0x2F, 0xFD], "zstd-compressed data"),
        (Array("BZh".utf8), "bzip2-compressed data"),
        ([0x37, 0x7A, 0xBC, 0xAF], "a 7-Zip archive"),
        ([0x7F, 0x45, 0x4C, 0x46], "an ELF program"),
        ([0xCF, 0xFA, 0xED, 0xFE], "a Mach-O program"),
        ([0x89, 0x48, 0x44, 0x46], "an HDF5 file"),
        ([0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59], "a NumPy array"),
        (Array("SQLite format 3".utf8), "an SQLite database"),
        (Array("version https://git-lfs".utf8), "a Git LFS pointer"),
        (Array("lmgg".utf8), "a GGML file older than GGUF"),
        (Array("tjgg".utf8), "a GGML file older than GGUF"),
        (Array("fmgg".utf8), "a GGML file older than GGUF"),
        (Array("FUGG".utf8), "a big-endian GGUF file"),
        (Array("OggS".utf8), "an Ogg file"),
        (Array("ID3".utf8), "an MP3 file"),
    ]

    private static func looksLikeText(_ head: [UInt8]) -> Bool {
        // The head may end inside a character, so up to three bytes at its end do not count against it.
        for cut in 0...min(3, head.count - 1) {
            let part = head.dropLast(cut)
            guard part.allSatisfy({ $0 >= 0x20 || (0x09...0x0D).contains($0) || $0 == 0x1B }) else { return false }
            if String(validating: part, as: UTF8.self) != nil { return true }
        }
        return false
    }
}
