// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Checkpoints
import Tokenization

struct TokenizeCommand: AsyncParsableCommand, WithCommonOptions {
    static let configuration = CommandConfiguration(
        commandName: "tokenize",
        abstract: "Turns text into ids, or ids into text. Prints JSON.",
        discussion: """
            EXAMPLES
              martlet tokenize "Hello, world" --model smollm2-135m-instruct
              martlet tokenize --decode 19556,28,905 --model smollm2-135m-instruct
              echo '"one JSON string a line"' | martlet tokenize --lines - --model all-minilm-l6-v2
            """
    )

    @Argument(help: "The text; - is standard input.")
    var text: String?

    @OptionGroup var model: ModelOptions

    @Option(parsing: .unconditional, help: ArgumentHelp("Print the text of these ids: 1,2,3.", valueName: "ids"))
    var decode: String?

    @Option(help: ArgumentHelp("A file of one JSON string a line; prints one object a line.", valueName: "file"))
    var lines: String?

    @Flag(help: "Leave out the special tokens that the tokenizer adds; with --decode, all special tokens.")
    var noSpecialTokens = false

    @Flag(help: "Let special tokens spelled out in the text become those tokens.")
    var parseSpecial = false

    @OptionGroup var common: CommonOptions

    func validate() throws {
        let given = [text, decode, lines].compactMap(\.self).count
        guard given == 1 else {
            throw ValidationError(
                given == 0
                    ? "there is nothing to tokenize; give TEXT (after -- if it begins with a dash), --decode IDS or --lines FILE"
                    : "TEXT, --decode and --lines exclude one another; give one of them"
            )
        }
    }

    func run() async throws {
        let tokenizer = try await model.open().requiredTokenizer()
        if let decode {
            let ids = decode.isEmpty ? [] : try IDList(single: decode, option: "--decode").ids
            let text = try tokenizer.decode(ids, skipSpecialTokens: noSpecialTokens)
            try StandardOutput.write(.members(["text": .string(text)]))
        } else if let lines {
            for (number, line) in InputText.lines(try InputText.file(lines)).enumerated() where !line.isEmpty {
                guard let text = (try? JSONValue(parsing: Array(line.utf8)))?.string else {
                    throw CommandError(
                        .data,
                        "line \(number + 1) of \(printable(lines)) is no JSON string; write one a line"
                    )
                }
                try StandardOutput.write(try encoded(text, by: tokenizer))
            }
        } else if let text {
            try StandardOutput.write(try encoded(InputText.argument(text), by: tokenizer))
        }
    }

    private func encoded(_ text: String, by tokenizer: Tokenizer) throws -> JSONValue {
        let ids = try tokenizer.encode(
            text,
            addSpecialTokens: !noSpecialTokens,
            matching: parseSpecial ? .all : .nonSpecial
        )
        return .members([
            "ids": .ids(ids),
            "tokens": .array(ids.map { .text(tokenizer.text(of: $0)) }),
        ])
    }
}
