// SPDX-License-Identifier: Apache-2.0

extension ImageMetadata {
    /// Reads the size and the texts of a PNG's chunks; compressed texts are left out.
    mutating func readPNG(_ view: ByteView) {
        var place = Self.pngMark.count
        while let length = view.number(place, 4), let type = view.part(place + 4, 4),
            let data = view.part(place + 8, length)
        {
            switch String(decoding: type, as: UTF8.self) {
            case "IHDR":
                let header = ByteView(data)
                setSize(header.number(0, 4) ?? 0, header.number(4, 4) ?? 0)
            case "tEXt": readText(data)
            case "iTXt": readInternationalText(data)
            case "eXIf": readEXIF(data)
            case "IEND": return
            default: break
            }
            place += 12 + length
        }
    }

    /// A keyword, NUL, and text in Latin-1; many programs write UTF-8.
    private mutating func readText(_ data: ArraySlice<UInt8>) {
        guard let end = data.firstIndex(of: 0) else { return }
        take(Self.text(data[..<end]), Self.text(data[data.index(after: end)...]))
    }

    /// A keyword, whether and how it is compressed, a language, the keyword in it, and text in UTF-8.
    private mutating func readInternationalText(_ data: ArraySlice<UInt8>) {
        guard let end = data.firstIndex(of: 0) else { return }
        let rest = data[end...].dropFirst()
        guard rest.count > 2, rest.first == 0, let language = rest.dropFirst(2).firstIndex(of: 0),
            let keyword = rest[language...].dropFirst().firstIndex(of: 0)
        else { return }
        let text = rest[keyword...].dropFirst()
        let name = Self.text(data[..<end])
        if name == "XML:com.adobe.xmp" { readXMP(text) } else { take(name, Self.text(text)) }
    }

    private mutating func take(_ keyword: String, _ text: String) {
        switch keyword.lowercased() {
        case "title": set(\.title, text)
        case "description": set(\.description, text)
        case "comment": add(text, to: \.comments)
        case "author": set(\.author, text)
        case "copyright": set(\.copyright, text)
        case "creation time": set(\.taken, Self.moment(text) ?? text)
        default: break
        }
    }
}
