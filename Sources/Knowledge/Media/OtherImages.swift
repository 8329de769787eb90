// SPDX-License-Identifier: Apache-2.0

extension ImageMetadata {
    /// Reads the size and comments of a GIF.
    mutating func readGIF(_ whole: ByteView) {
        let view = ByteView(whole.bytes, isLittleEndian: true)
        setSize(view.number(6, 2) ?? 0, view.number(8, 2) ?? 0)
        var place = 13 + Self.paletteLength(view[10])
        while let kind = view[place] {
            switch kind {
            case 0x21:
                let isComment = view[place + 1] == 0xFE
                let (data, end) = Self.blocks(view, at: place + 2, keeping: isComment)
                if isComment { add(Self.text(data), to: \.comments) }
                place = end
            case 0x2C:
                place = Self.blocks(view, at: place + 11 + Self.paletteLength(view[place + 9]), keeping: false).end
            default: return
            }
        }
    }

    private static func paletteLength(_ flags: UInt8?) -> Int {
        guard let flags, flags & 0x80 != 0 else { return 0 }
        return 3 << (Int(flags & 7) + 1)
    }

    /// Blocks that each begin with their length, up to an empty one.
    private static func blocks(_ view: ByteView, at start: Int, keeping: Bool) -> (data: [UInt8], end: Int) {
        var data: [UInt8] = []
        var place = start
        while let length = view[place], length > 0, let part = view.part(place + 1, Int(length)) {
            if keeping, data.count < textLimit { data += part }
            place += 1 + Int(length)
        }
        return (data, place + 1)
    }

    /// Reads the size, EXIF and XMP of a WebP.
    mutating func readWebP(_ whole: ByteView) {
        let view = ByteView(whole.bytes, isLittleEndian: true)
        var place = 12
        while let type = view.part(place, 4), let length = view.number(place + 4, 4) {
            let at = place + 8
            // The picture's own chunk may be cut: its size stands at the beginning.
            switch String(decoding: type, as: UTF8.self) {
            case "VP8X": setSize((view.number(at + 4, 3) ?? -1) + 1, (view.number(at + 7, 3) ?? -1) + 1)
            case "VP8 ": setSize((view.number(at + 6, 2) ?? 0) & 0x3FFF, (view.number(at + 8, 2) ?? 0) & 0x3FFF)
            case "VP8L" where view[at] == 0x2F:
                let bits = view.number(at + 1, 4) ?? 0
                setSize(bits & 0x3FFF + 1, bits >> 14 & 0x3FFF + 1)
            case "EXIF":
                guard let data = view.part(at, length) else { return }
                readEXIF(ByteView(data).starts(with: "Exif\0\0") ? data.dropFirst(6) : data)
            case "XMP ":
                guard let data = view.part(at, length) else { return }
                readXMP(data)
            default: break
            }
            place = at + (length + 1) / 2 * 2
        }
    }

    /// Reads the size of a bitmap.
    mutating func readBitmap(_ whole: ByteView) {
        let view = ByteView(whole.bytes, isLittleEndian: true)
        if view[14] == 12 {
            setSize(view.number(18, 2) ?? 0, view.number(20, 2) ?? 0)
        } else {
            // A negative height is one whose lines go from the top.
            let height = Int32(truncatingIfNeeded: view.number(22, 4) ?? 0)
            setSize(view.number(18, 4) ?? 0, Int(height.magnitude))
        }
    }
}
