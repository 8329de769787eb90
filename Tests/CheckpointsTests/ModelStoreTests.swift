// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Foundation
import Testing

@Suite struct ModelStoreTests {
    @Test func liesWhereTheEnvironmentSays() throws {
        #expect(try ModelStore(environment: ["MARTLET_MODELS": "/m", "HOME": "/h"]).folder == "/m")
        #expect(try ModelStore(environment: ["XDG_CACHE_HOME": "/c", "HOME": "/h"]).folder == "/c/martlet/models")
        #expect(try ModelStore(environment: ["HOME": "/h"]).folder == "/h/.cache/martlet/models")
        let error = #expect(throws: CheckpointError.self) { try ModelStore(environment: [:]) }
        #expect(error?.code == .configuration)
    }

    @Test(arguments: [
        ("smollm2-135m-instuct", "smollm2-135m-instruct"), ("minilm", "all-minilm-l6-v2"),
        ("GEMMA-3-270", "gemma-3-270m"), ("smollm", "smollm2-135m-instruct"), ("smolm2", "smollm2-135m-instruct"),
    ]) func namesNearNames(wrong: String, right: String) {
        let store = ModelStore(folder: "/nonexistent")
        let error = #expect(throws: CheckpointError.self) { try store.resolve(wrong) }
        #expect(error?.code == .notFound)
        #expect(error?.message.contains(right) == true)
        #expect(error?.description == error?.message, "the message names it once")
    }

    @Test func saysHowToFetchWhatIsMissing() {
        let store = ModelStore(folder: "/nonexistent")
        for name in ["smollm2-135m-instruct", "hf:owner/name:file.gguf"] {
            let error = #expect(throws: CheckpointError.self) { try store.resolve(name) }
            #expect(error?.code == .unavailable)
            #expect(error?.message.contains("martlet models pull \(name)") == true)
        }
    }

    @Test(arguments: [
        "hf:", "hf:a", "hf:a/b/c", "hf:../b", "hf:a/..", "hf:a/b@../x", "hf:a/b:../x", "hf:a/b:c/d", "hf:a/ b",
    ])
    func hubNamesCannotClimb(name: String) {
        let error = #expect(throws: CheckpointError.self) { try ModelStore(folder: "/nonexistent").resolve(name) }
        #expect(error?.code == .notFound)
    }

    @Test func pathsAndStoredModelsAreFound() throws {
        let scratch = try Scratch()
        let store = ModelStore(folder: "\(scratch.path)/models")
        let file = try scratch.write(GGUFBuilder.sound().bytes, to: "models/mine/m.gguf")
        try scratch.write("{}", to: "models/.partial-x/config.json")
        #expect(try store.resolve(file) == file)
        #expect(try store.resolve("mine") == file)
        #expect(try store.installed().map(\.name) == ["mine"])
        #expect(try store.installed().map(\.byteCount) == [GGUFBuilder.sound().bytes.count])
        #expect(#expect(throws: CheckpointError.self) { try store.resolve("./none.gguf") }?.code == .notFound)
        #expect(#expect(throws: CheckpointError.self) { try store.resolve("") }?.code == .notFound)
    }

    @Test func aCatalogModelOfTheWrongLengthIsNotInstalled() throws {
        let scratch = try Scratch()
        let store = ModelStore(folder: scratch.path)
        let model = try #require(ModelCatalog.model(named: "SmolLM2-135M-Instruct"))
        try scratch.write("half", to: "\(model.name)/\(model.files[0].name)")
        #expect(!store.isInstalled(model))
        #expect(try store.installed().isEmpty)
    }

    @Test func theCatalogIsConsistent() {
        #expect(ModelCatalog.model(named: ModelCatalog.defaultChatModel)?.purpose == .chat)
        #expect(ModelCatalog.model(named: ModelCatalog.defaultEmbedder)?.purpose == .embedding)
        #expect(Set(ModelCatalog.models.map(\.name)).count == 5)
        for file in ModelCatalog.models.flatMap(\.files) {
            #expect(file.sha256.count == 64 && file.sha256.allSatisfy { "0123456789abcdef".contains($0) })
            #expect(file.byteCount > 0)
        }
    }

    @Test func aFullDiskIsItsOwnError() throws {
        guard FileManager.default.fileExists(atPath: "/dev/full") else { return }
        let file = try OutputFile("/dev/full", appending: true)
        let error = #expect(throws: CheckpointError.self) {
            try Array(repeating: UInt8(1), count: 10).withUnsafeBytes { try file.write($0) }
        }
        #expect(error?.code == .noSpace)
    }

    @Test func verifyReadsEveryWeight() throws {
        let scratch = try Scratch()
        let store = ModelStore(folder: scratch.path)
        var builder = GGUFBuilder.sound()
        let sound = try store.verify(try scratch.write(builder.bytes, to: "sound.gguf"))
        #expect(sound.tensorCount == 2)
        #expect(sound.parameterCount == 16)
        #expect(sound.matchesCatalog == nil)
        #expect(sound.tensorsWithNonFiniteValues.isEmpty)
        builder.add(tensor: "nan", [2], [0, 0, 0, 0, 0, 0, 0xC0, 0x7F])
        builder.add(tensor: "scale", [32], type: 3, [0, 0, 0, 0x7C] + [UInt8](repeating: 0, count: 16))
        builder.add(tensor: "fine", [32], type: 8, [0, 0x3C] + [UInt8](repeating: 0x7F, count: 32))
        let found = try store.verify(try scratch.write(builder.bytes, to: "nan.gguf"))
        #expect(found.tensorsWithNonFiniteValues == ["nan", "scale"])
    }
}
