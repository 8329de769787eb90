// SPDX-License-Identifier: Apache-2.0
import CLibXML2

/// What a parser of XML reports. Names are local, without prefixes; so are those of attributes.
protocol XMLHandler: AnyObject {
    func start(_ name: String, _ attributes: [String: String])
    func end(_ name: String)
    func text(_ text: String)
}

/// XML fed in pieces, reported while it is parsed by libxml2's push parser: no tree is built. No entity is expanded
/// but the five of XML itself, and nothing is loaded; what is not well-formed is read as far as libxml2 recovers it.
final class XMLParser {
    private let context: xmlParserCtxtPtr
    private unowned let handler: any XMLHandler
    private var depth = 0
    private var problem: String?

    private static let depthLimit = 1_000
    private static let initialized: Void = xmlInitParser()

    init(_ handler: any XMLHandler) throws(KnowledgeError) {
        Self.initialized
        self.handler = handler
        var events = xmlSAXHandler()
        events.initialized = XML_SAX2_MAGIC
        events.startElementNs = { parser, name, _, _, _, _, count, _, attributes in
            XMLParser.from(parser)?.start(name, Int(count), attributes)
        }
        events.endElementNs = { parser, name, _, _ in XMLParser.from(parser)?.end(name) }
        events.characters = { parser, bytes, count in XMLParser.from(parser)?.text(bytes, count) }
        events.cdataBlock = { parser, bytes, count in XMLParser.from(parser)?.text(bytes, count) }
        // An entity that a document declares itself is how small files become large ones.
        events.entityDecl = { parser, _, _, _, _, _ in XMLParser.from(parser)?.stop("declares entities, an XML bomb") }
        guard let created = xmlCreatePushParserCtxt(&events, nil, nil, 0, nil) else {
            throw KnowledgeError(.badDocument, "no memory to parse XML")
        }
        context = created
        let options =
            XML_PARSE_RECOVER.rawValue | XML_PARSE_NOERROR.rawValue | XML_PARSE_NOWARNING.rawValue
            | XML_PARSE_NONET.rawValue | XML_PARSE_HUGE.rawValue
        xmlCtxtUseOptions(context, Int32(options))
        context.pointee.userData = Unmanaged.passUnretained(self).toOpaque()
    }

    deinit { xmlFreeParserCtxt(context) }

    func feed(_ bytes: [UInt8]) throws(KnowledgeError) {
        bytes.withUnsafeBytes { buffer in
            _ = xmlParseChunk(context, buffer.bindMemory(to: CChar.self).baseAddress, Int32(buffer.count), 0)
        }
        if let problem { throw KnowledgeError(.badDocument, problem) }
    }

    func finish() throws(KnowledgeError) {
        _ = xmlParseChunk(context, nil, 0, 1)
        if let problem { throw KnowledgeError(.badDocument, problem) }
    }

    /// Parses a whole part of a container, if it is there.
    static func parse(_ part: String, of container: ZipContainer, _ handler: any XMLHandler) throws(KnowledgeError)
        -> Bool
    {
        guard try container.open(part) else { return false }
        let parser = try XMLParser(handler)
        while true {
            let bytes = try container.read()
            if bytes.isEmpty { break }
            try parser.feed(bytes)
        }
        try parser.finish()
        return true
    }

    // MARK: - What libxml2 reports

    private static func from(_ pointer: UnsafeMutableRawPointer?) -> XMLParser? {
        pointer.map { Unmanaged<XMLParser>.fromOpaque($0).takeUnretainedValue() }
    }

    private func stop(_ problem: String) {
        self.problem = problem
        xmlStopParser(context)
    }

    private func start(
        _ name: UnsafePointer<xmlChar>?,
        _ count: Int,
        _ fields: UnsafeMutablePointer<UnsafePointer<xmlChar>?>?
    ) {
        depth += 1
        if depth > Self.depthLimit { return stop("elements nested more than \(Self.depthLimit) deep") }
        guard let name else { return }
        var attributes: [String: String] = [:]
        if let fields {
            // Five pointers each: name, prefix, namespace, the value's first byte and the one after its last.
            for index in 0..<max(0, count) {
                guard let name = fields[5 * index], let from = fields[5 * index + 3], let to = fields[5 * index + 4]
                else {
                    continue
                }
                let value = UnsafeBufferPointer(start: from, count: max(0, to - from))
                attributes[String(cString: name)] = String(decoding: value, as: UTF8.self)
            }
        }
        handler.start(String(cString: name), attributes)
    }

    private func end(_ name: UnsafePointer<xmlChar>?) {
        depth -= 1
        if let name { handler.end(String(cString: name)) }
    }

    private func text(_ bytes: UnsafePointer<xmlChar>?, _ count: Int32) {
        guard let bytes, count > 0 else { return }
        handler.text(String(decoding: UnsafeBufferPointer(start: bytes, count: Int(count)), as: UTF8.self))
    }
}
