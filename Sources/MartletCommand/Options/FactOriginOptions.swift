// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Knowledge

/// Where facts come from and when they hold.
struct FactOriginOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The document that says so, as `kb list` prints it.", valueName: "document"))
    var source: String?

    @Option(help: ArgumentHelp("The id of the passage that says so.", valueName: "id"))
    var passage: String?

    @Option(help: ArgumentHelp("From when on it holds: 2026-01-31 or 2026-01-31T12:00:00Z.", valueName: "time"))
    var validFrom: MomentOption?

    @Option(help: ArgumentHelp("Until when it holds.", valueName: "time"))
    var validTo: MomentOption?

    @Option(help: ArgumentHelp("How sure it is, 0 to 1.", valueName: "number"))
    var confidence: Double?

    func validate() throws {
        guard passage == nil || source != nil else {
            throw ValidationError("--passage is one of a document; name it with --source")
        }
    }

    var origin: FactOrigin {
        FactOrigin(
            document: source,
            passage: passage,
            validFrom: validFrom?.date,
            validTo: validTo?.date,
            confidence: confidence
        )
    }
}
