// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing
import Tokenization

/// Small tokenizers with what Hugging Face tokenizers made of some texts (Scripts/make-token-fixtures).
struct ReferenceTests {
    static let names = [
        "gpt2", "roberta", "smollm", "qwen2", "llama3", "bert", "cased", "whitespace", "accents", "digits",
        "sentencepiece", "punctuation", "contiguous", "inverted",
    ]

    private static let entries: [String: Entry] = {
        let path = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/reference.json")
        guard let data = try? Data(contentsOf: path), let root = try? JSONValue(parsing: [UInt8](data)) else {
            return [:]
        }
        let entries = (root.array ?? []).compactMap { value in value["name"]?.string.map { ($0, Entry(value)) } }
        return Dictionary(uniqueKeysWithValues: entries)
    }()

    private struct Entry: Sendable {
        let tokenizer: JSONValue
        let cases: [JSONValue]

        init(_ value: JSONValue) {
            tokenizer = value["tokenizer"] ?? .null
            cases = value["cases"]?.array ?? []
        }
    }

    private func entry(_ name: String) throws -> (Tokenizer, [JSONValue]) {
        let entry = try #require(Self.entries[name])
        return (try Tokenizer(json: Array(entry.tokenizer.written.utf8)), entry.cases)
    }

    @Test func theFixtureHoldsWhatIsTested() { #expect(Self.entries.keys.sorted() == Self.names.sorted()) }

    @Test(arguments: names) func idsEqualTheReference(name: String) throws {
        let (tokenizer, cases) = try entry(name)
        #expect(cases.count > 30)
        for example in cases {
            let text = try #require(example["text"]?.string)
            #expect(try tokenizer.encode(text, matching: .all) == example["ids"]?.ids, "\(text.debugDescription)")
            #expect(
                try tokenizer.encode(text, addSpecialTokens: false, matching: .nonSpecial)
                    == example["nonspecial"]?.ids,
                "\(text.debugDescription)"
            )
        }
    }

    @Test(arguments: names) func decodedTextEqualsTheReference(name: String) throws {
        let (tokenizer, cases) = try entry(name)
        for example in cases {
            let ids = try #require(example["ids"]?.ids)
            #expect(try tokenizer.decode(ids) == example["decoded"]?.string)
            #expect(try tokenizer.decode(ids, skipSpecialTokens: true) == example["shown"]?.string)
        }
    }

    @Test(arguments: ["gpt2", "smollm", "qwen2", "llama3"]) func bytesOfTokensJoinToTheText(name: String) throws {
        let (tokenizer, cases) = try entry(name)
        for example in cases {
            let text = try #require(example["text"]?.string)
            let ids = try tokenizer.encode(text, addSpecialTokens: false)
            let expected = name == "qwen2" ? text.precomposedStringWithCanonicalMapping : text
            let bytes = ids.flatMap { tokenizer.bytes(of: $0) }
            if text.unicodeScalars.allSatisfy({ $0.value < 0x2000 }) { #expect(bytes == Array(expected.utf8)) }
            #expect(String(decoding: bytes, as: UTF8.self) == (try tokenizer.decode(ids)))
            var decoder = StreamingDecoder()
            let streamed = ids.map { decoder.append(tokenizer.bytes(of: $0)) }.joined() + decoder.finish()
            #expect(streamed == (try tokenizer.decode(ids)))
        }
    }
}

extension JSONValue {
    fileprivate var ids: [Int32]? { array?.compactMap { $0.integer.map(Int32.init) } }
}
