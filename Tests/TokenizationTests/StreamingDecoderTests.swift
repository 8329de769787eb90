// SPDX-License-Identifier: Apache-2.0
import Testing
import Tokenization

struct StreamingDecoderTests {
    @Test func holdsBackAnUnfinishedCharacter() {
        var decoder = StreamingDecoder()
        #expect(decoder.append([0x61, 0xF0, 0x9F]) == "a")
        #expect(decoder.append([0x91]) == "")
        #expect(decoder.append([0x8D, 0x62]) == "👍b")
        #expect(decoder.finish() == "")
    }

    @Test func givesWhatNeverCameAsReplacementCharacter() {
        var decoder = StreamingDecoder()
        #expect(decoder.append([0xE2, 0x82]) == "")
        #expect(decoder.finish() == "\u{FFFD}")
        #expect(decoder.append([0x62]) == "b")
    }

    @Test func doesNotWaitForWhatCannotBecomeACharacter() {
        for bytes: [UInt8] in [
            [0xC0], [0xE0, 0x80], [0xED, 0xA0], [0xF0, 0x8F], [0xF4, 0x90], [0xF5], [0x80, 0x80],
        ] {
            var decoder = StreamingDecoder()
            #expect(decoder.append(bytes) == String(decoding: bytes, as: UTF8.self))
        }
    }

    /// Every cut of every short sequence of telling bytes gives, joined, what decoding at once gives.
    @Test func anyCutGivesTheSameText() {
        let telling: [UInt8] = [
            0x41, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC1, 0xC3, 0xE0, 0xE2, 0xED, 0xF0, 0xF1, 0xF4, 0xF5,
        ]
        for number in 0..<(16 * 16 * 16 * 16) {
            let bytes = (0..<4).map { telling[number >> ($0 * 4) & 15] }
            var decoder = StreamingDecoder()
            let text = bytes.map { decoder.append([$0]) }.joined() + decoder.finish()
            guard text != String(decoding: bytes, as: UTF8.self) else { continue }
            Issue.record("\(bytes) gave \(text.debugDescription)")
            return
        }
    }
}
