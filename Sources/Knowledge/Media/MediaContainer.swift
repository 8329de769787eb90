// SPDX-License-Identifier: Apache-2.0

/// The containers of films and sounds that are read, each under the name of ffmpeg's reader. That reader alone is let
/// at the file: others, of playlists, would open more files and addresses.
package enum MediaContainer: String, Sendable {
    case mov, matroska, avi, wav, ogg, flac, mp3, mpeg, mpegts, asf, flv, aiff, aac

    /// Recognises a film or sound by how it begins.
    package init?(_ beginning: some Collection<UInt8>) {
        let head = ByteView(beginning.prefix(400))
        func begins(_ bytes: [UInt8]) -> Bool { head.part(0, bytes.count)?.elementsEqual(bytes) ?? false }
        if head.starts(with: "ftyp", at: 4), !Self.isPicture(head) {
            self = .mov
        } else if ["moov", "mdat", "wide"].contains(where: { head.starts(with: $0, at: 4) }), head[0] == 0 {
            self = .mov
        } else if begins([0x1A, 0x45, 0xDF, 0xA3]) {
            self = .matroska
        } else if head.starts(with: "RIFF"), head.starts(with: "AVI ", at: 8) {
            self = .avi
        } else if head.starts(with: "RIFF"), head.starts(with: "WAVE", at: 8) {
            self = .wav
        } else if head.starts(with: "OggS") {
            self = .ogg
        } else if head.starts(with: "fLaC") {
            self = .flac
        } else if head.starts(with: "ID3"), head[3].map({ $0 < 0x10 }) == true {
            self = .mp3
        } else if begins([0, 0, 1, 0xBA]) {
            self = .mpeg
        } else if head[0] == 0x47, head[188] == 0x47, head[376] == 0x47 {
            self = .mpegts
        } else if begins([0x30, 0x26, 0xB2, 0x75, 0x8E, 0x66, 0xCF, 0x11]) {
            self = .asf
        } else if begins([0x46, 0x4C, 0x56, 1]) {
            self = .flv
        } else if head.starts(with: "FORM"), head.starts(with: "AIF", at: 8) {
            self = .aiff
        } else if let second = head[1], let third = head[2], head[0] == 0xFF, second & 0xE6 == 0xE2, third >> 4 != 15,
            third >> 2 & 3 != 3
        {
            self = .mp3
        } else if let second = head[1], let third = head[2], head[0] == 0xFF, second & 0xF6 == 0xF0,
            third >> 2 & 15 < 13
        {
            self = .aac
        } else {
            return nil
        }
    }

    /// Pictures come in the same container.
    private static func isPicture(_ head: ByteView) -> Bool {
        ["heic", "heix", "hevc", "mif1", "msf1", "avif", "avis", "crx "].contains { head.starts(with: $0, at: 8) }
    }
}
