// SPDX-License-Identifier: Apache-2.0
public import Foundation

/// What was said in a session, entry by entry.
///
/// Names follow Apple's FoundationModels; this is the part of them that text needs.
public struct Transcript: Sendable, Equatable, RandomAccessCollection {
    private var entries: [Entry]

    /// A transcript of these entries.
    public init(entries: some Sequence<Entry> = []) { self.entries = Array(entries) }

    /// The place of the first entry.
    public var startIndex: Int { entries.startIndex }
    /// The place behind the last entry.
    public var endIndex: Int { entries.endIndex }

    /// The entry at a place.
    public subscript(index: Int) -> Entry {
        get { entries[index] }
        set { entries[index] = newValue }
    }

    mutating func append(_ entry: Entry) { entries.append(entry) }

    /// One thing that was said, and by whom.
    public enum Entry: Sendable, Identifiable, Equatable {
        /// What the developer tells the model to be.
        case instructions(Instructions)
        /// What the user says.
        case prompt(Prompt)
        /// What the model says.
        case response(Response)

        /// A name of its own.
        public var id: String {
            switch self {
            case .instructions(let instructions): instructions.id
            case .prompt(let prompt): prompt.id
            case .response(let response): response.id
            }
        }

        /// Its segments in order.
        public var segments: [Segment] {
            switch self {
            case .instructions(let instructions): instructions.segments
            case .prompt(let prompt): prompt.segments
            case .response(let response): response.segments
            }
        }

        /// The text of its segments, one after the other.
        package var text: String { segments.map(\.text).joined() }
    }

    /// A part of an entry.
    public enum Segment: Sendable, Identifiable, Equatable {
        /// Text.
        case text(TextSegment)

        /// A name of its own.
        public var id: String {
            switch self {
            case .text(let segment): segment.id
            }
        }

        package var text: String {
            switch self {
            case .text(let segment): segment.content
            }
        }
    }

    /// A part of an entry that is text.
    public struct TextSegment: Sendable, Identifiable, Equatable {
        /// A name of its own.
        public var id: String
        /// The text.
        public var content: String

        /// A segment of that text.
        public init(id: String = UUID().uuidString, content: String) {
            self.id = id
            self.content = content
        }
    }

    /// What the developer tells the model to be.
    public struct Instructions: Sendable, Identifiable, Equatable {
        /// A name of its own.
        public var id: String
        /// Its parts.
        public var segments: [Segment]

        /// Instructions of these parts.
        public init(id: String = UUID().uuidString, segments: [Segment]) {
            self.id = id
            self.segments = segments
        }
    }

    /// What the user says.
    public struct Prompt: Sendable, Identifiable, Equatable {
        /// A name of its own.
        public var id: String
        /// Its parts.
        public var segments: [Segment]
        /// How the answer was asked for.
        public var options: GenerationOptions

        /// A prompt of these parts.
        public init(
            id: String = UUID().uuidString,
            segments: [Segment],
            options: GenerationOptions = GenerationOptions()
        ) {
            self.id = id
            self.segments = segments
            self.options = options
        }
    }

    /// What the model says.
    public struct Response: Sendable, Identifiable, Equatable {
        /// A name of its own.
        public var id: String
        /// Its parts.
        public var segments: [Segment]

        /// A response of these parts.
        public init(id: String = UUID().uuidString, segments: [Segment]) {
            self.id = id
            self.segments = segments
        }
    }
}

extension Transcript.Entry {
    /// An entry of one text segment each.
    package static func instructions(_ text: String) -> Transcript.Entry {
        .instructions(Transcript.Instructions(segments: [.text(Transcript.TextSegment(content: text))]))
    }

    package static func prompt(_ text: String) -> Transcript.Entry {
        .prompt(Transcript.Prompt(segments: [.text(Transcript.TextSegment(content: text))]))
    }

    package static func response(_ text: String) -> Transcript.Entry {
        .response(Transcript.Response(segments: [.text(Transcript.TextSegment(content: text))]))
    }
}
