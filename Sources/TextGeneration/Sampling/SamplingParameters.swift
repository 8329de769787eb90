// SPDX-License-Identifier: Apache-2.0

/// How the next token is chosen from its logits. Names and meanings are those of Hugging Face `generate`.
public struct SamplingParameters: Sendable, Hashable {
    /// Whether to draw at random; otherwise the likeliest token is taken, the lowest id among equals.
    public var doSample = false
    /// What the logits are divided by before drawing; above 0.
    public var temperature: Double = 1
    /// Draw among this many likeliest tokens (and those as likely as the last of them).
    public var topK: Int?
    /// Draw among the fewest likeliest tokens whose probabilities sum to at least this, in 0...1.
    public var topP: Double?
    /// Draw among tokens at least this share as likely as the likeliest, in 0...1.
    public var minP: Double?
    /// Tokens of the prompt and the text so far: positive logits divided, negative ones multiplied by this; above 0.
    public var repetitionPenalty: Double = 1
    /// What to add to the logits of these ids, before all else.
    public var logitBias: [Int32: Float] = [:]
    /// With the number of the step it decides each draw.
    public var seed: UInt64 = 0

    /// Greedy: the likeliest token at each step.
    public init() {}

    /// Greedy: the likeliest token at each step.
    public static let greedy = SamplingParameters()

    /// Throws if a value is out of its range or a bias is for an id outside the vocabulary.
    package func check(vocabularySize: Int) throws(TextGenerationError) {
        func require(_ holds: Bool, _ message: @autoclosure () -> String) throws(TextGenerationError) {
            if !holds { throw TextGenerationError(.invalidRequest, message()) }
        }
        try require(
            temperature > 0 && temperature.isFinite,
            "temperature is \(temperature), but must be above 0; for the likeliest token choose greedy decoding"
        )
        if let topK { try require(topK > 0, "top-k is \(topK), but must be at least 1") }
        if let topP { try require((0...1).contains(topP), "top-p is \(topP), but must lie in 0...1") }
        if let minP { try require((0...1).contains(minP), "min-p is \(minP), but must lie in 0...1") }
        try require(
            repetitionPenalty > 0 && repetitionPenalty.isFinite,
            "repetition penalty is \(repetitionPenalty), but must be above 0"
        )
        for (id, bias) in logitBias.sorted(by: { $0.key < $1.key }) {
            try require(
                id >= 0 && Int(id) < vocabularySize,
                "logit bias for id \(id), but the model's ids are 0 to \(vocabularySize - 1)"
            )
            try require(!bias.isNaN && bias != .infinity, "the bias of id \(id) is \(bias), no usable number")
        }
    }
}
