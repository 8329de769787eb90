// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Checkpoints
import Tensors
import Tokenization
import Transformers

struct LogitsCommand: AsyncParsableCommand, WithCommonOptions {
    static let configuration = CommandConfiguration(
        commandName: "logits",
        abstract: "Prints what a model computes for ids: logits, or an encoder's hidden states and heads. Prints JSON.",
        discussion: """
            Rows of a batch are separated by `;` and all of one length. Where the mask is 0 a place is left out of the
            computation, and zeros stand for it in the output.

            EXAMPLES
              martlet logits --model smollm2-135m-instruct --ids 19556,28,905 --positions last
              martlet logits --model ./bert --ids "101,7592,102;101,102,0" --attention-mask "1,1,1;1,1,0"
            """
    )

    enum Positions: String, CaseIterable, ExpressibleByArgument {
        case last, all
    }

    @OptionGroup var model: ModelOptions

    @Option(parsing: .unconditional, help: "Rows of ids: 1,2,3;4,5,6 (- is standard input).")
    var ids: String

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("For each id 1 to count it, 0 to leave it out.", valueName: "mask")
    )
    var attentionMask: String?

    @Option(parsing: .unconditional, help: ArgumentHelp("For each id its segment.", valueName: "types"))
    var tokenTypeIds: String?

    @Option(help: "Logits after each id, or after the last one of each row; for causal models.")
    var positions: Positions?

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let batch = try LogitsBatch(ids: ids, mask: attentionMask, types: tokenTypeIds)
        let checkpoint = try await model.open()
        try await onOwnThread { try compute(checkpoint, batch) }
    }

    private func compute(_ checkpoint: Checkpoint, _ batch: LogitsBatch) throws {
        switch try ModelRegistry.load(checkpoint) {
        case .causal(let model):
            guard !batch.hasSegments else {
                throw CommandError(.usage, "--token-type-ids is for encoders; \(printable(checkpoint.path)) has none")
            }
            try batch.check(vocabularySize: model.vocabularySize, contextLength: model.contextLength, countsAll: false)
            try write(model, batch)
        case .encoder(let model):
            guard positions == nil else {
                throw CommandError(
                    .usage,
                    "--positions is for causal models; \(printable(checkpoint.path)) is an encoder"
                )
            }
            try batch.check(vocabularySize: model.vocabularySize, contextLength: model.contextLength, countsAll: true)
            try write(model, batch)
        }
        try StandardOutput.write("}\n")
    }

    private func write(_ model: any CausalLanguageModel, _ batch: LogitsBatch) throws {
        let hidden = try model(batch.tokens(countsAll: false), cache: nil)
        let places = batch.places
        let isLast = positions == .last
        // A row whose mask is 0 throughout was refused, so each has a last place.
        let wanted =
            isLast ? places.compactMap { $0.compactMap(\.self).last } : places.flatMap { $0.compactMap(\.self) }
        let width = model.vocabularySize
        let rows = RowSource(count: wanted.count, width: width) { range in
            try model.logits(hidden, rows: Array(wanted[range]))
        }
        var writer = ArrayWriter()
        try writer.key("logits", isFirst: true)
        var next = 0
        try writer.array(places) { writer, row in
            if isLast {
                try rows.withRow(next) { try writer.numbers($0) }
                next += 1
            } else {
                try writer.array(row) { writer, place in
                    try rows.withRow(place == nil ? nil : next) { try writer.numbers($0) }
                    if place != nil { next += 1 }
                }
            }
        }
        try writer.flush()
    }

    private func write(_ model: any TextEncoder, _ batch: LogitsBatch) throws {
        let tokens = batch.tokens(countsAll: true)
        let hidden = try model(tokens)
        let heads = try model.heads(hidden, of: tokens)
        var writer = ArrayWriter()
        try writer.key("last_hidden", isFirst: true)
        try writePlaces(hidden, batch, &writer)
        if let pooled = heads.pooled { try writeSequences("pooled", pooled, &writer) }
        for logits in [heads.maskedLogits, heads.tokenLogits].compactMap(\.self) {
            try writer.key("logits", isFirst: false)
            try writePlaces(logits, batch, &writer)
        }
        if let logits = heads.sequenceLogits { try writeSequences("logits", logits, &writer) }
        if let logits = heads.pairLogits { try writeSequences("pair_logits", logits, &writer) }
        if let logits = heads.spanLogits {
            try writeColumn("start_logits", logits, 0, batch, &writer)
            try writeColumn("end_logits", logits, 1, batch, &writer)
        }
        try writer.flush()
    }

    /// Writes batch × time × channels, zeros where a place was left out.
    private func writePlaces(_ tensor: Tensor, _ batch: LogitsBatch, _ writer: inout ArrayWriter) throws {
        let rows = RowSource(tensor)
        try writer.array(batch.places) { writer, row in
            try writer.array(row) { writer, place in try rows.withRow(place) { try writer.numbers($0) } }
        }
    }

    /// Writes one channel, batch × time, zeros where a place was left out.
    private func writeColumn(
        _ name: StaticString,
        _ tensor: Tensor,
        _ column: Int,
        _ batch: LogitsBatch,
        _ writer: inout ArrayWriter
    ) throws {
        let (values, width) = (tensor.floats, tensor.shape[1])
        try writer.key(name, isFirst: false)
        try writer.array(batch.places) { writer, row in
            let line = row.map { place in place.map { values[$0 * width + column] } ?? 0 }
            try line.withUnsafeBufferPointer { try writer.numbers($0) }
        }
    }

    /// Writes batch × channels.
    private func writeSequences(_ name: StaticString, _ tensor: Tensor, _ writer: inout ArrayWriter) throws {
        let rows = RowSource(tensor)
        try writer.key(name, isFirst: false)
        try writer.array(Array(0..<tensor.shape[0])) { writer, row in
            try rows.withRow(row) { try writer.numbers($0) }
        }
    }
}

/// Writes nested arrays of numbers to standard output as they come.
private struct ArrayWriter {
    private var text = JSONText()

    mutating func key(_ name: StaticString, isFirst: Bool) throws {
        text.append(raw: isFirst ? "{\"" : ",\"")
        text.append(raw: name)
        text.append(raw: "\":")
    }

    mutating func array<Element>(
        _ elements: [Element],
        _ body: (inout ArrayWriter, Element) throws -> Void
    ) throws {
        text.append(raw: "[")
        for (place, element) in elements.enumerated() {
            if place > 0 { text.append(raw: ",") }
            try body(&self, element)
        }
        text.append(raw: "]")
    }

    mutating func numbers(_ values: UnsafeBufferPointer<Float>) throws {
        text.append(values)
        if text.bytes.count > 1 << 16 { try flush() }
    }

    mutating func flush() throws { try StandardOutput.write(text.take()) }
}
