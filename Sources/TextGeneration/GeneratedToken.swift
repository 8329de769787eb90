// SPDX-License-Identifier: Apache-2.0

/// One generated token, as soon as it is chosen.
public struct GeneratedToken: Sendable {
    /// The token; an end token is reported too.
    public let id: Int32
    /// The bytes of text that this token made certain: not an end token's, not those of a stop string, and not yet
    /// what could become one. They may end inside a character.
    public let bytes: [UInt8]
    /// Its log-probability, if the request asked for it.
    public let logprob: TokenLogprob?
    /// The likeliest tokens of this step in descending order, as many as the request asked for.
    public let likeliest: [TokenLogprob]
    /// Why the text ends and what it cost; on the last token only.
    public let finish: GenerationFinish?
}

/// Why a text ended.
public enum FinishReason: String, Sendable, Hashable, Codable {
    /// An end token or a stop string.
    case stop
    /// The request's limit or the model's context.
    case length
    /// Its reader stopped reading.
    case cancelled
}

/// The end of a text.
public struct GenerationFinish: Sendable, Hashable {
    /// Why it ended.
    public let reason: FinishReason
    /// What it cost.
    public let usage: GenerationUsage

    package init(reason: FinishReason, usage: GenerationUsage) {
        self.reason = reason
        self.usage = usage
    }
}

/// What a request cost.
public struct GenerationUsage: Sendable, Hashable {
    /// Tokens of the prompt.
    public var promptTokens = 0
    /// Those of them that a kept prefix spared.
    public var cachedTokens = 0
    /// Tokens that were generated.
    public var completionTokens = 0
    /// Seconds from the start of the work to the first token.
    public var promptSeconds = 0.0
    /// Seconds from the first token to the last.
    public var completionSeconds = 0.0

    package init() {}
}

/// A whole text: what a stream of tokens adds up to.
public struct GenerationResult: Sendable {
    /// The generated ids, the end token among them.
    public private(set) var ids: [Int32] = []
    /// The text's bytes.
    public private(set) var bytes: [UInt8] = []
    /// The log-probability of each id, if asked for.
    public private(set) var logprobs: [TokenLogprob] = []
    /// The likeliest tokens at each id, if asked for.
    public private(set) var likeliest: [[TokenLogprob]] = []
    /// Why it ended: `cancelled` unless the stream said otherwise.
    public private(set) var reason = FinishReason.cancelled
    /// What it cost; the prompt's figures are known once the stream ended by itself.
    public private(set) var usage = GenerationUsage()

    /// Reads the stream to its end, which is early where the reading task is cancelled.
    ///
    /// - Throws: What the stream throws.
    public init(collecting stream: AsyncThrowingStream<GeneratedToken, any Error>) async throws {
        for try await token in stream { append(token) }
    }

    private mutating func append(_ token: GeneratedToken) {
        ids.append(token.id)
        bytes += token.bytes
        if let logprob = token.logprob {
            logprobs.append(logprob)
            likeliest.append(token.likeliest)
        }
        usage.completionTokens = ids.count
        if let finish = token.finish {
            reason = finish.reason
            usage = finish.usage
        }
    }
}
