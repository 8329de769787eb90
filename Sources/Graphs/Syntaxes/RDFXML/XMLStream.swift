// SPDX-License-Identifier: Apache-2.0
import CLibXML2

/// A name in a namespace; `namespace` and `prefix` are empty where there is none.
struct XMLName: Hashable {
    var prefix: String
    var namespace: String
    var local: String

    /// Namespace and local name in one, as RDF/XML makes IRIs of names.
    var iri: String { namespace + local }

    static let xml = "http://www.w3.org/XML/1998/namespace"
}

/// What an XML document is made of, in its order.
protocol XMLEvents: AnyObject {
    func start(_ name: XMLName, _ attributes: [(name: XMLName, value: String)], prefixes: [String: String]) throws
    func end() throws
    func text(_ text: String) throws
    func comment(_ text: String) throws
    func instruction(_ target: String, _ data: String) throws
}

/// Well-formed XML as events, by libxml2's push parser: no tree is built, nothing is loaded, elements nest
/// 256 deep at most. Entities that the document declares itself are expanded where they are plain text.
final class XMLStream {
    private static let initialized: Void = xmlInitParser()
    private static let depthLimit = 256
    /// libxml2 moves what it has not read yet again and again, so it gets little at a time.
    private static let pieceLimit = 1 << 14
    private static let entityLimit = 1_000
    private static let entityLengthLimit = 4_096

    private let name: String
    private let context: xmlParserCtxtPtr
    private unowned let handler: any XMLEvents
    private var entities = 0
    private var depth = 0
    private var failure: (any Error)?

    init(name: String, handler: any XMLEvents) throws {
        Self.initialized
        (self.name, self.handler) = (name, handler)
        var events = xmlSAXHandler()
        // The events of declarations stay libxml2's own, so that entities are found again; those of content are ours.
        xmlSAXVersion(&events, 2)
        events.startElementNs = { context, name, prefix, namespace, prefixes, pairs, count, _, fields in
            XMLStream.from(context)?.start(XMLName(prefix, namespace, name), Int(prefixes), pairs, Int(count), fields)
        }
        events.endElementNs = { context, _, _, _ in XMLStream.from(context)?.end() }
        events.characters = { context, bytes, count in XMLStream.from(context)?.text(bytes, count) }
        events.ignorableWhitespace = events.characters
        events.cdataBlock = events.characters
        events.comment = { context, text in XMLStream.from(context)?.attempt { try $0.comment(String(text)) } }
        events.processingInstruction = { context, target, data in
            XMLStream.from(context)?.attempt { try $0.instruction(String(target), String(data)) }
        }
        events.reference = { context, name in
            XMLStream.from(context)?.stop("the entity &\(String(name).prefix(100)); that is not declared")
        }
        events.entityDecl = { context, name, type, publicID, systemID, content in
            guard XMLStream.from(context)?.allowsEntity(type, content) == true else { return }
            xmlSAX2EntityDecl(context, name, type, publicID, systemID, content)
        }
        guard let created = xmlCreatePushParserCtxt(&events, nil, nil, 0, nil) else {
            throw GraphError(.limit, "no memory to parse XML", subject: name)
        }
        context = created
        let options =
            XML_PARSE_NOENT.rawValue | XML_PARSE_NOERROR.rawValue | XML_PARSE_NOWARNING.rawValue
            | XML_PARSE_NONET.rawValue
        xmlCtxtUseOptions(context, Int32(options))
        context.pointee._private = Unmanaged.passUnretained(self).toOpaque()
    }

    deinit {
        if let document = context.pointee.myDoc { xmlFreeDoc(document) }
        xmlFreeParserCtxt(context)
    }

    /// Reads all bytes. Throws what the handler throws, and `badSyntax` for what is not well-formed.
    func read(_ nextPiece: () throws -> [UInt8]) throws {
        while true {
            let piece = try nextPiece()
            if piece.isEmpty { break }
            for start in stride(from: 0, to: piece.count, by: Self.pieceLimit) {
                let part = piece[start..<min(piece.count, start + Self.pieceLimit)]
                part.withUnsafeBytes { buffer in
                    _ = xmlParseChunk(context, buffer.bindMemory(to: CChar.self).baseAddress, Int32(buffer.count), 0)
                }
                try check()
            }
        }
        _ = xmlParseChunk(context, nil, 0, 1)
        try check()
    }

    /// An error at the line reached.
    func error(_ what: String, line: Int? = nil) -> GraphError {
        let here = line ?? max(1, Int(xmlSAX2GetLineNumber(context)))
        return GraphError(.badSyntax, "\(what), \(name) line \(here); correct the file there", subject: name)
    }

    private func check() throws {
        if let failure { throw failure }
        guard context.pointee.wellFormed == 0 || context.pointee.nsWellFormed == 0 else { return }
        guard let problem = xmlCtxtGetLastError(context), let message = problem.pointee.message else {
            throw error("XML that is not well-formed")
        }
        let text = String(cString: message).split(whereSeparator: \.isNewline).joined(separator: " ")
        throw error("XML that is not well-formed (\(text.prefix(300)))", line: Int(problem.pointee.line))
    }

    // MARK: - What libxml2 reports

    private static func from(_ context: UnsafeMutableRawPointer?) -> XMLStream? {
        // The parser of an entity's text is another one, which has the same owner.
        guard let context, let owner = context.assumingMemoryBound(to: xmlParserCtxt.self).pointee._private else {
            return nil
        }
        let stream = Unmanaged<XMLStream>.fromOpaque(owner).takeUnretainedValue()
        return stream.failure == nil ? stream : nil
    }

    private func stop(_ what: String) { fail(error(what)) }

    private func fail(_ error: any Error) {
        failure = error
        xmlStopParser(context)
    }

    private func attempt(_ step: (any XMLEvents) throws -> Void) {
        do { try step(handler) } catch { fail(error) }
    }

    private func allowsEntity(_ type: Int32, _ content: UnsafePointer<xmlChar>?) -> Bool {
        entities += 1
        let text = String(content)
        if type != Int32(XML_INTERNAL_GENERAL_ENTITY.rawValue) {
            stop("an entity outside the document, which is not loaded")
        } else if entities > Self.entityLimit || text.utf8.count > Self.entityLengthLimit {
            stop("more than \(Self.entityLimit) entities, or one of more than \(Self.entityLengthLimit) bytes")
        } else if text.utf8.contains(UInt8(ascii: "<")) {
            stop("an entity with elements in it, which is not expanded")
        }
        return failure == nil
    }

    private func start(
        _ name: XMLName,
        _ prefixCount: Int,
        _ pairs: UnsafeMutablePointer<UnsafePointer<xmlChar>?>?,
        _ count: Int,
        _ fields: UnsafeMutablePointer<UnsafePointer<xmlChar>?>?
    ) {
        depth += 1
        if depth > Self.depthLimit { return stop("elements nested more than \(Self.depthLimit) deep") }
        var prefixes: [String: String] = [:]
        if let pairs {
            for index in 0..<max(0, prefixCount) { prefixes[String(pairs[2 * index])] = String(pairs[2 * index + 1]) }
        }
        var attributes: [(name: XMLName, value: String)] = []
        if let fields {
            // Five pointers each: name, prefix, namespace, the value's first byte and the one after its last.
            for index in 0..<max(0, count) {
                let field = fields + 5 * index
                guard let from = field[3], let to = field[4] else { continue }
                let value = UnsafeBufferPointer(start: from, count: max(0, to - from))
                attributes.append((XMLName(field[1], field[2], field[0]), String(decoding: value, as: UTF8.self)))
            }
        }
        if let lost = ([name] + attributes.map(\.name)).first(where: { !$0.prefix.isEmpty && $0.namespace.isEmpty }) {
            return stop("the prefix `\(lost.prefix.prefix(100)):` is not declared")
        }
        attempt { try $0.start(name, attributes, prefixes: prefixes) }
    }

    private func end() {
        depth -= 1
        attempt { try $0.end() }
    }

    private func text(_ bytes: UnsafePointer<xmlChar>?, _ count: Int32) {
        guard let bytes, count > 0 else { return }
        let text = String(decoding: UnsafeBufferPointer(start: bytes, count: Int(count)), as: UTF8.self)
        attempt { try $0.text(text) }
    }
}

extension XMLName {
    fileprivate init(
        _ prefix: UnsafePointer<xmlChar>?,
        _ namespace: UnsafePointer<xmlChar>?,
        _ local: UnsafePointer<xmlChar>?
    ) {
        self.init(prefix: String(prefix), namespace: String(namespace), local: String(local))
    }
}

extension String {
    fileprivate init(_ bytes: UnsafePointer<xmlChar>?) { self = bytes.map { String(cString: $0) } ?? "" }
}
