// SPDX-License-Identifier: Apache-2.0
import Foundation
import Knowledge
import Testing

@Suite struct ImageMetadataTests {
    private func read(_ bytes: [UInt8]) throws -> ImageMetadata {
        try ImageMetadata(bytes, format: #require(ImageMetadata.format(of: bytes)))
    }

    @Test func readsEXIF() throws {
        let image = try read(SampleImages.exif)
        #expect(image.format == .jpeg)
        #expect(image.width == 3 && image.height == 2)
        #expect(image.camera == "NIKON D750")
        #expect(image.taken == "2020-08-27 23:16:12 +02:00")
        #expect(image.title == "Opera 歌剧院")
        #expect(image.description == "A harbour at night")
        #expect(image.comments.sorted() == ["A plain comment", "灯塔 seen from the pier"])
        #expect(image.keywords == ["sea", "night"])
        #expect(image.author == "Ann Example")
        #expect(image.copyright == "CC0")
        #expect(image.isTurned)
        #expect(abs(try #require(image.latitude) + 33.8568) < 1e-6)
        #expect(abs(try #require(image.longitude) - 151.2153) < 1e-6)
    }

    @Test func readsIPTC() throws {
        let image = try read(SampleImages.iptc)
        #expect(image.title == "Fête du port")
        #expect(image.description == "Boats in a row")
        #expect(image.keywords == ["boat", "fête"])
        #expect(image.place == "Brest, France")
        #expect(image.author == "Bo Sample")
        #expect(image.camera == nil)
        #expect(!image.isTurned)
    }

    @Test func readsXMP() throws {
        let image = try read(SampleImages.xmp)
        #expect(image.width == 3 && image.height == 2)
        #expect(image.title == "Old mill")
        #expect(image.description == "A mill & a <pond>")
        #expect(image.keywords == ["mill", "pond"])
        #expect(image.author == "Cy Person")
        #expect(image.place == "Netherlands, Delft")
    }

    @Test func readsChunksOfPNG() throws {
        let image = try read(SampleImages.png)
        #expect(image.width == 5 && image.height == 4)
        #expect(image.title == "Chart of tides")
        #expect(image.description == "潮汐表")
        #expect(image.author == "Dee")
        #expect(image.comments == ["xxxxxxxxxx"])
        #expect(image.taken == "2001-02-03 04:05:06")
        #expect(image.camera == "Canon EOS 5D")
    }

    @Test func readsOtherFormats() throws {
        let gif = try read(SampleImages.gif)
        #expect(gif.width == 7 && gif.height == 6)
        #expect(gif.comments == ["A gif of gifts"])
        let webp = try read(SampleImages.webp)
        #expect(webp.width == 9 && webp.height == 8)
        #expect(webp.description == "Web picture")
        let lossless = try read(SampleImages.lossless)
        #expect(lossless.width == 9 && lossless.height == 8)
        // Two pictures, of 11 × 10 and of 13 × 3 pixels.
        let tiff = try read(SampleImages.tiff)
        #expect(tiff.width == 13 && tiff.height == 10)
        #expect(tiff.description == "Two pages")
        let bitmap = try read(SampleImages.bitmap)
        #expect(bitmap.width == 15 && bitmap.height == 14)
    }

    /// Cut anywhere, a file is read as far as it goes or refused.
    @Test func survivesCuts() throws {
        for whole in [
            SampleImages.exif, SampleImages.iptc, SampleImages.xmp, SampleImages.png, SampleImages.gif,
            SampleImages.webp,
            SampleImages.lossless, SampleImages.tiff, SampleImages.bitmap,
        ] {
            let format = try #require(ImageMetadata.format(of: whole))
            let full = try ImageMetadata(whole, format: format)
            for length in 0..<whole.count {
                do {
                    let cut = try ImageMetadata(Array(whole[..<length]), format: format)
                    #expect(cut.width <= full.width)
                } catch {
                    #expect(error.code == .badDocument)
                }
            }
        }
    }

    @Test func doesNotTakeTextForImages() {
        for text in [
            "BMW makes cars, and more.", "GIF8 is no version", "II*", "RIFF1234WAVEfmt ",
            "BM\0\0\0\0\0\0\0\0\0\0\0\0AB",
        ] {
            #expect(ImageMetadata.format(of: Array(text.utf8)) == nil, "\(text)")
        }
    }

    @Test(
        arguments: [
            ("\0\0\0 ftypisom", "mov"), ("\0\0\0 ftypheic", nil), ("\0\0\0\u{8}wide\0\0\0\0mdat", "mov"),
            ("RIFF0000AVI LIST", "avi"), ("RIFF0000WAVEfmt ", "wav"), ("OggS\0", "ogg"), ("fLaC\0", "flac"),
            ("ID3\u{3}\0", "mp3"), ("ID3 is how MP3 files are tagged", nil), ("FLV\u{1}\u{5}", "flv"),
            ("FORM0000AIFFCOMM", "aiff"), ("#EXTM3U\nhttp://example.com/x.ts", nil), ("Good morning", nil), ("", nil),
        ] as [(String, String?)]
    ) func recognisesFilmsAndSounds(_ beginning: String, _ name: String?) {
        #expect(MediaContainer(Array(beginning.utf8))?.rawValue == name)
    }

    @Test(
        arguments: [
            ([0x1A, 0x45, 0xDF, 0xA3], "matroska"), ([0xFF, 0xFB, 0x90, 0x64], "mp3"),
            ([0xFF, 0xF1, 0x50, 0x80], "aac"),
            ([0, 0, 1, 0xBA], "mpeg"), ([0x30, 0x26, 0xB2, 0x75, 0x8E, 0x66, 0xCF, 0x11], "asf"),
            // A byte-order mark of UTF-16, and a JPEG.
            ([0xFF, 0xFE, 0x41, 0], nil), ([0xFF, 0xD8, 0xFF, 0xE0], nil),
        ] as [([UInt8], String?)]
    ) func recognisesByBytes(_ beginning: [UInt8], _ name: String?) {
        #expect(MediaContainer(beginning)?.rawValue == name)
    }

    @Test func joinsWordsOfTesseract() {
        let table = """
            level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext
            1\t1\t0\t0\t0\t0\t0\t0\t640\t360\t-1\t
            5\t1\t1\t1\t1\t1\t9\t9\t9\t9\t96.5\tTide
            5\t1\t1\t1\t1\t2\t9\t9\t9\t9\t96.1\ttables
            5\t1\t1\t1\t2\t1\t9\t9\t9\t9\t91.0\t灯塔
            5\t1\t1\t1\t2\t2\t9\t9\t9\t9\t92.0\t看守
            5\t1\t1\t1\t2\t3\t9\t9\t9\t9\t12.0\t~|
            5\t1\t2\t1\t1\t1\t9\t9\t9\t9\t45.0\tnoise
            5\t1\t3\t1\t1\t1\t9\t9\t9\t9\t95.0\t—\\/
            5\t2\t1\t1\t1\t1\t9\t9\t9\t9\t90.0\tPage
            5\t2\t1\t1\t1\t2\t9\t9\t9\t9\tnan\ttwo
            5\tx\t1\t1\t1\t2\t9
            """
        let expected = [
            TextRecognizer.Block(page: 1, lines: ["Tide tables", "灯塔看守"]),
            TextRecognizer.Block(page: 2, lines: ["Page"]),
        ]
        #expect(TextRecognizer.blocks(of: Array(table.utf8)) == expected)
    }

    @Test func namesWhatIsMissing() {
        var recognizer = TextRecognizer()
        recognizer.searchPath = "/nowhere"
        let error = #expect(throws: KnowledgeError.self) { try recognizer.blocks(in: .nothing) }
        #expect(error?.code == .unavailable)
        #expect(error?.message.contains("install the package tesseract-ocr") == true)
    }
}
