// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Checkpoints
import Foundation
import Tensors

@main
struct Martlet: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "martlet",
        abstract: "Answers from your own documents, with citations, by a language model on this machine.",
        discussion: """
            EXAMPLES
              martlet kb add ~/notes
              martlet ask "When is the rent due?"
              martlet chat
              martlet generate "Name three rivers." --max-new-tokens 40
            """,
        version: "0.1.0",
        groupedSubcommands: [
            CommandGroup(name: "Answers", subcommands: [AskCommand.self, ChatCommand.self]),
            CommandGroup(name: "Knowledge", subcommands: [KnowledgeCommand.self, GraphCommand.self]),
            CommandGroup(name: "Models", subcommands: [ModelsCommand.self]),
            CommandGroup(
                name: "The model alone",
                subcommands: [
                    GenerateCommand.self, TokenizeCommand.self, LogitsCommand.self, PerplexityCommand.self,
                    EmbedCommand.self, RerankCommand.self, BenchCommand.self,
                ]
            ),
        ]
    )

    static func main() async {
        Interrupts.prepare()
        do {
            try Processor.applyEnvironment()
        } catch {
            end(.configuration, error.message)
        }
        let command: any ParsableCommand
        do {
            command = try parseAsRoot()
        } catch {
            endParsing(error)
        }
        do {
            try await execute(command)
            try StandardOutput.flush()
        } catch is ClosedPipe {
            end(.done, nil)
        } catch  where [.success, .validationFailure].contains(exitCode(for: error)) {
            endParsing(error)
        } catch {
            // Lines that are whole have a reader still; a second failure would hide the first.
            try? StandardOutput.flush()
            let (exit, message) = Exit.of(error)
            end(exit, message)
        }
        end(.done, nil)
    }

    private static func execute(_ command: any ParsableCommand) async throws {
        if let command = command as? any WithCommonOptions { try command.common.apply() }
        if var command = command as? any AsyncParsableCommand {
            try await command.run()
        } else {
            var command = command
            try command.run()
        }
    }

    /// Help and version are asked for; everything else is one line that names the next step.
    private static func endParsing(_ error: any Error) -> Never {
        guard exitCode(for: error) != .success else {
            do {
                try StandardOutput.write(fullMessage(for: error) + "\n")
                try StandardOutput.flush()
            } catch {
                end(
                    error is ClosedPipe ? .done : Exit.of(error).exit,
                    error is ClosedPipe ? nil : Exit.of(error).message
                )
            }
            end(.done, nil)
        }
        var what = message(for: error).split(whereSeparator: \.isNewline).joined(separator: " ")
        if let unknown = unknownCommand(CommandLine.arguments.dropFirst()) { what = unknown }
        if what.hasSuffix(".") { what.removeLast() }
        // The parser names the command that it was reading in its last line: See 'martlet … --help' for …
        var help = "martlet --help"
        let full = fullMessage(for: error)
        if let start = full.range(of: "See '", options: .backwards)?.upperBound,
            let end = full[start...].firstIndex(of: "'")
        {
            help = String(full[start..<end])
        }
        end(.usage, "\(printable(String(what.prefix(400)))); see `\(help)`")
    }

    /// Says so if the first word is no command; the parser would speak of an unexpected argument.
    private static func unknownCommand(_ arguments: ArraySlice<String>) -> String? {
        var commands = configuration.subcommands
        var path = "martlet"
        for word in arguments {
            if commands.isEmpty || word.hasPrefix("-") { return nil }
            if let command = commands.first(where: { $0._commandName == word }) {
                commands = command.configuration.subcommands
                path += " \(word)"
                continue
            }
            let near = ModelCatalog.names(near: word, among: commands.map { $0._commandName })
            let hint = near.isEmpty ? "" : "; did you mean \(near.joined(separator: ", "))?"
            return word == "help" ? nil : "there is no command `\(path) \(printable(word))`\(hint)"
        }
        return nil
    }

    private static func end(_ exit: Exit, _ message: String?) -> Never {
        if let message { StandardError.write("error: \(oneLine(message))\n") }
        Interrupts.leave(exit)
    }
}

/// `text` in one line, with nothing in it that would steer a terminal: messages quote what users and files wrote.
func oneLine(_ text: String) -> String {
    var line = ""
    for scalar in text.unicodeScalars {
        if scalar == "\n" || scalar == "\r" {
            line += " "
        } else if scalar.properties.generalCategory == .control {
            line += scalar.escaped(asASCII: true)
        } else {
            line.unicodeScalars.append(scalar)
        }
    }
    return line
}

/// A command that takes the options that go with all of them.
protocol WithCommonOptions {
    var common: CommonOptions { get }
}
