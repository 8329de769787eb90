// SPDX-License-Identifier: Apache-2.0
public import Knowledge

/// One turn of a conversation: a value that grows as it passes each stage.
public struct Turn: Sendable {
    /// What the user said.
    public let utterance: String
    /// What was said before, oldest first.
    public let history: [Exchange]
    /// What the user wants.
    public internal(set) var understanding: Understanding?
    /// The passages that were found, best first.
    public internal(set) var evidence: [Hit] = []
    /// What is to be said, before it is worded.
    public internal(set) var draft: Draft?
    /// What was said.
    public internal(set) var response: Response?
    /// What each stage did.
    public internal(set) var trace: [TraceStep] = []
    /// Tokens that language models read and wrote.
    public internal(set) var usage = Usage()

    /// A turn at its beginning.
    public init(utterance: String, history: [Exchange] = []) {
        self.utterance = utterance
        self.history = history
    }
}

/// A question and its answer, earlier in the conversation.
public struct Exchange: Sendable, Codable, Hashable {
    /// What the user said.
    public let utterance: String
    /// What was answered.
    public let answer: String

    /// An exchange of both.
    public init(utterance: String, answer: String) {
        self.utterance = utterance
        self.answer = answer
    }
}

/// What a user wants, as far as the words tell.
public struct Understanding: Sendable, Codable, Hashable {
    /// What kind of thing is wanted.
    public enum Intent: String, Sendable, Codable {
        /// Something that the knowledge may answer.
        case question
        /// Talk.
        case conversation
    }

    /// `zh` where most letters are Han characters, else `en`.
    public var language: String
    /// What kind of thing is wanted.
    public var intent: Intent
    /// How likely that is, 0 to 1.
    public var confidence: Double
    /// What to look for: the words themselves, with the last question before them where they lean on it.
    public var query: String
}

/// What is to be said.
public enum Draft: Sendable {
    /// Quotations that answer the question, best first.
    case quotes([Quote], confidence: Double)
    /// Nothing that was found speaks of it.
    case nothing(confidence: Double)
    /// Free talk.
    case talk
}

/// A span worth quoting.
public struct Quote: Sendable, Hashable {
    /// The span.
    public let citation: Citation
    /// The headings above it, outermost first.
    public let headings: [String]
    /// The sentence of it that is nearest to the question.
    public let sentence: String
    /// How well that fits the question; comparable within one turn only.
    public let score: Double
}

/// What was said.
public struct Response: Sendable, Hashable {
    /// The whole answer.
    public var answer: String
    /// Where it stands.
    public var citations: [Citation]
    /// How sure the answer is, 0 to 1; below 0.5 it shows the closest passage as just that.
    public var confidence: Double
    /// Whether an answer was withheld because nothing found speaks of the question.
    public var isWithheld: Bool
}

/// A span of a document.
public struct Citation: Sendable, Codable, Hashable {
    /// The document's name.
    public var document: String
    /// The id of the passage that holds the span.
    public var passage: String
    /// The first Unicode scalar of the document's extracted text.
    public var start: Int
    /// The scalar after its last.
    public var end: Int
    /// The text of the span, exactly.
    public var quote: String
    /// The page, slide or sheet of the passage, the first being 1.
    public var page: Int?
    /// Milliseconds from the beginning to the passage.
    public var time: Int?

    /// Where it stands, for people: `page 7, characters 1911–2018`.
    public var place: String {
        var parts: [String] = []
        if let page { parts.append("page \(page)") }
        if let time {
            let seconds = max(0, time) / 1_000
            let clock = [seconds / 3_600, seconds / 60 % 60, seconds % 60].map { $0 < 10 ? "0\($0)" : "\($0)" }
            parts.append("at \(clock.joined(separator: ":"))")
        }
        return (parts + ["characters \(start)–\(end)"]).joined(separator: ", ")
    }
}

/// Tokens that language models read and wrote.
public struct Usage: Sendable, Codable, Hashable {
    /// Tokens read.
    public var promptTokens = 0
    /// Tokens written.
    public var completionTokens = 0

    private enum CodingKeys: String, CodingKey {
        case promptTokens = "prompt_tokens"
        case completionTokens = "completion_tokens"
    }
}

/// What one stage did.
public struct TraceStep: Sendable, Codable, Hashable {
    /// The stage.
    public var stage: String
    /// What it found out, by name.
    public var details: [String: String]
    /// How long it took.
    public var seconds: Double
}

/// One stage that every turn passes.
public protocol Stage: Sendable {
    /// The stage's name in traces.
    var name: String { get }
    /// Takes a turn and returns it richer.
    ///
    /// - Throws: What the models and stores behind it throw.
    func callAsFunction(_ turn: Turn) async throws -> Turn
}

extension Turn {
    /// The turn after a stage, with the stage's step in the trace.
    func passing(_ stage: any Stage) async throws -> Turn {
        let clock = ContinuousClock()
        let start = clock.now
        let before = trace.count
        var turn = try await stage(self)
        let time = start.duration(to: clock.now)
        if turn.trace.count == before { turn.trace.append(TraceStep(stage: stage.name, details: [:], seconds: 0)) }
        turn.trace[before].seconds = Double(time.components.seconds) + Double(time.components.attoseconds) * 1e-18
        return turn
    }

    /// Notes what a stage found out.
    mutating func note(_ stage: String, _ details: [String: String]) {
        trace.append(TraceStep(stage: stage, details: details, seconds: 0))
    }
}
