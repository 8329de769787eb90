// SPDX-License-Identifier: Apache-2.0

/// The header fields of a message or of one of its parts (RFC 5322, 2045, 2047, 2231).
struct MailHeader {
    private var fields: [(name: String, value: [UInt8])] = []
    private var size = 0
    private static let sizeLimit = 262_144

    /// Takes a line; one that begins with white space goes on with the field before it. What is beyond the limit is
    /// left out.
    mutating func append(_ line: ArraySlice<UInt8>) {
        size += line.count
        guard size <= Self.sizeLimit else { return }
        if line.first == 0x20 || line.first == 0x09 {
            guard !fields.isEmpty else { return }
            fields[fields.count - 1].value += [0x20] + line.drop { $0 == 0x20 || $0 == 0x09 }
        } else if let colon = line.firstIndex(of: 0x3A) {
            let name = String(decoding: line[..<colon], as: UTF8.self).lowercased().filter { !$0.isWhitespace }
            fields.append((name, Array(line[(colon + 1)...].drop { $0 == 0x20 || $0 == 0x09 })))
        }
    }

    var isEmpty: Bool { fields.isEmpty }

    private func raw(_ name: String) -> [UInt8]? { fields.first { $0.name == name }?.value }

    /// A field as people read it, encoded words decoded.
    func text(_ name: String) -> String? {
        raw(name).map { TableRow.cleaned(Self.decoded($0)) }
    }

    /// The value of a field before its parameters, in lower case.
    func value(_ name: String) -> String? {
        guard let raw = raw(name) else { return nil }
        let value = raw.prefix { $0 != 0x3B }
        return String(decoding: value, as: UTF8.self).lowercased().filter { !$0.isWhitespace }
    }

    /// A parameter of a field, put together of its numbered pieces and decoded.
    func parameter(_ wanted: String, of name: String) -> String? {
        guard let raw = raw(name) else { return nil }
        var pieces: [(order: Int, value: [UInt8], isEncoded: Bool)] = []
        for (key, value) in Self.parameters(raw) where key.hasPrefix(wanted) {
            let rest = key.dropFirst(wanted.count)
            if rest.isEmpty { return TableRow.cleaned(Self.decoded(value)) }
            guard rest.first == "*" else { continue }
            let order = Int(rest.dropFirst().prefix { $0.isNumber }) ?? 0
            pieces.append((order, value, rest.last == "*"))
        }
        guard !pieces.isEmpty else { return nil }
        pieces.sort { $0.order < $1.order }
        var charset = ""
        var bytes: [UInt8] = []
        for (index, piece) in pieces.enumerated() {
            var value = piece.value[...]
            if piece.isEncoded, index == 0, let one = value.firstIndex(of: 0x27),
                let two = value[(one + 1)...].firstIndex(of: 0x27)
            {
                charset = String(decoding: value[..<one], as: UTF8.self)
                value = value[(two + 1)...]
            }
            bytes += piece.isEncoded ? TransferDecoder.hexadecimal(value, mark: 0x25) : Array(value)
        }
        return TableRow.cleaned(Self.text(bytes, charset: charset))
    }

    private static func parameters(_ field: [UInt8]) -> [(String, [UInt8])] {
        var result: [(String, [UInt8])] = []
        var parts: [[UInt8]] = [[]]
        var isQuoted = false
        var isEscaped = false
        for byte in field {
            if isEscaped {
                parts[parts.count - 1].append(byte)
                isEscaped = false
            } else if isQuoted, byte == 0x5C {
                isEscaped = true
            } else if byte == 0x22 {
                isQuoted.toggle()
            } else if byte == 0x3B, !isQuoted {
                guard parts.count < 100 else { break }
                parts.append([])
            } else {
                parts[parts.count - 1].append(byte)
            }
        }
        for part in parts.dropFirst() {
            guard let sign = part.firstIndex(of: 0x3D) else { continue }
            let key = String(decoding: part[..<sign], as: UTF8.self).lowercased().filter { !$0.isWhitespace }
            var value = part[(sign + 1)...]
            while let last = value.last, last <= 0x20 { value.removeLast() }
            result.append((key, Array(value.drop { $0 <= 0x20 })))
        }
        return result
    }

    // MARK: - Words

    /// Bytes in a named encoding; as UTF-8 where there is no such encoding.
    static func text(_ bytes: [UInt8], charset: String) -> String {
        // A language may follow the charset (RFC 2231).
        let name = charset.prefix { $0 != "*" }
        guard let decoder = TextDecoder(TextEncoding(declared: String(name))) ?? TextDecoder(.utf8) else { return "" }
        return String(decoding: decoder.decode(bytes) + decoder.finish(), as: UTF8.self)
    }

    /// A field with its encoded words (`=?charset?B?…?=`) decoded; of neighbours the space between them goes, and the
    /// bytes come together first, because a character may be cut by their border.
    static func decoded(_ field: [UInt8]) -> String {
        var result = ""
        var plain: [UInt8] = []
        var open: (charset: String, bytes: [UInt8])?
        func flushPlain() {
            result += text(plain, charset: isUTF8(plain) ? "UTF-8" : "ISO-8859-1")
            plain = []
        }
        func flushOpen() {
            if let open { result += text(open.bytes, charset: open.charset) }
            open = nil
        }
        var rest = field[...]
        while !rest.isEmpty {
            if rest.starts(with: [0x3D, 0x3F]), let (charset, bytes, length) = word(rest) {
                if open != nil, !plain.allSatisfy({ $0 <= 0x20 }) { flushOpen() }
                if open == nil { flushPlain() }
                plain = []
                if let known = open, known.charset != charset { flushOpen() }
                open = (charset, (open?.bytes ?? []) + bytes)
                rest = rest.dropFirst(length)
            } else {
                if open != nil, let byte = rest.first, byte > 0x20 {
                    flushOpen()
                }
                plain.append(rest.removeFirst())
            }
        }
        flushOpen()
        flushPlain()
        return result
    }

    private static func isUTF8(_ bytes: [UInt8]) -> Bool { String(validating: bytes, as: UTF8.self) != nil }

    /// The encoded word with which a text begins, at most 4,096 bytes of it.
    private static func word(_ text: ArraySlice<UInt8>) -> (charset: String, bytes: [UInt8], length: Int)? {
        let head = text.prefix(4_096)
        guard let first = head.dropFirst(2).firstIndex(of: 0x3F), first + 3 < head.endIndex, head[first + 2] == 0x3F
        else { return nil }
        let body = head[(first + 3)...]
        guard
            let end = body.indices.first(where: { body[$0] == 0x3F && $0 + 1 < body.endIndex && body[$0 + 1] == 0x3D })
        else { return nil }
        let charset = String(decoding: head[(head.startIndex + 2)..<first], as: UTF8.self).uppercased()
        let content = body[..<end]
        let bytes: [UInt8]
        switch head[first + 1] | 0x20 {
        case UInt8(ascii: "b"):
            var decoder = TransferDecoder("base64")
            bytes = decoder.decode(content, endsLine: false) + decoder.flush()
        case UInt8(ascii: "q"): bytes = TransferDecoder.hexadecimal(content, mark: 0x3D, underscoreIsSpace: true)
        default: return nil
        }
        return (charset, bytes, end + 2 - text.startIndex)
    }
}
