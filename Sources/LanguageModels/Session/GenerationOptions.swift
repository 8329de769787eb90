// SPDX-License-Identifier: Apache-2.0

/// How a session asks its model to answer.
public struct GenerationOptions: Sendable, Equatable {
    /// How each token is chosen; nil leaves it to the model, and the embedded one takes the likeliest.
    public var samplingMode: SamplingMode?
    /// How much chance there is in it: higher is more; 0 is none.
    public var temperature: Double?
    /// The most tokens of an answer; nil is as many as the context holds.
    public var maximumResponseTokens: Int?

    /// Options; what is nil is left to the model.
    public init(
        samplingMode: SamplingMode? = nil,
        temperature: Double? = nil,
        maximumResponseTokens: Int? = nil
    ) {
        self.samplingMode = samplingMode
        self.temperature = temperature
        self.maximumResponseTokens = maximumResponseTokens
    }

    /// How each token is chosen.
    public struct SamplingMode: Sendable, Equatable {
        /// Which way it is.
        public let kind: Kind

        /// The ways to choose.
        public enum Kind: Sendable, Equatable {
            /// The likeliest token.
            case greedy
            /// One of this many likeliest tokens.
            case randomTopK(_: Int, seed: UInt64?)
            /// One of the likeliest tokens that together are this likely.
            case randomProbabilityThreshold(_: Double, seed: UInt64?)
        }

        /// The likeliest token.
        public static var greedy: SamplingMode { SamplingMode(kind: .greedy) }

        /// One of the `k` likeliest tokens; the same seed draws the same.
        public static func random(top k: Int, seed: UInt64? = nil) -> SamplingMode {
            SamplingMode(kind: .randomTopK(k, seed: seed))
        }

        /// One of the fewest likeliest tokens that together have this probability; the same seed draws the same.
        public static func random(probabilityThreshold: Double, seed: UInt64? = nil) -> SamplingMode {
            SamplingMode(kind: .randomProbabilityThreshold(probabilityThreshold, seed: seed))
        }
    }
}
