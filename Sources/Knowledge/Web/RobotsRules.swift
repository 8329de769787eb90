// SPDX-License-Identifier: Apache-2.0

/// What a host's `robots.txt` lets one crawler fetch (RFC 9309).
package struct RobotsRules: Sendable {
    /// The most bytes that are read of a `robots.txt`, as the RFC has it.
    package static let sizeLimit = 500 << 10

    private struct Rule {
        let pattern: [UInt8]
        let allows: Bool
    }

    private let rules: [Rule]

    /// Everything is allowed: there is no `robots.txt`.
    package static let open = RobotsRules([], for: "")

    /// Reads the rules of all groups that name the crawler, else of those for `*`.
    ///
    /// - Parameters:
    ///   - bytes: The file; what is beyond the limit is not looked at.
    ///   - crawler: The product token, in any case of letters.
    package init(_ bytes: [UInt8], for crawler: String) {
        var mine: [Rule] = []
        var everyones: [Rule] = []
        var named = (mine: false, everyone: false)
        var namesMe = false
        var inRules = true
        for line in Self.lines(bytes) {
            guard let (key, value) = Self.pair(line) else { continue }
            switch key {
            case "user-agent":
                // A line of this kind after rules begins another group.
                if inRules { named = (false, false) }
                inRules = false
                let token = value.prefix { Self.isTokenByte($0) }
                if value.first == UInt8(ascii: "*") { named.everyone = true }
                if String(decoding: token, as: UTF8.self).lowercased() == crawler.lowercased() {
                    named.mine = true
                    namesMe = true
                }
            case "allow", "disallow":
                inRules = true
                guard !value.isEmpty else { continue }
                let rule = Rule(pattern: Self.normalized(value), allows: key == "allow")
                if named.mine { mine.append(rule) }
                if named.everyone { everyones.append(rule) }
            default: continue
            }
        }
        rules = namesMe ? mine : everyones
    }

    /// Whether a path with its query may be fetched: the longest pattern that matches decides, `allow` between equals.
    /// `/robots.txt` itself always may.
    package func allow(_ target: String) -> Bool {
        let path = Self.normalized(Array(target.utf8)[...])
        if path.elementsEqual("/robots.txt".utf8) { return true }
        var best: Rule?
        var steps = 50_000_000
        for rule in rules where rule.pattern.count >= best?.pattern.count ?? 0 {
            guard Self.matches(path, rule.pattern, &steps) else { continue }
            if rule.pattern.count > best?.pattern.count ?? -1 || rule.allows { best = rule }
        }
        // Patterns made to take for ever are not a permission.
        return steps > 0 && best?.allows ?? true
    }

    /// Whether a pattern matches from the beginning: `*` is any bytes, `$` at its end is the end.
    private static func matches(_ path: [UInt8], _ pattern: [UInt8], _ steps: inout Int) -> Bool {
        let isAnchored = pattern.last == UInt8(ascii: "$")
        let pattern = isAnchored ? pattern.dropLast() : pattern[...]
        var (at, of) = (0, pattern.startIndex)
        var retry: (at: Int, of: Int)?  // after the last star, which may take one byte more
        while steps > 0 {
            steps -= 1
            if of == pattern.endIndex {
                if !isAnchored || at == path.count { return true }
            } else if pattern[of] == UInt8(ascii: "*") {
                retry = (at, of + 1)
                of += 1
                continue
            } else if at < path.count, path[at] == pattern[of] {
                at += 1
                of += 1
                continue
            }
            guard let last = retry, last.at < path.count else { return false }
            retry = (last.at + 1, last.of)
            (at, of) = (last.at + 1, last.of)
        }
        return false
    }

    private static func lines(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] {
        var part = bytes.prefix(sizeLimit)
        if part.starts(with: [0xEF, 0xBB, 0xBF]) { part = part.dropFirst(3) }
        return part.split { $0 == 0x0A || $0 == 0x0D }
    }

    /// A line's key in lower case and its value, without a comment.
    private static func pair(_ line: ArraySlice<UInt8>) -> (String, ArraySlice<UInt8>)? {
        let line = line.prefix { $0 != UInt8(ascii: "#") }
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { return nil }
        let key = String(decoding: trimmed(line[..<colon]), as: UTF8.self).lowercased()
        return (key, trimmed(line[(colon + 1)...]))
    }

    private static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var bytes = bytes.drop { $0 == 0x20 || $0 == 0x09 }
        while bytes.last == 0x20 || bytes.last == 0x09 { bytes.removeLast() }
        return bytes
    }

    private static func isTokenByte(_ byte: UInt8) -> Bool {
        (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == 0x2D || byte == 0x5F
    }

    /// Octets beyond ASCII percent-encoded, encoded letters, digits, `-._~` decoded, hexadecimal digits in upper case.
    private static func normalized(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        let digits = Array("0123456789ABCDEF".utf8)
        var result: [UInt8] = []
        var index = bytes.startIndex
        while index < bytes.endIndex {
            let byte = bytes[index]
            index += 1
            var value = byte
            var isEncoded = byte > 0x7F
            if byte == UInt8(ascii: "%"), bytes.endIndex - index >= 2, let high = hexadecimal(bytes[index]),
                let low = hexadecimal(bytes[index + 1])
            {
                value = high << 4 | low
                index += 2
                let isPlain = isTokenByte(value) || (0x30...0x39).contains(value) || value == 0x2E || value == 0x7E
                isEncoded = !isPlain
            }
            if isEncoded {
                result += [UInt8(ascii: "%"), digits[Int(value >> 4)], digits[Int(value & 15)]]
            } else {
                result.append(value)
            }
        }
        return result
    }

    private static func hexadecimal(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x41 + 10
        case 0x61...0x66: byte - 0x61 + 10
        default: nil
        }
    }
}
