// SPDX-License-Identifier: Apache-2.0

/// The text of an XML literal, as exclusive canonical XML with comments writes it: https://www.w3.org/TR/xml-exc-c14n.
struct XMLLiteralText {
    private(set) var text = ""
    private var open: [(tag: String, namespaces: [String: String])] = []

    /// Whether all elements that were begun have ended.
    var isClosed: Bool { open.isEmpty }

    mutating func start(_ name: XMLName, _ attributes: [(name: XMLName, value: String)]) {
        var namespaces = open.last?.namespaces ?? [:]
        var declarations: [(prefix: String, namespace: String)] = []
        // A namespace is declared where a name uses it and nothing around does already.
        for used in [name] + attributes.map(\.name).filter({ !$0.prefix.isEmpty }) where used.prefix != "xml" {
            guard namespaces[used.prefix] ?? "" != used.namespace else { continue }
            namespaces[used.prefix] = used.namespace
            declarations.append((used.prefix, used.namespace))
        }
        let tag = name.prefix.isEmpty ? name.local : "\(name.prefix):\(name.local)"
        text += "<" + tag
        for (prefix, namespace) in declarations.sorted(by: { Self.precedes($0.prefix, $1.prefix) }) {
            text += prefix.isEmpty ? " xmlns=\"" : " xmlns:\(prefix)=\""
            text += Self.attribute(namespace) + "\""
        }
        let sorted = attributes.sorted {
            $0.name.namespace == $1.name.namespace
                ? Self.precedes($0.name.local, $1.name.local) : Self.precedes($0.name.namespace, $1.name.namespace)
        }
        for (name, value) in sorted {
            text += name.prefix.isEmpty ? " " : " \(name.prefix):"
            text += "\(name.local)=\"\(Self.attribute(value))\""
        }
        text += ">"
        open.append((tag, namespaces))
    }

    mutating func end() {
        guard let last = open.popLast() else { return }
        text += "</\(last.tag)>"
    }

    mutating func append(_ characters: String) { text += Self.content(characters) }

    mutating func comment(_ comment: String) { text += "<!--\(comment)-->" }

    mutating func instruction(_ target: String, _ data: String) {
        text += data.isEmpty ? "<?\(target)?>" : "<?\(target) \(data)?>"
    }

    private static func precedes(_ left: String, _ right: String) -> Bool {
        left.utf8.lexicographicallyPrecedes(right.utf8)
    }

    /// Text between tags.
    static func content(_ text: String) -> String {
        escaped(text) { scalar in
            switch scalar {
            case "&": "&amp;"
            case "<": "&lt;"
            case ">": "&gt;"
            case "\r": "&#xD;"
            default: nil
            }
        }
    }

    /// An attribute's value between double quotes.
    static func attribute(_ text: String) -> String {
        escaped(text) { scalar in
            switch scalar {
            case "&": "&amp;"
            case "<": "&lt;"
            case "\"": "&quot;"
            case "\t": "&#x9;"
            case "\n": "&#xA;"
            case "\r": "&#xD;"
            default: nil
            }
        }
    }

    /// The text itself. Throws `badSyntax` where it has a character that XML cannot hold, even escaped.
    static func checked(_ text: String) throws -> String {
        let lacking = text.unicodeScalars.first { scalar in
            switch scalar {
            case "\t", "\n", "\r": false
            case "\0"..."\u{1F}", "\u{FFFE}", "\u{FFFF}": true
            default: false
            }
        }
        guard let lacking else { return text }
        throw GraphError(
            .badSyntax,
            "a literal has the character U+\(String(lacking.value, radix: 16, uppercase: true)), which XML cannot hold; "
                + "choose another syntax"
        )
    }

    private static func escaped(_ text: String, _ escape: (Unicode.Scalar) -> String?) -> String {
        var made = ""
        for scalar in text.unicodeScalars {
            if let reference = escape(scalar) { made += reference } else { made.unicodeScalars.append(scalar) }
        }
        return made
    }
}
