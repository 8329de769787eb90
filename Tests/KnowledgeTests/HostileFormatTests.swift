// SPDX-License-Identifier: Apache-2.0
import Foundation
import Knowledge
import Testing

/// Files of each format that are broken, locked, or made to take long or much.
@Suite struct HostileFormatTests {
    private func read(_ name: String, _ bytes: [UInt8]) throws -> DocumentPassages {
        let folder = try TemporaryFolder()
        return try DocumentPassages(path: try folder.write(name, bytes), tokenCount: FakeEmbedder.tokenCount)
    }

    private func read(_ name: String, _ text: String) throws -> DocumentPassages { try read(name, Array(text.utf8)) }

    private func reason(_ name: String, _ bytes: [UInt8]) -> String {
        do {
            _ = try read(name, bytes)
            return "none"
        } catch {
            return (error as? KnowledgeError)?.message ?? "not typed: \(error)"
        }
    }

    @Test func containersWithoutTheirMainPart() {
        #expect(
            reason("a.docx", ZipFile.bytes(["[Content_Types].xml": "x", "word/other.xml": "x"])).contains("missing")
        )
        #expect(reason("a.pptx", ZipFile.bytes(["ppt/x": "x"])).contains("missing"))
        #expect(reason("a.xlsx", ZipFile.bytes(["xl/x": "x"])).contains("missing"))
        #expect(reason("a.odt", ZipFile.bytes(["x": "x"])).contains("missing"))
        #expect(reason("a.epub", ZipFile.bytes(["x": "x"])).contains("missing"))
        #expect(reason("a.zip", ZipFile.bytes(["x": "x"])).contains("ZIP archive"))
        #expect(reason("a.docx", Array(ZipFile.word("x").dropLast(40))).contains("damaged"))
        #expect(reason("a.docx", Array("text".utf8)).contains("damaged"))
        #expect(reason("a.doc", [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1, 0]).contains("encrypted"))
    }

    @Test func lockedDocuments() {
        let manifest = "<m><file-entry><encryption-data/></file-entry></m>"
        let parts: KeyValuePairs = [
            "mimetype": "application/vnd.oasis.opendocument.text", "META-INF/manifest.xml": manifest,
        ]
        #expect(reason("a.odt", ZipFile.bytes(parts)).contains("encrypted"))
    }

    @Test(.timeLimit(.minutes(15))) func bombs() {
        let body = Array("<w:document>".utf8) + [UInt8](repeating: 0x20, count: 100 << 20)
        #expect(reason("a.docx", ZipFile.bytes([("word/document.xml", body)])).contains("bomb"))
        let laughs = "<!DOCTYPE l [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;\">]><document>&b;</document>"
        #expect(reason("a.docx", ZipFile.bytes(["word/document.xml": laughs])).contains("bomb"))
        let deep = String(repeating: "<a>", count: 100_000)
        #expect(reason("a.docx", ZipFile.bytes(["word/document.xml": deep])).contains("deep"))
    }

    @Test(.timeLimit(.minutes(15))) func deepAndLong() throws {
        #expect(reason("a.json", Array(String(repeating: "[", count: 100_000).utf8)).contains("deep"))
        #expect(reason("a.html", Array((String(repeating: "<div>", count: 10_000) + "x").utf8)).contains("deep"))
        #expect(try read("a.md", String(repeating: "[", count: 100_000) + "\n\ntext").text.hasSuffix("text"))
        let field = String(repeating: "word ", count: 2_000_000)
        let table = try read("a.csv", "id,text\n1,\"\(field)\"\n2,b\n")
        #expect(table.text.hasSuffix("\n2 | b\n"))
        #expect(table.text.count > 9_999_000)
        var mail = "Subject: deep\n"
        for part in 0..<1_000 { mail += "Content-Type: multipart/mixed; boundary=b\(part)\n\n--b\(part)\n" }
        mail += "Content-Type: text/plain\n\nHello.\n"
        #expect(try read("a.eml", mail).title == "deep")
        let links = String(repeating: "{\\", count: 4_000) + String(repeating: "<", count: 4_000)
        #expect(try read("a.srt", "00:00:01,000 --> 00:00:02,000\n\(links)x\n").text.hasSuffix("x\n"))
    }

    @Test func zerosAndDirectionMarks() throws {
        let rows = String(repeating: "more,words\n", count: 40)
        #expect(try read("a.csv", rows + "a,b\u{0}\n\u{202E}c,d\n").text.hasSuffix("a | b\n\u{202E}c | d\n"))
        #expect(try read("a.json", "{\"a\\u0000\": \"b\\u0000\\u202e\\ud800\"}").text == "a: b\u{202E}\u{FFFD}\n")
    }

    @Test func aFileThatChangesWhileItIsRead() async throws {
        let folder = try TemporaryFolder()
        // What names a table's columns is counted while the rest is still to be read.
        let cells = "<w:tc><w:p><w:r><w:t>Size</w:t></w:r></w:p></w:tc>"
        let path = try folder.write("a.docx", ZipFile.word("<w:tbl><w:tr>\(cells)\(cells)</w:tr></w:tbl>"))
        let other = ZipFile.word("<w:p><w:r><w:t>Two.</w:t></w:r></w:p>")
        let error = #expect(throws: KnowledgeError.self) {
            _ = try DocumentPassages(path: path) { text in
                try Data(other).write(to: URL(fileURLWithPath: path))
                return FakeEmbedder.tokenCount(text)
            }
        }
        #expect(error?.message.contains("changed") == true)
    }

    @Test func missingProgramsAreNamed() async throws {
        let folder = try TemporaryFolder()
        let good = try folder.write("d/a.txt", "Good text.")
        try folder.write("d/b.pdf", "%PDF-1.4 broken")
        let base = try await folder.open()
        let report = try await base.add([folder.path + "/d"])
        #expect(report.added == 1)
        #expect(report.skipped.count == 1)
        #expect(try base.documents().map(\.document) == [good])
    }

    @Test func nearlyEqualPassagesAreFoundOnce() async throws {
        let licence = (0..<60).map { "word\(["a", "b", "c", "d", "e", "f", "g"][$0 % 7])\(["x", "y", "z"][$0 % 3])" }
        let one = "Permission is hereby granted, free of charge, to anyone. " + licence.joined(separator: " ") + "."
        let folder = try TemporaryFolder()
        try folder.write("d/1.txt", one)
        try folder.write("d/2.txt", one.uppercased())
        try folder.write("d/3.txt", one + " Version 2.")
        let base = try await folder.open()
        _ = try await base.add([folder.path + "/d"])
        #expect(try base.stats().passages == 3)
        let hits = try await base.search("permission granted", mode: .lexical)
        // A number tells two texts apart, capitals do not.
        #expect(hits.map { $0.document.suffix(5) }.sorted() == ["1.txt", "3.txt"])
        #expect(try await base.verify().problems.isEmpty)
    }
}
