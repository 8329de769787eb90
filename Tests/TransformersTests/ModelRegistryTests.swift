// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Foundation
import Testing
import Transformers

@Suite struct ModelRegistryTests {
    /// Opens a golden whose `config.json` says something else in one place.
    private func checkpoint(_ golden: String, _ text: String, _ other: String) throws -> Checkpoint {
        let source = try Golden(golden).folder
        let folder = FileManager.default.temporaryDirectory.appending(path: "martlet-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try FileManager.default.copyItem(
            atPath: "\(source)/model.safetensors",
            toPath: "\(folder)/model.safetensors"
        )
        let config = try String(contentsOfFile: "\(source)/config.json", encoding: .utf8)
        try #require(config.contains(text))
        try config.replacingOccurrences(of: text, with: other)
            .write(toFile: "\(folder)/config.json", atomically: true, encoding: .utf8)
        return try Checkpoint.open(folder)
    }

    @Test(arguments: ["llama", "qwen2", "bert"])
    func moreLayersThanAnyModelHasAreNotLookedFor(_ golden: String) throws {
        let checkpoint = try checkpoint(golden, "\"num_hidden_layers\": 3", "\"num_hidden_layers\": 100000")
        let error = try #require(throws: CheckpointError.self) { try ModelRegistry.load(checkpoint) }
        #expect(error.code == .malformed && error.key == "num_hidden_layers")
    }

    @Test(arguments: ["llama", "qwen2", "bert"])
    func everyMissingWeightIsNamed(_ golden: String) throws {
        let checkpoint = try checkpoint(golden, "\"num_hidden_layers\": 3", "\"num_hidden_layers\": 4")
        let error = try #require(throws: CheckpointError.self) { try ModelRegistry.load(checkpoint) }
        #expect(error.code == .malformed && error.message.contains(".3.") && error.message.contains("is missing"))
    }

    /// Each of these would otherwise compute other numbers than it was made for, and say nothing.
    @Test(
        arguments: ["llama", "qwen2"],
        [
            ("rope_parameters", #"null, "rope_scaling": {"type": "linear", "factor": 4.0}"#, "rope_scaling"),
            ("rope_parameters", #"{"rope_type": "default"}, "rope_scaling": {"rope_type": "yarn"}"#, "rope_scaling"),
            ("rope_parameters", #"{"rope_type": "llama3", "rope_theta": 10000.0}"#, "rope_parameters"),
            ("rope_parameters", #"{"rope_type": 7}"#, "rope_parameters"), ("rope_parameters", "[]", "rope_parameters"),
        ]
    )
    func rotaryScalingIsRefused(_ golden: String, _ setting: (key: String, value: String, named: String)) throws {
        let config = try String(contentsOfFile: "\(Golden(golden).folder)/config.json", encoding: .utf8)
        let range = try #require(config.range(of: #""rope_parameters": \{[^}]*\}"#, options: .regularExpression))
        let checkpoint = try checkpoint(golden, String(config[range]), "\"\(setting.key)\": \(setting.value)")
        let error = try #require(throws: CheckpointError.self) { try ModelRegistry.load(checkpoint) }
        #expect(error.key == setting.named && (error.code == .unsupported || error.code == .malformed))
    }

    @Test(arguments: [
        (
            #""full_attention",\#n    "full_attention",\#n    "full_attention""#,
            #""full_attention", "sliding_attention""#
        ),
        (#""use_sliding_window": false"#, #""use_sliding_window": true"#),
    ])
    func slidingWindowsAreRefused(_ text: String, _ other: String) throws {
        let checkpoint = try checkpoint("qwen2", text, other)
        let error = try #require(throws: CheckpointError.self) { try ModelRegistry.load(checkpoint) }
        #expect(error.code == .unsupported)
    }

    @Test func rotaryKeysOfGGUF() throws {
        func theta(_ values: [(String, MetadataValue)]) throws -> Float {
            var metadata = Metadata(file: "m.gguf")
            for (key, value) in values { _ = metadata.insert(value, for: "qwen2.rope.\(key)") }
            return try RotaryConfiguration(metadata, architecture: "qwen2", headDimension: 64).theta
        }
        #expect(try theta([]) == 10_000)
        #expect(try theta([("freq_base", .float32(1e6)), ("dimension_count", .uint32(64))]) == 1e6)
        #expect(try theta([("scaling.type", .string("none")), ("scaling.factor", .float32(4))]) == 10_000)
        #expect(try theta([("scaling.type", .string("linear")), ("scaling.factor", .float32(1))]) == 10_000)
        #expect(try theta([("scaling.factor", .float32(0))]) == 10_000)
        for refused in [
            ("scaling.factor", MetadataValue.float32(4)), ("scale_linear", .float32(2)),
            ("scaling.type", .string("yarn")), ("dimension_count", .uint32(32)), ("scaling.type", .uint32(1)),
        ] {
            #expect(throws: CheckpointError.self, "\(refused.0)") { try theta([refused]) }
        }
    }

    @Test func whatIsBuiltDependsOnTheFormat() throws {
        #expect(ModelRegistry.isBuilt(try Golden("bert").checkpoint()))
        #expect(WeightReader.readsGGUF(of: "llama") && WeightReader.readsGGUF(of: "qwen2"))
        #expect(!WeightReader.readsGGUF(of: "bert"))
    }
}
