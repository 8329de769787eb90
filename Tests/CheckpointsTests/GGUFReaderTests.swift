// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Foundation
import Tensors
import Testing

@Suite struct GGUFReaderTests {
    @Test func readsWhatWasWritten() throws {
        let scratch = try Scratch()
        let checkpoint = try Checkpoint.open(try scratch.write(GGUFBuilder.sound().bytes, to: "m.gguf"))
        #expect(checkpoint.format == .gguf)
        #expect(checkpoint.metadata.keys.first == "general.architecture")
        #expect(try checkpoint.metadata.string("general.architecture") == "llama")
        #expect(try checkpoint.metadata.integer("llama.context_length") == 16)
        #expect(try checkpoint.metadata.float("llama.attention.layer_norm_rms_epsilon") == Double(Float(1e-5)))
        #expect(try checkpoint.metadata.strings("tokenizer.ggml.tokens") == ["a", "b", "ab"])
        #expect(try checkpoint.metadata.integers("tokenizer.ggml.token_type") == [1, 1, 1])
        #expect(checkpoint.tensors.map(\.name) == ["token_embd.weight", "output_norm.weight"])
        let table = try #require(checkpoint.tensor(named: "token_embd.weight"))
        #expect(table.shape == [3, 4])
        #expect(table.elementType == .float32)
        #expect(table.byteCount == 48)
        var bytes = [UInt8](repeating: 0, count: 48)
        try bytes.withUnsafeMutableBytes { try checkpoint.read(table, into: $0) }
        #expect(bytes == (0..<48).map { UInt8($0) })
        var part = [UInt8](repeating: 0, count: 3)
        let norm = checkpoint.tensors[1]
        try part.withUnsafeMutableBytes { try checkpoint.read(norm, from: 13, into: $0) }
        #expect(part == [113, 114, 115])
        #expect(throws: CheckpointError.self) {
            try part.withUnsafeMutableBytes { try checkpoint.read(norm, from: 14, into: $0) }
        }
    }

    @Test func readsEveryTypeOfValue() throws {
        var builder = GGUFBuilder()
        builder.add("general.architecture", "x")
        builder.raw("u8", type: 0, [200])
        builder.raw("i8", type: 1, [200])
        builder.raw("u16", type: 2, GGUFBuilder.bytes(UInt16(65_000)))
        builder.raw("i16", type: 3, GGUFBuilder.bytes(Int16(-2)))
        builder.add("i32", Int32(-3))
        builder.add("bool", true)
        builder.raw("u64", type: 10, GGUFBuilder.bytes(UInt64.max))
        builder.raw("i64", type: 11, GGUFBuilder.bytes(Int64.min))
        builder.raw("f64", type: 12, GGUFBuilder.bytes((0.1).bitPattern))
        builder.raw("bools", type: 9, GGUFBuilder.bytes(UInt32(7)) + GGUFBuilder.bytes(UInt64(2)) + [1, 0])
        builder.add("floats", [Float(0.5), -1])
        let inner = GGUFBuilder.bytes(UInt32(1)) + GGUFBuilder.bytes(UInt64(2)) + [0xFF, 3]
        builder.raw("nested", type: 9, GGUFBuilder.bytes(UInt32(9)) + GGUFBuilder.bytes(UInt64(1)) + inner)
        let scratch = try Scratch()
        let metadata = try Checkpoint.open(try scratch.write(builder.bytes, to: "m.gguf")).metadata
        #expect(metadata["u8"] == .uint8(200))
        #expect(metadata["i8"] == .int8(-56))
        #expect(metadata["u16"] == .uint16(65_000))
        #expect(metadata["i16"] == .int16(-2))
        #expect(metadata["i32"] == .int32(-3))
        #expect(try metadata.bool("bool"))
        #expect(metadata["u64"] == .uint64(.max))
        #expect(metadata["i64"] == .int64(.min))
        #expect(try metadata.float("f64") == 0.1)
        #expect(metadata["bools"]?.array?.bools == [true, false])
        #expect(try metadata.floats("floats") == [0.5, -1])
        #expect(metadata["nested"]?.array?.arrays?.first?.integers == [-1, 3])
        // A number that does not fit, a value of another type and an absent key name the key.
        for key in ["u64", "bool", "absent"] {
            let error = #expect(throws: CheckpointError.self) { try metadata.integer(key) }
            #expect(error?.key == key)
        }
    }

    @Test func aVocabularyAloneIsAModel() throws {
        var builder = GGUFBuilder()
        builder.add("general.architecture", "gpt2")
        builder.add("tokenizer.ggml.model", "gpt2")
        builder.add("tokenizer.ggml.tokens", ["a"])
        let scratch = try Scratch()
        #expect(try Checkpoint.open(try scratch.write(builder.bytes, to: "v.gguf")).tensors.isEmpty)
    }

    @Test func honoursTheAlignment() throws {
        var builder = GGUFBuilder()
        builder.alignment = 256
        builder.add("general.architecture", "x")
        builder.add("x.block_count", UInt32(1))
        builder.add("x.embedding_length", UInt32(1))
        builder.add("x.context_length", UInt32(1))
        builder.add("general.alignment", UInt32(256))
        builder.add(tensor: "a", [3], [UInt8](repeating: 1, count: 12))
        builder.add(tensor: "b", [1], [9, 9, 9, 9])
        let scratch = try Scratch()
        var bytes = builder.bytes
        let padded = try Checkpoint.open(try scratch.write(bytes, to: "padded.gguf"))
        #expect(padded.tensors[1].offset == padded.tensors[0].offset + 256)
        bytes.removeLast(252)
        #expect(try Checkpoint.open(try scratch.write(bytes, to: "tight.gguf")).tensors == padded.tensors)
    }

    @Test func everyTruncationIsAnError() throws {
        let scratch = try Scratch()
        let bytes = GGUFBuilder.sound().bytes
        // The last 16 bytes are padding after the data, which a file may lack.
        for length in 0..<bytes.count - 16 {
            let path = try scratch.write(Array(bytes[..<length]), to: "t.gguf")
            #expect(throws: CheckpointError.self, "cut to \(length) bytes") { try Checkpoint.open(path) }
        }
    }

    @Test func noChangedByteTraps() throws {
        let scratch = try Scratch()
        let bytes = GGUFBuilder.sound().bytes
        for position in 0..<bytes.count {
            for value: UInt8 in [0, 0x7F, 0x80, 0xFF] {
                var changed = bytes
                changed[position] = value
                // Either verdict is right, as long as there is one.
                _ = try? Checkpoint.open(try scratch.write(changed, to: "t.gguf"))
            }
        }
    }

    struct Case: CustomTestStringConvertible, Sendable {
        let name: String
        let key: String?
        let code: CheckpointError.Code
        let change: @Sendable (inout GGUFBuilder) -> Void
        var testDescription: String { name }

        init(
            _ name: String,
            key: String? = nil,
            code: CheckpointError.Code = .malformed,
            _ change: @escaping @Sendable (inout GGUFBuilder) -> Void
        ) {
            (self.name, self.key, self.code, self.change) = (name, key, code, change)
        }
    }

    static let cases: [Case] = [
        Case("version 0") { $0.version = 0 },
        Case("version 1", code: .unsupported) { $0.version = 1 },
        Case("version 4") { $0.version = 4 },
        Case("big endian", code: .unsupported) { $0.version = UInt32(3).byteSwapped },
        Case("2^63 tensors") { $0.tensorCount = 1 << 63 },
        Case("2^64 - 1 tensors") { $0.tensorCount = .max },
        Case("2^63 values") { $0.valueCount = 1 << 63 },
        Case("2^64 - 1 values") { $0.valueCount = .max },
        Case("more values than bytes") { $0.valueCount = 10_000 },
        Case("more tensors than bytes") { $0.tensorCount = 10_000 },
        Case("empty key") { $0.add("", UInt32(1)) },
        Case("key of 2^62 bytes") { $0.values.append(GGUFBuilder.bytes(UInt64(1) << 62)) },
        Case("key too long") { $0.add(String(repeating: "k", count: 65_536), UInt32(1)) },
        Case("key not UTF-8") {
            $0.values.append(GGUFBuilder.bytes(UInt64(2)) + [0xC3, 0x28] + GGUFBuilder.bytes(UInt32(0)) + [0])
        },
        Case("repeated key", key: "llama.block_count") { $0.add("llama.block_count", UInt32(1)) },
        Case("value type 13", key: "k") { $0.raw("k", type: 13, []) },
        Case("value type -1", key: "k") { $0.raw("k", type: .max, []) },
        Case("string too long", key: "k") { $0.raw("k", type: 8, GGUFBuilder.bytes(UInt64(1) << 40)) },
        Case("string not UTF-8", key: "k") { $0.raw("k", type: 8, GGUFBuilder.bytes(UInt64(1)) + [0xFF]) },
        Case("array of 2^62", key: "k") {
            $0.raw("k", type: 9, GGUFBuilder.bytes(UInt32(10)) + GGUFBuilder.bytes(UInt64(1) << 62))
        },
        Case("array of 2^62 strings", key: "k") {
            $0.raw("k", type: 9, GGUFBuilder.bytes(UInt32(8)) + GGUFBuilder.bytes(UInt64(1) << 62))
        },
        Case("array element type 99", key: "k") {
            $0.raw("k", type: 9, GGUFBuilder.bytes(UInt32(99)) + GGUFBuilder.bytes(UInt64(0)))
        },
        Case("arrays nested too deep", key: "k") {
            let level = GGUFBuilder.bytes(UInt32(9)) + GGUFBuilder.bytes(UInt64(1))
            $0.raw("k", type: 9, Array(repeatElement(level, count: 100).joined()))
        },
        Case("bool of 2", key: "k") { $0.raw("k", type: 7, [2]) },
        Case("bool of 2 in an array", key: "k") {
            $0.raw("k", type: 9, GGUFBuilder.bytes(UInt32(7)) + GGUFBuilder.bytes(UInt64(1)) + [2])
        },
        Case("alignment 0", key: "general.alignment") { $0.add("general.alignment", UInt32(0)) },
        Case("alignment 13", key: "general.alignment") { $0.add("general.alignment", UInt32(13)) },
        Case("alignment of 2 MiB", key: "general.alignment") { $0.add("general.alignment", UInt32(1 << 21)) },
        Case("alignment not uint32", key: "general.alignment") { $0.add("general.alignment", "32") },
        Case("tensor name of 64 bytes") { $0.add(tensor: String(repeating: "n", count: 64), [1], [0, 0, 0, 0]) },
        Case("empty tensor name") { $0.add(tensor: "", [1], [0, 0, 0, 0]) },
        Case("NUL in a tensor name") { $0.add(tensor: "a\0b", [1], [0, 0, 0, 0]) },
        Case("repeated tensor", key: "output_norm.weight") { $0.add(tensor: "output_norm.weight", [1], [0, 0, 0, 0]) },
        Case("no dimensions", key: "t") { $0.add(tensor: "t", [], [0, 0, 0, 0]) },
        Case("5 dimensions", key: "t") { $0.add(tensor: "t", [1, 1, 1, 1, 1], [0, 0, 0, 0]) },
        Case("2^32 - 1 dimensions", key: "t") { $0.entry("t", [1], offset: 96, rank: .max) },
        Case("negative dimension", key: "t") { $0.add(tensor: "t", [1 << 63], []) },
        Case("zero dimension", key: "t") { $0.add(tensor: "t", [0], []) },
        Case("product overflows", key: "t") { $0.add(tensor: "t", [1 << 32, 1 << 32], []) },
        Case("bytes overflow", key: "t") { $0.add(tensor: "t", [1 << 62], []) },
        Case("tensor type 255", key: "t") { $0.add(tensor: "t", [32], type: 255, []) },
        Case("removed tensor type", key: "t") { $0.add(tensor: "t", [32], type: 4, []) },
        Case("Q3_K", key: "t", code: .unsupported) {
            $0.add(tensor: "t", [256], type: 11, [UInt8](repeating: 0, count: 110))
        },
        Case("half a block", key: "t") { $0.add(tensor: "t", [48], type: 8, [UInt8](repeating: 0, count: 51)) },
        Case("unaligned offset", key: "t") { $0.entry("t", [1], offset: 97) },
        Case("gap before a tensor", key: "t") { $0.entry("t", [1], offset: 128) },
        Case("overlap", key: "t") { $0.entry("t", [1], offset: 64) },
        Case("sum of sizes overflows") {
            let extent = UInt64(0x7FFF_FFFF_FFFF_FFC0) / 4
            $0.entry("t", [extent], offset: 96)
            $0.entry("u", [extent], offset: 96 + 0x7FFF_FFFF_FFFF_FFC0)
        },
        Case("data after the file's end", key: "t") { $0.entry("t", [1000], offset: 96) },
        Case("trailing bytes") { $0.data += [UInt8](repeating: 0, count: 32) },
    ]

    @Test(arguments: cases) func refusesMalformed(_ test: Case) throws {
        var builder = GGUFBuilder.sound()
        test.change(&builder)
        let error = try #require(try errorOpening(builder.bytes, as: "m.gguf"))
        #expect(error.code == test.code)
        #expect(error.file != nil)
        if let key = test.key { #expect(error.key == key) }
        #expect(!error.description.contains("\n"))
    }

    @Test func refusesPaddingThatIsNotZero() throws {
        var bytes = GGUFBuilder.sound().bytes
        bytes[bytes.count - 96 - 1] = 1
        #expect(try errorOpening(bytes, as: "m.gguf")?.code == .malformed)
    }

    @Test func manyKeysAreQuickAndBounded() throws {
        var builder = GGUFBuilder()
        builder.add("general.architecture", "x")
        for index in 0..<100_000 { builder.add("k\(index)", UInt32(1)) }
        builder.add("k99999", UInt32(1))
        let scratch = try Scratch()
        let path = try scratch.write(builder.bytes, to: "m.gguf")
        var error: CheckpointError?
        let seconds = processorSeconds {
            error = #expect(throws: CheckpointError.self) { try Checkpoint.open(path) }
        }
        #expect(error?.key == "k99999")
        #expect(seconds < 1)
    }

    @Test func metadataBeyondTheLimitAreRefused() throws {
        let text = String(repeating: "x", count: 1 << 20)
        var builder = GGUFBuilder()
        builder.add("general.architecture", "x")
        for index in 0..<50 { builder.add("k\(index)", [text]) }
        let error = try errorOpening(builder.bytes, as: "m.gguf")
        #expect(error?.message.contains("MiB") == true)
    }
}
