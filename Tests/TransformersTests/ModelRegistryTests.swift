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

    @Test(arguments: ["llama", "bert"])
    func moreLayersThanAnyModelHasAreNotLookedFor(_ golden: String) throws {
        let checkpoint = try checkpoint(golden, "\"num_hidden_layers\": 3", "\"num_hidden_layers\": 100000")
        let error = try #require(throws: CheckpointError.self) { try ModelRegistry.load(checkpoint) }
        #expect(error.code == .malformed && error.key == "num_hidden_layers")
    }

    @Test(arguments: ["llama", "bert"])
    func everyMissingWeightIsNamed(_ golden: String) throws {
        let checkpoint = try checkpoint(golden, "\"num_hidden_layers\": 3", "\"num_hidden_layers\": 4")
        let error = try #require(throws: CheckpointError.self) { try ModelRegistry.load(checkpoint) }
        #expect(error.code == .malformed && error.message.contains(".3.") && error.message.contains("is missing"))
    }

    @Test func whatIsBuiltDependsOnTheFormat() throws {
        #expect(ModelRegistry.isBuilt(try Golden("bert").checkpoint()))
        #expect(WeightReader.readsGGUF(of: "llama"))
        #expect(!WeightReader.readsGGUF(of: "bert"))
    }
}
