// SPDX-License-Identifier: Apache-2.0
import Foundation
import Graphs

/// What linking did.
public struct LinkingReport: Sendable, Hashable, Codable {
    /// Passages that were linked, new ones and those in which a name is otherwise now.
    public var passages = 0
    /// Mentions found in them.
    public var mentions = 0
    /// Distinct names of the graph; 0 where nothing was to be done.
    public var names = 0
    /// Bytes of memory that the names took.
    public var nameBytes = 0
}

extension KnowledgeBase {
    /// Brings the links between passages and the graph up to date: after it every passage's mentions are those that its
    /// text, the names of the graph and, where terms share a name, what the graph says of them give. A search that uses
    /// the graph does so by itself. `progress` gets the number of passages done.
    ///
    /// Terms that share a name are told apart by vectors if the base was opened with an embedder. Throws
    /// `KnowledgeError`; what was done until then stays. Cost: nothing where nothing changed; a pass over the labels where
    /// the graph changed, and one over the texts where names did; otherwise the new passages.
    @discardableResult
    public func linkEntities(progress: (@Sendable (Int) -> Void)? = nil) async throws -> LinkingReport {
        var report = LinkingReport()
        let embedder = embedding.map { $0.identity.modelHash + "/" + $0.identity.precision }
        while true {
            let isDone = try read { db in
                try !EntityLinks.areWanted(in: db)
                    || EntityLinks.areCurrent(LinkingState(in: db), embedder: embedder, in: db)
            }
            if isDone { return report }
            let state = try await write { db in
                try self.checkEmbedder(in: db)
                return try EntityLinks.update(embedder: embedder, in: db)
            }
            let matcher = try read { db in
                try LinkingState(in: db).edition == state.edition ? EntityLinks.matcher(in: db) : nil
            }
            guard let matcher else { continue }
            (report.names, report.nameBytes) = (matcher.count, matcher.byteCount)
            guard let version = try await link(matcher, edition: state.edition, &report, progress) else { continue }
            try await write { db in
                var last = try LinkingState(in: db)
                guard last.edition == state.edition else { return }
                last.version = version
                try last.write(in: db)
            }
        }
    }

    /// Links what is not linked; returns the version for which that is all, or nil where the names changed meanwhile.
    private func link(
        _ matcher: NameMatcher,
        edition: Int,
        _ report: inout LinkingReport,
        _ progress: (@Sendable (Int) -> Void)?
    ) async throws -> Int? {
        var last: Int64 = 0
        while true {
            try Task.checkCancellation()
            let after = last
            let (batch, version) = try read { db in
                (try LinkingBatch(after: after, matcher, in: db), try Store.version(in: db))
            }
            guard let batch, let end = batch.passages.last?.passage else { return version }
            let records = try await records(batch.descriptions)
            let mentions = try await write { db in
                try LinkingState(in: db).edition == edition ? batch.store(records, in: db) : nil
            }
            guard let mentions else { return nil }
            last = end
            report.passages += batch.passages.count
            report.mentions += mentions
            progress?(report.passages)
        }
    }

    /// What terms of one name are told apart by, with vectors where there is an embedder.
    func records(
        _ descriptions: [(term: TermID, description: EntityDescription)]
    ) async throws -> [EntityRecord] {
        var records: [EntityRecord] = []
        for start in stride(from: 0, to: descriptions.count, by: 32) {
            let part = descriptions[start..<min(descriptions.count, start + 32)]
            let vectors = try await embedding?.checkedVectors(part.map(\.description.text))
            for (place, entry) in part.enumerated() {
                records.append(
                    EntityRecord(
                        term: entry.term,
                        facts: entry.description.facts,
                        description: entry.description.digest,
                        vector: vectors?[place]
                    )
                )
            }
        }
        return records
    }

    /// As `linkEntities`, but what cannot be written now is left for later: a search goes on with what is there.
    func linkEntitiesIfPossible() async throws {
        do {
            try await linkEntities()
        } catch let error as KnowledgeError {
            switch error.code {
            case .busy, .notWritable, .noSpace: return
            default: throw error
            }
        }
    }
}
