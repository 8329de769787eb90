// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Foundation
import Tensors
import Testing

/// Joins a safetensors header and data.
func safeTensors(_ header: String, data: Int = 0, length: UInt64? = nil) -> [UInt8] {
    safeTensors(Array(header.utf8), data: data, length: length)
}

func safeTensors(_ header: [UInt8], data: Int = 0, length: UInt64? = nil) -> [UInt8] {
    GGUFBuilder.bytes(length ?? UInt64(header.count)) + header + (0..<data).map { UInt8(truncatingIfNeeded: $0) }
}

@Suite struct SafeTensorsReaderTests {
    static let sound =
        #"{"__metadata__":{"format":"pt"},"b":{"dtype":"F32","shape":[2,1],"data_offsets":[8,16]},"#
        + #""a":{"dtype":"BF16","shape":[4],"data_offsets":[0,8]},"mask":{"dtype":"BOOL","shape":[2],"data_offsets":[16,18]},"#
        + #""scalar":{"dtype":"I64","shape":[],"data_offsets":[18,26]},"none":{"dtype":"F16","shape":[0,3],"data_offsets":[26,26]}}  "#

    @Test func readsWhatWasWritten() throws {
        let scratch = try Scratch()
        try scratch.write("{}", to: "config.json")
        try scratch.write(safeTensors(Self.sound, data: 26), to: "model.safetensors")
        let checkpoint = try Checkpoint.open(scratch.path)
        #expect(checkpoint.tensors.map(\.name) == ["b", "a", "scalar", "none"])
        #expect(checkpoint.tensors.map(\.shape) == [[2, 1], [4], [], [0, 3]])
        #expect(checkpoint.tensors.map(\.elementType) == [.float32, .bfloat16, .int64, .float16])
        #expect(checkpoint.buffers == ["mask": "BOOL"])
        var bytes = [UInt8](repeating: 0, count: 8)
        try bytes.withUnsafeMutableBytes { try checkpoint.read(checkpoint.tensors[0], into: $0) }
        #expect(bytes == [8, 9, 10, 11, 12, 13, 14, 15])
    }

    @Test func aFileNamedByItselfOpensItsFolder() throws {
        let scratch = try Scratch()
        let file = try scratch.write(safeTensors(Self.sound, data: 26), to: "other.safetensors")
        #expect(try errorOpening(safeTensors(Self.sound, data: 26), as: "x.safetensors")?.code == .notAModel)
        try scratch.write(#"{"model_type":"bert"}"#, to: "config.json")
        #expect(try Checkpoint.open(file).config["model_type"]?.string == "bert")
    }

    static func entry(_ name: String, _ dtype: String, _ shape: String, _ offsets: String) -> String {
        #""\#(name)":{"dtype":"\#(dtype)","shape":\#(shape),"data_offsets":\#(offsets)}"#
    }

    static let cases: [(String, [UInt8])] = [
        ("too short", [1, 2, 3]),
        ("header beyond the limit", safeTensors("{}", length: 100_000_001)),
        ("header beyond the file", safeTensors("{}", length: 3)),
        ("header of 2^64 - 1", safeTensors("{}", length: .max)),
        ("leading space", safeTensors(" {}")),
        ("array", safeTensors("[]")),
        ("null", safeTensors("null")),
        ("text after the end", safeTensors("{}x")),
        ("NUL padding", safeTensors("{}\0\0")),
        ("not UTF-8", safeTensors(Array(#"{""#.utf8) + [0xFF] + Array(#"":{}}"#.utf8))),
        ("nested 100,000 deep", safeTensors(#"{"a":"# + String(repeating: "[", count: 100_000))),
        ("unfinished", safeTensors(#"{"a""#)),
        (
            "repeated",
            safeTensors("{\(entry("a", "F32", "[1]", "[0,4]")),\(entry("a", "F32", "[1]", "[4,8]"))}", data: 8)
        ),
        (
            "repeated through an escape",
            safeTensors("{\(entry("a", "F32", "[1]", "[0,4]")),\(entry(#"\u0061"#, "F32", "[1]", "[4,8]"))}", data: 8)
        ),
        (
            "repeated field",
            safeTensors(#"{"a":{"dtype":"F32","dtype":"F32","shape":[],"data_offsets":[0,4]}}"#, data: 4)
        ),
        ("unknown field", safeTensors(#"{"a":{"dtype":"F32","shape":[],"data_offsets":[0,4],"x":1}}"#, data: 4)),
        ("missing field", safeTensors(#"{"a":{"dtype":"F32","shape":[]}}"#)),
        ("unknown dtype", safeTensors("{\(entry("a", "F33", "[1]", "[0,4]"))}", data: 4)),
        ("negative extent", safeTensors("{\(entry("a", "F32", "[-1]", "[0,4]"))}", data: 4)),
        ("fractional extent", safeTensors("{\(entry("a", "F32", "[1.0]", "[0,4]"))}", data: 4)),
        ("extent with an exponent", safeTensors("{\(entry("a", "F32", "[1e0]", "[0,4]"))}", data: 4)),
        ("leading zero", safeTensors("{\(entry("a", "F32", "[01]", "[0,4]"))}", data: 4)),
        ("extent beyond 2^48", safeTensors("{\(entry("a", "F32", "[0,281474976710657]", "[0,0]"))}")),
        (
            "overflow beside a zero",
            safeTensors("{\(entry("a", "F32", "[0,281474976710656,281474976710656]", "[0,0]"))}")
        ),
        ("three offsets", safeTensors("{\(entry("a", "F32", "[1]", "[0,4,4]"))}", data: 4)),
        ("end before begin", safeTensors("{\(entry("a", "F32", "[0]", "[4,0]"))}", data: 4)),
        ("hole", safeTensors("{\(entry("a", "F32", "[1]", "[4,8]"))}", data: 8)),
        (
            "overlap",
            safeTensors("{\(entry("a", "F32", "[1]", "[0,4]")),\(entry("b", "F32", "[1]", "[0,4]"))}", data: 4)
        ),
        ("bytes are not shape times dtype", safeTensors("{\(entry("a", "F32", "[2]", "[0,4]"))}", data: 4)),
        ("half a byte", safeTensors("{\(entry("a", "F4", "[3]", "[0,2]"))}", data: 2)),
        ("trailing bytes", safeTensors("{\(entry("a", "F32", "[1]", "[0,4]"))}", data: 5)),
        ("a byte missing", safeTensors("{\(entry("a", "F32", "[1]", "[0,4]"))}", data: 3)),
        ("metadata not a string", safeTensors(#"{"__metadata__":{"a":1}}"#)),
        ("metadata repeated", safeTensors(#"{"__metadata__":{"a":"","a":""}}"#)),
        ("empty name", safeTensors("{\(entry("", "F32", "[1]", "[0,4]"))}", data: 4)),
        ("NUL in a name", safeTensors("{\(entry(#"\u0000"#, "F32", "[1]", "[0,4]"))}", data: 4)),
        ("path in a name", safeTensors("{\(entry("../a", "F32", "[1]", "[0,4]"))}", data: 4)),
        ("lone surrogate", safeTensors("{\(entry(#"\ud800"#, "F32", "[1]", "[0,4]"))}", data: 4)),
    ]

    @Test(arguments: cases) func refusesMalformed(name: String, bytes: [UInt8]) throws {
        let error = try #require(try errorOpening(bytes, as: "m.safetensors"))
        #expect(error.code == .malformed)
        #expect(error.file != nil)
    }

    @Test func errorsNameTheTensor() throws {
        let error = try errorOpening(
            safeTensors("{\(Self.entry("w", "F32", "[-1]", "[0,4]"))}", data: 4),
            as: "m.safetensors"
        )
        #expect(error?.key == "w")
        #expect(error?.offset == 37)
    }

    @Test func unsupportedTypesAreNamed() throws {
        let error = try errorOpening(
            safeTensors("{\(Self.entry("w", "F8_E4M3", "[4]", "[0,4]"))}", data: 4),
            as: "m.safetensors"
        )
        #expect(error?.code == .unsupported)
        #expect(error?.key == "w")
        #expect(error?.message.contains("F8_E4M3") == true)
    }

    @Test func aMillionEmptyTensorsAreRefusedInTime() throws {
        var header = "{"
        for index in 0..<1_000_000 { header += Self.entry("t\(index)", "F32", "[0]", "[0,0]") + "," }
        header += Self.entry("t", "F32", "[0]", "[0,0]") + "}"
        let scratch = try Scratch()
        let path = try scratch.write(safeTensors(header), to: "m.safetensors")
        let seconds = processorSeconds {
            #expect(throws: CheckpointError.self) { try Checkpoint.open(path) }
        }
        #expect(seconds < 1)
    }

    @Test func aHundredMegabytesOfSpacesAreReadInTime() throws {
        let scratch = try Scratch()
        let header = Array("{".utf8) + [UInt8](repeating: 0x20, count: 99_999_998) + Array("]".utf8)
        let path = try scratch.write(safeTensors(header), to: "m.safetensors")
        let seconds = processorSeconds {
            #expect(throws: CheckpointError.self) { try Checkpoint.open(path) }
        }
        #expect(seconds < 1)
    }
}
