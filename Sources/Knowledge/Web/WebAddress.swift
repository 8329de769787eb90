// SPDX-License-Identifier: Apache-2.0
import CCurl
import Foundation

/// The address of a page: http or https, a host, perhaps a port, a path and a query. libcurl takes it apart, which
/// also connects to it: two readers of an address could see two hosts in it.
package struct WebAddress: Equatable, Sendable {
    /// The address as it is asked for: host in lower case, dots taken out of the path, no fragment.
    package let text: String
    package let scheme: String
    /// A name, `192.0.2.1` or `[2001:db8::1]`, without a full stop at its end.
    package let host: String
    package let port: Int
    /// Path and query.
    package let target: String

    private static let limit = 4_096

    /// Whether a path is meant as an address, right or wrong: it begins with a scheme.
    package static func isMeant(by path: String) -> Bool {
        guard let end = path.range(of: "://") else { return false }
        return path[..<end.lowerBound].allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "+-.".contains($0)) }
    }

    /// Reads an address, or a redirect's `Location` relative to the page it came from.
    package init(_ text: String, relativeTo base: WebAddress? = nil) throws(KnowledgeError) {
        guard text.utf8.count <= Self.limit else {
            throw Self.refused(String(text.prefix(60)) + "…", "longer than \(Self.limit) bytes")
        }
        guard !text.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7F || $0 == UInt8(ascii: "\\") }) else {
            throw Self.refused(text, "a space, backslash or control character in it; write it as %20 or the like")
        }
        guard let parts = curl_url() else { throw Self.refused(text, "no memory to read it") }
        defer { curl_url_cleanup(parts) }
        let flags = UInt32(CURLU_URLENCODE | CURLU_NON_SUPPORT_SCHEME)
        if let base { _ = curl_url_set(parts, CURLUPART_URL, base.text, flags) }
        let code = curl_url_set(parts, CURLUPART_URL, text, flags)
        guard code == CURLUE_OK else { throw Self.refused(text, String(cString: curl_url_strerror(code))) }
        _ = curl_url_set(parts, CURLUPART_FRAGMENT, nil, 0)
        func part(_ what: CURLUPart, _ flags: Int = 0) -> String? {
            var found: UnsafeMutablePointer<CChar>?
            guard curl_url_get(parts, what, &found, UInt32(flags)) == CURLUE_OK, let found else { return nil }
            defer { curl_free(found) }
            return String(validatingCString: found)
        }
        let scheme = part(CURLUPART_SCHEME)?.lowercased() ?? ""
        guard scheme == "http" || scheme == "https" else {
            throw Self.refused(text, "its scheme is `\(scheme.prefix(20))`, not http or https")
        }
        guard part(CURLUPART_USER) == nil, part(CURLUPART_PASSWORD) == nil else {
            throw Self.refused(text, "a user's name or password in it; take it out")
        }
        guard part(CURLUPART_ZONEID) == nil else { throw Self.refused(text, "an interface in its host") }
        var host = part(CURLUPART_HOST)?.lowercased() ?? ""
        if host.hasSuffix(".") { host.removeLast() }
        guard Self.isHost(host) else {
            throw Self.refused(text, "`\(host.prefix(60))` is no host; write a foreign name in its `xn--` form")
        }
        guard curl_url_set(parts, CURLUPART_HOST, host, 0) == CURLUE_OK,
            let port = part(CURLUPART_PORT, Int(CURLU_DEFAULT_PORT)).flatMap({ Int($0) }), (1...65_535).contains(port),
            let whole = part(CURLUPART_URL, Int(CURLU_NO_DEFAULT_PORT)), let path = part(CURLUPART_PATH)
        else { throw Self.refused(text, "it cannot be taken apart") }
        (self.text, self.scheme, self.host, self.port) = (whole, scheme, host, port)
        // An empty query is not kept in the text either.
        target = path + (part(CURLUPART_QUERY).map { $0.isEmpty ? "" : "?" + $0 } ?? "")
    }

    /// The address of a file at the host's root.
    package func atRoot(_ path: String) throws(KnowledgeError) -> WebAddress { try WebAddress(path, relativeTo: self) }

    /// Scheme, host and port: what has a `robots.txt` of its own.
    package var origin: String { "\(scheme)://\(host):\(port)" }

    /// Letters, digits and hyphens between single full stops, or an address in brackets. A last label that begins with
    /// a digit is a number to some readers: then all of it must be an IPv4 address in its usual spelling.
    private static func isHost(_ host: String) -> Bool {
        if host.hasPrefix("[") { return IPAddress(host)?.bytes.count == 16 }
        let labels = host.split(separator: ".", omittingEmptySubsequences: false)
        guard host.utf8.count <= 253, let last = labels.last else { return false }
        if last.first?.isNumber == true { return IPAddress(host)?.bytes.count == 4 }
        return labels.allSatisfy { label in
            (1...63).contains(label.utf8.count)
                && label.utf8.allSatisfy { byte in
                    (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || byte == 0x2D || byte == 0x5F
                }
        }
    }

    private static func refused(_ text: String, _ reason: String) -> KnowledgeError {
        KnowledgeError(.badDocument, "this address is not fetched: \(reason)", subject: text)
    }
}
