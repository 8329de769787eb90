// SPDX-License-Identifier: Apache-2.0

/// A document on its way from its file to the store, in pieces.
enum ReadingPiece: Sendable {
    /// Its file has changed or is new: lines and passages follow.
    case begin(FileScan)
    /// Lines of its text and the passages that end in them.
    case lines([ExtractedLine], [PassageDraft])
    /// All of it was read.
    case end(title: String?, replaced: Int)
    /// It is stored as it is.
    case unchanged
    /// It could not be read to its end.
    case failed(any Error)
}

/// Reads documents and cuts them into passages while earlier ones are embedded: several at once, given out in order.
/// What is read and not yet taken is bounded, so memory does not grow with the documents.
struct ReadAhead: Sendable {
    let paths: [String]
    let fetcher: WebFetcher
    /// Whether the store has the file as it is.
    let isStored: @Sendable (String, FileScan) throws -> Bool
    let limits: PassageLimits
    let tokenCount: @Sendable (String) throws -> Int
    /// Closed while there is something better to do than to read.
    let gate = Gate()

    /// Documents read at once.
    private static let width = 4
    /// Bytes of text that wait, for each of them.
    private static let waiting = 1 << 20

    /// Calls `body` with each path and its pieces, in order.
    func forEach(_ body: (String, BoundedChannel<ReadingPiece>) async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            var ahead: [BoundedChannel<ReadingPiece>] = []
            var started = 0
            // Whatever ends this, those who read must not wait for ever.
            defer { for channel in ahead { channel.finish() } }
            for path in paths {
                while started < paths.count, ahead.count < Self.width {
                    let (channel, path) = (BoundedChannel<ReadingPiece>(limit: Self.waiting), paths[started])
                    group.addTask { await read(path, into: channel) }
                    ahead.append(channel)
                    started += 1
                }
                try await body(path, ahead[0])
                ahead.removeFirst().finish()
            }
        }
    }

    private func read(_ path: String, into channel: BoundedChannel<ReadingPiece>) async {
        do {
            await gate.pass()
            let source = try await SourceFile(path, fetcher: fetcher)
            // A fetched page's file is there as long as this.
            defer { withExtendedLifetime(source) {} }
            let scan = try FileScan(path: source.path, charset: source.charset)
            if try isStored(path, scan) {
                await channel.send(.unchanged)
            } else {
                let reader = try DocumentReader(path: source.path, scan: scan)
                // A film's first line takes minutes, in which nobody holds the lock.
                var next = try reader.next()
                await channel.send(.begin(scan))
                var cutter = PassageCutter(limits: limits, tokenCount: tokenCount)
                while let lines = next {
                    try Task.checkCancellation()
                    for part in lines.split(byWeight: 1 << 16) {
                        await gate.pass()
                        let drafts = try part.flatMap { try cutter.read($0) }
                        let weight = part.reduce(0) { $0 + $1.text.utf8.count }
                        guard await channel.send(.lines(Array(part), drafts), weight: weight) else { return }
                    }
                    next = try reader.next()
                }
                await channel.send(.lines([], try cutter.finish()))
                await channel.send(.end(title: reader.title, replaced: reader.replaced))
            }
        } catch {
            await channel.send(.failed(error))
        }
        channel.finish()
    }
}

extension [ExtractedLine] {
    /// The lines in parts of about so many bytes.
    fileprivate func split(byWeight limit: Int) -> [ArraySlice<ExtractedLine>] {
        var parts: [ArraySlice<ExtractedLine>] = []
        var (start, weight) = (0, 0)
        for (place, line) in enumerated() {
            weight += line.text.utf8.count
            guard weight >= limit else { continue }
            parts.append(self[start...place])
            (start, weight) = (place + 1, 0)
        }
        return start < count ? parts + [self[start...]] : parts
    }
}

extension PassageLimits {
    /// As much as an embedder can read, and at most the default.
    init(embedder: TextEmbedding.Identity) {
        self.init()
        tokens = min(tokens, max(8, embedder.tokenLimit))
        headingTokens = min(headingTokens, tokens / 4)
    }
}
