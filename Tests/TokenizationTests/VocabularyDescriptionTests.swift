// SPDX-License-Identifier: Apache-2.0
import Testing
import Tokenization

/// Tokenizers as GGUF metadata describe them.
struct VocabularyDescriptionTests {
    /// GPT-2's alphabet, some merges, a control token and one of a user.
    private static var gpt2: VocabularyDescription {
        let alphabet = (0...255).map { (byte: UInt32) -> String in
            let printable = 0x21...0x7E ~= byte || 0xA1...0xAC ~= byte || 0xAE...0xFF ~= byte
            let before = (0..<byte).filter { !(0x21...0x7E ~= $0 || 0xA1...0xAC ~= $0 || 0xAE...0xFF ~= $0) }.count
            return Unicode.Scalar(printable ? byte : 0x100 + UInt32(before)).map(String.init) ?? ""
        }
        return VocabularyDescription(
            model: "gpt2",
            pre: "smollm",
            tokens: alphabet + ["he", "ll", "hell", "hello", "Ġhello", "<|end|>", "<tool call>", "12"],
            tokenTypes: Array(repeating: 1, count: 261) + [3, 4, 1],
            merges: ["h e", "l l", "he ll", "hell o", "Ġ hello", "1 2"],
            bosID: 261,
            eosID: 261
        )
    }

    private static var bert: VocabularyDescription {
        VocabularyDescription(
            model: "bert",
            pre: "bert-bge",
            tokens: ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "▁lamp", "s", "▁the", "▁.", "▁北", "▁s", "[unused1]"],
            tokenTypes: [3, 3, 3, 3, 1, 1, 1, 1, 1, 1, 1],
            padID: 0,
            unknownID: 1,
            separatorID: 3,
            classifierID: 2
        )
    }

    private func expectError(
        _ code: TokenizationError.Code,
        _ key: String,
        _ description: VocabularyDescription,
        _ location: SourceLocation = #_sourceLocation
    ) {
        let error = #expect(throws: TokenizationError.self, sourceLocation: location) {
            try Tokenizer(vocabulary: description)
        }
        #expect(error?.code == code, sourceLocation: location)
        #expect(error?.key == key, sourceLocation: location)
    }

    @Test func bytePairsMergeWithinTheSplit() throws {
        let tokenizer = try Tokenizer(vocabulary: Self.gpt2)
        #expect(try tokenizer.encode("hello hello") == [259, 260])
        // SmolLM splits every digit off, so that the merge of two never comes to pass.
        #expect(try tokenizer.encode("12") == [0x31, 0x32])
        #expect(try tokenizer.decode([259, 260]) == "hello hello")
        #expect(tokenizer.text(of: 260) == "Ġhello")
        #expect(tokenizer.id(of: "Ġhello") == 260)
        #expect(tokenizer.bytes(of: 260) == Array(" hello".utf8))
        #expect(tokenizer.bytes(of: 0xE9) == [0xE9])
        #expect(!tokenizer.addsBOS)
        #expect(tokenizer.unknownShare("anything at all") == 0)
    }

    @Test func addedTokensKeepTheirSpelling() throws {
        let tokenizer = try Tokenizer(vocabulary: Self.gpt2)
        #expect(tokenizer.specialIDs == [261])
        #expect(try tokenizer.encode("<tool call>", matching: .nonSpecial) == [262])
        #expect(try tokenizer.encode("<tool call>").contains(262) == false)
        #expect(try tokenizer.encode("<|end|>", matching: .nonSpecial).contains(261) == false)
        #expect(try tokenizer.encode("<|end|>", matching: .all) == [261])
        #expect(try tokenizer.decode([262, 261]) == "<tool call><|end|>")
        #expect(try tokenizer.decode([262, 261], skipSpecialTokens: true) == "<tool call>")
        #expect(tokenizer.bytes(of: 262) == Array("<tool call>".utf8))
    }

    @Test func beginningAndEndAreAddedWhereTheFileSaysSo() throws {
        var description = Self.gpt2
        description.addsBOS = true
        description.addsEOS = true
        let tokenizer = try Tokenizer(vocabulary: description)
        #expect(try tokenizer.encode("hello") == [261, 259, 261])
        #expect(try tokenizer.encode("hello", addSpecialTokens: false) == [259])
        #expect(tokenizer.addsBOS)
        #expect(tokenizer.addsEOS)
    }

    @Test func wordPieceMarksTheBeginningOfWords() throws {
        let tokenizer = try Tokenizer(vocabulary: Self.bert)
        #expect(try tokenizer.encode("The  LÄMPS.北s") == [2, 6, 4, 5, 7, 8, 9, 3])
        #expect(try tokenizer.encode("lamps s", addSpecialTokens: false) == [4, 5, 9])
        #expect(try tokenizer.decode([6, 4, 5, 7]) == "the lamps.")
        #expect(try tokenizer.encode("[SEP]", addSpecialTokens: false).contains(3) == false)
        #expect(try tokenizer.encode("[SEP]", addSpecialTokens: false, matching: .all) == [3])
        #expect(tokenizer.unknownShare("the zebra . lamp") == 0.25)
        #expect(tokenizer.unknownShare("") == 0)
        #expect(tokenizer.unknownID == 1)
        #expect(tokenizer.bosID == 2)
        #expect(tokenizer.eosID == 3)
    }

    @Test func contradictionsAreFound() {
        var description = Self.gpt2
        description.pre = "no-such-model"
        expectError(.notSupported, "tokenizer.ggml.pre", description)
        description = Self.gpt2
        description.model = "llama"
        expectError(.notSupported, "tokenizer.ggml.model", description)
        description = Self.gpt2
        description.tokens = []
        expectError(.malformed, "tokenizer.ggml.tokens", description)
        description = Self.gpt2
        description.tokens[7] = "hello"
        expectError(.malformed, "tokenizer.ggml.tokens[259]", description)
        description = Self.gpt2
        description.tokenTypes?.removeLast()
        expectError(.malformed, "tokenizer.ggml.token_type", description)
        description = Self.gpt2
        description.scores = [1]
        expectError(.malformed, "tokenizer.ggml.scores", description)
        description = Self.gpt2
        description.eosID = 264
        expectError(.malformed, "tokenizer.ggml.eos_token_id", description)
        description = Self.gpt2
        description.bosID = -1
        expectError(.malformed, "tokenizer.ggml.bos_token_id", description)
        description = Self.gpt2
        description.merges = nil
        expectError(.malformed, "tokenizer.ggml.merges", description)
        description = Self.gpt2
        description.merges?.append("h x")
        expectError(.malformed, "tokenizer.ggml.merges[6]", description)
        description = Self.bert
        description.unknownID = nil
        description.tokens[1] = "[other]"
        expectError(.malformed, "tokenizer.ggml.unknown_token_id", description)
    }
}
