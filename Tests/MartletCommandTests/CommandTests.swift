// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

/// What commands print is what the command line promises.
struct CommandTests {
    @Test(
        "help shows examples",
        arguments: [
            "", "models", "models list", "models pull", "models show", "models verify", "tokenize", "logits",
            "generate",
            "perplexity", "embed", "bench", "kb", "kb add", "kb search", "kb show", "kb list", "kb remove", "kb verify",
            "ask", "chat",
        ]
    )
    func help(_ command: String) throws {
        let outcome = try Executable.run(command.split(separator: " ").map(String.init) + ["--help"])
        #expect(outcome.status == 0)
        #expect(outcome.errors.isEmpty)
        #expect(outcome.output.contains("EXAMPLES\n  martlet \(command)") || command.isEmpty, "\(outcome.output)")
        #expect(outcome.output.contains("EXAMPLES"))
    }

    @Test("the version is one line")
    func version() throws {
        let outcome = try Executable.run(["--version"])
        #expect(outcome.status == 0)
        #expect(outcome.output.wholeMatch(of: /\d+\.\d+\.\d+\n/) != nil)
    }

    @Test("the catalog is listed, for people and as JSON")
    func modelsList() throws {
        let table = try Executable.run(["models", "list"])
        #expect(table.output.contains("smollm2-135m-instruct") && table.output.contains("Apache-2.0"))
        let json = try Executable.run(["models", "list", "--json"]).output
        let models = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [[String: Any]])
        let first = try #require(models.first)
        #expect(first["name"] as? String == "smollm2-135m-instruct")
        #expect(first["installed"] as? Bool == false)
        #expect(models.contains { $0["name"] as? String == "all-minilm-l6-v2" })
    }

    @Test("a model is shown and verified")
    func modelsShow() throws {
        let shown = try Executable.run(["models", "show", Fixture.golden("llama"), "--json"]).json()
        #expect(shown["path"] as? String == Fixture.golden("llama"))
        #expect(shown["architecture"] as? String == "llama")
        #expect(shown["context"] as? Int == 64)
        #expect((shown["tensors"] as? [Any])?.isEmpty == false)
        let text = try Executable.run(["models", "show", Fixture.golden("llama")]).output
        #expect(text.contains("model.embed_tokens.weight"))
        let verified = try Executable.run(["models", "verify", Fixture.golden("llama")])
        #expect(verified.status == 0 && verified.output.hasPrefix("ok"))
    }

    @Test("a model whose weights do not fit its architecture is not verified")
    func modelsVerifyMissingWeights() throws {
        let model = try Fixture.speakingLlama()
        let config = try String(contentsOf: model.url("config.json"), encoding: .utf8)
        let deeper = config.replacingOccurrences(of: "\"num_hidden_layers\": 3", with: "\"num_hidden_layers\": 4")
        try #require(deeper != config)
        _ = try model.file("config.json", deeper)
        let outcome = try Executable.run(["models", "verify", model.path])
        #expect(outcome.status == 65 && outcome.errors.contains("model.layers.3"), "\(outcome.errors)")
    }

    @Test("special tokens that are spelled out stay text unless asked for")
    func tokenize() throws {
        let model = try Fixture.speakingLlama()
        func ids(_ arguments: String...) throws -> [Int] {
            let outcome = try Executable.run(["tokenize", "--model", model.path] + arguments)
            return try #require(try outcome.json()["ids"] as? [Int], "\(outcome.errors)")
        }
        #expect(try ids("--", "-a b") == [13, 65, 0, 66])
        #expect(try ids("x<|stop|>").count == 9)
        #expect(try ids("x<|stop|>", "--parse-special") == [88, 95])
        let text = try Executable.run(["tokenize", "--model", model.path, "--decode", "13,65,0,66"]).json()
        #expect(text["text"] as? String == "-a b")
        let lines = try model.file("lines", "\"a\\u0020b\"\n\"c\"\n")
        let outcome = try Executable.run(["tokenize", "--model", model.path, "--lines", lines])
        #expect(
            outcome.output == "{\"ids\":[65,0,66],\"tokens\":[\"a\",\"Ġ\",\"b\"]}\n{\"ids\":[67],\"tokens\":[\"c\"]}\n"
        )
        #expect(
            try Executable.run(["tokenize", "-", "--model", model.path], input: "ab").json()["ids"] as? [Int] == [
                65, 66,
            ]
        )
    }

    @Test("values may begin with a dash")
    func dashes() throws {
        let arguments = ["generate", "--ids", "1,2", "--model", Fixture.golden("llama"), "--max-new-tokens", "3"]
        let plain = try Executable.run(arguments + ["--json", "--seed", "-5"]).json()
        #expect(plain["seed"] as? Int == -5)
        let outcome = try Executable.run(arguments + ["--json", "--stop", "-x", "--stop", "--y"])
        #expect(outcome.status == 0, "\(outcome.errors)")
        let ids = try #require((plain["sequences"] as? [[String: Any]])?.first?["ids"] as? [Int])
        let banned = try Executable.run(arguments + ["--json", "--logit-bias", "\(ids[0])=-100"]).json()
        let others = try #require((banned["sequences"] as? [[String: Any]])?.first?["ids"] as? [Int])
        #expect(others.first != ids.first)
    }

    @Test("generation has the promised shape, and a batch changes nothing")
    func generate() throws {
        let model = try Fixture.speakingLlama()
        let prompts = try model.file("prompts", "Once\nupon a time\nthere was\n")
        func lines(_ arguments: String...) throws -> [[String: Any]] {
            let outcome = try Executable.run(
                ["generate", "--prompts", prompts, "--model", model.path, "--json", "--max-new-tokens", "6"] + arguments
            )
            return try outcome.output.split(separator: "\n").map {
                try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
            }
        }
        func ids(_ lines: [[String: Any]]) -> [[Int]] {
            lines.compactMap { ($0["sequences"] as? [[String: Any]])?.first?["ids"] as? [Int] }
        }
        let alone = try lines("--batch", "1")
        #expect(alone.count == 3)
        #expect(ids(alone).allSatisfy { $0.count == 6 })
        #expect(ids(alone) == ids(try lines()))
        let sampled = try lines("--temperature", "1.5", "--seed", "7", "--batch", "1")
        #expect(ids(sampled) == ids(try lines("--temperature", "1.5", "--seed", "7", "--threads", "1")))
        #expect(ids(sampled) != ids(alone))
        #expect(sampled.allSatisfy { $0["seed"] as? Int == 7 })
        let usage = try #require(alone[1]["usage"] as? [String: Any])
        #expect(usage["prompt_tokens"] as? Int == 11 && usage["completion_tokens"] as? Int == 6)
        let sequence = try #require((alone[0]["sequences"] as? [[String: Any]])?.first)
        #expect(sequence["finish_reason"] as? String == "length")
        let text = try #require(sequence["text"] as? String)
        let plain = try Executable.run(["generate", "Once", "--model", model.path, "--max-new-tokens", "6"])
        #expect(plain.output == text + "\n")
        let counted = try Executable.run([
            "generate", "--ids", "1", "--model", model.path, "--json", "--max-new-tokens", "2", "--logprobs", "3",
        ]).json()
        let logprobs = try #require((counted["sequences"] as? [[String: Any]])?.first?["logprobs"] as? [[String: Any]])
        #expect(logprobs.count == 2 && (logprobs[0]["top"] as? [Any])?.count == 3)
    }

    @Test("several texts of one prompt differ, and the same seed gives the same")
    func returnSequences() throws {
        func texts() throws -> [[Int]] {
            let outcome = try Executable.run([
                "generate", "--ids", "1,2,3", "--model", Fixture.golden("llama"), "--json", "--do-sample", "--seed",
                "3",
                "--num-return-sequences", "3", "--max-new-tokens", "8",
            ])
            return try #require(try outcome.json()["sequences"] as? [[String: Any]]).compactMap { $0["ids"] as? [Int] }
        }
        let first = try texts()
        #expect(Set(first).count == 3)
        #expect(try texts() == first)
    }

    @Test("an empty knowledge base is there, and searching it finds nothing")
    func emptyKnowledge() throws {
        let home = try Scratch()
        #expect(try Executable.run(["kb", "list", "--json"], home: home).output == "[]\n")
        #expect(try Executable.run(["kb", "search", "hello", "--json"], home: home).output == "[]\n")
        let queries = try home.file("queries", "one\ntwo\n")
        #expect(try Executable.run(["kb", "search", "--queries", queries], home: home).output == "[]\n[]\n")
        #expect(try Executable.run(["kb", "verify"], home: home).status == 0)
        let elsewhere = try Scratch()
        _ = try Executable.run(["kb", "list", "--home", elsewhere.path], home: home)
        #expect(FileManager.default.fileExists(atPath: elsewhere.url("knowledge").path))
    }

    @Test("a benchmark reports what was promised")
    func bench() throws {
        let figures = try Executable.run([
            "bench", "--model", Fixture.golden("llama"), "--prompt", "16", "--generate", "8", "--threads", "1",
        ]).json()
        for key in [
            "prompt_tokens_per_second", "generation_tokens_per_second", "resident_bytes", "read_bandwidth",
            "bandwidth_fraction",
        ] {
            #expect(try #require(figures[key] as? Double, "\(key)") > 0)
        }
        #expect(figures["threads"] as? Int == 1)
        #expect(["scalar", "avx2", "avx512", "neon"].contains(figures["isa"] as? String))
    }
}
