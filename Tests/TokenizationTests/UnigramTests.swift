// SPDX-License-Identifier: Apache-2.0
import Testing
import Tokenization

/// Unigram vocabularies, as tokenizer.json and as GGUF metadata describe them.
///
/// The expected ids follow from the scores by hand; the proof `tokens` compares with the reference on a real vocabulary.
struct UnigramTests {
    private static let sound: JSONValue = [
        "added_tokens": [
            ["id": 0, "content": "<s>", "special": true], ["id": 2, "content": "<unk>", "special": true],
        ],
        "normalizer": [
            "type": "Sequence",
            "normalizers": [["type": "Replace", "pattern": ["Regex": " {2,}"], "content": " "]],
        ],
        "pre_tokenizer": ["type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": true],
        "post_processor": [
            "type": "TemplateProcessing",
            "single": [["SpecialToken": ["id": "<s>", "type_id": 0]], ["Sequence": ["id": "A", "type_id": 0]]],
            "pair": [
                ["SpecialToken": ["id": "<s>", "type_id": 0]], ["Sequence": ["id": "A", "type_id": 0]],
                ["SpecialToken": ["id": "<s>", "type_id": 1]], ["Sequence": ["id": "B", "type_id": 1]],
            ],
            "special_tokens": ["<s>": ["id": "<s>", "ids": [0], "tokens": ["<s>"]]],
        ],
        "decoder": ["type": "Metaspace", "replacement": "▁", "prepend_scheme": "always"],
        "model": [
            "type": "Unigram", "unk_id": 2,
            "vocab": [
                ["<s>", 0], ["▁", -2.0], ["<unk>", 0], ["a", -1.0], ["b", -1.0], ["ab", -1.5], ["▁ab", -4.5],
                ["abc", -9], ["é", -3],
            ],
        ],
    ]

    private func load(_ json: JSONValue) throws -> Tokenizer { try Tokenizer(json: Array(json.written.utf8)) }

    private func ids(_ text: String) throws -> [Int32] {
        try load(Self.sound).encode(text, addSpecialTokens: false)
    }

    @Test func theBestSumOfScoresWins() throws {
        // ▁ + ab = -3.5 is better than ▁ab = -4.5 and than ▁ + a + b = -4.
        #expect(try ids("ab") == [1, 5])
        #expect(try ids("a  b") == [1, 3, 1, 4])
        // abc = -9 is better than ab and an unknown c, which costs ten more than the worst entry.
        #expect(try ids("abc") == [1, 7])
        #expect(try ids("") == [])
        #expect(try load(Self.sound).encode("a") == [0, 1, 3])
    }

    @Test func charactersThatNoEntryCoversAreOneUnknown() throws {
        #expect(try ids("a北京b") == [1, 3, 2, 4])
        #expect(try ids("京 京") == [1, 2, 1, 2])
        let tokenizer = try load(Self.sound)
        #expect(tokenizer.unknownShare("aaa京") == 0.2)  // the sign for the space in front counts too
    }

    @Test func aTextDoesNotBecomeASpecialTokenByBeingSpelledLikeIt() throws {
        #expect(try ids("<s>") == [1, 2])
        #expect(try load(Self.sound).encode("<s>", addSpecialTokens: false, matching: .all) == [0])
    }

    @Test func idsDecodeToTheText() throws {
        let tokenizer = try load(Self.sound)
        #expect(try tokenizer.decode(ids("ab a é")) == "ab a é")
    }

    @Test func wrongFilesAreRefused() {
        func expectError(_ key: String, _ change: (JSONValue) -> JSONValue) {
            let json = Self.sound.with("model", change(Self.sound["model"] ?? .null))
            let error = #expect(throws: TokenizationError.self) { try load(json) }
            #expect(error?.code == .malformed)
            #expect(error?.key == key)
        }
        expectError("model") { $0.with("unk_id", 9) }
        expectError("model") { $0.with("unk_id", .null) }
        expectError("model.vocab[1]") { $0.with("vocab", [["a", 0], ["b"]]) }
        expectError("model.vocab[0]") { $0.with("vocab", [["a", 1e31]]) }
        expectError("model.vocab[3]") { $0.with("vocab", [["<s>", 0], ["a", 1], ["<unk>", 0], ["a", 1]]) }
    }

    // MARK: - Character maps

    /// A double array with the entries "é" → "e" and "e◌́" → "É", the shortest of which counts.
    private static var vocabulary: VocabularyDescription {
        VocabularyDescription(
            model: "t5",
            tokens: ["<s>", "</s>", "<unk>", "▁", "a", "e", "1", "é"],
            scores: [0, 0, 0, -1, -1, -1, -1, -1],
            tokenTypes: [3, 3, 2, 1, 1, 1, 1, 1],
            bosID: 0,
            eosID: 1,
            unknownID: 2
        )
    }

    @Test func codePointsAreReplacedAndPairsComposed() throws {
        var description = Self.vocabulary
        description.characters = .scalars([0xB9: [0x31], 0xAD: [], 0xA0: [0x20]])
        let tokenizer = try Tokenizer(vocabulary: description)
        #expect(try tokenizer.encode("a\u{B9}") == [0, 3, 4, 6, 1])
        #expect(try tokenizer.encode("a\u{AD}\u{A0} a", addSpecialTokens: false) == [3, 4, 3, 4])
        #expect(try tokenizer.encode("e\u{301}", addSpecialTokens: false) == [3, 7])
        // A letter that is composed already takes no further mark, as in the reference.
        #expect(try tokenizer.encode("é\u{301}", addSpecialTokens: false) == [3, 7, 2])
    }

    /// A map of one entry, `byte` → `text`, in darts-clone's layout: root, the byte's unit, its leaf.
    private static func map(_ byte: UInt8, _ text: String) -> [UInt8] {
        var units = [UInt32](repeating: 0, count: 256)
        let place = 1 ^ Int(byte)
        units[0] = 1 << 10
        units[place] = UInt32(byte) | 1 << 8 | UInt32(place ^ 255) << 10
        units[255] = 0x8000_0000
        let bytes = units.flatMap { unit in (0..<4).map { UInt8(truncatingIfNeeded: unit >> ($0 * 8)) } }
        let count = UInt32(bytes.count)
        return (0..<4).map { UInt8(truncatingIfNeeded: count >> ($0 * 8)) } + bytes + Array(text.utf8) + [0]
    }

    @Test func precompiledMapsReplaceWhatTheyHold() throws {
        var description = Self.vocabulary
        description.characters = .precompiled(Self.map(UInt8(ascii: "X"), "a1"))
        let tokenizer = try Tokenizer(vocabulary: description)
        #expect(try tokenizer.encode("XeX", addSpecialTokens: false) == [3, 4, 6, 5, 4, 6])
        // A cluster whose beginning is an entry becomes that as a whole, as in the reference.
        #expect(try tokenizer.encode("X\u{301}a", addSpecialTokens: false) == [3, 4, 6, 4])
    }

    @Test(arguments: [0, 3, 8, 500, 1_027])
    func mapsThatEndTooEarlyAreRefused(_ length: Int) {
        var description = Self.vocabulary
        description.characters = .precompiled(Array(Self.map(UInt8(ascii: "X"), "a").prefix(length)))
        let error = #expect(throws: TokenizationError.self) { try Tokenizer(vocabulary: description) }
        #expect(error?.code == .malformed)
        #expect(error?.key == "tokenizer.ggml.precompiled_charsmap")
    }
}
