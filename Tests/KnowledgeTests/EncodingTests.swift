// SPDX-License-Identifier: Apache-2.0
import Foundation
import Knowledge
import Testing

/// Files in many encodings, each written by the C library's or Foundation's converter and read back by us.
@Suite struct EncodingTests {
    private static let chinese = """
        电池的寿命大约为十年。请不要把设备放在阳光下，也不要自己打开它。如果屏幕没有反应，请先关机，然后重新启动。
        第二段：我们的客服每天上午九点到下午六点可以接电话。
        """
    private static let traditional = """
        電池的壽命大約為十年。請不要把設備放在陽光下，也不要自己打開它。如果螢幕沒有反應，請先關機，然後重新啟動。
        """
    private static let western = "Le café est fermé le dimanche. Größe: 42. El niño comió en la mañana.\nNaïve façade."

    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var bytes: [UInt8]
        var text: String
        var testDescription: String { name }
    }

    static let cases: [Case] = {
        func wide(_ text: String, littleEndian: Bool) -> [UInt8] {
            text.utf16.flatMap { unit in
                let (low, high) = (UInt8(truncatingIfNeeded: unit), UInt8(truncatingIfNeeded: unit >> 8))
                return littleEndian ? [low, high] : [high, low]
            }
        }
        let latin = western.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
        let mixed = "Plain English text, then 中文。\n" + chinese
        return [
            Case(name: "UTF-8", bytes: [0xEF, 0xBB, 0xBF] + Array(chinese.utf8), text: chinese),
            Case(name: "UTF-16LE", bytes: [0xFF, 0xFE] + wide(mixed, littleEndian: true), text: mixed),
            Case(name: "UTF-16BE", bytes: [0xFE, 0xFF] + wide(mixed, littleEndian: false), text: mixed),
            Case(name: "UTF-16LE", bytes: wide(chinese, littleEndian: true), text: chinese),
            Case(name: "UTF-16BE", bytes: wide(chinese, littleEndian: false), text: chinese),
            Case(name: "UTF-16LE", bytes: wide(western, littleEndian: true), text: western),
            Case(name: "UTF-16BE", bytes: wide("Only ASCII.\n", littleEndian: false), text: "Only ASCII.\n"),
            Case(name: "GB18030", bytes: converted(chinese, "GB18030"), text: chinese),
            Case(name: "GB18030", bytes: converted("你好，世界。\n", "GB18030"), text: "你好，世界。\n"),
            Case(name: "GB18030", bytes: converted(mixed, "GB18030"), text: mixed),
            Case(name: "Big5", bytes: converted(traditional, "BIG5"), text: traditional),
            Case(name: "Big5", bytes: converted("請問時間？\n", "BIG5"), text: "請問時間？\n"),
            Case(name: "ISO-8859-1", bytes: latin, text: western),
            Case(name: "ISO-8859-1", bytes: Array("M".utf8) + [0xFC] + Array("ller".utf8), text: "Müller"),
            Case(
                name: "Windows-1252",
                bytes: Array("It".utf8) + [0x92] + Array("s 5 ".utf8) + [0x80] + Array(" more.".utf8),
                text: "It’s 5 € more."
            ),
        ]
    }()

    /// Text in an encoding, made by the system's `iconv` program.
    private static func converted(_ text: String, _ encoding: String) -> [UInt8] {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/iconv")
        process.arguments = ["-f", "UTF-8", "-t", encoding]
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        do {
            try process.run()
            try input.fileHandleForWriting.write(contentsOf: Data(text.utf8))
            try input.fileHandleForWriting.close()
            return Array(try output.fileHandleForReading.readToEnd() ?? Data())
        } catch {
            return []
        }
    }

    @Test(arguments: cases) func recognisesAndConverts(file: Case) async throws {
        try #require(!file.bytes.isEmpty)
        let folder = try TemporaryFolder()
        let path = try folder.write("a.txt", file.bytes)
        let base = try await folder.open()
        let report = try await base.add([path])
        #expect(try base.document(named: path).encoding == file.name)
        #expect(report.converted.map(\.encoding) == (file.name == "UTF-8" ? [] : [file.name]))
        #expect(report.converted.allSatisfy { $0.replaced == 0 })
        #expect(try await base.wholeText(of: path) == file.text)
    }

    @Test func convertsAcrossPieces() async throws {
        // Three-byte characters, and a file whose pieces of 1 MiB end within a character.
        let text = String(repeating: "电池寿命。\n", count: 150_000)
        let folder = try TemporaryFolder()
        let path = try folder.write("a.txt", "x" + text)
        let gb = try folder.write("b.txt", Self.converted("x" + text, "GB18030"))
        let base = try await folder.open()
        _ = try await base.add([path, gb])
        #expect(try await base.wholeText(of: path) == "x" + text)
        #expect(try await base.wholeText(of: gb) == "x" + text)
    }

    @Test func endsLinesOneWayAndDropsMarksAndZeros() async throws {
        let folder = try TemporaryFolder()
        let path = try folder.write(
            "a.txt",
            "\u{FEFF}one\r\ntwo\rthree\n\n\rfour\u{0}five\r\n" + String(repeating: "much more text\n", count: 40)
        )
        let base = try await folder.open()
        _ = try await base.add([path])
        let text = try await base.wholeText(of: path)
        #expect(text.hasPrefix("one\ntwo\nthree\n\n\nfourfive\nmuch"))
        #expect(!text.unicodeScalars.contains { $0 == "\r" || $0 == "\u{0}" || $0 == "\u{FEFF}" })
    }

    @Test func replacesAFewBadBytes() async throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("a.txt", Array(Self.chinese.utf8) + [0xFF] + Array("。结束".utf8))
        let base = try await folder.open()
        let report = try await base.add([path])
        #expect(report.converted == [.init(path: path, encoding: "UTF-8", replaced: 1)])
        #expect(try await base.wholeText(of: path) == Self.chinese + "\u{FFFD}。结束")
    }
}
