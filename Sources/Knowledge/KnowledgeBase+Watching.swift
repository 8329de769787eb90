// SPDX-License-Identifier: Apache-2.0

extension KnowledgeBase {
    /// What one round of watching did.
    public struct WatchReport: Sendable {
        /// What was taken in.
        public var ingestion: IngestionReport
        /// Documents removed, since their files are gone.
        public var removed: [String]
    }

    /// Keeps the knowledge base as files and folders are, until it is cancelled: takes in what is new or changed, and
    /// removes the documents whose files are gone. Looks every `interval`, at names, sizes and times alone; the first
    /// look takes in all that is not there yet. `report` is called after each round that changed something, and after
    /// the first.
    ///
    /// Throws what `add` throws, and `CancellationError`.
    public func watch(
        _ paths: [String],
        every interval: Duration = .seconds(1),
        progress: (@Sendable (IngestionProgress) -> Void)? = nil,
        report: (WatchReport) throws -> Void
    ) async throws {
        var watch = FolderWatch(paths)
        var isFirst = true
        while true {
            let changes = watch.look()
            let stored = Set(try documents().map(\.document))
            let removed = (isFirst ? watch.gone(Array(stored)) : changes.removed).filter(stored.contains)
            if !removed.isEmpty { try await remove(removed) }
            if isFirst || !removed.isEmpty || !changes.changed.isEmpty {
                var ingestion = try await add(isFirst ? paths : changes.changed, progress: progress)
                // A time that changed and nothing else is no news.
                if !isFirst { ingestion.unchanged = 0 }
                if isFirst || !removed.isEmpty || ingestion.added > 0 || !ingestion.skipped.isEmpty {
                    try report(WatchReport(ingestion: ingestion, removed: removed))
                }
                isFirst = false
            }
            try await Task.sleep(for: interval)
        }
    }
}
