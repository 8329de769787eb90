// SPDX-License-Identifier: Apache-2.0

/// Ids to continue, and how: everything that decides a request's tokens travels in it.
public struct GenerationRequest: Sendable {
    /// The ids to continue; at least one.
    public var prompt: [Int32]
    /// The most tokens to generate; without it and `maximumLength` the context is the limit.
    public var maximumNewTokens: Int?
    /// The least tokens to generate: until then no end token is chosen.
    public var minimumNewTokens: Int
    /// The most tokens of prompt and text together.
    public var maximumLength: Int?
    /// How each token is chosen.
    public var sampling: SamplingParameters
    /// Ids that end the text. They are reported among the ids and add nothing to the text.
    public var endTokens: Set<Int32>
    /// Byte strings that end the text and are not part of it.
    public var stopStrings: [[UInt8]]
    /// How many of the likeliest tokens to report at each step, 0 for the chosen one alone; nil reports none.
    public var logprobs: Int?
    /// Where the keys and values are kept for a later request that begins alike.
    public var prefix: PrefixHandle?

    /// A request; each value is what its property says.
    public init(
        prompt: [Int32],
        maximumNewTokens: Int? = nil,
        minimumNewTokens: Int = 0,
        maximumLength: Int? = nil,
        sampling: SamplingParameters = .greedy,
        endTokens: Set<Int32> = [],
        stopStrings: [[UInt8]] = [],
        logprobs: Int? = nil,
        prefix: PrefixHandle? = nil
    ) {
        self.prompt = prompt
        self.maximumNewTokens = maximumNewTokens
        self.minimumNewTokens = minimumNewTokens
        self.maximumLength = maximumLength
        self.sampling = sampling
        self.endTokens = endTokens
        self.stopStrings = stopStrings
        self.logprobs = logprobs
        self.prefix = prefix
    }

    /// Throws if the request can never be served by a model of that vocabulary and context.
    package func check(vocabularySize: Int, contextLength: Int) throws(TextGenerationError) {
        guard !prompt.isEmpty else {
            throw TextGenerationError(.invalidRequest, "the prompt is empty; give at least one token")
        }
        guard prompt.count <= contextLength else {
            throw .promptTooLong(tokens: prompt.count, contextLength: contextLength)
        }
        if let place = prompt.firstIndex(where: { $0 < 0 || Int($0) >= vocabularySize }) {
            throw TextGenerationError(
                .invalidRequest,
                "id \(prompt[place]) at place \(place), but the model's ids are 0 to \(vocabularySize - 1)"
            )
        }
        if let maximumNewTokens, maximumNewTokens < 1 {
            throw TextGenerationError(.invalidRequest, "\(maximumNewTokens) new tokens asked for; ask for at least 1")
        }
        if let maximumLength, maximumLength <= prompt.count {
            throw TextGenerationError(
                .invalidRequest,
                "the maximum length is \(maximumLength), but the prompt alone has \(prompt.count) tokens; raise it"
            )
        }
        if let logprobs, logprobs < 0 || logprobs > vocabularySize {
            throw TextGenerationError(
                .invalidRequest,
                "\(logprobs) log-probabilities asked for; ask for 0 to \(vocabularySize)"
            )
        }
        guard stopStrings.allSatisfy({ !$0.isEmpty }) else {
            throw TextGenerationError(.invalidRequest, "a stop string is empty; give at least one character")
        }
        try sampling.check(vocabularySize: vocabularySize)
    }

    /// What keeps end tokens from being chosen too early, if anything does.
    package var minimum: MinimumNewTokens? {
        guard minimumNewTokens > 0, !endTokens.isEmpty else { return nil }
        return MinimumNewTokens(minimum: minimumNewTokens, promptLength: prompt.count, endTokens: endTokens)
    }

    /// The most tokens that this request may generate in that context: the last one needs no place of its own.
    package func tokenLimit(contextLength: Int) -> Int {
        var limit = contextLength - prompt.count + 1
        if let maximumNewTokens { limit = min(limit, maximumNewTokens) }
        if let maximumLength { limit = min(limit, maximumLength - prompt.count) }
        return limit
    }
}

extension TextGenerationError {
    package static func promptTooLong(tokens: Int, contextLength: Int) -> TextGenerationError {
        TextGenerationError(
            .promptTooLong,
            "the prompt has \(tokens) tokens, but the model's context is \(contextLength); shorten it",
            promptTokens: tokens,
            limit: contextLength
        )
    }
}
