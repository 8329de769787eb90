// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Foundation
import Testing

@Suite struct ModelVerificationTests {
    static let cases: [GGUFReaderTests.Case] = [
        .init("no block count", key: "x.block_count") {
            $0.values.removeAll()
            $0.add("general.architecture", "x")
        },
        .init("no architecture", key: "general.architecture") { $0.values.removeFirst() },
        .init("architecture not a string", key: "general.architecture") {
            $0.values.removeFirst()
            $0.add("general.architecture", UInt32(1))
        },
        .init("empty architecture", key: "general.architecture") {
            $0.values.removeFirst()
            $0.add("general.architecture", "")
        },
        .init("no layers", key: "llama.block_count") { $0.replace("llama.block_count", UInt32(0)) },
        .init("5,000 layers", key: "llama.block_count") { $0.replace("llama.block_count", UInt32(5000)) },
        .init("no context", key: "llama.context_length") { $0.replace("llama.context_length", UInt32(0)) },
        .init("endless context", key: "llama.context_length") { $0.replace("llama.context_length", UInt32.max) },
        .init("no heads", key: "llama.attention.head_count") { $0.replace("llama.attention.head_count", UInt32(0)) },
        .init("heads do not divide", key: "llama.attention.head_count") {
            $0.replace("llama.attention.head_count", UInt32(3))
        },
        .init("groups do not divide", key: "llama.attention.head_count_kv") {
            $0.replace("llama.attention.head_count", UInt32(4))
            $0.replace("llama.attention.head_count_kv", UInt32(3))
        },
        .init("heads of no channels", key: "llama.attention.key_length") {
            $0.add("llama.attention.key_length", UInt32(0))
        },
        .init("heads of minus two channels", key: "llama.attention.key_length") {
            $0.add("llama.attention.key_length", Int32(-2))
        },
        .init("values of minus two channels", key: "llama.attention.value_length") {
            $0.add("llama.attention.value_length", Int32(-2))
        },
        .init("epsilon is NaN", key: "llama.attention.layer_norm_rms_epsilon") {
            $0.replace("llama.attention.layer_norm_rms_epsilon", Float.nan)
        },
        .init("negative rope base", key: "llama.rope.freq_base") { $0.add("llama.rope.freq_base", Float(-1)) },
        .init("no tokens", key: "tokenizer.ggml.tokens") { $0.remove("tokenizer.ggml.tokens") },
        .init("tokens are numbers", key: "tokenizer.ggml.tokens") {
            $0.remove("tokenizer.ggml.tokens")
            $0.add("tokenizer.ggml.tokens", [Int32(1), 2, 3])
        },
        .init("empty vocabulary", key: "tokenizer.ggml.tokens") {
            $0.remove("tokenizer.ggml.tokens")
            $0.add("tokenizer.ggml.tokens", [String]())
        },
        .init("too few types", key: "tokenizer.ggml.token_type") {
            $0.remove("tokenizer.ggml.token_type")
            $0.add("tokenizer.ggml.token_type", [Int32(1), 1])
        },
        .init("types are floats", key: "tokenizer.ggml.token_type") {
            $0.remove("tokenizer.ggml.token_type")
            $0.add("tokenizer.ggml.token_type", [Float(1), 1, 1])
        },
        .init("scores are numbers", key: "tokenizer.ggml.scores") {
            $0.add("tokenizer.ggml.scores", [Int32(1), 1, 1])
        },
        .init("end token beyond the vocabulary", key: "tokenizer.ggml.eos_token_id") {
            $0.replace("tokenizer.ggml.eos_token_id", UInt32(3))
        },
        .init("embedding of another size", key: "token_embd.weight") {
            $0.remove("tokenizer.ggml.tokens")
            $0.remove("tokenizer.ggml.token_type")
            $0.add("tokenizer.ggml.tokens", ["a", "b", "ab", "c"])
        },
        .init("chat template of 2 MiB", key: "tokenizer.chat_template") {
            $0.add("tokenizer.chat_template", String(repeating: "x", count: 2 << 20))
        },
    ]

    @Test(arguments: cases) func refusesWhatMakesNoModel(_ test: GGUFReaderTests.Case) throws {
        var builder = GGUFBuilder.sound()
        test.change(&builder)
        let error = try #require(try errorOpening(builder.bytes, as: "m.gguf"))
        #expect(error.code == .malformed)
        #expect(error.key == test.key)
    }

    @Test func aTokenizerComesWithTheFile() throws {
        let scratch = try Scratch()
        let checkpoint = try Checkpoint.open(try scratch.write(GGUFBuilder.sound().bytes, to: "m.gguf"))
        let tokenizer = try #require(try checkpoint.tokenizer())
        #expect(tokenizer.vocabularyCount == 3)
        #expect(try tokenizer.encode("ab", addSpecialTokens: false) == [2])
        #expect(try checkpoint.endTokenIDs() == [2])
    }

    @Test func aMalformedTokenizerIsOneErrorWithTheFile() throws {
        let scratch = try Scratch()
        var builder = GGUFBuilder.sound()
        builder.remove("tokenizer.ggml.merges")
        builder.add("tokenizer.ggml.merges", ["a c"])
        let path = try scratch.write(builder.bytes, to: "m.gguf")
        let error = #expect(throws: CheckpointError.self) { try Checkpoint.open(path).tokenizer() }
        #expect(error?.file == path)
        #expect(error?.key?.contains("tokenizer.ggml.merges") == true)

        let json = try scratch.write("{", to: "tokenizer.json")
        let folder = #expect(throws: CheckpointError.self) { try Checkpoint.open(json).tokenizer() }
        #expect(folder?.code == .malformed)
        #expect(folder?.file?.hasSuffix("tokenizer.json") == true)
    }

    @Test func endTokensOfAFolder() throws {
        let scratch = try Scratch()
        try scratch.write(HuggingFaceFolderTests.shard("a"), to: "model.safetensors")
        try scratch.write(#"{"eos_token_id":7}"#, to: "config.json")
        #expect(try Checkpoint.open(scratch.path).endTokenIDs() == [7])
        try scratch.write(#"{"eos_token_id":[1,2]}"#, to: "generation_config.json")
        #expect(try Checkpoint.open(scratch.path).endTokenIDs() == [1, 2])
        try scratch.write(#"{"eos_token_id":"x"}"#, to: "generation_config.json")
        #expect(throws: CheckpointError.self) { try Checkpoint.open(scratch.path).endTokenIDs() }
    }
}
