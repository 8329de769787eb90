// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Checkpoints
import Foundation
import Graphs
import Knowledge
import Tokenization

struct GraphCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "graph",
        abstract: "Keeps facts beside the documents, and infers what follows from them.",
        discussion: """
            EXAMPLES
              martlet graph import facts.ttl
              martlet graph query 'SELECT * WHERE { ?s ?p ?o } LIMIT 10'
              martlet graph infer --rules family.rules
              martlet graph explain '<http://example.org/a> <http://example.org/grandparent> <http://example.org/c>'
            """,
        subcommands: [
            Import.self, Export.self, Query.self, Facts.self, Infer.self, Explain.self, Link.self, Stats.self,
        ]
    )
}

/// A syntax as `--format` takes it.
struct FormatName: ExpressibleByArgument {
    let syntax: RDFSyntax

    init(_ syntax: RDFSyntax) { self.syntax = syntax }

    init?(argument: String) {
        guard let syntax = RDFSyntax(name: argument) else { return nil }
        self.syntax = syntax
    }
}

/// A context's address and the file that holds it, as `--context` takes them.
struct ContextFile: ExpressibleByArgument {
    let address: String
    let path: String

    init?(argument: String) {
        // An address may hold the sign, a file's name hardly.
        guard let sign = argument.lastIndex(of: "="), sign > argument.startIndex else { return nil }
        (address, path) = (String(argument[..<sign]), String(argument[sign...].dropFirst()))
    }

    func read() throws -> [UInt8] {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw CommandError(.noInput, "`\(printable(path))` cannot be read; is it there, and a file?")
        }
        return Array(data)
    }
}

extension GraphCommand {
    struct Import: AsyncParsableCommand, WithCommonOptions {
        static let configuration = CommandConfiguration(
            abstract: "Puts the facts of RDF files and tables into the graph; a file with an error leaves nothing.",
            discussion: """
                A table (CSV) whose columns are subject, predicate and object, and perhaps graph, datatype and language,
                holds a statement a row. In any other a row is what its first column names, and each other column a
                property; names are put behind --base.

                EXAMPLES
                  martlet graph import facts.ttl more.nq
                  martlet graph import rent.ttl --source contract.pdf --valid-from 2026-01-01 --confidence 0.9
                  martlet graph import dump --format n-triples --graph http://example.org/dump --json
                  martlet graph import boats.csv --base http://example.org/
                  martlet graph import people.jsonld --context https://schema.org/=schema.jsonld
                """
        )

        @Argument(help: "RDF files; `-` is standard input.")
        var files: [String]

        @Option(
            help:
                "How they are written (default: by the name): turtle, trig, n-triples, n-quads, rdf-xml, json-ld or csv."
        )
        var format: FormatName?

        @Option(help: "The IRI of the graph for what names none itself (default: the default graph).")
        var graph: String?

        @Option(help: "The IRI that relative IRIs are resolved against (default: the file's own).")
        var base: String?

        @OptionGroup var origin: FactOriginOptions

        @Option(
            help: ArgumentHelp("A file that holds a context which JSON-LD names by its address.", valueName: "iri=file")
        )
        var context: [ContextFile] = []

        @OptionGroup var knowledge: KnowledgeOptions

        @OptionGroup var common: CommonOptions

        func run() async throws {
            let kb = try await KnowledgeBase.open(named: knowledge.kb, home: common.homeFolder(), creating: true)
            let target = try graph.map { try Term(parsing: "<\($0)>") }
            let origin = origin.origin
            let bar = ProgressBar(.items)
            defer { bar.clear() }
            var rows: [JSONValue] = []
            for file in files {
                guard let syntax = format?.syntax ?? RDFSyntax(path: file) else {
                    throw CommandError(
                        .usage,
                        "the name `\(printable(file))` does not tell how it is written; say so with --format"
                    )
                }
                var reader = RDFReader(syntax, base: base)
                let contexts = context
                reader.loadContext = { address in
                    try contexts.first { $0.address == address }.map { try $0.read() }
                }
                let result = try await Interrupts.cancelling { [reader] in
                    try await kb.importGraph(file, reader: reader, graph: target, origin: origin) { done in
                        bar.update("facts", done: done, total: nil)
                    }
                }
                bar.clear()
                rows.append(
                    .members([
                        "file": .string(file), "format": .string(syntax.rawValue), "read": .integer(result.read),
                        "new": .integer(result.new),
                    ])
                )
                if !common.json {
                    try StandardOutput.write(
                        "\(knowledge.kb): \(counted(result.new, "new fact")) of \(result.read) in \(printable(file))\n"
                    )
                }
            }
            if common.json { try StandardOutput.write(.members(["files": .array(rows)])) }
        }
    }

    struct Export: AsyncParsableCommand, WithCommonOptions {
        static let configuration = CommandConfiguration(
            abstract: "Writes the facts that hold, in a stable order.",
            discussion: """
                EXAMPLES
                  martlet graph export --format trig > facts.trig
                  martlet graph export --format n-quads --kb work
                """
        )

        @Option(help: "turtle, trig, n-triples, n-quads, rdf-xml, json-ld or csv (default: trig).")
        var format: FormatName?

        @OptionGroup var knowledge: KnowledgeOptions

        @OptionGroup var common: CommonOptions

        func run() async throws {
            let kb = try await knowledge.open(common)
            let syntax = format?.syntax ?? (common.json ? .jsonLD : .triG)
            guard !common.json || syntax == .jsonLD else {
                throw CommandError(.usage, "--json and --format \(syntax.rawValue) exclude one another")
            }
            var writer = try RDFWriter(syntax, prefixes: kb.graphPrefixes()) { try StandardOutput.write($0) }
            try kb.readGraph { dataset in
                try dataset.forEachInOrder {
                    try writer.write(dataset.quad(of: $0))
                    return true
                }
            }
            try writer.finish()
        }
    }

    struct Stats: AsyncParsableCommand, WithCommonOptions {
        static let configuration = CommandConfiguration(
            abstract: "Tells how large the graph is.",
            discussion: """
                EXAMPLES
                  martlet graph stats
                  martlet graph stats --kb work --json
                """
        )

        @OptionGroup var knowledge: KnowledgeOptions

        @OptionGroup var common: CommonOptions

        func run() async throws {
            let size = try await knowledge.open(common).graphStatistics()
            guard !common.json else {
                return try StandardOutput.write(
                    .members([
                        "asserted": .integer(size.asserted), "inferred": .integer(size.inferred),
                        "closed": .integer(size.closed), "terms": .integer(size.terms), "graphs": .integer(size.graphs),
                    ])
                )
            }
            try StandardOutput.write(
                "\(knowledge.kb): \(counted(size.asserted, "fact")), \(size.inferred) inferred, \(size.closed) closed; "
                    + "\(counted(size.terms, "term")), \(counted(size.graphs, "named graph"))\n"
            )
        }
    }
}
