// SPDX-License-Identifier: Apache-2.0
package import Checkpoints
import Dispatch
public import Tensors
import TextGeneration
import Tokenization
import Transformers

/// An encoder that reads a question and a passage together and labels the pair: a sequence-classification head
/// (R. Nogueira and K. Cho, "Passage Re-ranking with BERT", arXiv:1901.04085).
package struct CrossEncoder: Sendable {
    /// The most tokens of a pair that count, its marks among them.
    package let tokenLimit: Int
    private let model: any TextEncoder
    private let tokenizer: Tokenizer
    private let template: PairTemplate
    /// Forward passes run here, never on Swift's own threads.
    private let queue = DispatchQueue(label: "martlet reranker")

    /// The most rows of a forward pass.
    private static let rowsAtOnce = 2048

    /// Whether a checkpoint holds an encoder; whether it has the head is known when it is loaded.
    package static func reads(_ checkpoint: Checkpoint) -> Bool {
        ModelRegistry.architecture(of: checkpoint).map { ModelRegistry.encoderNames.contains($0) } ?? false
    }

    /// Loads the cross-encoder of an open checkpoint.
    ///
    /// - Throws: `CheckpointError` if it is malformed or no cross-encoder, `ModelError` if its kind is not built.
    package init(_ checkpoint: Checkpoint, precision: Precision) throws {
        func unsupported(_ message: String, key: String? = nil) -> CheckpointError {
            CheckpointError(.unsupported, message, file: checkpoint.path, key: key)
        }
        guard let tokenizer = try checkpoint.tokenizer() else {
            throw unsupported("the model has no tokenizer; put its tokenizer.json beside it")
        }
        guard let template = tokenizer.pairTemplate else {
            throw unsupported("its tokenizer does not say how two texts are read together", key: "post_processor.pair")
        }
        model = try ModelRegistry.loadEncoder(checkpoint, precision: precision)
        self.tokenizer = tokenizer
        self.template = template
        var limit = model.contextLength
        if let trained = try checkpoint.json(named: "tokenizer_config.json")?["model_max_length"]?.number {
            limit = Int(min(Double(limit), max(0, trained)))
        }
        tokenLimit = limit
        guard limit > template.markCount + 1 else {
            throw CheckpointError(
                .malformed,
                "\(limit) positions leave two texts none beside their \(template.markCount) marks",
                file: checkpoint.path
            )
        }
        let labels = try logits([pair([], []).batch]).first?.count ?? 0
        guard labels == 1 || labels == 2 else {
            throw unsupported(
                labels == 0
                    ? "it holds no head that labels a pair of texts, as a cross-encoder does"
                    : "it tells \(labels) labels apart; a cross-encoder has one, or two of which the second is \"relevant\""
            )
        }
    }

    /// How relevant each passage is to the question, from 0 to 1, and how many pairs were cut.
    ///
    /// - Throws: `TokenizationError` or `TensorError`, `CancellationError` between two forward passes.
    package func scores(_ query: String, _ passages: [String]) async throws -> TextReranker.Scores {
        let asked = try tokenizer.encode(query, addSpecialTokens: false)
        var values: [Double] = []
        var cutCount = 0
        var pending: [TokenBatch] = []
        var rows = 0
        func run() async throws {
            guard !pending.isEmpty else { return }
            try Task.checkCancellation()
            values += try await forward(pending).map(Self.relevance)
            pending = []
            rows = 0
        }
        for passage in passages {
            let (batch, isCut) = pair(asked, try tokenizer.encode(passage, addSpecialTokens: false))
            if isCut { cutCount += 1 }
            if rows + batch.count > Self.rowsAtOnce { try await run() }
            pending.append(batch)
            rows += batch.count
        }
        try await run()
        return TextReranker.Scores(values: values, cutCount: cutCount)
    }

    /// The rows of a pair. Where it is too long the longer text is cut, both to one half where that is not enough, as
    /// Hugging Face's `longest_first` does.
    private func pair(_ first: [Int32], _ second: [Int32]) -> (batch: TokenBatch, isCut: Bool) {
        let room = tokenLimit - template.markCount
        var (firstCount, secondCount) = (first.count, second.count)
        if firstCount + secondCount > room {
            let shorter = min(firstCount, secondCount, room / 2)
            (firstCount, secondCount) =
                firstCount <= secondCount ? (shorter, room - shorter) : (room - shorter, shorter)
        }
        var batch = TokenBatch()
        func append(_ id: Int32, _ segment: Int32) {
            batch.append(id: id, position: Int32(clamping: batch.count), segment: segment)
        }
        for mark in template.before { append(mark.id, mark.segment) }
        for id in first.prefix(firstCount) { append(id, template.firstSegment) }
        for mark in template.between { append(mark.id, mark.segment) }
        for id in second.prefix(secondCount) { append(id, template.secondSegment) }
        for mark in template.after { append(mark.id, mark.segment) }
        return (batch, firstCount < first.count || secondCount < second.count)
    }

    private func forward(_ pairs: [TokenBatch]) async throws -> [[Float]] {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result { try logits(pairs) }) }
        }
    }

    /// The logits of each pair; none where the model has no such head.
    private func logits(_ pairs: [TokenBatch]) throws -> [[Float]] {
        var batch = TokenBatch()
        for (number, pair) in pairs.enumerated() {
            for row in 0..<pair.count {
                batch.append(
                    id: pair.ids[row],
                    position: pair.positions[row],
                    segment: pair.segments[row],
                    sequence: Int32(clamping: number)
                )
            }
        }
        guard let logits = try model.heads(model(batch), of: batch).sequenceLogits else { return [] }
        let values = logits.floats  // [S, L]
        let labels = logits.shape[1]
        return stride(from: 0, to: values.count, by: labels).map { Array(values[$0..<$0 + labels]) }
    }

    /// The logistic function of one logit, or of what the second exceeds the first by, which is its softmax.
    private static func relevance(_ logits: [Float]) -> Double {
        let logit = logits.count == 1 ? Double(logits[0]) : Double(logits[1]) - Double(logits[0])
        return 1 / (1 + Exponential.exp(min(700, -logit)))
    }
}

extension TextReranker {
    /// Loads a cross-encoder: a folder as Hugging Face lays it out, or the name of a model that is on disk.
    ///
    /// - Throws: `CheckpointError` if there is no such model or it is malformed or no cross-encoder, `ModelError` if
    ///   its kind is not built.
    /// - Complexity: O(n) for n bytes of weights.
    public init(crossEncoder name: String, precision: Precision = .float32) throws {
        try self.init(CrossEncoder(Checkpoint.open(ModelStore().resolve(name)), precision: precision))
    }

    /// The reranker that a cross-encoder makes.
    package init(_ encoder: CrossEncoder) { self.init { try await encoder.scores($0, $1) } }
}
