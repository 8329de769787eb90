// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

/// What is wrong is one line on standard error with the promised exit code, and nothing else.
struct BadInputTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let arguments: String
        let status: Int32
        let says: String
        var testDescription: String { "martlet \(arguments)" }

        init(_ arguments: String, _ status: Int32, _ says: String) {
            self.arguments = arguments
            self.status = status
            self.says = says
        }

        /// The words; `LLAMA` and `BERT` stand for the golden models, `''` for an empty word.
        var words: [String] {
            arguments.split(separator: " ").map {
                switch $0 {
                case "LLAMA": Fixture.golden("llama")
                case "BERT": Fixture.golden("bert")
                case "''": ""
                default: String($0)
                }
            }
        }
    }

    static let cases = [
        Case("tokenise hi", 64, "did you mean tokenize?"),
        Case("models pul", 64, "did you mean pull?"),
        Case("--nonsense", 64, "martlet --help"),
        Case("tokenize", 64, "martlet tokenize --help"),
        Case("tokenize a b", 64, "'b'"),
        Case("tokenize hi --threads 0", 64, "--threads is 0"),
        Case("tokenize hi --threads many", 64, "many"),
        Case("tokenize hi --log-level loud", 64, "loud"),
        Case("tokenize hi --seed 1.5", 64, "1.5"),
        Case("tokenize hi --model nope", 66, "no model is called nope"),
        Case("tokenize hi --model smollm2-135m-instrukt", 66, "smollm2-135m-instruct"),
        Case("tokenize hi --model smollm2-135m-instruct", 69, "martlet models pull smollm2-135m-instruct"),
        Case("tokenize hi --model /nowhere/model.gguf", 66, "/nowhere/model.gguf"),
        Case("tokenize hi --model /dev/zero", 66, "device"),
        Case("tokenize hi --model /etc/passwd", 65, "looks like"),
        Case("tokenize hi --model /", 65, "config.json"),
        Case("tokenize hi --model LLAMA", 65, "no tokenizer"),
        Case("logits --model LLAMA", 64, "--ids"),
        Case("logits --model LLAMA --ids ''", 64, "nothing"),
        Case("logits --model LLAMA --ids 1,x", 64, "\"x\""),
        Case("logits --model LLAMA --ids 1,2;3", 64, "row 2"),
        Case("logits --model LLAMA --ids 1,,3", 64, "place 2"),
        Case("logits --model LLAMA --ids 99999999999", 64, "99999999999"),
        Case("logits --model LLAMA --ids -1", 65, "id -1"),
        Case("logits --model LLAMA --ids 104", 65, "0 to 103"),
        Case("logits --model LLAMA --ids 1,2 --attention-mask 1", 64, "--attention-mask"),
        Case("logits --model LLAMA --ids 1,2 --attention-mask 0,0", 64, "leaves out all"),
        Case("logits --model LLAMA --ids 1,2 --attention-mask 2,1", 64, "0 or 1"),
        Case("logits --model LLAMA --ids 1,2 --token-type-ids 0,1", 64, "encoders"),
        Case("logits --model BERT --ids 1,2 --positions last", 64, "encoder"),
        Case("logits --model BERT --ids 1,2 --token-type-ids 0,9", 65, "9"),
        Case("logits --model BERT --ids 1,2 --token-type-ids 0,-1", 65, "-1"),
        Case("perplexity", 64, "FILE or --ids"),
        Case("perplexity --model LLAMA --ids 1", 65, "at least two"),
        Case("perplexity --model LLAMA --ids 1;2", 64, "2 rows"),
        Case("perplexity --model BERT --ids 1,2", 65, "encoder"),
        Case("perplexity /nowhere --model LLAMA --context 2", 64, "--context is 2"),
        Case("perplexity x --stride 512", 64, "--stride is 512"),
        Case("generate", 64, "PROMPT"),
        Case("generate hi --model LLAMA", 65, "no tokenizer"),
        Case("generate --ids 1 --model BERT", 65, "encoder"),
        Case("generate --ids 1 --model LLAMA --num-beams 4", 64, "--num-beams is not built yet"),
        Case("generate --ids 1 --model LLAMA --no-repeat-ngram-size 2", 64, "not built yet"),
        Case("generate --ids 1 --model LLAMA --typical-p 0.9", 64, "not built yet"),
        Case("generate --ids 1 --model LLAMA --json-schema f", 64, "not built yet"),
        Case("generate --ids 1 --model LLAMA --max-new-tokens 0", 64, "--max-new-tokens is 0"),
        Case("generate --ids 1 --model LLAMA --temperature 0", 64, "temperature"),
        Case("generate --ids 1 --model LLAMA --temperature nan", 64, "temperature"),
        Case("generate --ids 1 --model LLAMA --top-p 1.5", 64, "top-p"),
        Case("generate --ids 1 --model LLAMA --top-k -3", 64, "top-k"),
        Case("generate --ids 1 --model LLAMA --logit-bias 5", 64, "5"),
        Case("generate --ids 1 --model LLAMA --logit-bias 500=1", 64, "500"),
        Case("generate --ids 1 --model LLAMA --stop ''", 64, "--stop is empty"),
        Case("generate --ids 1 --model LLAMA --num-return-sequences 2", 64, "--do-sample"),
        Case("generate --ids 1 --chat --model LLAMA", 64, "--chat"),
        Case("generate --ids 1 --max-length 1 --model LLAMA", 64, "--max-length"),
        Case("embed", 64, "TEXT"),
        Case("embed hi --model LLAMA", 65, "tokenizer"),
        Case("bench --model LLAMA --generate 0", 64, "--generate is 0"),
        Case("bench --model LLAMA --prompt 65", 65, "64"),
        Case("models show nope", 66, "nope"),
        Case("models verify /nowhere/x.gguf", 66, "/nowhere/x.gguf"),
        Case("models pull nope", 66, "nope"),
        Case("models pull hf:nonsense", 66, "hf:OWNER/NAME"),
        Case("kb list --kb nope", 66, "nope"),
        Case("kb list --kb ../x", 64, "../x"),
        Case("kb show nope", 66, "nope"),
        Case("kb remove nope", 66, "nope"),
        Case("kb search x --top 0", 64, "--top is 0"),
        Case("kb search x --mode loud", 64, "loud"),
        Case("kb search --queries /nowhere", 66, "/nowhere"),
        Case("kb add x", 69, "martlet models pull all-minilm-l6-v2"),
        Case("ask ''", 64, "empty"),
        Case("ask hi --kb nope", 66, "nope"),
        Case("ask hi --session 3", 64, "not built yet"),
        Case("ask hi", 69, "martlet models pull smollm2-135m-instruct"),
        Case("chat --agent tutor", 64, "not built yet"),
    ]

    @Test("one line and the promised code", arguments: cases)
    func oneLine(_ bad: Case) throws {
        let outcome = try Executable.run(bad.words)
        #expect(outcome.status == bad.status, "\(outcome.errors)")
        #expect(outcome.output.isEmpty)
        #expect(outcome.errors.hasPrefix("error: "), "\(outcome.errors)")
        #expect(outcome.errors.hasSuffix("\n"))
        #expect(outcome.errors.filter { $0 == "\n" }.count == 1, "\(outcome.errors)")
        #expect(outcome.errors.contains(bad.says), "\(outcome.errors)")
    }

    @Test("a processor without the instruction set is a matter of configuration", arguments: ["neon2", "avx9000"])
    func unknownInstructionSet(_ name: String) throws {
        let outcome = try Executable.run(["--version"], environment: ["MARTLET_ISA": name])
        #expect(outcome.status == 78)
        #expect(outcome.errors.hasPrefix("error: MARTLET_ISA is \"\(name)\""))
    }

    @Test("no home at all is a matter of configuration")
    func noHome() throws {
        let outcome = try Executable.run(["models", "list"], environment: ["HOME": ""])
        #expect(outcome.status == 78)
        #expect(outcome.errors.contains("HOME"))
    }

    @Test("what a user wrote cannot steer the terminal or begin a second line")
    func controlCharacters() throws {
        let words = [["kb", "show", "\u{1B}[31mx\ny"], ["tokenize", "hi", "--model", "\u{1B}[31mx\ny"], ["x\ny"]]
        for arguments in words {
            let outcome = try Executable.run(arguments)
            #expect(!outcome.errors.contains("\u{1B}"))
            #expect(outcome.errors.filter { $0 == "\n" }.count == 1, "\(outcome.errors)")
        }
    }

    @Test("a prompt longer than the context names both numbers")
    func longPrompt() throws {
        let ids = Array(repeating: "1", count: 70).joined(separator: ",")
        for command in [["generate"], ["logits"], ["perplexity"]] {
            let outcome = try Executable.run(command + ["--model", Fixture.golden("llama"), "--ids", ids])
            #expect(outcome.status == 65)
            #expect(outcome.errors.contains("70") && outcome.errors.contains("64"), "\(outcome.errors)")
        }
    }

    @Test("text that is no UTF-8 is told as such")
    func notUTF8() throws {
        let model = try Fixture.speakingLlama()
        try Data([0x61, 0xFF]).write(to: model.url("latin1.txt"))
        for arguments in [
            ["perplexity", model.url("latin1.txt").path], ["tokenize", "--lines", model.url("latin1.txt").path],
        ] {
            let outcome = try Executable.run(arguments + ["--model", model.path])
            #expect(outcome.status == 65)
            #expect(outcome.errors.contains("UTF-8"))
        }
    }

    @Test("a reader that goes away is no error, a full disk is")
    func outputs() throws {
        let line = "\"$MARTLET\" logits --model \(Fixture.golden("llama")) --ids 1,2,3,4,5,6,7,8"
        let closed = try Executable.shell("\(line) | head -c 5")
        #expect(closed.output == "{\"log")
        #expect(closed.errors.isEmpty, "\(closed.errors)")
        guard FileManager.default.fileExists(atPath: "/dev/full") else { return }
        let full = try Executable.shell("\(line) > /dev/full")
        #expect(full.status == 73)
        #expect(full.errors.hasPrefix("error: standard output cannot be written"))
    }

    @Test("an interrupt ends with 130")
    func interrupt() throws {
        let model = try Fixture.speakingLlama()
        // A shell without job control starts background processes with interrupts ignored; python3 does not.
        let outcome = try Executable.shell(
            """
            python3 - <<'END'
            import os, signal, subprocess, sys, time
            child = subprocess.Popen([os.environ["MARTLET"], "tokenize", "-", "--model", "\(model.path)"],
                                     stdin=subprocess.PIPE, stderr=subprocess.PIPE)
            time.sleep(1)
            child.send_signal(signal.SIGINT)
            print(child.wait(10), child.stderr.read().decode().strip())
            END
            """
        )
        #expect(outcome.output == "130 error: interrupted\n", "\(outcome.output) \(outcome.errors)")
    }
}
