// SPDX-License-Identifier: Apache-2.0
import Foundation
import Knowledge

/// Readers of documents: encodings, formats, sentences, passages.
let documentReaders: [FuzzedReader] = {
    let scratch = ScratchFolder("documents")
    return [
        FuzzedReader(
            "text",
            "a text file: its encoding, lines, headings and passages",
            dictionary: [
                "\r\n", "\u{FEFF}", "===", "---", "- ", "1. ", "。", "电池", "\n\n", "e.g. ", "\u{2028}", "\u{85}",
            ]
        ) { bytes in
            let read = try document(try scratch.write(bytes, to: "text.txt"))
            try checkWhole(read, bytes)
        },
        FuzzedReader(
            "markdown",
            "a Markdown file: headings, code, lists, tables, passages",
            dictionary: [
                "# ", "## ", "###### ", "```", "~~~", "---", "===", "- ", "* ", "+ ", "1. ", "| a | b |", "[x](y)",
                "**", "`", "\n\n", "    ", "\t", "***", "。",
            ]
        ) { bytes in
            let read = try document(try scratch.write(bytes, to: "text.md"))
            try checkWhole(read, bytes)
        },
        FuzzedReader(
            "html",
            "an HTML page: declared encoding, elements, text, passages",
            dictionary: htmlWords
        ) { bytes in _ = try document(try scratch.write(bytes, to: "page.html")) },
    ] + packedReaders(scratch) + [
        FuzzedReader(
            "encoding",
            "text in some encoding, arriving in pieces",
            limit: 4_096,
            dictionary: ["\u{1B}$B", "\u{1B}(B", "+AGE-", "\u{FEFF}"]
        ) { bytes in try checkDecoding(bytes) },
        FuzzedReader(
            "archive",
            "an exported knowledge base, line by line",
            dictionary: [
                "{\"header\":", "{\"document\":", "{\"text\":", "{\"passage\":", "{\"seal\":", "{\"documents\":", "\n",
            ]
        ) { bytes in
            var rest = bytes[...]
            var lines = ArchiveLines {
                defer { rest = rest.dropFirst(7) }
                return rest.isEmpty ? nil : Data(rest.prefix(7))
            }
            while try lines.next() != nil {}
        },
        FuzzedReader(
            "sentences",
            "where sentences end",
            dictionary: [". ", "! ", "? ", "。", "！", "…", "”", "Dr. ", "e.g. ", "1. ", "3.5", "\n", "\u{3000}"]
        ) { bytes in
            let scalars = Array("x. ".unicodeScalars) + Array(String(decoding: bytes, as: UTF8.self).unicodeScalars)
            // A slice that does not begin at 0, as the passages' cutter has it.
            let ends = SentenceSplitter.ends(in: scalars[3...])
            var last = 3
            for end in ends {
                try promise(end > last && end <= scalars.count, "a sentence from \(last) to \(end)")
                last = end
            }
            try promise(last == scalars.count, "the last sentence ends at \(last) of \(scalars.count)")
        },
    ]
}()

/// Readers of formats that are more than lines of text, one file each.
private func packedReaders(_ scratch: ScratchFolder) -> [FuzzedReader] {
    let formats: [(String, String, [String])] = [
        ("csv", "a table of comma-separated values", ["\"", "\"\"", ",", ";", "\t", "\r\n"]),
        ("jsonl", "JSON values", ["{\"", "\":", "[", "]", "}", "\\u", "\\ud83d\\ude00", "\\n", "true", "null"]),
        (
            "eml", "a message: headers, parts, transfer encodings",
            [
                "Content-Type: ", "multipart/mixed; boundary=b", "multipart/alternative", "message/rfc822", "\r\n\r\n",
                "--b", "--b--", "text/html", "=?utf-8?B?", "=?utf-8?Q?", "?=", "base64", "quoted-printable", "charset=",
                "filename*0*=utf-8''%41", "\nFrom a\n",
            ]
        ),
        ("srt", "subtitles", ["00:00:01,000 --> 00:00:02,000\n", "WEBVTT\n", "<v A>", "{\\an8}", "\n\n", "&amp;"]),
        ("py", "source code", ["def f():", "class A:", "    ", "@a\n", "async "]),
        ("docx", "an office document: container and parts", []),
    ]
    return formats.map { ending, summary, words in
        FuzzedReader(ending, summary, dictionary: words) { bytes in
            _ = try document(try scratch.write(bytes, to: "file.\(ending)"))
        }
    }
}

/// Reads the file and checks its passages against its text.
private func document(_ path: String) throws -> DocumentPassages {
    let document = try DocumentPassages(path: path, tokenCount: tokenCount)
    let scalars = Array(document.text.unicodeScalars)
    var last = 0
    for passage in document.passages {
        let place = "the passage from \(passage.start) to \(passage.end) of \(scalars.count)"
        try promise(last <= passage.start && passage.start < passage.end && passage.end <= scalars.count, place)
        last = passage.end
        try promise(
            passage.text.unicodeScalars.elementsEqual(scalars[passage.start..<passage.end]),
            "\(place) does not hold the text that stands there"
        )
        let count = passage.end - passage.start
        try promise(count <= 900, "\(place) is longer than 900 characters")
        for window in passage.windows {
            try promise(count == 1 || tokenCount(window) <= 254, "a window of \(place) is more than 254 tokens")
        }
        try promise(!passage.windows.isEmpty, "\(place) has nothing to embed")
        try promise(passage.text.contains { !$0.isWhitespace }, "\(place) holds nothing to read")
    }
    return document
}

/// Words of at most four letters, and single characters beyond ASCII.
private func tokenCount(_ text: String) -> Int {
    var count = 0
    var run = 0
    for scalar in text.unicodeScalars {
        run = scalar.value > 127 || scalar.properties.isWhitespace ? 0 : run + 1
        if scalar.value > 127 || run % 4 == 1 { count += 1 }
    }
    return count
}

/// The extracted text of UTF-8 without a mark is the file's, its line ends made one kind and NUL left out.
private func checkWhole(_ document: DocumentPassages, _ bytes: [UInt8]) throws {
    guard document.encoding == "UTF-8", let text = String(validating: bytes, as: UTF8.self),
        !text.unicodeScalars.contains("\u{FEFF}")
    else { return }
    var expected: [UInt8] = []
    for (index, byte) in bytes.enumerated() where byte != 0 {
        if byte == 0x0D {
            expected.append(0x0A)
        } else if byte != 0x0A || index == 0 || bytes[index - 1] != 0x0D {
            expected.append(byte)
        }
    }
    try promise(document.text.utf8.elementsEqual(expected), "the extracted text is not the file's")
}

/// The first byte chooses the encoding, the second the length of a piece.
private func checkDecoding(_ bytes: [UInt8]) throws {
    guard bytes.count > 2 else { return }
    let name = encodingNames[Int(bytes[0]) % encodingNames.count]
    let encoding = TextEncoding(name: name, iconvName: name)
    guard let whole = TextDecoder(encoding), let parts = TextDecoder(encoding) else { return }
    let text = bytes.dropFirst(2)
    let expected = whole.decode(text) + whole.finish()
    try promise(String(validating: expected, as: UTF8.self) != nil, "text from \(name) is not UTF-8")
    let length = max(1, Int(bytes[1]) % 32)
    var found: [UInt8] = []
    var rest = text
    while !rest.isEmpty {
        found += parts.decode(rest.prefix(length))
        rest = rest.dropFirst(length)
    }
    found += parts.finish()
    try promise(found == expected, "\(name) in pieces of \(length) bytes gives another text than at once")
    try promise(parts.replaced == whole.replaced, "\(name) in pieces replaces another number of characters")
}

private let encodingNames = [
    "UTF-8", "UTF-16LE", "UTF-16BE", "UTF-32LE", "UTF-32BE", "GB18030", "BIG5", "ISO-8859-1", "CP1252", "SHIFT_JIS",
    "EUC-JP", "EUC-KR", "KOI8-R", "ISO-2022-JP", "UTF-7",
]

private let htmlWords = [
    "<html>", "<!DOCTYPE html>", "<meta charset=gb2312>", "<meta charset=\"utf-7\">", "<title>", "</title>", "<h1>",
    "</h1>", "<p>", "</p>", "<ul>", "</ul>", "<ol>", "<li>", "<table>", "<tr>", "<td>", "</table>", "<pre>", "</pre>",
    "<br>", "<div hidden>", "<div style=\"display: none\">", "<script>", "</script>", "<style>", "<textarea>",
    "<svg>", "<nav>", "</nav>", "<!--", "-->", "<![CDATA[", "]]>", "<?", "&amp;", "&lt;", "&#0;", "&#x110000;",
    "&nbsp;", "&#xD800;", "aria-hidden=true", "<frameset>", "<body>", "</body>", "</html>", "<form>", "<plaintext>",
]
