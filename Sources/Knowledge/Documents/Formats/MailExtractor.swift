// SPDX-License-Identifier: Apache-2.0

/// An e-mail message, or a mailbox of many: subject, sender, receiver and date, then the text of each part. Of
/// alternatives the plain text is taken, else the page; what is attached is named.
struct MailExtractor: TextExtractor {
    /// What the next lines are.
    private enum State { case header, body, skipped }

    /// An open `multipart`.
    private struct Multipart {
        var boundary: [UInt8]
        var isAlternative: Bool
        var hasPlainText = false
    }

    private let isBox: Bool
    private var state = State.header
    private var header = MailHeader()
    private var multiparts: [Multipart] = []
    private var part: MailPart?
    private var isMessage = true  // whether the header is that of a message, not only of a part
    private var messageDepth = 0
    private var messages = 0
    private var line: [UInt8] = []
    private var lineIsOpen = false
    private var afterBlank = true
    private var lines: [ExtractedLine] = []
    private(set) var title: String?
    private(set) var replaced = 0

    private static let depthLimit = 32
    private static let lineLimit = 65_536

    init(isBox: Bool) { self.isBox = isBox }

    mutating func feed(_ bytes: [UInt8], before: Int?) throws -> [ExtractedLine] {
        for byte in bytes {
            if byte == 0x0A {
                if line.last == 0x0D { line.removeLast() }
                try take(endsLine: true)
            } else {
                line.append(byte)
                if line.count >= Self.lineLimit { try take(endsLine: false) }
            }
        }
        defer { lines.removeAll(keepingCapacity: true) }
        return lines
    }

    mutating func finish() throws -> [ExtractedLine] {
        if !line.isEmpty { try take(endsLine: true) }
        if state == .header { try endHeader() }
        try endPart()
        defer { lines = [] }
        return lines
    }

    private mutating func take(endsLine: Bool) throws {
        let text = line
        let continued = lineIsOpen
        line.removeAll(keepingCapacity: true)
        lineIsOpen = !endsLine
        try read(text[...], continued: continued, endsLine: endsLine)
        if !continued { afterBlank = text.isEmpty }
    }

    private mutating func read(_ line: ArraySlice<UInt8>, continued: Bool, endsLine: Bool) throws {
        if !continued {
            if isBox, afterBlank, line.starts(with: Array("From ".utf8)) { return try beginMessage() }
            if line.starts(with: [0x2D, 0x2D]), try endsPart(line) { return }
        }
        switch state {
        case .header:
            if line.isEmpty, !continued { try endHeader() } else { header.append(line) }
        case .body:
            // In a mailbox a line that begins with "From " has a mark before it.
            let isQuoted = isBox && !continued && line.drop { $0 == 0x3E }.starts(with: Array("From ".utf8))
            try write(isQuoted && line.first == 0x3E ? line.dropFirst() : line, endsLine: endsLine)
        case .skipped: break
        }
    }

    private mutating func beginMessage() throws {
        if state == .header, !header.isEmpty { try endHeader() }
        try endPart()
        multiparts = []
        messageDepth = 0
        isMessage = true
        header = MailHeader()
        state = .header
    }

    /// Whether a line is the boundary of an open `multipart`; then what it ends is ended.
    private mutating func endsPart(_ line: ArraySlice<UInt8>) throws -> Bool {
        let mark = line.dropFirst(2)
        guard let index = multiparts.lastIndex(where: { mark.starts(with: $0.boundary) }) else { return false }
        if state == .header, !header.isEmpty { try endHeader() }
        try endPart()
        guard index < multiparts.count else { return true }
        let isLast = mark.dropFirst(multiparts[index].boundary.count).starts(with: [0x2D, 0x2D])
        multiparts.removeSubrange((isLast ? index : index + 1)...)
        header = MailHeader()
        isMessage = false
        state = isLast ? .skipped : .header
        return true
    }

    // MARK: - Headers

    private mutating func endHeader() throws {
        let header = header
        self.header = MailHeader()
        if isMessage { describe(header) }
        let type = header.value("content-type") ?? "text/plain"
        let isAttached = header.value("content-disposition") == "attachment"
        if type.hasPrefix("multipart/"), let boundary = header.parameter("boundary", of: "content-type"),
            !boundary.isEmpty
        {
            // What is nested deeper is left out, up to the boundary of what is open.
            if multiparts.count < Self.depthLimit {
                multiparts.append(
                    Multipart(boundary: Array(boundary.utf8), isAlternative: type == "multipart/alternative")
                )
            }
            state = .skipped
        } else if type == "message/rfc822", !isAttached, messageDepth < Self.depthLimit {
            messageDepth += 1
            isMessage = true
            state = .header
        } else {
            try beginPart(header, type: type, isAttached: isAttached)
        }
    }

    private mutating func describe(_ header: MailHeader) {
        isMessage = false
        let subject = header.text("subject") ?? ""
        let shown = subject.isEmpty ? "(no subject)" : subject
        if title == nil { title = shown }
        if messages > 0 || messageDepth > 0 { lines.append(ExtractedLine(text: "", kind: .separator)) }
        if messageDepth == 0 { messages += 1 }
        let level = min(6, messageDepth + 1)
        lines.append(ExtractedLine(text: shown, kind: .heading(level: level, title: HeadingText.clean(shown))))
        lines.append(ExtractedLine(text: "", kind: .separator))
        for name in ["From", "To", "Cc", "Date"] {
            guard let value = header.text(name.lowercased()), !value.isEmpty else { continue }
            lines += TableRow.pieces("\(name): \(value)", kind: .row, place: SourcePlace())
        }
        lines.append(ExtractedLine(text: "", kind: .separator))
    }

    // MARK: - Parts

    private mutating func beginPart(_ header: MailHeader, type: String, isAttached: Bool) throws {
        let name =
            header.parameter("filename", of: "content-disposition") ?? header.parameter("name", of: "content-type")
        state = .skipped
        let isText = type.hasPrefix("text/") || !type.contains("/")
        guard isText, !isAttached else {
            lines += TableRow.pieces(
                "Attachment: \(name ?? "without a name") (\(type))",
                kind: .row,
                place: SourcePlace()
            )
            return
        }
        let isPage = type == "text/html"
        if isPage, multiparts.contains(where: { $0.isAlternative && $0.hasPlainText }) { return }
        part = try MailPart(header, isPage: isPage)
        state = .body
    }

    private mutating func write(_ line: ArraySlice<UInt8>, endsLine: Bool) throws {
        guard let part else { return }
        keep(try part.feed(line, endsLine: endsLine), isPage: part.isPage)
    }

    private mutating func keep(_ found: [ExtractedLine], isPage: Bool) {
        if !isPage, found.contains(where: { $0.kind != .separator }) {
            for index in multiparts.indices { multiparts[index].hasPlainText = true }
        }
        lines += found
    }

    private mutating func endPart() throws {
        guard let ended = part else { return }
        part = nil
        keep(try ended.finish(), isPage: ended.isPage)
        replaced += ended.replaced
        lines.append(ExtractedLine(text: "", kind: .separator))
    }
}

/// A part of a message that holds text: transfer encoding and character encoding undone, then read as text or page.
private final class MailPart {
    let isPage: Bool
    private var transfer: TransferDecoder
    private let decoder: TextDecoder
    private var extractor: any TextExtractor
    private var pending: [UInt8] = []
    private var endsLine = true

    init(_ header: MailHeader, isPage: Bool) throws {
        self.isPage = isPage
        transfer = TransferDecoder(header.value("content-transfer-encoding") ?? "")
        let charset = TextEncoding(declared: header.parameter("charset", of: "content-type") ?? "")
        guard let decoder = TextDecoder(charset) ?? TextDecoder(.utf8) else {
            throw KnowledgeError(.badDocument, "in \(charset.name), which this system cannot convert")
        }
        self.decoder = decoder
        extractor = isPage ? try HTMLExtractor() : LinesExtractor(PlainTextReader())
    }

    var replaced: Int { decoder.replaced }

    func feed(_ line: ArraySlice<UInt8>, endsLine: Bool) throws -> [ExtractedLine] {
        pending += transfer.decode(line, endsLine: endsLine)
        guard pending.count >= 4_096 else { return [] }
        return try flush()
    }

    private func flush() throws -> [ExtractedLine] {
        defer { pending.removeAll(keepingCapacity: true) }
        if let last = pending.last { endsLine = last == 0x0A }
        return try extractor.feed(decoder.decode(pending), before: nil)
    }

    func finish() throws -> [ExtractedLine] {
        pending += transfer.flush()
        // What follows begins a line of its own.
        let rest = try flush() + extractor.feed(decoder.finish() + (endsLine ? [] : [0x0A]), before: nil)
        return try rest + extractor.finish()
    }
}
