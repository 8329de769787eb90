// SPDX-License-Identifier: Apache-2.0
public import ArgumentParser
import Foundation
public import Graphs
import Knowledge

extension QueryResultFormat: ExpressibleByArgument {}

extension GraphCommand {
    struct Query: AsyncParsableCommand, WithCommonOptions {
        static let configuration = CommandConfiguration(
            abstract: "Asks the graph in SPARQL 1.1; prefixes of imported files are known.",
            discussion: """
                What SELECT and ASK find is printed as SPARQL results in JSON, or as --format says; what CONSTRUCT and
                DESCRIBE make, as N-Triples, or with --json as JSON-LD. An update prints nothing, or with --json how
                many facts went in and out.

                EXAMPLES
                  martlet graph query 'SELECT ?x WHERE { ?x a :Boat }'
                  martlet graph query --file boats.rq --format csv --timeout 5
                  martlet graph query 'INSERT DATA { :gull a :Boat }' --update
                """
        )

        @Argument(help: "The query; `-` is standard input.")
        var query: String?

        @Option(help: ArgumentHelp("A file that holds the query.", valueName: "file"))
        var file: String?

        @Option(help: ArgumentHelp("Ask what held then: 2026-01-31 or 2026-01-31T12:00:00Z.", valueName: "time"))
        var at: MomentOption?

        @Flag(help: "It is an update: it changes the graph, all of it or nothing.")
        var update = false

        @Option(help: "How solutions are printed: json, xml, csv or tsv (default: json).")
        var format: QueryResultFormat?

        @Option(help: ArgumentHelp("Stop after so many seconds.", valueName: "seconds"))
        var timeout = 30.0

        @Option(help: "The IRI that relative IRIs are resolved against.")
        var base: String?

        @OptionGroup var knowledge: KnowledgeOptions

        @OptionGroup var common: CommonOptions

        func validate() throws {
            guard (query == nil) != (file == nil) else {
                let what = query == nil ? "give a QUERY or --file" : "QUERY and --file exclude one another"
                throw ValidationError(what)
            }
            if update, at != nil { throw ValidationError("--update changes what holds now; --at asks about the past") }
            guard !common.json || format == nil || format == .json else {
                throw ValidationError("--json and --format \(format?.rawValue ?? "") exclude one another")
            }
            guard timeout > 0, timeout.isFinite else {
                throw ValidationError("--timeout is \(timeout); give a number of seconds above 0")
            }
        }

        func run() async throws {
            let given = try file.map { try InputText.file($0) } ?? InputText.argument(query ?? "-")
            let kb = try await knowledge.open(common)
            let (base, limits, prefixes) = (base, EvaluationLimits(seconds: timeout), try kb.graphPrefixes())
            if update {
                let changes = try await kb.changeGraph {
                    try SPARQL.update(given, over: $0, base: base, prefixes: prefixes, limits: limits)
                }
                guard common.json else { return }
                return try StandardOutput.write(
                    .members(["added": .integer(changes.added), "removed": .integer(changes.removed)])
                )
            }
            let result = try kb.readGraph(at: at?.date) {
                try SPARQL.query(given, over: $0, base: base, prefixes: prefixes, limits: limits)
            }
            guard common.json, case .graph(let triples) = result else {
                return try StandardOutput.write(result.text(as: format ?? .json))
            }
            var writer = try RDFWriter(.jsonLD) { try StandardOutput.write($0) }
            for triple in triples { try writer.write(Quad(triple)) }
            try writer.finish()
        }
    }
}
