// SPDX-License-Identifier: Apache-2.0

extension ImageMetadata {
    /// Reads the segments of a JPEG up to the first scan: size, EXIF, XMP, IPTC, comments.
    mutating func readJPEG(_ view: ByteView) {
        var place = 2
        while let mark = view[place], mark == 0xFF, let kind = view[place + 1] {
            if kind == 0xFF {  // filling
                place += 1
                continue
            }
            if kind == 0x01 || (0xD0...0xD8).contains(kind) {
                place += 2
                continue
            }
            guard kind != 0xD9, kind != 0xDA, let length = view.number(place + 2, 2), length >= 2,
                let data = view.part(place + 4, length - 2)
            else { return }
            readSegment(kind, data)
            place += 2 + length
        }
    }

    private mutating func readSegment(_ kind: UInt8, _ data: ArraySlice<UInt8>) {
        let segment = ByteView(data)
        switch kind {
        case 0xC0...0xCF where ![0xC4, 0xC8, 0xCC].contains(kind):
            setSize(segment.number(3, 2) ?? 0, segment.number(1, 2) ?? 0)
        case 0xE1 where segment.starts(with: "Exif\0\0"): readEXIF(data.dropFirst(6))
        case 0xE1 where segment.starts(with: "http://ns.adobe.com/xap/1.0/\0"): readXMP(data.dropFirst(29))
        case 0xED where segment.starts(with: "Photoshop 3.0\0"): readResources(ByteView(data.dropFirst(14)))
        case 0xFE: add(Self.text(data), to: \.comments)
        default: break
        }
    }

    /// Photoshop's resources: `8BIM`, a number, a name, the length and the data, each padded to an even length.
    private mutating func readResources(_ view: ByteView) {
        var place = 0
        while view.starts(with: "8BIM", at: place), let id = view.number(place + 4, 2), let name = view[place + 6] {
            let start = place + 6 + (1 + Int(name) + 1) / 2 * 2
            guard let length = view.number(start, 4), let data = view.part(start + 4, length) else { return }
            if id == 0x0404 { readIPTC(ByteView(data)) }
            place = start + 4 + (length + 1) / 2 * 2
        }
    }

    /// IPTC records: 0x1C, record, field, length and text.
    private mutating func readIPTC(_ view: ByteView) {
        var place = 0
        var places: [String] = []
        while view[place] == 0x1C, let record = view[place + 1], let field = view[place + 2],
            let length = view.number(place + 3, 2), let data = view.part(place + 5, length)
        {
            let text = Self.text(data)
            switch (record, field) {
            case (2, 5): set(\.title, text)
            case (2, 105): set(\.title, text)
            case (2, 120): set(\.description, text)
            case (2, 25): add(text, to: \.keywords)
            case (2, 80): set(\.author, text)
            case (2, 116): set(\.copyright, text)
            case (2, 90), (2, 95), (2, 101): places.append(text)
            default: break
            }
            place += 5 + length
        }
        set(\.place, places.prefix(8).joined(separator: ", "))
    }
}
