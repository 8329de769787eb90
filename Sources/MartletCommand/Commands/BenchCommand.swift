// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Checkpoints
import Tensors
import Tokenization
import Transformers

struct BenchCommand: AsyncParsableCommand, WithCommonOptions {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measures how fast a causal model runs on this machine. Prints JSON.",
        discussion: """
            Reads --prompt tokens from nothing, generates --generate tokens from an empty context, then measures how fast
            memory can be read; bandwidth_fraction is the share of that which reading the weights took.

            EXAMPLES
              martlet bench --model smollm2-135m-instruct
              martlet bench --model smollm2-135m-instruct --prompt 128 --generate 64 --batch 8 --threads 1
            """
    )

    @OptionGroup var model: ModelOptions

    @Option(help: "Tokens of the prompt.")
    var prompt = 512

    @Option(help: "Tokens to generate.")
    var generate = 128

    @Option(help: "Sequences that run together.")
    var batch = 1

    @OptionGroup var common: CommonOptions

    func validate() throws {
        for (name, value) in [("--prompt", prompt), ("--generate", generate)] where !(1...1 << 20).contains(value) {
            throw ValidationError("\(name) is \(value); give a number from 1 to \(1 << 20)")
        }
        guard (1...256).contains(batch) else {
            throw ValidationError("--batch is \(batch); give a number from 1 to 256")
        }
    }

    private struct Figures: Sendable {
        var promptSeconds = 0.0
        var generationSeconds = 0.0
        var residentBytes: Int?
        var bandwidth: Double?
        var weightBytes = 0
    }

    func run() async throws {
        let checkpoint = try await model.open()
        let figures = try await onOwnThread { try measure(checkpoint) }
        let rate = Double(generate * batch) / figures.generationSeconds
        // One step reads the weights once for all sequences.
        let fraction = figures.bandwidth.map {
            Double(figures.weightBytes) * Double(generate) / figures.generationSeconds / $0
        }
        try StandardOutput.write(
            .members([
                "prompt_tokens_per_second": .number(Double(prompt * batch) / figures.promptSeconds),
                "generation_tokens_per_second": .number(rate),
                "resident_bytes": .count(figures.residentBytes),
                "isa": .string(Processor.instructionSet.rawValue),
                "threads": .integer(Processor.threads),
                "read_bandwidth": figures.bandwidth.map(JSONValue.number) ?? .null,
                "bandwidth_fraction": fraction.map(JSONValue.number) ?? .null,
                "processor": .text(Memory.processorName()),
                "model": .string(checkpoint.path),
                "weight_bytes": .integer(figures.weightBytes),
                "prompt_tokens": .integer(prompt),
                "generated_tokens": .integer(generate),
                "batch": .integer(batch),
            ])
        )
    }

    private func measure(_ checkpoint: Checkpoint) throws -> Figures {
        let model = try ModelRegistry.loadCausal(checkpoint)
        guard max(prompt, generate) <= model.contextLength else {
            throw CommandError(
                .data,
                "\(max(prompt, generate)) tokens, but the model's context is \(model.contextLength); ask for fewer"
            )
        }
        var figures = Figures()
        figures.weightBytes = weightBytes(checkpoint)
        // Once small, so that memory is mapped and threads run.
        _ = try seconds(model, prompt: min(prompt, 16), generate: 2)
        figures.promptSeconds = try seconds(model, prompt: prompt, generate: 0)
        figures.generationSeconds = try seconds(model, prompt: 0, generate: generate)
        figures.residentBytes = Memory.residentBytes()
        figures.bandwidth = Memory.readBandwidth()
        return figures
    }

    /// Seconds for reading prompts and then choosing the likeliest token so many times, in every sequence.
    private func seconds(_ model: any CausalLanguageModel, prompt: Int, generate: Int) throws -> Double {
        // Each sequence takes whole blocks of the cache.
        let cache = try model.makeCache(positions: batch * (prompt + generate + 64))
        let sequences = (0..<batch).map { _ in cache.makeSequence() }
        // Any ids will do: the work does not depend on them.
        func id(_ place: Int) -> Int32 { Int32((place * 7919 + 13) % model.vocabularySize) }
        let start = ContinuousClock.now
        if prompt > 0 {
            // As the engine does: the logits of each last row alone.
            for first in stride(from: 0, to: prompt, by: 512) {
                let piece = first..<min(prompt, first + 512)
                for sequence in sequences {
                    var rows = TokenBatch()
                    rows.append(contentsOf: piece.map(id), start: first, sequence: sequence.id)
                    let hidden = try model(rows, cache: cache)
                    if piece.upperBound == prompt { _ = try model.logits(hidden, rows: [piece.count - 1]) }
                }
            }
        }
        var next = [Int32](repeating: id(prompt), count: batch)
        for step in 0..<generate {
            var rows = TokenBatch()
            for (place, sequence) in sequences.enumerated() {
                rows.append(id: next[place], position: Int32(prompt + step), sequence: sequence.id)
            }
            let logits = try model.logits(try model(rows, cache: cache), rows: Array(0..<batch))
            logits.withFloats { values in
                for place in 0..<batch {
                    let row = UnsafeBufferPointer(
                        rebasing: values[place * model.vocabularySize..<(place + 1) * model.vocabularySize]
                    )
                    var best = 0
                    for index in row.indices where row[index] > row[best] { best = index }
                    next[place] = Int32(best)
                }
            }
        }
        return (ContinuousClock.now - start) / .seconds(1)
    }

    /// Bytes of weights that one step reads: of an embedding that is not the output's too, only single rows.
    private func weightBytes(_ checkpoint: Checkpoint) -> Int {
        let embeddings = ["token_embd.weight", "model.embed_tokens.weight"]
        let hasHead = checkpoint.tensors.contains { ["output.weight", "lm_head.weight"].contains($0.name) }
        return checkpoint.tensors.reduce(0) { sum, tensor in
            hasHead && embeddings.contains(tensor.name) ? sum : sum + tensor.byteCount
        }
    }
}
