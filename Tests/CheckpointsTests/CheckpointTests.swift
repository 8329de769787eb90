// SPDX-License-Identifier: Apache-2.0

import CKernels
import Checkpoints
import Foundation
import Testing

@Suite struct CheckpointTests {
    @Test(
        arguments: [
            ("m.bin", [0x50, 0x4B, 0x03, 0x04, 0x14], "pickle"),
            ("m.pt", [0x80, 0x02, 0x8A], "pickle"),
            ("m.gguf", Array("%PDF-1.7".utf8), "PDF"),
            ("m.gguf", [0x89, 0x50, 0x4E, 0x47, 0x0D], "PNG"),
            ("m.gguf", Array("<!DOCTYPE html>".utf8), "HTML"),
            ("m.gguf", Array("Dear model,\nhow are you? 你好".utf8), "a text"),
            ("m.gguf", Array("version https://git-lfs.github.com/spec/v1".utf8), "git lfs pull"),
            ("m.gguf", Array("FUGG".utf8), "big-endian"),
            ("m.gguf", [], "empty"),
            ("m.gguf", [0, 0, 0, 0], "zero bytes"),
            ("m.zip", [0x50, 0x4B, 0x03, 0x04, 0x14], "ZIP"),
        ] as [(String, [UInt8], String)]
    ) func saysWhatAFileLooksLike(name: String, bytes: [UInt8], word: String) throws {
        let error = try #require(try errorOpening(bytes, as: name))
        #expect(error.code == .notAModel)
        #expect(error.message.contains(word))
    }

    @Test func weightsOfGGUFFilesNeedKnownNames() throws {
        var builder = GGUFBuilder.sound()
        builder.remove("general.architecture")
        builder.add("general.architecture", "bert")
        builder.values = builder.values.map { value in
            let (name, prefix) = (value.dropFirst(8), Array("llama.".utf8))
            guard name.starts(with: prefix) else { return value }
            let key = Array("bert.".utf8) + name.dropFirst(prefix.count)
            return GGUFBuilder.bytes(UInt64(value[0]) - 1) + key
        }
        let scratch = try Scratch()
        let checkpoint = try Checkpoint.open(try scratch.write(builder.bytes, to: "bert.gguf"))
        let error = #expect(throws: CheckpointError.self) { try WeightReader(checkpoint, precision: .float32) }
        #expect(error?.code == .unsupported && error?.key == "general.architecture")
    }

    @Test(arguments: ["/dev/null", "/dev/zero"]) func devicesAreRefused(path: String) {
        let error = #expect(throws: CheckpointError.self) { try Checkpoint.open(path) }
        #expect(error?.code == .notRegularFile)
    }

    @Test func pipesAreRefusedWithoutWaiting() throws {
        let scratch = try Scratch()
        let pipe = "\(scratch.path)/pipe.gguf"
        #expect(mkfifo(pipe, 0o600) == 0)
        let error = #expect(throws: CheckpointError.self) { try Checkpoint.open(pipe) }
        #expect(error?.code == .notRegularFile)
        #expect(mkfifo("\(scratch.path)/config.json", 0o600) == 0)
        let inFolder = #expect(throws: CheckpointError.self) { try Checkpoint.open(scratch.path) }
        #expect(inFolder?.code == .notRegularFile)
    }

    @Test func whatIsNotThereIsNotFound() throws {
        let scratch = try Scratch()
        let error = #expect(throws: CheckpointError.self) { try Checkpoint.open("\(scratch.path)/none") }
        #expect(error?.code == .notFound)
    }

    @Test func aFileThatShrinksIsAnError() throws {
        let scratch = try Scratch()
        let path = try scratch.write(GGUFBuilder.sound().bytes, to: "m.gguf")
        let checkpoint = try Checkpoint.open(path)
        #expect(truncate(path, 100) == 0)
        var bytes = [UInt8](repeating: 0, count: 48)
        let error = #expect(throws: CheckpointError.self) {
            try bytes.withUnsafeMutableBytes { try checkpoint.read(checkpoint.tensors[0], into: $0) }
        }
        #expect(error?.code == .io)
    }

    @Test func hostileNamesDoNotReachTheTerminal() throws {
        var builder = GGUFBuilder.sound()
        builder.raw("evil\u{1B}[2J\u{202E}\n", type: 99, [])
        let text = try #require(try errorOpening(builder.bytes, as: "m.gguf")).description
        #expect(!text.unicodeScalars.contains { $0 == "\u{1B}" || $0 == "\n" || $0 == "\u{202E}" })
    }

    @Test func theHashFollowsTheContent() throws {
        let scratch = try Scratch()
        try scratch.write("{}", to: "config.json")
        try scratch.write(HuggingFaceFolderTests.shard("a"), to: "model.safetensors")
        let first = try Checkpoint.open(scratch.path).sha256()
        try scratch.write("unrelated", to: "README.md")
        #expect(try Checkpoint.open(scratch.path).sha256() == first)
        try scratch.write("{ }", to: "config.json")
        #expect(try Checkpoint.open(scratch.path).sha256() != first)
    }
}

@Suite struct SHA256Tests {
    /// The examples of FIPS 180-4 and NIST's long message.
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
        (
            String(repeating: "a", count: 1_000_000),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
        ),
    ]) func agreesWithTheStandard(text: String, digest: String) {
        var whole = SHA256()
        whole.update(text.utf8)
        #expect(whole.finish() == digest)
        var pieces = SHA256()
        var rest = Array(text.utf8)[...]
        var length = 1
        while !rest.isEmpty {
            pieces.update(rest.prefix(length))
            rest = rest.dropFirst(length)
            length = length * 3 % 1009 + 1
        }
        #expect(pieces.finish() == digest)
    }

    @Test func plainAndAcceleratedAgree() {
        var generator = SystemRandomNumberGenerator()
        for count in [1, 2, 3, 17] {
            let blocks = (0..<64 * count).map { _ in UInt8.random(in: 0...255, using: &generator) }
            var first = (0..<8).map { _ in UInt32.random(in: 0 ... .max, using: &generator) }
            var second = first
            ck_sha256_blocks(&first, blocks, count)
            ck_sha256_blocks_plain(&second, blocks, count)
            #expect(first == second)
        }
    }
}
