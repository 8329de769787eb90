// SPDX-License-Identifier: Apache-2.0
import CLibXML2

/// HTML → extracted lines, while it is parsed: libxml2's push parser reports elements and text, no tree is built, so
/// memory does not grow with the page. Scripts, styles, navigation and hidden elements are left out, and so is all around
/// a `main` element, unless that comes late or holds nothing.
final class HTMLExtractor: TextExtractor {
    private let context: htmlParserCtxtPtr
    private var composer = PageComposer()
    private var depth = 0
    private var skippedFrom: Int?  // the depth of the element that is left out
    private var isTooDeep = false
    private var mainFrom: Int?  // the depth of the open `main`
    private var state = MainState.before
    private var held: [ExtractedLine] = []  // what stands before and around `main`
    private var heldSize = 0
    private var mainHasText = false
    private var ready: [ExtractedLine] = []  // lines of before and after a border of `main`

    private enum MainState {
        /// It may still come: lines are held back.
        case before
        /// It has come: only what is in it counts.
        case found
        /// There is none, as far as the page was read.
        case none
    }

    private static let heldLimit = 262_144

    private static let depthLimit = 4_096
    private static let initialized: Void = xmlInitParser()

    init() throws(KnowledgeError) {
        Self.initialized
        var handler = htmlSAXHandler()
        handler.startElement = { extractor, name, attributes in
            HTMLExtractor.from(extractor)?.start(name, attributes)
        }
        handler.endElement = { extractor, name in HTMLExtractor.from(extractor)?.end(name) }
        handler.characters = { extractor, bytes, count in HTMLExtractor.from(extractor)?.text(bytes, count) }
        handler.ignorableWhitespace = { extractor, bytes, count in HTMLExtractor.from(extractor)?.text(bytes, count) }
        guard let created = htmlCreatePushParserCtxt(&handler, nil, nil, 0, nil, XML_CHAR_ENCODING_UTF8) else {
            throw KnowledgeError(.badDocument, "no memory to parse a page")
        }
        context = created
        let options =
            HTML_PARSE_RECOVER.rawValue | HTML_PARSE_NOERROR.rawValue | HTML_PARSE_NOWARNING.rawValue
            | HTML_PARSE_NONET.rawValue | HTML_PARSE_IGNORE_ENC.rawValue
        htmlCtxtUseOptions(context, Int32(options))
        context.pointee.userData = Unmanaged.passUnretained(self).toOpaque()
    }

    deinit { htmlFreeParserCtxt(context) }

    var title: String? { composer.title }

    /// The lines that are complete after these bytes of UTF-8.
    func feed(_ utf8: [UInt8], before: Int?) throws -> [ExtractedLine] {
        var lines: [ExtractedLine] = []
        for start in stride(from: 0, to: utf8.count, by: 16_384) {
            let part = utf8[start..<min(utf8.count, start + 16_384)]
            part.withUnsafeBytes { bytes in
                _ = htmlParseChunk(context, bytes.bindMemory(to: CChar.self).baseAddress, Int32(bytes.count), 0)
            }
            try checkDepth()
            lines += takeReady() + sift(composer.takeLines())
        }
        return lines
    }

    func finish() throws -> [ExtractedLine] {
        _ = htmlParseChunk(context, nil, 0, 1)
        try checkDepth()
        composer.finish()
        let last = takeReady() + sift(composer.takeLines())
        defer { held = [] }
        return state == .none || mainHasText ? last : held + last
    }

    /// The lines that count, as far as it is known which.
    private func sift(_ lines: [ExtractedLine]) -> [ExtractedLine] {
        switch state {
        case .none: return lines
        case .found:
            if mainFrom != nil {
                mainHasText = mainHasText || lines.contains { $0.kind != .separator }
                return lines
            }
            hold(lines)
            return []
        case .before:
            hold(lines)
            guard heldSize > Self.heldLimit else { return [] }
            state = .none
            defer { held = [] }
            return held
        }
    }

    private func hold(_ lines: [ExtractedLine]) {
        guard heldSize <= Self.heldLimit else { return }
        held += lines
        heldSize += lines.reduce(0) { $0 + $1.text.utf8.count + 1 }
    }

    /// What was said so far counts by where it stood.
    private func cross(into main: Bool) {
        composer.finish()
        let lines = sift(composer.takeLines())
        ready += lines
        if main, state == .before {
            state = .found
            composer.restart()
            defer { held.append(ExtractedLine(text: "", kind: .separator)) }
            // The page's title is that of its main part.
            ready += held.filter { line in
                if case .heading(level: 0, _) = line.kind { return true }
                return false
            }
        }
    }

    private func takeReady() -> [ExtractedLine] {
        defer { ready = [] }
        return ready
    }

    private func checkDepth() throws {
        if isTooDeep { throw KnowledgeError(.badDocument, "elements nested more than \(Self.depthLimit) deep") }
    }

    // MARK: - What the parser reports

    private static func from(_ pointer: UnsafeMutableRawPointer?) -> HTMLExtractor? {
        pointer.map { Unmanaged<HTMLExtractor>.fromOpaque($0).takeUnretainedValue() }
    }

    private func start(
        _ name: UnsafePointer<xmlChar>?,
        _ attributes: UnsafeMutablePointer<UnsafePointer<xmlChar>?>?
    ) {
        depth += 1
        if depth > Self.depthLimit {
            isTooDeep = true
            xmlStopParser(context)
        }
        guard skippedFrom == nil, let name else { return }
        let tag = String(cString: name)
        let attributes = Self.attributes(attributes)
        let isMain = tag == "main" || attributes["role"] == "main"
        if skippedTags.contains(tag) || Self.isHidden(attributes) || !isMain && Self.isBoilerplate(tag, attributes) {
            skippedFrom = depth
            composer.skip(tag)
            return
        }
        if isMain, state != .none, mainFrom == nil {
            cross(into: true)
            mainFrom = depth
        }
        if tag == "a" { composer.startLink(attributes["href"] ?? "") }
        composer.start(tag)
    }

    private func end(_ name: UnsafePointer<xmlChar>?) {
        defer { depth -= 1 }
        if let from = skippedFrom {
            if depth == from { skippedFrom = nil }
        } else if let name {
            composer.end(String(cString: name))
            if depth == mainFrom {
                cross(into: false)
                mainFrom = nil
            }
        }
    }

    private func text(_ bytes: UnsafePointer<xmlChar>?, _ count: Int32) {
        guard skippedFrom == nil, let bytes, count > 0 else { return }
        composer.text(String(decoding: UnsafeBufferPointer(start: bytes, count: Int(count)), as: UTF8.self))
    }

    private static func attributes(
        _ fields: UnsafeMutablePointer<UnsafePointer<xmlChar>?>?
    ) -> [String: String] {
        guard var next = fields else { return [:] }
        var attributes: [String: String] = [:]
        while let name = next[0] {
            attributes[String(cString: name)] = next[1].map { String(cString: $0) } ?? ""
            next += 2
        }
        return attributes
    }

    private static func isHidden(_ attributes: [String: String]) -> Bool {
        if attributes["hidden"] != nil || attributes["aria-hidden"]?.lowercased() == "true" { return true }
        guard let style = attributes["style"]?.lowercased().filter({ !$0.isWhitespace }) else { return false }
        return style.contains("display:none") || style.contains("visibility:hidden")
    }

    /// Whether an element says of itself that it is not what the page is about.
    private static func isBoilerplate(_ tag: String, _ attributes: [String: String]) -> Bool {
        if ["html", "body", "article"].contains(tag) { return false }
        if let role = attributes["role"], boilerplateRoles.contains(role) { return true }
        return ["class", "id"].contains { name in
            attributes[name]?.split(separator: " ").contains { boilerplateNames.contains($0.lowercased()) } == true
        }
    }
}

private let boilerplateRoles: Set<String> = ["navigation", "banner", "contentinfo", "search"]

private let boilerplateNames: Set<String> = [
    "nav", "navbar", "navigation", "navheader", "navfooter", "breadcrumb", "breadcrumbs", "footer",
    "cookie-banner", "cookie-notice", "skip-link", "skip-to-content", "headerlink", "sphinxsidebar",
    "social-share", "share-buttons", "advertisement", "pagination",
]

private let skippedTags: Set<String> = [
    "script", "style", "noscript", "template", "svg", "nav", "footer", "iframe", "object", "canvas", "select",
    "button",
    "textarea", "audio", "video", "map",
]
