// SPDX-License-Identifier: Apache-2.0
import Foundation
import Knowledge
import Synchronization

/// Readers of what is searched for.
let searchReaders: [FuzzedReader] = [
    FuzzedReader(
        "terms",
        "text to index terms, for passages and for questions",
        limit: 4_096,
        dictionary: words
    ) { bytes in
        let text = String(decoding: bytes, as: UTF8.self)
        let terms = TermAnalyzer.terms(of: text)
        for term in terms {
            try promise(!term.isEmpty && term.unicodeScalars.count <= 64, "a term of \(term.unicodeScalars.count)")
        }
        let asked = TermAnalyzer.queryTerms(of: text)
        let indexed = Set(terms)
        try promise(Set(asked).count == asked.count, "a question's term stands twice")
        try promise(asked.allSatisfy(indexed.contains), "a question's term is none of the same text's own")
        try promise(TermAnalyzer.tellingCount(of: text) <= terms.count, "more telling units than terms")
    },
    FuzzedReader(
        "query",
        "a question to the full text of a knowledge base",
        limit: 2_048,
        dictionary: words + ["\" OR 1=1 --", "NEAR(", "* ", "pump", "E119", "水泵", "AND", "';"]
    ) { bytes in
        let question = String(decoding: bytes, as: UTF8.self)
        let base = try wait { try await SearchedBase.shared.base() }
        let hits = try wait { try await base.search(question, top: 5, mode: .lexical) }
        for hit in hits {
            try promise(hit.score.isFinite && hit.score > 0, "a hit of score \(hit.score)")
            try promise(SearchedBase.texts.contains { $0.contains(hit.text) }, "a hit that stands in no document")
        }
        let share = try base.coverage(of: question, by: hits.map(\.text))
        try promise((0...1.000_001).contains(share), "a coverage of \(share)")
    },
]

private let words = [
    "don't", "Alice's", "K2-410", "3.14", "A/B", "１２３", "İ", "ß", "ﬁ", "Ａ", "ﾊﾟ", "パ", "각", "\u{1112}\u{1161}\u{11AB}",
    "的", "什么", "北京", "\u{301}", "\u{200D}", "the", "what is", "-", "_", ".", "\u{2019}", "ational", "sses", "ing",
    "eed",
]

/// A small knowledge base that is made once a process.
private actor SearchedBase {
    static let shared = SearchedBase()
    static let texts = [
        "The pump of the boiler starts at 1.3 bar. Code E119 means that its pressure is too low.\n",
        "水泵的压力过低时显示 E119。请加水到 1.3 bar。\n",
        "Don't open Alice's box K2-410 before the ice has melted, whatever the label says.\n",
    ]
    private var task: Task<KnowledgeBase, any Error>?

    func base() async throws -> KnowledgeBase {
        let task = task ?? Task { try await Self.make() }
        self.task = task
        return try await task.value
    }

    private static func make() async throws -> KnowledgeBase {
        let scratch = ScratchFolder("query")
        let identity = TextEmbedding.Identity(modelHash: "none", precision: "f32", dimension: 2, tokenLimit: 254)
        let embedding = TextEmbedding(
            identity: identity,
            vectors: { texts in texts.map { _ in [1, 0] } },
            tokenCount: { $0.split(separator: " ").count },
            unknownShare: { _ in 0 }
        )
        let base = try await KnowledgeBase.open(
            home: URL(fileURLWithPath: scratch.path),
            embedding: embedding,
            creating: true
        )
        var paths: [String] = []
        for (number, text) in texts.enumerated() { paths.append(try scratch.write(text.utf8, to: "\(number).txt")) }
        _ = try await base.add(paths)
        return base
    }
}

/// Waits for what is asynchronous: a fuzzer's entry is not.
private func wait<T: Sendable>(for body: @escaping @Sendable () async throws -> T) throws -> T {
    let outcome = Outcome<T>()
    let done = DispatchSemaphore(value: 0)
    Task.detached {
        do {
            let value = try await body()
            outcome.result.withLock { $0 = .success(value) }
        } catch {
            outcome.result.withLock { $0 = .failure(error) }
        }
        done.signal()
    }
    done.wait()
    guard let result = outcome.result.withLock({ $0 }) else { throw BrokenPromise(message: "nothing came back") }
    return try result.get()
}

private final class Outcome<T: Sendable>: Sendable {
    let result = Mutex<Result<T, any Error>?>(nil)
}
