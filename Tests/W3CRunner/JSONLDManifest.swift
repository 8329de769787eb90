// SPDX-License-Identifier: Apache-2.0
import Foundation
import Graphs
import Tokenization

/// The W3C's tests of JSON-LD 1.1: https://w3c.github.io/json-ld-api/tests.
struct JSONLDManifest {
    let tests: [JSONLDTest]

    init(path: String) throws {
        let manifest = try Self.json(path)
        let folder = URL(filePath: path).deletingLastPathComponent().path
        let base = manifest["baseIri"]?.string ?? ""
        tests = (manifest["sequence"]?.array ?? []).map { JSONLDTest(entry: $0, folder: folder, base: base) }
    }

    static func json(_ path: String) throws -> JSONValue {
        try JSONValue(parsing: Array(Data(contentsOf: URL(filePath: path))))
    }
}

struct JSONLDTest {
    let entry: JSONValue
    let folder: String
    let base: String

    private var types: [String] { (entry["@type"]?.array ?? []).compactMap(\.string) }
    var kind: String { types.first { !$0.hasSuffix("EvaluationTest") && !$0.hasSuffix("SyntaxTest") } ?? "" }
    var name: String { (entry["input"]?.string ?? "") + (entry["@id"]?.string ?? "") }

    func run() -> (verdict: String, why: String) {
        do {
            return try runs() ? ("PASS", "") : ("FAIL", "another result")
        } catch let skip as ManifestTest.Skip {
            return ("SKIP", skip.why)
        } catch {
            return ("FAIL", "\(error)")
        }
    }

    private func runs() throws -> Bool {
        let options = entry["option"]
        if [options?["specVersion"], options?["processingMode"]].contains(.string("json-ld-1.0")) {
            throw ManifestTest.Skip(why: "JSON-LD 1.0")
        }
        for option in ["rdfDirection", "useNativeTypes", "useRdfType", "produceGeneralizedRdf", "expandContext"]
        where options?[option] != nil {
            throw ManifestTest.Skip(why: "the option \(option)")
        }
        guard let input = entry["input"]?.string else { throw ManifestTest.Skip(why: "no input") }
        let (folder, base) = (folder, base)
        var reader = RDFReader(.jsonLD, base: options?["base"]?.string ?? base + input, scope: "")
        reader.loadContext = { address in
            guard address.hasPrefix(base) else { return nil }
            return Array(try Data(contentsOf: URL(filePath: folder + "/" + address.dropFirst(base.count))))
        }
        let bytes = Array(try Data(contentsOf: URL(filePath: folder + "/" + input)))
        guard let code = entry["expectErrorCode"]?.string else { return try holds(bytes, reader) }
        do {
            _ = try result(bytes, reader)
            return false
        } catch let error as GraphError {
            guard error.message.hasPrefix(code) else { throw error }
            return true
        }
    }

    /// What the reader makes of the input: the expanded form, or quads.
    private func result(_ bytes: [UInt8], _ reader: RDFReader) throws -> (JSONValue, [Quad]) {
        var quads: [Quad] = []
        switch kind {
        case "jld:ExpandTest": return (.array(try reader.expanded(bytes, name: name)), [])
        case "jld:ToRDFTest":
            try reader.read(bytes: bytes) { quads.append($0) }
            return (.null, quads)
        default:
            try RDFReader(.nQuads, scope: "").read(bytes: bytes) { quads.append($0) }
            var text = ""
            var writer = try RDFWriter(.jsonLD) { text += $0 }
            for quad in quads { try writer.write(quad) }
            try writer.finish()
            return (try JSONValue(parsing: Array(text.utf8)), [])
        }
    }

    private func holds(_ bytes: [UInt8], _ reader: RDFReader) throws -> Bool {
        let (value, quads) = try result(bytes, reader)
        guard let expect = entry["expect"]?.string else { return types.contains { $0.contains("Syntax") } }
        if kind == "jld:ToRDFTest" {
            var wanted: [Quad] = []
            try RDFReader(.nQuads, scope: "").read(path: folder + "/" + expect) { wanted.append($0) }
            return Isomorphism.holds(Array(Set(quads)), Array(Set(wanted)))
        }
        return try Self.normal(value) == Self.normal(JSONLDManifest.json(folder + "/" + expect))
    }

    /// The value with all arrays but those of lists in one order.
    private static func normal(_ value: JSONValue, isList: Bool = false) throws -> JSONValue {
        switch value {
        case .array(let items):
            let items = try items.map { try normal($0) }
            if isList { return .array(items) }
            let sorted = try items.map { ($0, try $0.canonicalText()) }.sorted { $0.1 < $1.1 }
            return .array(sorted.map(\.0))
        case .object(let object):
            var made = JSONObject()
            for key in object.keys.sorted() {
                made[key] = try object[key].map { try normal($0, isList: key == "@list" || key == "@value") }
            }
            return .object(made)
        case .number(let number) where number == number.rounded() && abs(number) < 1e15: return .integer(Int(number))
        default: return value
        }
    }
}
