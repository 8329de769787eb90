// SPDX-License-Identifier: Apache-2.0

extension ImageMetadata {
    /// Reads an XMP packet: Dublin Core and Photoshop's places; a packet that is damaged is read as far as it goes.
    mutating func readXMP(_ packet: ArraySlice<UInt8>) {
        let reader = XMPReader()
        if let parser = try? XMLParser(reader) {
            try? parser.feed(Array(packet.prefix(XMPReader.sizeLimit)))
            try? parser.finish()
        }
        var places: [String] = []
        for (name, value) in reader.properties {
            let text = Self.clean(value)
            switch name {
            case "title", "Headline": set(\.title, text)
            case "description": set(\.description, text)
            case "subject": add(text, to: \.keywords)
            case "creator": set(\.author, text)
            case "rights": set(\.copyright, text)
            case "City", "State", "Country": if !text.isEmpty { places.append(text) }
            case "DateTimeOriginal", "DateCreated": set(\.taken, Self.moment(text))
            default: break
            }
        }
        set(\.place, places.prefix(8).joined(separator: ", "))
    }
}

/// The properties of an XMP packet: elements or attributes of `rdf:Description`; of a list each item.
private final class XMPReader: XMLHandler {
    private(set) var properties: [(name: String, text: String)] = []
    private var open: [String] = []
    private var content = ""

    static let sizeLimit = 1 << 20
    private static let countLimit = 1_000

    func start(_ name: String, _ attributes: [String: String]) {
        open.append(name)
        content = ""
        guard name == "Description" else { return }
        for (name, text) in attributes.sorted(by: { $0.key < $1.key }) { add(name, text) }
    }

    func end(_ name: String) {
        // The item of a list stands in the list, which stands in the property.
        if name == "li", open.count >= 3 {
            add(open[open.count - 3], content)
        } else if open.dropLast().last == "Description" {
            add(name, content)
        }
        open = open.dropLast()
        content = ""
    }

    func text(_ text: String) {
        if content.utf8.count < ImageMetadata.textLimit { content += text }
    }

    private func add(_ name: String, _ text: String) {
        guard properties.count < Self.countLimit, text.contains(where: { !$0.isWhitespace }) else { return }
        properties.append((name, text))
    }
}
