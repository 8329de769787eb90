// SPDX-License-Identifier: Apache-2.0

extension LanguageModelSession {
    /// A whole answer.
    public struct Response<Content: Sendable>: Sendable {
        /// What the model said.
        public let content: Content
        /// What the turn added to the transcript.
        public let transcriptEntries: ArraySlice<Transcript.Entry>
        /// What the turn cost.
        public let usage: Usage
    }

    /// An answer as it comes: each element is all of it so far.
    public struct ResponseStream<Content: Sendable>: AsyncSequence, Sendable {
        /// The answer so far.
        public struct Snapshot: Sendable {
            /// What the model has said.
            public let content: Content
            /// What the turn has added to the transcript.
            public let transcriptEntries: ArraySlice<Transcript.Entry>
            /// What the turn has cost, as far as the model has told.
            public let usage: Usage
        }

        let snapshots: AsyncThrowingStream<Snapshot, any Swift.Error>

        /// Reads the answer from its beginning; it can be read once.
        public func makeAsyncIterator() -> AsyncThrowingStream<Snapshot, any Swift.Error>.AsyncIterator {
            snapshots.makeAsyncIterator()
        }

        /// Waits for the whole answer.
        ///
        /// - Throws: What the model throws, and `CancellationError` if the task is cancelled before the end.
        public nonisolated(nonsending) func collect() async throws -> Response<Content> {
            var last: Snapshot?
            for try await snapshot in snapshots { last = snapshot }
            try Task.checkCancellation()
            guard let last else { throw CancellationError() }
            return Response(content: last.content, transcriptEntries: last.transcriptEntries, usage: last.usage)
        }
    }

    /// Asks, and waits for the whole answer.
    ///
    /// - Throws: `Error.concurrentRequests` while an answer is under way, `LanguageModelError` if the conversation is
    ///   longer than the context, what the model throws. The transcript is then as it was before.
    @discardableResult
    public nonisolated(nonsending) func respond(
        to prompt: Prompt,
        options: GenerationOptions = GenerationOptions()
    ) async throws -> Response<String> {
        try await streamResponse(to: prompt, options: options).collect()
    }

    /// Asks, and waits for the whole answer.
    ///
    /// - Throws: As for a `Prompt`.
    @discardableResult
    @_disfavoredOverload
    public nonisolated(nonsending) func respond(
        to prompt: String,
        options: GenerationOptions = GenerationOptions()
    ) async throws -> Response<String> {
        try await respond(to: Prompt(prompt), options: options)
    }

    /// Asks, and waits for the whole answer.
    ///
    /// - Throws: As for a `Prompt`, and what the prompt throws.
    @discardableResult
    public nonisolated(nonsending) func respond(
        options: GenerationOptions = GenerationOptions(),
        @PromptBuilder prompt: () throws -> Prompt
    ) async throws -> Response<String> {
        try await respond(to: try prompt(), options: options)
    }

    /// Asks, and gives the answer as it comes. The stream throws what `respond` throws.
    ///
    /// Whoever stops reading, or cancels the task that reads, stops the answer; what had come stays in the transcript.
    @_disfavoredOverload
    public func streamResponse(
        to prompt: String,
        options: GenerationOptions = GenerationOptions()
    ) -> ResponseStream<String> {
        streamResponse(to: Prompt(prompt), options: options)
    }

    /// Asks, and gives the answer as it comes. The stream throws what `respond` throws.
    ///
    /// Whoever stops reading, or cancels the task that reads, stops the answer; what had come stays in the transcript.
    public func streamResponse(
        to prompt: Prompt,
        options: GenerationOptions = GenerationOptions()
    ) -> ResponseStream<String> {
        let (snapshots, continuation) = AsyncThrowingStream<ResponseStream<String>.Snapshot, any Swift.Error>
            .makeStream()
        let id = nextTurn()
        let entry = Transcript.Entry.prompt(
            Transcript.Prompt(segments: [.text(Transcript.TextSegment(content: prompt.text))], options: options)
        )
        let transcript = state.withLock { state -> Transcript? in
            guard state.turn == nil else { return nil }
            state.turn = Turn(id: id, start: state.transcript.count)
            state.transcript.append(entry)
            return state.transcript
        }
        guard let transcript else {
            continuation.finish(throwing: Error.concurrentRequests)
            return ResponseStream(snapshots: snapshots)
        }
        let request = LanguageModelExecutorGenerationRequest(
            transcript: transcript,
            generationOptions: options,
            prefix: prefix
        )
        let task = Task {
            do {
                try await run(request, turn: id, into: continuation)
                if let last = end(id, as: .complete) { continuation.yield(last) }
                continuation.finish()
            } catch {
                _ = end(id, as: .failed)
                continuation.finish(throwing: error)
            }
        }
        continuation.onTermination = { [self] termination in
            guard case .cancelled = termination else { return }
            // The session is free at once, without waiting for the model to notice.
            _ = end(id, as: .stopped)
            task.cancel()
        }
        return ResponseStream(snapshots: snapshots)
    }

    private func run(
        _ request: LanguageModelExecutorGenerationRequest,
        turn id: UInt64,
        into continuation: AsyncThrowingStream<ResponseStream<String>.Snapshot, any Swift.Error>.Continuation
    ) async throws {
        let channel = LanguageModelExecutorGenerationChannel()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { [responder] in
                do {
                    try await responder.respond(request, channel)
                    channel.finish()
                } catch {
                    channel.finish(throwing: error)
                }
            }
            for try await event in channel.events {
                guard let snapshot = take(event, turn: id) else { break }
                continuation.yield(snapshot)
            }
            try Task.checkCancellation()
            try await group.waitForAll()
        }
    }

    /// Adds a step to the turn and gives the answer so far; nil if the turn is over.
    private func take(
        _ event: LanguageModelExecutorGenerationChannel.Event,
        turn id: UInt64
    ) -> ResponseStream<String>.Snapshot? {
        state.withLock { state in
            guard var turn = state.turn, turn.id == id else { return nil }
            switch event.kind {
            case .response(let action):
                switch action.kind {
                case .appendText(let text, let tokenCount):
                    turn.response += text
                    turn.usage.output.totalTokenCount += tokenCount
                case .updateUsage(let usage): turn.usage = usage
                }
            }
            state.turn = turn
            return ResponseStream<String>.Snapshot(
                content: turn.response,
                transcriptEntries: Array(state.transcript)[turn.start...],
                usage: turn.usage
            )
        }
    }

    private enum Ending {
        /// The model said all it had to say.
        case complete
        /// The reader left: what was said counts, if anything was.
        case stopped
        /// Nothing counts.
        case failed
    }

    /// Closes the turn if it is still open, and gives the whole answer.
    private func end(_ id: UInt64, as ending: Ending) -> ResponseStream<String>.Snapshot? {
        state.withLock { state in
            guard let turn = state.turn, turn.id == id else { return nil }
            state.turn = nil
            if ending == .failed || ending == .stopped && turn.response.isEmpty {
                state.transcript = Transcript(entries: state.transcript.prefix(turn.start))
                return nil
            }
            state.transcript.append(.response(turn.response))
            state.usage.add(turn.usage)
            return ResponseStream<String>.Snapshot(
                content: turn.response,
                transcriptEntries: Array(state.transcript)[turn.start...],
                usage: turn.usage
            )
        }
    }
}
