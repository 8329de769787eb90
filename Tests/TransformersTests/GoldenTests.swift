// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Foundation
import Tensors
import Testing
import Tokenization
import Transformers

/// What Hugging Face transformers computed with the tiny checkpoints in `Tests/Fixtures/goldens`.
struct Golden {
    let folder: String
    let values: JSONValue

    init(_ name: String) throws {
        folder =
            URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Fixtures/goldens/\(name)").path
        values = try JSONValue(parsing: [UInt8](Data(contentsOf: URL(filePath: "\(folder)/golden.json"))))
    }

    func checkpoint() throws -> Checkpoint { try Checkpoint.open(folder) }

    func integers(_ key: String) throws -> [[Int32]] {
        try #require(values[key]?.array).map { try #require($0.array).map { Int32(try #require($0.integer)) } }
    }

    /// All numbers of a nested array, in order.
    func floats(_ key: String) throws -> [Float] {
        func flatten(_ value: JSONValue) -> [Float] {
            value.array.map { $0.flatMap(flatten) } ?? value.number.map { [Float($0)] } ?? []
        }
        return flatten(try #require(values[key]))
    }

    /// The rows that the mask keeps, each a sequence; positions count kept tokens or all.
    func batch(_ mask: String? = nil, countingAll: Bool = false) throws -> TokenBatch {
        let ids = try integers("input_ids")
        let keep = try mask.map(integers)
        let segments = values["token_type_ids"] == nil ? nil : try integers("token_type_ids")
        var batch = TokenBatch()
        for (row, tokens) in ids.enumerated() {
            var position: Int32 = 0
            for (index, id) in tokens.enumerated() where keep == nil || keep?[row][index] == 1 {
                batch.append(
                    id: id,
                    position: countingAll ? Int32(index) : position,
                    segment: segments?[row][index] ?? 0,
                    sequence: Int32(row)
                )
                position += 1
            }
        }
        return batch
    }
}

/// Fails with the largest difference if two lists differ by more than `limit` anywhere.
func expectClose(_ found: [Float], _ wanted: [Float], within limit: Float, _ what: String) {
    #expect(found.count == wanted.count, "\(what): \(found.count) values instead of \(wanted.count)")
    let worst = zip(found, wanted).map { abs($0 - $1) }.max() ?? .infinity
    #expect(worst <= limit, "\(what): largest difference \(worst)")
}

@Suite struct CausalGoldenTests {
    static let names = ["llama", "qwen2"]

    @Test(arguments: names)
    func logitsEqualTheReference(_ name: String) throws {
        let golden = try Golden(name)
        let model = try ModelRegistry.loadCausal(golden.checkpoint())
        let batch = try golden.batch()
        let logits = try model.logits(model(batch, cache: nil), rows: Array(0..<batch.count))
        expectClose(logits.floats, try golden.floats("logits"), within: 2e-5, "logits")
    }

    @Test(arguments: names)
    func droppedPaddingEqualsTheMaskedReference(_ name: String) throws {
        let golden = try Golden(name)
        let model = try ModelRegistry.loadCausal(golden.checkpoint())
        let batch = try golden.batch("left_padded_mask")
        let last = batch.runs.map { $0.upperBound - 1 }
        let logits = try model.logits(model(batch, cache: nil), rows: last)
        expectClose(logits.floats, try golden.floats("left_padded_logits_last"), within: 2e-5, "last logits")
    }

    @Test(arguments: names)
    func cacheChangesNoBit(_ name: String) throws {
        let golden = try Golden(name)
        let model = try ModelRegistry.loadCausal(golden.checkpoint())
        let ids = try golden.integers("input_ids")[0]
        var whole = TokenBatch()
        whole.append(contentsOf: ids, sequence: 7)
        let expected = try model(whole, cache: nil).floats

        let cache = try model.makeCache(positions: 1000)
        let other = cache.makeSequence()
        let sequence = cache.makeSequence()
        var found: [Float] = []
        for (position, id) in ids.enumerated() {
            var batch = TokenBatch()
            batch.append(contentsOf: [3, 1, 4], start: position * 3, sequence: other.id)
            batch.append(id: id, position: Int32(position), sequence: sequence.id)
            let hidden = try model(batch, cache: cache).floats
            found += hidden.suffix(hidden.count / 4)
        }
        #expect(found == expected)
        #expect(sequence.count == ids.count)
    }

    @Test(arguments: names)
    func greedyContinuationEqualsTheReference(_ name: String) throws {
        let golden = try Golden(name)
        let model = try ModelRegistry.loadCausal(golden.checkpoint())
        let wanted = try #require(golden.values["greedy_from_first4"]?.array).flatMap { value in
            value.array?.compactMap { $0.integer.map(Int32.init) } ?? value.integer.map { [Int32($0)] } ?? []
        }
        let cache = try model.makeCache(positions: 64)
        let sequence = cache.makeSequence()
        var ids = Array(wanted.prefix(4))
        var next = ids
        while ids.count < wanted.count {
            var batch = TokenBatch()
            batch.append(contentsOf: next, start: sequence.count, sequence: sequence.id)
            let logits = try model.logits(model(batch, cache: cache), rows: [batch.count - 1]).floats
            let best = try #require(logits.indices.max { (logits[$0], -$0) < (logits[$1], -$1) })
            next = [Int32(best)]
            ids += next
        }
        #expect(ids == wanted)
    }

    @Test func sequencesThatDoNotContinueAreRefused() throws {
        let model = try ModelRegistry.loadCausal(Golden("llama").checkpoint())
        let cache = try model.makeCache(positions: 64)
        let sequence = cache.makeSequence()
        var gap = TokenBatch()
        gap.append(id: 1, position: 5, sequence: sequence.id)
        #expect(throws: ModelError.self) { try model(gap, cache: cache) }
        var long = TokenBatch()
        long.append(contentsOf: [Int32](repeating: 1, count: 65), sequence: sequence.id)
        #expect(throws: ModelError.self) { try model(long, cache: cache) }
        var outside = TokenBatch()
        outside.append(id: 104, position: 0, sequence: sequence.id)
        #expect(throws: TensorError.self) { try model(outside, cache: cache) }
        #expect(sequence.count == 0)
    }

    @Test func passesThatFailTakeNoBlocks() throws {
        let model = try ModelRegistry.loadCausal(Golden("llama").checkpoint())
        let cache = try model.makeCache(positions: 128)
        let (first, second) = (cache.makeSequence(), cache.makeSequence())
        var tooMany = TokenBatch()
        for sequence in [first, second] {
            tooMany.append(contentsOf: [Int32](repeating: 1, count: 65), sequence: sequence.id)
        }
        #expect(throws: ModelError.self) { try model(tooMany, cache: cache) }
        var outside = TokenBatch()
        outside.append(id: 104, position: 0, sequence: first.id)
        #expect(throws: TensorError.self) { try model(outside, cache: cache) }
        #expect(cache.available == 128)
        #expect(first.count == 0 && second.count == 0)
    }

    @Test func droppedSequencesGiveTheirBlocksBack() throws {
        let model = try ModelRegistry.loadCausal(Golden("llama").checkpoint())
        let cache = try model.makeCache(positions: 128)
        do {
            let sequence = cache.makeSequence()
            var batch = TokenBatch()
            batch.append(contentsOf: [Int32](repeating: 2, count: 60), sequence: sequence.id)
            _ = try model(batch, cache: cache)
            #expect(cache.available == 64)
            sequence.truncate(to: 0)
            #expect(cache.available == 128)
            _ = try model(batch, cache: cache)
        }
        #expect(cache.available == 128)
    }
}

@Suite struct BertGoldenTests {
    @Test func everyHeadEqualsTheReference() throws {
        let golden = try Golden("bert")
        let model = try ModelRegistry.loadEncoder(golden.checkpoint())
        let batch = try golden.batch("attention_mask", countingAll: true)
        let hidden = try model(batch)
        let heads = try model.heads(hidden, of: batch)
        let mask = try golden.integers("attention_mask").flatMap { $0 }
        func kept(_ key: String) throws -> [Float] {
            let all = try golden.floats(key)
            let width = all.count / mask.count
            return mask.indices.filter { mask[$0] == 1 }.flatMap { all[$0 * width..<($0 + 1) * width] }
        }
        expectClose(hidden.floats, try kept("last_hidden"), within: 2e-5, "last hidden")
        expectClose(try #require(heads.pooled).floats, try golden.floats("pooled"), within: 2e-5, "pooled")
        expectClose(try #require(heads.maskedLogits).floats, try kept("mlm_logits"), within: 2e-5, "masked logits")
        expectClose(
            try #require(heads.pairLogits).floats,
            try golden.floats("pair_logits"),
            within: 2e-5,
            "pair logits"
        )
    }

    @Test func kindsAreNotMistaken() throws {
        #expect(throws: ModelError.self) { try ModelRegistry.loadCausal(Golden("bert").checkpoint()) }
        #expect(throws: ModelError.self) { try ModelRegistry.loadEncoder(Golden("llama").checkpoint()) }
    }
}

@Suite struct EncoderHeadGoldenTests {
    private func heads(_ name: String) throws -> (EncoderHeads, Golden) {
        let golden = try Golden(name)
        let model = try ModelRegistry.loadEncoder(golden.checkpoint())
        let batch = try golden.batch()
        return (try model.heads(model(batch), of: batch), golden)
    }

    @Test(arguments: ["bert_sequence_classification", "bert_cross_encoder", "roberta_sequence_classification"])
    func labelsOfSequencesEqualTheReference(_ name: String) throws {
        let (heads, golden) = try heads(name)
        expectClose(try #require(heads.sequenceLogits).floats, try golden.floats("logits"), within: 2e-5, "logits")
        #expect(heads.tokenLogits == nil)
    }

    @Test func labelsOfTokensEqualTheReference() throws {
        let (heads, golden) = try heads("bert_token_classification")
        expectClose(try #require(heads.tokenLogits).floats, try golden.floats("logits"), within: 2e-5, "logits")
        #expect(heads.sequenceLogits == nil)
    }

    @Test func spansEqualTheReference() throws {
        let (heads, golden) = try heads("bert_question_answering")
        let values = try #require(heads.spanLogits).floats
        let (starts, ends) = (stride(from: 0, to: values.count, by: 2), stride(from: 1, to: values.count, by: 2))
        expectClose(starts.map { values[$0] }, try golden.floats("start_logits"), within: 2e-5, "starts")
        expectClose(ends.map { values[$0] }, try golden.floats("end_logits"), within: 2e-5, "ends")
    }

    @Test func robertaBeginsItsPositionsBehindThePadding() throws {
        let (heads, golden) = try heads("roberta")
        expectClose(try #require(heads.maskedLogits).floats, try golden.floats("mlm_logits"), within: 2e-5, "logits")
        let model = try ModelRegistry.loadEncoder(golden.checkpoint())
        #expect(model.contextLength == 38)
    }
}
