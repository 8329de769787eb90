// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Foundation
import Testing

@Suite struct HuggingFaceFolderTests {
    static func shard(_ name: String) -> [UInt8] {
        safeTensors("{\(SafeTensorsReaderTests.entry(name, "F32", "[1]", "[0,4]"))}", data: 4)
    }

    func folder(index: String, shards: [String: [UInt8]]) throws -> Scratch {
        let scratch = try Scratch()
        try scratch.write("{}", to: "config.json")
        try scratch.write(index, to: "model.safetensors.index.json")
        for (name, bytes) in shards { try scratch.write(bytes, to: name) }
        return scratch
    }

    @Test func joinsShards() throws {
        let scratch = try folder(
            index:
                #"{"metadata":{"total_size":8,"x":[1.5e3,null,{"y":true}]},"weight_map":{"b":"2.safetensors","a":"1.safetensors"}}"#,
            shards: ["1.safetensors": Self.shard("a"), "2.safetensors": Self.shard("b")]
        )
        let checkpoint = try Checkpoint.open(scratch.path)
        #expect(checkpoint.tensors.map(\.name) == ["b", "a"])
        #expect(checkpoint.tensors.map(\.fileIndex) == [0, 1])
        var bytes = [UInt8](repeating: 9, count: 4)
        try bytes.withUnsafeMutableBytes { try checkpoint.read(checkpoint.tensors[1], into: $0) }
        #expect(bytes == [0, 1, 2, 3])
    }

    @Test(arguments: [
        #"{"weight_map":{"a":"../1.safetensors"}}"#,
        #"{"weight_map":{"a":"/1.safetensors"}}"#,
        #"{"weight_map":{"a":"1.bin"}}"#,
        #"{"weight_map":{"a":"3.safetensors"}}"#,
        #"{"weight_map":{"a":"1.safetensors","c":"1.safetensors"}}"#,
        #"{"weight_map":{"a":"2.safetensors","b":"1.safetensors"}}"#,
        #"{"weight_map":{"a":"1.safetensors","a":"1.safetensors"}}"#,
        #"{"weight_map":{"a":"1.safetensors"},"weight_map":{"a":"1.safetensors"}}"#,
        #"{"weight_map":{"a":1}}"#,
        #"{"weight_map":{}}"#,
        #"{}"#,
        #"{"weight_map":{"a":"1.safetensors"}}x"#,
        #"{"x":nul,"weight_map":{"a":"1.safetensors"}}"#,
    ]) func refusesMalformedIndex(index: String) throws {
        let scratch = try folder(
            index: index,
            shards: ["1.safetensors": Self.shard("a"), "2.safetensors": Self.shard("b")]
        )
        let error = #expect(throws: CheckpointError.self) { try Checkpoint.open(scratch.path) }
        #expect(error?.code == .malformed)
    }

    @Test func aTensorInTwoShardsIsRefused() throws {
        let scratch = try folder(
            index: #"{"weight_map":{"a":"1.safetensors","b":"2.safetensors"}}"#,
            shards: ["1.safetensors": Self.shard("a"), "2.safetensors": Self.shard("a")]
        )
        let error = #expect(throws: CheckpointError.self) { try Checkpoint.open(scratch.path) }
        #expect(error?.key == "a")
    }

    @Test func foldersThatAreNoModelSayWhy() throws {
        let scratch = try Scratch()
        #expect(throws: CheckpointError.self) { try Checkpoint.open(scratch.path) }
        try scratch.write("x", to: "m.gguf")
        let hint = #expect(throws: CheckpointError.self) { try Checkpoint.open(scratch.path) }
        #expect(hint?.code == .notAModel)
        #expect(hint?.message.contains("m.gguf") == true)

        let pickled = try Scratch()
        try pickled.write("{}", to: "config.json")
        try pickled.write([0x50, 0x4B, 3, 4], to: "pytorch_model.bin")
        let pickle = #expect(throws: CheckpointError.self) { try Checkpoint.open(pickled.path) }
        #expect(pickle?.message.contains("pickle") == true)

        try pickled.write("[]", to: "config.json")
        #expect(#expect(throws: CheckpointError.self) { try Checkpoint.open(pickled.path) }?.code == .malformed)
        try pickled.write(#"{"a":1,"a":2}"#, to: "config.json")
        #expect(#expect(throws: CheckpointError.self) { try Checkpoint.open(pickled.path) }?.offset == 7)
    }

    @Test func linksAreFollowed() throws {
        let blobs = try Scratch()
        let scratch = try Scratch()
        try scratch.write("{}", to: "config.json")
        let blob = try blobs.write(Self.shard("a"), to: "blob")
        try FileManager.default.createSymbolicLink(
            atPath: "\(scratch.path)/model.safetensors",
            withDestinationPath: blob
        )
        #expect(try Checkpoint.open(scratch.path).tensors.map(\.name) == ["a"])
    }
}
