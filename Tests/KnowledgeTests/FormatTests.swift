// SPDX-License-Identifier: Apache-2.0
import Foundation
import Knowledge
import Testing

/// Each format: what is extracted, under which headings, and where it stands.
@Suite struct FormatTests {
    private func read(_ name: String, _ bytes: [UInt8]) throws -> DocumentPassages {
        let folder = try TemporaryFolder()
        let read = try DocumentPassages(path: try folder.write(name, bytes), tokenCount: FakeEmbedder.tokenCount)
        for passage in read.passages {
            #expect(slice(read.text, passage.start, passage.end) == passage.text)
            // What is said to stand in the file stands there.
            if let source = passage.source {
                let text = String(decoding: bytes[source], as: UTF8.self).replacing("\r\n", with: "\n")
                #expect(text == passage.text)
            }
        }
        return read
    }

    private func read(_ name: String, _ text: String) throws -> DocumentPassages { try read(name, Array(text.utf8)) }

    @Test func wordDocuments() throws {
        let styles = """
            <w:styles xmlns:w="w"><w:style w:styleId="berschrift1"><w:name w:val="heading 1"/></w:style></w:styles>
            """
        let body = """
            <w:p><w:pPr><w:pStyle w:val="berschrift1"/></w:pPr><w:r><w:t>Boats</w:t></w:r></w:p>
            <w:p><w:r><w:t xml:space="preserve">The green </w:t></w:r><w:r><w:t>boat &amp; oars.</w:t></w:r></w:p>
            <w:p><w:r><w:delText>Gone.</w:delText></w:r></w:p>
            <w:p><w:pPr><w:numPr/></w:pPr><w:r><w:t>one</w:t></w:r></w:p>
            <w:tbl><w:tr><w:tc><w:p><w:r><w:t>Size</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>Price</w:t></w:r></w:p></w:tc></w:tr>
            <w:tr><w:tc><w:p><w:r><w:t>S</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>10</w:t></w:r></w:p></w:tc></w:tr></w:tbl>
            """
        let bytes = ZipFile.bytes([
            "[Content_Types].xml": "<Types/>", "word/styles.xml": styles,
            "word/document.xml": "<w:document xmlns:w=\"w\"><w:body>\(body)</w:body></w:document>",
            "../../evil.txt": "written nowhere", "docProps/core.xml": "<p><title>About boats</title></p>",
        ])
        let document = try read("a.docx", bytes)
        #expect(document.format == "docx")
        #expect(document.title == "About boats")
        #expect(document.text == "Boats\n\nThe green boat & oars.\n\n- one\n\nSize | Price\nS | 10\n")
        #expect(document.passages.map(\.headings) == [["Boats"]])
        // Recognised by what is in it, not by its name.
        #expect(try read("a.txt", bytes).format == "docx")
    }

    @Test func presentations() throws {
        func slide(_ title: String, _ text: String) -> String {
            """
            <p:sld xmlns:p="p" xmlns:a="a"><p:sp><p:ph type="title"/><a:p><a:t>\(title)</a:t></a:p></p:sp>\
            <p:sp><p:ph/><a:p><a:t>\(text)</a:t></a:p></p:sp></p:sld>
            """
        }
        let document = try read(
            "a.pptx",
            ZipFile.bytes([
                "ppt/presentation.xml":
                    "<p xmlns:r=\"r\"><sldId id=\"256\" r:id=\"b\"/><sldId id=\"257\" r:id=\"a\"/></p>",
                "ppt/_rels/presentation.xml.rels":
                    "<R><Relationship Id=\"a\" Target=\"slides/slide1.xml\"/><Relationship Id=\"b\" Target=\"slides/slide2.xml\"/></R>",
                "ppt/slides/slide1.xml": slide("Second", "Two words."),
                "ppt/slides/slide2.xml": slide("First", "One word."),
            ])
        )
        #expect(document.text == "First\n\n- One word.\n\nSecond\n\n- Two words.\n")
        #expect(document.passages.map(\.place.page) == [1, 2])
        #expect(document.passages.map(\.headings) == [["First"], ["Second"]])
    }

    @Test func workbooks() throws {
        let sheet = """
            <worksheet><row><c r="A1" t="s"><v>0</v></c><c r="C1" t="inlineStr"><is><t>Day</t></is></c></row>\
            <row><c r="A2"><v>1.50</v></c><c r="B2" t="b"><v>1</v></c><c r="C2" s="1"><v>45292.5</v></c></row></worksheet>
            """
        let document = try read(
            "a.xlsx",
            ZipFile.bytes([
                "xl/workbook.xml": "<w xmlns:r=\"r\"><sheet name=\"Prices\" r:id=\"x\"/></w>",
                "xl/_rels/workbook.xml.rels": "<R><Relationship Id=\"x\" Target=\"/xl/worksheets/s.xml\"/></R>",
                "xl/sharedStrings.xml": "<sst><si><t>Num</t><t>ber</t></si></sst>",
                "xl/styles.xml":
                    "<s><numFmt numFmtId=\"170\" formatCode=\"yyyy\\-mm\"/><cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"170\"/></cellXfs></s>",
                "xl/worksheets/s.xml": sheet,
            ])
        )
        #expect(document.text == "Prices\n\nNumber |  | Day\n1.5 | TRUE | 2024-01-01 12:00:00\n")
        #expect(document.passages.map(\.place.page) == [1])
    }

    @Test func openDocuments() throws {
        let content = """
            <o xmlns:text="t" xmlns:table="tb"><text:h text:outline-level="2">Oars</text:h>
            <text:p>Two<text:s text:c="2"/>of <text:span>them</text:span>.</text:p>
            <table:table><table:table-row><table:table-cell table:number-columns-repeated="2"><text:p>x</text:p></table:table-cell>
            </table:table-row></table:table></o>
            """
        let type = "application/vnd.oasis.opendocument.text"
        let document = try read("a.odt", ZipFile.bytes(["mimetype": type, "content.xml": content]))
        #expect(document.text == "Oars\n\nTwo of them.\n\nx | x\n")
    }

    @Test func books() throws {
        func book(_ spine: String) -> [UInt8] {
            ZipFile.bytes([
                "mimetype": "application/epub+zip",
                "META-INF/container.xml": "<c><rootfile full-path=\"OEBPS/b.opf\"/></c>",
                "OEBPS/b.opf":
                    "<package><title>The Book</title><item id=\"a\" href=\"a%20b.xhtml\"/><item id=\"z\" href=\"z.xhtml\"/>\(spine)</package>",
                "OEBPS/z.xhtml": "<html><body><h1>One</h1><p>First.</p></body></html>",
                "OEBPS/a b.xhtml": "<html><body><h1>Two</h1><p>Second.</p></body></html>",
            ])
        }
        let document = try read("a.epub", book("<spine><itemref idref=\"z\"/><itemref idref=\"a\"/></spine>"))
        #expect(document.title == "The Book")
        #expect(document.passages.map(\.text) == ["First.", "Second."])
        #expect(document.passages.map(\.headings) == [["One"], ["Two"]])
        #expect(throws: KnowledgeError.self) { try read("a.epub", book("")) }
    }

    @Test func tables() throws {
        let rows = (0..<200).map { "\($0);\"Name; \($0)\"\"x\"\"\";\n" }.joined()
        let document = try read("a.csv", "Number;Name;Note\n" + rows)
        #expect(document.text.hasPrefix("Number | Name | Note\n0 | Name; 0\"x\"\n1 | Name; 1\"x\"\n"))
        #expect(document.passages.count > 2)
        // The names of the columns are embedded with each passage, but quoted with the first alone.
        for passage in document.passages {
            #expect(passage.windows.allSatisfy { $0.hasPrefix("Number | Name | Note\n") })
        }
        #expect(document.passages.dropFirst().allSatisfy { !$0.text.contains("Note") })
        #expect(try read("a.tsv", "a\tb\n1\t\"2\n3\"\n").text == "a | b\n1 | 2 3\n")
    }

    @Test func aTableThatFitsIsNotCut() throws {
        let prose = String(repeating: "Some words of a sentence. ", count: 25)
        let table = "| Size | Price |\n|---|---|\n" + (0..<12).map { "| size \($0) | \($0) euro |\n" }.joined()
        let document = try read("a.md", prose + "\n\n" + table + "\n" + prose)
        #expect(document.passages.contains { $0.text.contains(table.dropLast()) })
    }

    @Test func jsonValues() throws {
        let document = try read(
            "a.json",
            #"{"title": "Boats", "size": {"length": 4.5, "unit": "m"}, "parts": ["oar", "sail"], "note": "One.\nTwo \u4e2d\ud83d\ude00."}"#
        )
        #expect(document.title == "Boats")
        #expect(
            document.text
                == "title: Boats\n\nsize.length: 4.5\nsize.unit: m\n\nparts: oar\nparts: sail\n\nnote: One.\nTwo 中😀.\n"
        )
        #expect(try read("a.jsonl", "{\"a\": 1}\n{\"a\": true}\n").text == "a: 1\n\na: true\n")
    }

    @Test func messages() throws {
        let message = """
            From: =?utf-8?B?w4RubmU=?= <a@example.org>\r
            Subject: =?ISO-8859-1?Q?Gr=FC=DFe?=\r
             =?utf-8?Q?_an_alle?=\r
            Content-Type: multipart/mixed; boundary="b 1"\r
            \r
            --b 1\r
            Content-Type: multipart/alternative; boundary=c\r
            \r
            --c\r
            Content-Type: text/plain; charset=gb2312\r
            Content-Transfer-Encoding: base64\r
            \r
            1tDOxKGj\r
            --c\r
            Content-Type: text/html\r
            \r
            <p>not this</p>\r
            --c--\r
            --b 1\r
            Content-Type: text/html; charset=utf-8\r
            Content-Transfer-Encoding: quoted-printable\r
            \r
            <p>caf=C3=A9 and=\r
             tea</p>\r
            --b 1\r
            Content-Type: application/pdf\r
            Content-Disposition: attachment; filename*=UTF-8''r%C3%A9sum%C3%A9.pdf\r
            \r
            JVBERi0=\r
            --b 1--\r

            """
        let document = try read("a.eml", message)
        #expect(document.title == "Grüße an alle")
        #expect(
            document.text
                == "Grüße an alle\n\nFrom: Änne <a@example.org>\n\n中文。\n\ncafé and tea\n\nAttachment: résumé.pdf (application/pdf)\n"
        )
        let box = "From a@b Mon\nSubject: one\n\nText one.\n>From here on.\n\nFrom c@d Tue\nSubject: two\n\nText two.\n"
        #expect(try read("mail", box).passages.map(\.headings) == [["one"], ["two"]])
        #expect(try read("mail", box).text.contains("\nFrom here on.\n"))
    }

    @Test func sourceCode() throws {
        let code =
            "import os\n\nclass Boat:\n    def row(self, speed):\n        return speed * 2\n\n\ndef main():\n    pass\n"
        let document = try read("a.py", code)
        #expect(document.text == code)
        #expect(
            document.passages.map(\.headings) == [
                [], ["class Boat"], ["class Boat", "def row(self, speed)"], ["def main()"],
            ]
        )
        #expect(document.passages.allSatisfy { $0.source != nil })
    }

    @Test func subtitles() throws {
        let cues =
            "1\r\n00:00:01,500 --> 00:00:03,000\r\n<i>Hello</i> there,\r\nfriend.\r\n\r\n2\r\n01:00:00,000 --> 01:00:02,000\r\nBye.\r\n"
        let document = try read("a.srt", cues)
        #expect(document.text == "Hello there,\nfriend.\nBye.\n")
        #expect(document.passages.first?.place.time == 1_500)
        let web = try read(
            "a.vtt",
            "WEBVTT\n\nNOTE no words\n\nid\n00:02.000 --> 00:03.000 align:start\n<v Ann>Hi &amp; bye\n"
        )
        #expect(web.text == "Ann: Hi & bye\n")
        #expect(web.passages.first?.place.time == 2_000)
    }

    @Test func portableDocuments() throws {
        let document = try read("a.pdf", PDFFile.bytes(["Green boats sail.", "Red boats row."]))
        #expect(document.format == "pdf")
        #expect(document.passages.map(\.text) == ["Green boats sail.", "Red boats row."])
        #expect(document.passages.map(\.place.page) == [1, 2])
        for (bytes, word) in [
            (PDFFile.bytes(["x"], isEncrypted: true), "encrypted"), (Array("%PDF-1.4\nnothing".utf8), "damaged"),
        ] {
            let error = #expect(throws: KnowledgeError.self) { try read("a.pdf", bytes) }
            #expect(error?.message.contains(word) == true, "\(error?.message ?? "")")
        }
    }

    @Test func pagesKeepWhatTheyAreAbout() throws {
        let page = """
            <title>Boats</title><div class="sphinxsidebar">Other pages</div><p>Before.</p>
            <main><h1>Boats</h1><p>Read it <a href="https://example.org/x">here</a>.</p>
            <table><tr><th>Size</th><th>Price</th></tr><tr><td>S</td><td>10</td></tr></table></main><p>After.</p>
            """
        #expect(
            try read("a.html", page).text == "Boats\n\nRead it here (https://example.org/x).\n\nSize | Price\nS | 10\n"
        )
        #expect(try read("b.html", "<p>Before.</p><main></main><p>After.</p>").text == "Before.\n\nAfter.\n")
    }

    @Test func placesInTheFile() throws {
        let text =
            "\u{FEFF}# Título\r\n\r\nEine Zeile.\r\nNoch eine: é 中.\r\n\r\n## B\r\n\r\n"
            + String(repeating: "Wörter im Satz. ", count: 200)
        let document = try read("a.md", text)
        #expect(document.passages.count > 3)
        #expect(document.passages.allSatisfy { $0.source != nil })
        #expect(try read("a.txt", [0x4D, 0xFC, 0x6C, 0x6C]).passages.allSatisfy { $0.source == nil })
    }
}

/// Small PDF files for tests; poppler puts up with the missing table of objects.
enum PDFFile {
    static func bytes(_ pages: [String], isEncrypted: Bool = false) -> [UInt8] {
        var text = "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
        let kids = pages.indices.map { "\(10 + 2 * $0) 0 R" }.joined(separator: " ")
        text += "2 0 obj<</Type/Pages/Count \(pages.count)/Kids[\(kids)]>>endobj\n"
        text += "3 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj\n"
        for (index, page) in pages.enumerated() {
            let content = "BT /F 12 Tf 72 700 Td (\(page)) Tj ET"
            text +=
                "\(10 + 2 * index) 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Resources<</Font<</F 3 0 R>>>>"
            text += "/Contents \(11 + 2 * index) 0 R>>endobj\n"
            text += "\(11 + 2 * index) 0 obj<</Length \(content.count)>>stream\n\(content)\nendstream endobj\n"
        }
        let key = String(repeating: "ab", count: 32)
        let lock = isEncrypted ? "/Encrypt<</Filter/Standard/V 1/R 2/O<\(key)>/U<\(key)>/P -4>>/ID[<00><00>]" : ""
        return Array((text + "trailer<</Root 1 0 R/Size 99\(lock)>>\n%%EOF\n").utf8)
    }
}
