// SPDX-License-Identifier: Apache-2.0

/// What one query or update may take.
public struct EvaluationLimits: Sendable {
    /// Seconds; nil: as long as it takes.
    public var seconds: Double?
    /// How many facts and rows may be looked at; nil: as many as it takes.
    public var steps: Int?
    /// How many rows may be held at a time.
    public var rows: Int

    /// Limits, 30 seconds and ten million rows where none are given.
    public init(seconds: Double? = 30, rows: Int = 10_000_000, steps: Int? = nil) {
        (self.seconds, self.rows, self.steps) = (seconds, rows, steps)
    }
}
