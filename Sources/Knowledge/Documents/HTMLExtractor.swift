// SPDX-License-Identifier: Apache-2.0
import CLibXML2

/// HTML → extracted lines, while it is parsed: libxml2's push parser reports elements and text, no tree is built, so
/// memory does not grow with the page. Scripts, styles, navigation and hidden elements are left out.
final class HTMLExtractor {
    private let context: htmlParserCtxtPtr
    private var composer = PageComposer()
    private var depth = 0
    private var skippedFrom: Int?  // the depth of the element that is left out
    private var isTooDeep = false

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
    func feed(_ utf8: [UInt8]) throws -> [ExtractedLine] {
        var lines: [ExtractedLine] = []
        for start in stride(from: 0, to: utf8.count, by: 16_384) {
            let part = utf8[start..<min(utf8.count, start + 16_384)]
            part.withUnsafeBytes { bytes in
                _ = htmlParseChunk(context, bytes.bindMemory(to: CChar.self).baseAddress, Int32(bytes.count), 0)
            }
            try checkDepth()
            lines += composer.takeLines()
        }
        return lines
    }

    func finish() throws -> [ExtractedLine] {
        _ = htmlParseChunk(context, nil, 0, 1)
        try checkDepth()
        composer.finish()
        return composer.takeLines()
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
        if skippedTags.contains(tag) || isHidden(attributes) {
            skippedFrom = depth
            composer.skip(tag)
        } else {
            composer.start(tag)
        }
    }

    private func end(_ name: UnsafePointer<xmlChar>?) {
        defer { depth -= 1 }
        if let from = skippedFrom {
            if depth == from { skippedFrom = nil }
        } else if let name {
            composer.end(String(cString: name))
        }
    }

    private func text(_ bytes: UnsafePointer<xmlChar>?, _ count: Int32) {
        guard skippedFrom == nil, let bytes, count > 0 else { return }
        composer.text(String(decoding: UnsafeBufferPointer(start: bytes, count: Int(count)), as: UTF8.self))
    }

    private func isHidden(_ attributes: UnsafeMutablePointer<UnsafePointer<xmlChar>?>?) -> Bool {
        guard var next = attributes else { return false }
        while let name = next[0] {
            let value = next[1].map { String(cString: $0).lowercased().filter { !$0.isWhitespace } } ?? ""
            switch String(cString: name) {
            case "hidden": return true
            case "aria-hidden": if value == "true" { return true }
            case "style": if value.contains("display:none") || value.contains("visibility:hidden") { return true }
            default: break
            }
            next += 2
        }
        return false
    }
}

private let skippedTags: Set<String> = [
    "script", "style", "noscript", "template", "svg", "nav", "footer", "iframe", "object", "canvas", "select", "button",
    "textarea", "audio", "video", "map",
]
