// SPDX-License-Identifier: Apache-2.0
import Agents
import Checkpoints
import Tokenization

/// Says one turn on standard output.
struct SpokenTurn {
    /// The turn as JSON.
    let json: Bool
    /// Whether to show what each stage did.
    let trace: Bool

    /// Asks the agent and shows the answer as it comes.
    ///
    /// - Returns: The whole turn; nil if it was interrupted.
    func say(_ question: String, _ agent: Agent, history: [Exchange] = []) async throws -> Turn? {
        let json = json
        let turn = try await Interrupts.cancelling { () async throws -> Turn? in
            var wrapper = WordWrapper(columns: StandardOutput.columns)
            do {
                for try await event in agent.stream(question, history: history) {
                    switch event {
                    case .text(let text):
                        guard !json else { continue }
                        try StandardOutput.write(wrapper.append(Self.printable(text)))
                        try StandardOutput.flush()
                    case .finished(let turn):
                        if !json { try StandardOutput.write(wrapper.finish()) }
                        return turn
                    }
                }
            } catch is CancellationError {
                return nil
            }
            return nil
        }
        if json {
            if let turn { try StandardOutput.write(turn.json) }
            try StandardOutput.flush()
            return turn
        }
        try StandardOutput.write("\n")
        if let turn, let response = turn.response, !response.citations.isEmpty {
            try StandardOutput.write("\n" + Self.sources(response))
        }
        try StandardOutput.flush()
        if trace, let turn { StandardError.write(Self.trace(turn)) }
        return turn
    }

    /// Where the answer stands, a line each.
    static func sources(_ response: Response) -> String {
        var text = ""
        for (place, citation) in response.citations.enumerated() {
            let span = Style.dim(citation.place)
            text += "\(Style.cyan("[\(place + 1)]")) \(printable(citation.document))  \(span)\n"
        }
        return text
    }

    private static func trace(_ turn: Turn) -> String {
        var text = "\n"
        if let understanding = turn.understanding {
            text += "understood: \(understanding.intent.rawValue) (\(Amount.fixed(understanding.confidence, 2))), "
            text += "\(understanding.language), looks for: \(printable(understanding.query))\n"
        }
        for step in turn.trace {
            text += "\(step.stage)  \(Amount.fixed(step.seconds, 3)) s\n"
            for (name, value) in step.details.sorted(by: { $0.key < $1.key }) {
                text += "  \(name): \(printable(value).split(whereSeparator: \.isNewline).joined(separator: " "))\n"
            }
        }
        return text
    }

    /// Text of documents and models without the control characters that would steer a terminal; lines stay.
    static func printable(_ text: String) -> String {
        guard StandardOutput.isTerminal else { return text }
        let scalars = text.unicodeScalars.filter {
            $0 == "\n" || $0 == "\t" || $0.properties.generalCategory != .control
        }
        return String(String.UnicodeScalarView(scalars))
    }
}

extension Turn {
    /// The turn as the command line promises it.
    var json: JSONValue {
        .members([
            "answer": .text(response?.answer),
            "citations": .array(
                (response?.citations ?? []).map { citation in
                    var object = JSONObject()
                    object["document"] = .string(citation.document)
                    object["passage"] = .string(citation.passage)
                    object["start"] = .integer(citation.start)
                    object["end"] = .integer(citation.end)
                    object["quote"] = .string(citation.quote)
                    object["page"] = citation.page.map(JSONValue.integer)
                    object["time"] = citation.time.map(JSONValue.integer)
                    return .object(object)
                }
            ),
            "intent": .text(understanding?.intent.rawValue),
            // Understanding comes first, then the module that its intent calls for.
            "module": .text(trace.count > 1 ? trace[1].stage : nil),
            "confidence": response.map { .number($0.confidence) } ?? .null,
            "abstained": .bool(response?.isWithheld ?? true),
            "usage": .members([
                "prompt_tokens": .integer(usage.promptTokens),
                "completion_tokens": .integer(usage.completionTokens),
            ]),
            "trace": .array(trace.map(\.json)),
        ])
    }
}

extension TraceStep {
    fileprivate var json: JSONValue {
        var details = JSONObject()
        for (name, value) in self.details.sorted(by: { $0.key < $1.key }) { details[name] = .string(value) }
        return .members(["stage": .string(stage), "seconds": .number(seconds), "details": .object(details)])
    }
}
