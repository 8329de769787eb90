// SPDX-License-Identifier: Apache-2.0
import Foundation

/// EPUB books: the pages of the spine one after the other.
final class EPUBReader: FormatReader {
    private let container: ZipContainer
    private let scan: FileScan
    private var chapters: [String]
    private var page: HTMLExtractor?
    private var isDone = false
    let title: String?

    init(_ path: String, _ scan: FileScan) throws {
        container = try ZipContainer(path)
        self.scan = scan
        let roots = ElementList(["rootfile"])
        _ = try XMLParser.parse("META-INF/container.xml", of: container, roots)
        guard let package = roots.found.first?.attributes["full-path"], container.has(package) else {
            throw container.error("no EPUB book: its package file is missing")
        }
        let elements = ElementList(["item", "itemref"])
        _ = try XMLParser.parse(package, of: container, elements)
        let folder = package.split(separator: "/").dropLast().joined(separator: "/")
        var items: [String: String] = [:]
        for item in elements.found where item.name == "item" {
            guard let id = item.attributes["id"], let target = item.attributes["href"] else { continue }
            items[id] = OfficePackage.resolve(target.removingPercentEncoding ?? target, in: folder)
        }
        chapters = elements.found.filter { $0.name == "itemref" && $0.attributes["linear"] != "no" }
            .compactMap { $0.attributes["idref"].flatMap { items[$0] } }.filter(container.has)
        guard !chapters.isEmpty else { throw container.error("an EPUB book without a reading order (spine)") }
        let locked = ElementList(["CipherReference"])
        _ = try XMLParser.parse("META-INF/encryption.xml", of: container, locked)
        let closed = Set(locked.found.compactMap { $0.attributes["URI"] })
        guard closed.isDisjoint(with: chapters) else { throw container.error("an encrypted EPUB book (DRM)") }
        title = try OfficePackage.title(package, in: container)
        chapters.reverse()
    }

    func next() throws -> [ExtractedLine]? {
        if isDone { return nil }
        guard let page else {
            guard let chapter = chapters.popLast() else {
                isDone = true
                try scan.check(container.path)
                return nil
            }
            guard try container.open(chapter) else { return [] }
            self.page = try HTMLExtractor()
            return [ExtractedLine(text: "", kind: .separator)]
        }
        let bytes = try container.read()
        if !bytes.isEmpty { return try page.feed(bytes, before: nil) }
        self.page = nil
        return try page.finish()
    }
}
