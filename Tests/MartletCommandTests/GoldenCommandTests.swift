// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

/// Numbers of Hugging Face transformers, through the executable.
struct GoldenCommandTests {
    private static let limit = 2e-4

    /// The largest difference of two nested arrays; infinite where their shapes differ.
    private func difference(_ first: Any?, _ second: Any?) -> Double {
        if let first = first as? [Any], let second = second as? [Any] {
            guard first.count == second.count else { return .infinity }
            return zip(first, second).map { difference($0, $1) }.max() ?? 0
        }
        guard let first = first as? Double, let second = second as? Double else { return .infinity }
        return abs(first - second)
    }

    /// The places that the mask keeps.
    private func kept(_ value: Any?, _ mask: Any?) throws -> [[Any]] {
        let rows = try #require(value as? [[Any]])
        let mask = try #require(mask as? [[Int]])
        return zip(rows, mask).map { zip($0, $1).filter { $0.1 == 1 }.map(\.0) }
    }

    @Test("Llama's logits, whole and padded on the left")
    func llama() throws {
        let golden = try Fixture.values("llama")
        let ids = try Fixture.rows(golden["input_ids"])
        let model = Fixture.golden("llama")
        let whole = try Executable.run(["logits", "--model", model, "--ids", ids]).json()
        #expect(difference(whole["logits"], golden["logits"]) <= Self.limit)
        let mask = try Fixture.rows(golden["left_padded_mask"])
        let padded = try Executable.run([
            "logits", "--model", model, "--ids", ids, "--attention-mask", mask, "--positions", "last",
        ]).json()
        #expect(difference(padded["logits"], golden["left_padded_logits_last"]) <= Self.limit)
        let all = try Executable.run(["logits", "--model", model, "--ids", ids, "--attention-mask", mask]).json()
        let rows = try #require(all["logits"] as? [[[Double]]])
        #expect(rows.map(\.count) == [13, 13])
        #expect(difference(rows.compactMap(\.last), padded["logits"]) == 0)
    }

    @Test("BERT's hidden states and heads")
    func bert() throws {
        let golden = try Fixture.values("bert")
        let mine = try Executable.run([
            "logits", "--model", Fixture.golden("bert"), "--ids", try Fixture.rows(golden["input_ids"]),
            "--attention-mask", try Fixture.rows(golden["attention_mask"]),
            "--token-type-ids", try Fixture.rows(golden["token_type_ids"]),
        ]).json()
        let mask = golden["attention_mask"]
        for (name, theirs) in [("last_hidden", "last_hidden"), ("logits", "mlm_logits")] {
            #expect(difference(try kept(mine[name], mask), try kept(golden[theirs], mask)) <= Self.limit, "\(name)")
        }
        for name in ["pooled", "pair_logits"] { #expect(difference(mine[name], golden[name]) <= Self.limit, "\(name)") }
    }

    @Test("greedy ids")
    func greedy() throws {
        let golden = try Fixture.values("llama")
        let prompt = try #require(golden["input_ids"] as? [[Int]])[0].prefix(4).map(String.init).joined(separator: ",")
        let mine = try Executable.run([
            "generate", "--model", Fixture.golden("llama"), "--ids", prompt, "--raw", "--json", "--max-new-tokens",
            "12",
        ]).json()
        let ids = try #require((mine["sequences"] as? [[String: Any]])?.first?["ids"] as? [Int])
        let wanted = try #require(
            golden["greedy_from_first4"] as? [Int] ?? (golden["greedy_from_first4"] as? [[Int]])?.first
        )
        #expect(ids == (wanted.count == 12 ? wanted : Array(wanted.dropFirst(4))))
    }

    @Test("perplexity is the exponential of the mean loss that the reference's logits give")
    func perplexity() throws {
        let golden = try Fixture.values("llama")
        let ids = try #require(golden["input_ids"] as? [[Int]])[0]
        let logits = try #require(golden["logits"] as? [[[Double]]])[0]
        let losses = zip(logits, ids.dropFirst()).map { row, next in
            log(row.reduce(0) { $0 + exp($1) }) - row[next]
        }
        let arguments = [
            "perplexity", "--ids", ids.map(String.init).joined(separator: ","), "--model", Fixture.golden("llama"),
        ]
        let mine = try Executable.run(arguments + ["--detail"]).json()
        let mean = losses.reduce(0, +) / Double(losses.count)
        #expect(abs(try #require(mine["nll"] as? Double) - mean) < 1e-4)
        #expect(abs(try #require(mine["perplexity"] as? Double) - exp(mean)) < 1e-4 * exp(mean))
        #expect(mine["tokens"] as? Int == ids.count - 1)
        #expect(difference(mine["token_nll"], losses) < 1e-3)
        let likeliest = logits.map { row in row.firstIndex(of: row.max() ?? 0) ?? -1 }
        #expect(mine["top1"] as? [Int] == likeliest)
    }

    @Test("a file is scored in whole windows, from behind the middle on")
    func windows() throws {
        let model = try Fixture.speakingLlama()
        let text = try model.file("text", "abcdefghijklmnopqrstuvwxyz")
        let outcome = try Executable.run(["perplexity", text, "--model", model.path, "--context", "8", "--detail"])
        let mine = try outcome.json()
        // 26 tokens are three windows of 8; of each the tokens at places 5, 6 and 7 are scored.
        #expect(mine["tokens"] as? Int == 9)
        let window = (65...72).map { String($0) }.joined(separator: ",")
        let one = try Executable.run(["perplexity", "--ids", window, "--model", model.path, "--detail"]).json()
        let losses = try #require(mine["token_nll"] as? [Double])
        let whole = try #require(one["token_nll"] as? [Double])
        #expect(difference(Array(losses.prefix(3)), Array(whole.suffix(3))) < 1e-6)
        let strided = try Executable.run(["perplexity", text, "--model", model.path, "--context", "8", "--stride", "2"])
            .json()
        #expect(strided["tokens"] as? Int == 20)
        let short = try Executable.run(["perplexity", text, "--model", model.path, "--context", "32"])
        #expect(short.status == 65 && short.errors.contains("26") && short.errors.contains("32"))
    }
}
