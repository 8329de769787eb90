// SPDX-License-Identifier: Apache-2.0

/// A reference and its five parts, resolved against a base as RFC 3986 §5.2 says.
struct IRIReference {
    var scheme: Substring?
    var authority: Substring?
    var path: Substring
    var query: Substring?
    var fragment: Substring?

    init(_ text: String) {
        var rest = Substring(text)
        if let mark = rest.firstIndex(of: "#") {
            fragment = rest[mark...].dropFirst()
            rest = rest[..<mark]
        }
        if let mark = rest.firstIndex(of: "?") {
            query = rest[mark...].dropFirst()
            rest = rest[..<mark]
        }
        if let colon = rest.firstIndex(of: ":"), Self.isScheme(rest[..<colon]) {
            scheme = rest[..<colon]
            rest = rest[colon...].dropFirst()
        }
        if rest.hasPrefix("//") {
            let after = rest.dropFirst(2)
            let end = after.firstIndex(of: "/") ?? after.endIndex
            authority = after[..<end]
            rest = after[end...]
        }
        path = rest
    }

    static func isScheme(_ text: Substring) -> Bool {
        guard let first = text.utf8.first, isLetter(first) else { return false }
        return text.utf8.allSatisfy { isLetter($0) || (0x30...0x39).contains($0) || [0x2B, 0x2D, 0x2E].contains($0) }
    }

    /// Whether a text has a scheme, and so stands alone.
    static func isAbsolute(_ text: String) -> Bool {
        for (index, byte) in text.utf8.enumerated() {
            if byte == UInt8(ascii: ":") { return index > 0 }
            let isOther = (0x30...0x39).contains(byte) || byte == 0x2B || byte == 0x2D || byte == 0x2E
            guard isLetter(byte) || (index > 0 && isOther) else { return false }
        }
        return false
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }

    func resolved(against base: IRIReference) -> String {
        var target = self
        if scheme != nil {
            target.path = Self.withoutDots(path)
        } else {
            target.scheme = base.scheme
            if authority != nil {
                target.path = Self.withoutDots(path)
            } else {
                target.authority = base.authority
                if path.isEmpty {
                    target.path = base.path
                    target.query = query ?? base.query
                } else if path.hasPrefix("/") {
                    target.path = Self.withoutDots(path)
                } else if base.authority != nil, base.path.isEmpty {
                    target.path = Self.withoutDots("/" + path)
                } else {
                    let folder = base.path.lastIndex(of: "/").map { base.path[...$0] } ?? ""
                    target.path = Self.withoutDots(folder + path)
                }
            }
        }
        return target.text
    }

    var text: String {
        var text = ""
        if let scheme { text += scheme + ":" }
        if let authority { text += "//" + authority }
        text += path
        if let query { text += "?" + query }
        if let fragment { text += "#" + fragment }
        return text
    }

    /// RFC 3986 §5.2.4.
    private static func withoutDots(_ path: Substring) -> Substring {
        guard path.contains("./") || path.hasSuffix(".") else { return path }
        var kept: [Substring] = []
        let segments = path.split(separator: "/", omittingEmptySubsequences: false)
        let isRooted = path.hasPrefix("/")
        for segment in isRooted ? segments.dropFirst() : segments[...] {
            switch segment {
            case ".": continue
            case "..": if !kept.isEmpty { kept.removeLast() }
            default: kept.append(segment)
            }
        }
        if segments.last == "." || segments.last == ".." { kept.append("") }
        return Substring((isRooted ? "/" : "") + kept.joined(separator: "/"))
    }
}

/// What relative references of a document are resolved against.
struct IRIBase {
    private let reference: IRIReference?

    init(_ iri: String?) { reference = iri.map(IRIReference.init) }

    /// The absolute IRI; nil where the reference is relative and there is no base.
    func resolve(_ text: String) -> String? {
        if IRIReference.isAbsolute(text) {
            guard text.utf8.contains(UInt8(ascii: ".")), text.contains("/.") else { return text }
            return IRIReference(text).resolved(against: IRIReference(""))
        }
        guard let reference else { return nil }
        return IRIReference(text).resolved(against: reference)
    }
}
