// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import Knowledge

/// Which passages a search may find, and in what order they come.
struct SearchChoice: ParsableArguments {
    @Option(
        help: ArgumentHelp("Only documents whose name matches, * also across /; may be repeated.", valueName: "glob")
    )
    var document: [String] = []

    @Option(help: ArgumentHelp("Only documents whose title matches; may be repeated.", valueName: "glob"))
    var title: [String] = []

    @Option(help: "Only documents of this format, such as markdown; may be repeated.")
    var format: [String] = []

    @Option(help: ArgumentHelp("Only documents added at this day (2026-01-31) or time, or later.", valueName: "time"))
    var after: MomentOption?

    @Option(help: ArgumentHelp("Only documents added before this day or time.", valueName: "time"))
    var before: MomentOption?

    @Flag(help: "Leave out what is much like a passage before it.")
    var diverse = false

    @Option(help: ArgumentHelp("Also print as many passages before and after each.", valueName: "number"))
    var context: Int?

    @Option(
        help: ArgumentHelp("How much words and meaning weigh, such as 1:1 (default: 1:2).", valueName: "words:meaning")
    )
    var weights: WeightsOption?

    @Option(
        help: ArgumentHelp(
            "The model that puts the best 50 into their last order: a cross-encoder, or a language model.",
            valueName: "model"
        )
    )
    var rerank: String?

    /// How much relevance counts beside difference with --diverse.
    private static let relevance = 0.7

    func validate() throws {
        if let context, !(0...1000).contains(context) {
            throw ValidationError("--context is \(context); give a number from 0 to 1000")
        }
    }

    /// `isAgreed` fetches a reranker without asking.
    func options(_ mode: SearchMode, isAgreed: Bool) async throws -> SearchOptions {
        var options = SearchOptions(mode: mode)
        if let rerank {
            let reranker = try await RerankerLoader.load(rerank, isAgreed: isAgreed)
            options.scorer = PassageScorer { try await reranker.scores($0, $1).values }
        }
        options.filter.names = document
        options.filter.titles = title
        options.filter.formats = format
        options.filter.addedAfter = after?.date
        options.filter.addedBefore = before?.date
        options.diversity = diverse ? Self.relevance : nil
        if let weights { options.weights = weights.weights }
        return options
    }
}

/// A day, from its first second in UTC, or a time as ISO 8601 has it.
struct MomentOption: ExpressibleByArgument {
    let date: Date

    init?(argument: String) {
        let whole = argument.contains("T") ? argument : argument + "T00:00:00Z"
        guard let date = try? Date(whole, strategy: .iso8601) else { return nil }
        self.date = date
    }
}

/// Two weights with a colon between them.
struct WeightsOption: ExpressibleByArgument {
    let weights: FusionWeights

    init?(argument: String) {
        let parts = argument.split(separator: ":", omittingEmptySubsequences: false).map { Double($0) }
        guard parts.count == 2, let lexical = parts[0], let semantic = parts[1], lexical.isFinite, semantic.isFinite,
            lexical >= 0, semantic >= 0, lexical + semantic > 0
        else { return nil }
        weights = FusionWeights(lexical: lexical, semantic: semantic)
    }
}
