// SPDX-License-Identifier: Apache-2.0

/// A part of a package and what it is to the document.
struct PackagePart {
    var name: String
    /// The slide or sheet that it is.
    var page: Int?
    /// The heading that stands above it: a sheet's name.
    var heading: String?
}

/// Collects the lines of one kind of part while its XML is parsed.
protocol PartHandler: XMLHandler {
    func begin(_ part: PackagePart)
    func takeLines() -> [ExtractedLine]
    /// Ends the part.
    func finishPart()
}

/// Documents that are XML parts in a ZIP container: the parts one after the other, each in pieces.
class PackageReader: FormatReader {
    let container: ZipContainer
    private let scan: FileScan
    private var parts: [PackagePart] = []
    private var handler: (any PartHandler)?
    private var parser: XMLParser?
    private var isDone = false
    var title: String?

    init(_ path: String, _ scan: FileScan) throws {
        container = try ZipContainer(path)
        self.scan = scan
    }

    /// Sets what is read.
    func read(_ parts: [PackagePart], with handler: any PartHandler) {
        self.parts = parts.reversed()
        self.handler = handler
    }

    func next() throws -> [ExtractedLine]? {
        if isDone { return nil }
        guard let handler else { return nil }
        guard let parser else {
            guard let part = parts.popLast() else {
                isDone = true
                try scan.check(container.path)
                return nil
            }
            handler.begin(part)
            if try container.open(part.name) { self.parser = try XMLParser(handler) }
            return handler.takeLines()
        }
        let bytes = try container.read()
        if bytes.isEmpty {
            try parser.finish()
            handler.finishPart()
            self.parser = nil
        } else {
            try parser.feed(bytes)
        }
        return handler.takeLines()
    }
}

/// Office Open XML: what belongs to which part.
enum OfficePackage {
    /// Targets of a part's relationships by id, as names of parts, with their types.
    static func relations(of part: String, in container: ZipContainer) throws -> [String: (
        target: String, type: String
    )] {
        let folder = part.split(separator: "/").dropLast().joined(separator: "/")
        let file = part.split(separator: "/").last.map(String.init) ?? part
        let elements = ElementList(["Relationship"])
        _ = try XMLParser.parse("\(folder)/_rels/\(file).rels", of: container, elements)
        var relations: [String: (target: String, type: String)] = [:]
        for (_, attributes) in elements.found {
            guard let id = attributes["Id"], let target = attributes["Target"] else { continue }
            relations[id] = (resolve(target, in: folder), attributes["Type"] ?? "")
        }
        return relations
    }

    /// A target as the name of a part: relative to a folder, or from the root.
    static func resolve(_ target: String, in folder: String) -> String {
        if target.hasPrefix("/") { return String(target.dropFirst()) }
        var path = folder.split(separator: "/")
        for step in target.split(separator: "/") {
            if step == ".." { _ = path.popLast() } else if step != "." { path.append(step) }
        }
        return path.joined(separator: "/")
    }

    /// The title in a package's properties.
    static func title(_ part: String, in container: ZipContainer) throws -> String? {
        let text = ElementText("title")
        _ = try XMLParser.parse(part, of: container, text)
        let title = HeadingText.clean(text.text)
        return title.isEmpty ? nil : title
    }
}

/// Elements of some names with their attributes, at most 100,000.
final class ElementList: XMLHandler {
    private let names: Set<String>
    private(set) var found: [(name: String, attributes: [String: String])] = []

    init(_ names: Set<String>) { self.names = names }

    func start(_ name: String, _ attributes: [String: String]) {
        if names.contains(name), found.count < 100_000 { found.append((name, attributes)) }
    }

    func end(_ name: String) {}
    func text(_ text: String) {}
}

/// The text of the first element of a name.
final class ElementText: XMLHandler {
    private let name: String
    private var isOpen = false
    private var isDone = false
    private(set) var text = ""

    init(_ name: String) { self.name = name }

    func start(_ name: String, _ attributes: [String: String]) {
        if name == self.name, !isDone { isOpen = true }
    }

    func end(_ name: String) {
        guard name == self.name, isOpen else { return }
        isOpen = false
        isDone = true
    }

    func text(_ text: String) {
        if isOpen, self.text.utf8.count < 4_096 { self.text += text }
    }
}
