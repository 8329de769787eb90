// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

/// The executable that was built beside these tests, run as a user runs it.
struct Executable {
    struct Outcome {
        let status: Int32
        let output: String
        let errors: String

        /// The only JSON document on standard output.
        func json() throws -> [String: Any] {
            let value = try JSONSerialization.jsonObject(with: Data(output.utf8))
            return try #require(value as? [String: Any], "no JSON object: \(output.prefix(200)) \(errors)")
        }
    }

    /// Where it lies: SwiftPM puts products and test bundles into one folder.
    static func path() throws -> String {
        var folder = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
            .deletingLastPathComponent()
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        for _ in 0..<5 {
            let candidate = folder.appendingPathComponent("martlet").path
            if FileManager.default.isExecutableFile(atPath: candidate), !isFolder(candidate) { return candidate }
            folder.deleteLastPathComponent()
        }
        let candidate = root.appendingPathComponent(".build/release/martlet").path
        try #require(
            FileManager.default.isExecutableFile(atPath: candidate),
            "no `martlet` beside the tests; build it: swift build -c release --product martlet"
        )
        return candidate
    }

    private static func isFolder(_ path: String) -> Bool {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
    }

    /// Runs it with an empty home of its own.
    static func run(
        _ arguments: [String],
        input: String = "",
        environment: [String: String] = [:],
        home: Scratch? = nil
    ) throws -> Outcome {
        try start(try path(), arguments, input: input, environment: environment, home: home)
    }

    /// Runs a line of shell in which `$MARTLET` is the executable.
    static func shell(_ line: String, environment: [String: String] = [:]) throws -> Outcome {
        let environment = environment.merging(["MARTLET": try path()]) { first, _ in first }
        return try start("/bin/sh", ["-c", line], input: "", environment: environment, home: nil)
    }

    private static func start(
        _ path: String,
        _ arguments: [String],
        input: String,
        environment: [String: String],
        home: Scratch?
    ) throws -> Outcome {
        let scratch = try home ?? Scratch()
        let files = try Scratch()
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        var variables = ["PATH": "/usr/bin:/bin", "HOME": scratch.path, "HF_HUB_OFFLINE": "1"]
        variables.merge(environment) { _, given in given }
        process.environment = variables
        // Files cannot fill up as pipes do.
        try Data(input.utf8).write(to: files.url("input"))
        for name in ["output", "errors"] { try Data().write(to: files.url(name)) }
        process.standardInput = try FileHandle(forReadingFrom: files.url("input"))
        process.standardOutput = try FileHandle(forWritingTo: files.url("output"))
        process.standardError = try FileHandle(forWritingTo: files.url("errors"))
        try process.run()
        process.waitUntilExit()
        return Outcome(
            status: process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus,
            output: try files.text("output"),
            errors: try files.text("errors")
        )
    }
}

/// A folder that goes when the value does.
final class Scratch {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("martlet-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func url(_ name: String) -> URL { URL(fileURLWithPath: path).appendingPathComponent(name) }

    func text(_ name: String) throws -> String { String(decoding: try Data(contentsOf: url(name)), as: UTF8.self) }

    /// Writes a file and gives its path.
    @discardableResult
    func file(_ name: String, _ text: String) throws -> String {
        try Data(text.utf8).write(to: url(name))
        return url(name).path
    }
}

/// Tiny models: golden checkpoints, and one of them with a tokenizer of 100 bytes and pieces.
enum Fixture {
    static func golden(_ name: String) -> String {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Fixtures/goldens/\(name)").path
    }

    static func values(_ name: String) throws -> [String: Any] {
        let data = try Data(contentsOf: URL(fileURLWithPath: golden(name)).appendingPathComponent("golden.json"))
        return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    }

    /// Ids as the command line takes them.
    static func rows(_ value: Any?) throws -> String {
        try #require(value as? [[Int]]).map { $0.map(String.init).joined(separator: ",") }.joined(separator: ";")
    }

    /// A folder with the golden Llama and a byte-level tokenizer: printable ASCII, and one special token.
    static func speakingLlama() throws -> Scratch {
        let scratch = try Scratch()
        for name in ["config.json", "generation_config.json", "model.safetensors"] {
            try FileManager.default.copyItem(
                at: URL(fileURLWithPath: golden("llama")).appendingPathComponent(name),
                to: scratch.url(name)
            )
        }
        // The byte-level alphabet writes a space as Ġ and printable ASCII as itself.
        var vocabulary: [String: Int] = ["Ġ": 0]
        for (place, code) in (0x21...0x7E).enumerated() {
            vocabulary[String(try #require(Unicode.Scalar(code)))] = place + 1
        }
        vocabulary["<|stop|>"] = 95
        let tokenizer: [String: Any] = [
            "version": "1.0", "truncation": NSNull(), "padding": NSNull(), "normalizer": NSNull(),
            "added_tokens": [
                [
                    "id": 95, "content": "<|stop|>", "single_word": false, "lstrip": false, "rstrip": false,
                    "normalized": false, "special": true,
                ] as [String: Any]
            ],
            "pre_tokenizer": [
                "type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true,
            ] as [String: Any],
            "post_processor": NSNull(),
            "decoder": [
                "type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true,
            ] as [String: Any],
            "model": [
                "type": "BPE", "dropout": NSNull(), "unk_token": NSNull(), "continuing_subword_prefix": NSNull(),
                "end_of_word_suffix": NSNull(), "fuse_unk": false, "byte_fallback": false, "ignore_merges": false,
                "vocab": vocabulary, "merges": [String](),
            ] as [String: Any],
        ]
        try JSONSerialization.data(withJSONObject: tokenizer).write(to: scratch.url("tokenizer.json"))
        return scratch
    }
}
