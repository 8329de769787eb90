// SPDX-License-Identifier: Apache-2.0
import Testing
import Tokenization

/// tokenizer.json files that are wrong, each made from one that is right.
struct TokenizerFileTests {
    private static let sound: JSONValue = [
        "version": "1.0",
        "truncation": ["max_length": 2],
        "added_tokens": [
            ["id": 4, "content": "<s>", "special": true], ["id": 5, "content": "<x>", "special": false],
        ],
        "normalizer": ["type": "Lowercase"],
        "pre_tokenizer": ["type": "WhitespaceSplit"],
        "post_processor": [
            "type": "TemplateProcessing",
            "single": [["SpecialToken": ["id": "<s>", "type_id": 0]], ["Sequence": ["id": "A", "type_id": 0]]],
            "special_tokens": ["<s>": ["id": "<s>", "ids": [4], "tokens": ["<s>"]]],
        ],
        "decoder": ["type": "Fuse"],
        "model": ["type": "BPE", "vocab": ["a": 0, "b": 1, "ab": 2, "aba": 3], "merges": ["a b", ["ab", "a"]]],
    ]

    private func load(_ json: JSONValue) throws -> Tokenizer { try Tokenizer(json: Array(json.written.utf8)) }

    private func expectError(
        _ code: TokenizationError.Code,
        _ key: String?,
        _ json: JSONValue,
        _ location: SourceLocation = #_sourceLocation
    ) {
        let error = #expect(throws: TokenizationError.self, sourceLocation: location) { try load(json) }
        #expect(error?.code == code, sourceLocation: location)
        #expect(error?.key == key, sourceLocation: location)
        #expect(error?.description.contains("\n") == false, sourceLocation: location)
    }

    private func model(_ changes: (String, JSONValue)...) -> JSONValue {
        let model = Self.sound["model"] ?? .null
        return Self.sound.with("model", changes.reduce(model) { $0.with($1.0, $1.1) })
    }

    @Test func theSoundFileLoads() throws {
        let tokenizer = try load(Self.sound)
        #expect(try tokenizer.encode("abab AB aba") == [4, 2, 2, 2, 3])
        #expect(tokenizer.vocabularyCount == 6)
        #expect(tokenizer.specialIDs == [4])
    }

    /// Swift's strings compare equal where a vocabulary has two tokens.
    @Test func canonicallyEquivalentTokensAreTwo() throws {
        let vocabulary: JSONValue = ["\u{E9}": 0, "e\u{301}": 1, "e": 2, "\u{301}": 3]
        let json = model(("vocab", vocabulary), ("merges", [["e", "\u{301}"]]))
        let tokenizer = try load(json.with("normalizer", .null))
        #expect(try tokenizer.encode("\u{E9}e\u{301}", addSpecialTokens: false) == [0, 1])
        #expect(tokenizer.id(of: "\u{E9}") == 0)
        #expect(tokenizer.id(of: "e\u{301}") == 1)
        #expect(Array((try tokenizer.decode([1])).utf8) == Array("e\u{301}".utf8))
    }

    @Test func idsMustCoverTheVocabulary() {
        expectError(.malformed, "model.vocab", model(("vocab", ["a": -1, "b": 1, "ab": 2, "aba": 3])))
        expectError(.malformed, "model.vocab", model(("vocab", ["a": 0, "b": 2_147_483_648, "ab": 2, "aba": 3])))
        expectError(.malformed, "model.vocab", model(("vocab", ["a": 0, "b": 1, "ab": 2, "aba": 4])))
        expectError(.malformed, "model.vocab", model(("vocab", ["a": 0, "b": 0, "ab": 2, "aba": 3])))
        expectError(.malformed, "model.vocab", model(("vocab", ["a": "0"])))
        expectError(.malformed, "model", Self.sound.with("model", ["type": "BPE", "merges": []]))
    }

    @Test func mergesMustJoinTokensThatThereAre() {
        expectError(.malformed, "model.merges[1]", model(("merges", ["a b", "a c"])))
        expectError(.malformed, "model.merges[0]", model(("merges", ["b b"])))
        expectError(.malformed, "model.merges[0]", model(("merges", ["ab"])))
        expectError(.malformed, "model.merges[0]", model(("merges", ["a b a"])))
        expectError(.malformed, "model.merges[0]", model(("merges", [["a", "b", "a"]])))
        expectError(.malformed, "model.merges", model(("merges", "a b")))
    }

    @Test func theUnknownTokenMustExist() {
        expectError(.malformed, "model.unk_token", model(("unk_token", "<unk>")))
        expectError(.malformed, "model", model(("type", "WordPiece")))
    }

    @Test func addedTokensMustFitTheVocabulary() {
        func added(_ tokens: JSONValue...) -> JSONValue { Self.sound.with("added_tokens", .array(tokens)) }
        expectError(.malformed, "added_tokens[0]", added(["id": 4, "content": ""]))
        expectError(
            .malformed,
            "added_tokens[0]",
            added(["id": 4, "content": .string(String(repeating: "x", count: 1025))])
        )
        expectError(.malformed, "added_tokens[0]", added(["id": 2, "content": "<s>"]))
        expectError(.malformed, "added_tokens[0]", added(["id": 7, "content": "<s>"]))
        expectError(.malformed, "added_tokens[1]", added(["id": 4, "content": "<s>"], ["id": 4, "content": "<t>"]))
        expectError(.malformed, "added_tokens[0].id", added(["id": -4, "content": "<s>"]))
        expectError(.malformed, "model.vocab[4]", added(["id": 4, "content": "ab"]))
    }

    @Test func templatesMustNameTokensThatThereAre() {
        let template = Self.sound["post_processor"] ?? .null
        func post(_ key: String, _ value: JSONValue) -> JSONValue {
            Self.sound.with("post_processor", template.with(key, value))
        }
        expectError(.malformed, "post_processor.single[0]", post("special_tokens", [:]))
        expectError(
            .malformed,
            "post_processor.special_tokens.<s>.ids[0]",
            post("special_tokens", ["<s>": ["ids": [99]]])
        )
        expectError(.malformed, "post_processor", post("single", []))
        expectError(
            .malformed,
            "post_processor.cls[1]",
            Self.sound.with("post_processor", ["type": "BertProcessing", "cls": ["<s>", 99], "sep": ["<s>", 4]])
        )
    }

    @Test func whatIsNotBuiltIsRefusedByName() throws {
        expectError(.notSupported, "normalizer", Self.sound.with("normalizer", ["type": "Nmt"]))
        expectError(.notSupported, "pre_tokenizer", Self.sound.with("pre_tokenizer", ["type": "UnicodeScripts"]))
        expectError(.notSupported, "decoder", Self.sound.with("decoder", ["type": "CTC"]))
        expectError(.notSupported, "post_processor", Self.sound.with("post_processor", ["type": "Other"]))
        expectError(.notSupported, "model", model(("type", "WordLevel")))
        expectError(.notSupported, "model.dropout", model(("dropout", .number(0.1))))
        let words = model(("type", "WordPiece"), ("unk_token", "a"), ("max_input_chars_per_word", 1_001))
        expectError(.notSupported, "model.max_input_chars_per_word", words)
        let split: JSONValue = ["type": "Split", "pattern": ["Regex": "(a+)+$"], "behavior": "Isolated"]
        expectError(.notSupported, "pre_tokenizer.pattern", Self.sound.with("pre_tokenizer", split))
        let replace: JSONValue = ["type": "Replace", "pattern": ["Regex": "(a+)+$"], "content": ""]
        expectError(.notSupported, "normalizer.pattern", Self.sound.with("normalizer", replace))
        let byteLevel: JSONValue = ["type": "Sequence", "pretokenizers": [["type": "ByteLevel"], ["type": "Digits"]]]
        expectError(.notSupported, "pre_tokenizer", Self.sound.with("pre_tokenizer", byteLevel))
    }

    @Test func sequencesMayNotNestWithoutEnd() {
        var nested: JSONValue = ["type": "NFC"]
        for _ in 0..<40 { nested = ["type": "Sequence", "normalizers": [nested]] }
        let error = #expect(throws: TokenizationError.self) { try load(Self.sound.with("normalizer", nested)) }
        #expect(error?.message == "sequences nest deeper than 32")
        let many: JSONValue = ["type": "Sequence", "normalizers": .array(Array(repeating: ["type": "NFC"], count: 65))]
        expectError(.malformed, "normalizer", Self.sound.with("normalizer", many))
    }

    @Test func textMayNotGrowWithoutEnd() throws {
        let longer: JSONValue = [
            "type": "Replace", "pattern": ["String": "a"], "content": .string(String(repeating: "a", count: 64)),
        ]
        let four: JSONValue = [longer, longer, longer, longer]
        let growing = Self.sound.with("normalizer", ["type": "Sequence", "normalizers": four])
        let tokenizer = try load(growing)
        let error = #expect(throws: TokenizationError.self) { try tokenizer.encode("aaaa") }
        #expect(error?.code == .limitExceeded)
        expectError(.limitExceeded, "decoder", Self.sound.with("decoder", ["type": "Sequence", "decoders": four]))
        let added: JSONValue = [["id": 4, "content": "aaa", "special": false, "normalized": true]]
        expectError(.limitExceeded, "normalizer", growing.with("added_tokens", added))
    }

    @Test func whatIsNotJSONSaysWhere() {
        for (text, offset) in [("", 0), ("{\"a\": \"\\ud800\"}", 7), ("{\"a\":1,\"a\":2}", 7), ("{} x", 3)] {
            let error = #expect(throws: TokenizationError.self) { try Tokenizer(json: Array(text.utf8)) }
            #expect(error?.code == .malformed)
            #expect(error?.offset == offset)
        }
        let deep = String(repeating: "[", count: 100_000)
        #expect(throws: TokenizationError.self) { try Tokenizer(json: Array(deep.utf8)) }
        #expect(throws: TokenizationError.self) { try Tokenizer(json: Array("[]".utf8)) }
    }

    @Test func configurationGivesRolesAndTemplate() throws {
        let configuration: JSONValue = [
            "bos_token": "<s>", "eos_token": ["content": "<x>"], "pad_token": nil,
            "chat_template": [["name": "tools", "template": "T"], ["name": "default", "template": "D"]],
        ]
        let tokenizer = try Tokenizer(json: Array(Self.sound.written.utf8), configuration: configuration)
        #expect(tokenizer.bosID == 4)
        #expect(tokenizer.eosID == 5)
        #expect(tokenizer.padID == nil)
        #expect(tokenizer.addsBOS)
        #expect(!tokenizer.addsEOS)
        #expect(tokenizer.chatTemplate == "D")
    }

    @Test func textFromOutsideBecomesNoAddedToken() throws {
        var sound = Self.sound.with("normalizer", .null).with("pre_tokenizer", ["type": "ByteLevel"])
        var vocabulary = JSONObject()
        for byte in "abs<>x".unicodeScalars { vocabulary[String(byte)] = .integer(vocabulary.count) }
        vocabulary["Ġ"] = .integer(vocabulary.count)
        vocabulary["<s>"] = .integer(vocabulary.count)
        sound = sound.with(
            "model",
            ["type": "BPE", "vocab": .object(vocabulary), "merges": [], "ignore_merges": true]
        )
        sound = sound.with(
            "added_tokens",
            [["id": 7, "content": "<s>", "special": true], ["id": 8, "content": "<x>", "special": false]]
        )
        sound = sound.with("pre_tokenizer", ["type": "ByteLevel", "add_prefix_space": false, "use_regex": false])
        sound = sound.with("post_processor", .null)
        let tokenizer = try load(sound)
        #expect(try tokenizer.encode("<s>") == [3, 2, 4])
        #expect(try tokenizer.encode("a<x>") == [0, 3, 5, 4])
        #expect(try tokenizer.encode("<s>a<x>", matching: .nonSpecial) == [3, 2, 4, 0, 8])
        #expect(try tokenizer.encode("<s>a<x>", matching: .all) == [7, 0, 8])
    }

    @Test func idsThatThereAreNotAreRefused() throws {
        let tokenizer = try load(Self.sound)
        for id: Int32 in [-1, 6, .max, .min] {
            let error = #expect(throws: TokenizationError.self) { try tokenizer.decode([id]) }
            #expect(error?.code == .unknownID)
            #expect(tokenizer.text(of: id) == nil)
            #expect(tokenizer.bytes(of: id).isEmpty)
        }
    }

    /// A word of a megabyte must take neither seconds nor a stack.
    @Test func aVeryLongWordIsMergedQuickly() throws {
        let tokenizer = try load(Self.sound)
        let ids = try tokenizer.encode(String(repeating: "ab", count: 500_000), addSpecialTokens: false)
        #expect(ids.count == 500_000)
        #expect(ids.allSatisfy { $0 == 2 })
    }
}
