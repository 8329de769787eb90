// SPDX-License-Identifier: Apache-2.0
import Foundation
import Knowledge
import Testing

/// Images as documents: these are too small to hold text, so that no program is needed.
@Suite struct ImageDocumentTests {
    private let caption = """
        A lighthouse on a rock.
        de.utf8=Ein Leuchtturm auf einem Felsen.
        zh_CN.utf8=岩石上的灯塔。
        """

    @Test func addsAnImageWithItsCaption() async throws {
        let folder = try TemporaryFolder()
        let image = try folder.write("photos/exif.jpg", SampleImages.exif)
        let sidecar = try folder.write("photos/exif.txt", caption)
        let base = try await folder.open()
        #expect(try await base.add([image]).added == 1)
        let text = try await base.wholeText(of: image)
        let expected = """
            Opera 歌剧院

            Image: JPEG, 3 × 2 pixels
            File: exif.jpg
            Caption: A lighthouse on a rock.
            Caption: de: Ein Leuchtturm auf einem Felsen.
            Caption: zh_CN: 岩石上的灯塔。
            Description: A harbour at night
            Comment: 灯塔 seen from the pier
            Comment: A plain comment
            Keywords: sea, night
            Taken: 2020-08-27 23:16:12 +02:00
            Camera: NIKON D750
            Place: -33.85680, 151.21530
            Author: Ann Example
            Copyright: CC0

            """
        #expect(text == expected)
        #expect(try base.document(named: image).title == "Opera 歌剧院")
        #expect(try base.document(named: image).format == "image")
        #expect(try await base.search("Leuchtturm", top: 1, mode: .lexical).first?.document == image)
        #expect(try await base.search("灯塔", top: 1, mode: .lexical).first?.document == image)

        // The caption is part of what is taken in.
        #expect(try await base.add([image]).unchanged == 1)
        try Data("A windmill.".utf8).write(to: URL(fileURLWithPath: sidecar))
        #expect(try await base.add([image]).added == 1)
        #expect(try await base.search("Leuchtturm", mode: .lexical).isEmpty)
        #expect(try await base.search("windmill", top: 1, mode: .lexical).first?.document == image)
    }

    @Test func titlesAnImageByItsCaptionOrName() async throws {
        let folder = try TemporaryFolder()
        let plain = try folder.write("a/quay.bmp", SampleImages.bitmap)
        let told = try folder.write("a/mill.gif", SampleImages.gif)
        _ = try folder.write("a/mill.gif.txt", "Mill at the pond")
        // A text of its own, not a caption.
        _ = try folder.write("a/quay.txt", String(repeating: "A line of a story.\n", count: 6))
        let base = try await folder.open()
        #expect(try await base.add([plain, told]).added == 2)
        #expect(try base.document(named: plain).title == "quay.bmp")
        #expect(try base.document(named: told).title == "Mill at the pond")
    }

    /// By their headers, before a pixel is decoded.
    @Test func refusesImagesOfTooManyPixels() async throws {
        var bomb = SampleImages.png
        bomb.replaceSubrange(16..<24, with: [0, 0, 0xFF, 0xFF, 0, 0, 0xFF, 0xFF])
        var empty = SampleImages.png
        empty.replaceSubrange(16..<20, with: [0, 0, 0, 0])
        let folder = try TemporaryFolder()
        let paths = [try folder.write("bomb.png", bomb), try folder.write("empty.png", empty)]
        let base = try await folder.open()
        let report = try await base.add(paths)
        #expect(report.skipped.map(\.path) == paths)
        #expect(report.skipped.first?.reason.contains("65535 × 65535 pixels") == true)
        #expect(report.skipped.last?.reason.contains("tells no size") == true)
    }
}
