// SPDX-License-Identifier: Apache-2.0
import Knowledge

/// Chooses from ranked passages what to quote: of the first two the paragraphs around the sentence nearest to the
/// question.
///
/// A sentence's score is its similarity in meaning plus the share of the question's terms, weighted by rarity, that it
/// speaks of under its headings. Where the embedder cannot read the question, the passages are those of the sentences
/// that hold most of its terms, single characters of Han among them.
struct QuoteSelector: Sendable {
    /// Passages that are quoted from.
    private static let quotes = 2
    /// Characters of a quotation.
    static let quoteLength = 900
    /// What a term counts that stands in a heading alone, where shares of terms are all there is.
    private static let headingShare = 0.5
    /// Below this nothing is shown.
    static let threshold = 0.35

    let knowledge: KnowledgeBase
    let embedding: TextEmbedding

    /// What was chosen, and how sure that is.
    struct Selection: Sendable {
        var quotes: [Quote] = []
        /// The nearest passage's or sentence's cosine to the question.
        var similarity = 0.0
        /// The best passage's share of the question's terms.
        var coverage = 0.0
        /// Names in the question that no document mentions.
        var unknownNames: [String] = []
        /// 0 to 1.
        var confidence = 0.0
        /// Whether it is worth showing at all.
        var isAnswer: Bool { !quotes.isEmpty && confidence >= QuoteSelector.threshold }
    }

    private struct Candidate {
        let hit: Int
        let sentence: Range<Int>  // scalars of the passage
        let text: String
        var similarity = 0.0
        var coverage = 0.0
        var share = 0.0
        var score: Double { share > 0 ? share : similarity + coverage }
    }

    /// Chooses quotations.
    ///
    /// - Throws: What the embedder and the knowledge base throw.
    func select(_ question: String, from ranking: PassageRanking.Ranking) async throws -> Selection {
        let reads = try embedding.unknownShare(question) <= 0.2
        let hits = reads ? Array(ranking.hits.prefix(Self.quotes)) : ranking.hits
        let passages = hits.map { Array($0.text.unicodeScalars) }
        var candidates: [Candidate] = []
        for (index, passage) in passages.enumerated() {
            for sentence in Self.sentences(passage) {
                candidates.append(Candidate(hit: index, sentence: sentence, text: Self.string(passage[sentence])))
            }
        }
        guard !candidates.isEmpty else { return Selection() }

        if reads {
            try await addSimilarity(question, hits, &candidates)
        } else {
            Self.addShares(question, hits, &candidates)
        }
        for index in candidates.indices {
            let candidate = candidates[index]
            candidates[index].coverage = try knowledge.coverage(
                of: question,
                by: hits[candidate.hit].headings + [candidate.text]
            )
        }
        // The nearest sentence of each passage. Equal scores: the one that stands first.
        var nearest: [Int: Candidate] = [:]
        for candidate in candidates where candidate.score > nearest[candidate.hit]?.score ?? -.infinity {
            nearest[candidate.hit] = candidate
        }
        let chosen =
            reads
            ? hits.indices.compactMap { nearest[$0] }
            : Array(nearest.values.sorted { ($1.score, $0.hit) < ($0.score, $1.hit) }.prefix(Self.quotes))
        var selection = Selection()
        for candidate in chosen {
            let hit = hits[candidate.hit]
            selection.similarity = max(selection.similarity, candidate.similarity, hit.similarity ?? 0)
            selection.coverage = max(
                selection.coverage,
                try knowledge.coverage(of: question, by: hit.headings + [hit.text])
            )
            selection.quotes.append(Self.quote(candidate, of: hit, passages[candidate.hit]))
        }
        selection.unknownNames = try NamedThings.of(question).filter { try !knowledge.mentions($0) }
        selection.confidence = Self.confidence(selection, reads: reads)
        return selection
    }

    private static func quote(_ candidate: Candidate, of hit: Hit, _ passage: [Unicode.Scalar]) -> Quote {
        let span = widened(candidate.sentence, in: passage)
        return Quote(
            citation: Citation(
                document: hit.document,
                passage: hit.passage,
                start: hit.start + span.lowerBound,
                end: hit.start + span.upperBound,
                quote: string(passage[span]),
                page: hit.page,
                time: hit.time
            ),
            headings: hit.headings,
            sentence: candidate.text,
            score: candidate.score
        )
    }

    /// Cosine of each sentence to the question, alone or under its headings, whichever is nearer.
    private func addSimilarity(_ question: String, _ hits: [Hit], _ candidates: inout [Candidate]) async throws {
        let headed = candidates.map { (hits[$0.hit].headings + [$0.text]).joined(separator: ". ") }
        guard let query = try await embedding.queryVectors([question]).first else { return }
        let vectors = try await embedding.vectors(candidates.map(\.text) + headed)
        func cosine(_ vector: [Float]) -> Double {
            zip(vector, query).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
        }
        for index in candidates.indices {
            let alone = cosine(vectors[index])
            let under = cosine(vectors[candidates.count + index])
            candidates[index].similarity = max(alone, under)
        }
    }

    /// How sure an answer is. Similarity alone is worth showing (0.35) from 0.46 on and certain at 0.75; together with
    /// coverage, where neither is enough alone, 1.5 parts of similarity and one of coverage are from 1 on, and certain at
    /// 1.8. Where coverage is the only sign it counts from 0.2 on: a question in other words shares few pairs of
    /// characters, one about other things hardly any. A name that no document mentions leaves at best the closest
    /// passage, and nothing where the rest of the question is not covered either.
    private static func confidence(_ selection: Selection, reads: Bool) -> Double {
        let sure = signs(selection, reads: reads)
        if selection.unknownNames.isEmpty { return sure }
        return min(sure, selection.coverage < 0.5 ? threshold - 0.01 : 0.49)
    }

    private static func signs(_ selection: Selection, reads: Bool) -> Double {
        func sure(_ sign: Double, from enough: Double, to certain: Double) -> Double {
            min(1, max(0, threshold + (sign - enough) / (certain - enough) * (1 - threshold)))
        }
        guard reads else { return sure(selection.coverage, from: 0.2, to: 1) }
        let both = 1.5 * selection.similarity + selection.coverage
        return max(sure(selection.similarity, from: 0.46, to: 0.75), sure(both, from: 1, to: 1.8))
    }

    /// Gives each sentence the share of the question's terms, single characters of Han among them, that it
    /// holds under its headings, weighted by their rarity among the sentences.
    private static func addShares(_ question: String, _ hits: [Hit], _ candidates: inout [Candidate]) {
        let asked = Set(TermAnalyzer.terms(of: question))
        let held = candidates.map { asked.intersection(TermAnalyzer.terms(of: $0.text)) }
        let above = hits.map { asked.intersection(TermAnalyzer.terms(of: $0.headings.joined(separator: "\n"))) }
        var counts: [String: Int] = [:]
        for (terms, candidate) in zip(held, candidates) {
            for term in terms.union(above[candidate.hit]) { counts[term, default: 0] += 1 }
        }
        func weight(_ term: String) -> Double {
            logarithm(1 + Double(candidates.count) / Double(1 + (counts[term] ?? 0)))
        }
        // In a fixed order, so that sums have the same bits in every run.
        let whole = asked.sorted().reduce(0) { $0 + weight($1) }
        guard whole > 0 else { return }
        for index in candidates.indices {
            let terms = held[index].union(above[candidates[index].hit]).sorted()
            // A heading says what a sentence is about, but it says it of all the sentences under it.
            candidates[index].share =
                terms.reduce(0) { $0 + weight($1) * (held[index].contains($1) ? 1 : Self.headingShare) } / whole
        }
    }

    /// Sentences of a passage, as ranges without the white space around them.
    private static func sentences(_ scalars: [Unicode.Scalar]) -> [Range<Int>] {
        PassageBlocks(scalars).ranges.flatMap { block in
            var start = block.lowerBound
            return SentenceSplitter.ends(in: scalars[block]).compactMap { end in
                defer { start = end }
                return PassageBlocks.trimmed(start..<end, scalars)
            }
        }
    }

    /// The paragraph or item of the sentence. An item stands alone; a paragraph takes whole neighbours along, those
    /// after it first, while they fit; of one that is too long only sentences.
    private static func widened(_ sentence: Range<Int>, in scalars: [Unicode.Scalar]) -> Range<Int> {
        let blocks = PassageBlocks(scalars)
        let span =
            blocks.item(holding: sentence.lowerBound).flatMap { $0.count <= quoteLength ? $0 : nil }
            ?? grown(sentence, over: blocks.ranges) ?? grown(sentence, over: sentences(scalars)) ?? sentence
        return span.lowerBound..<min(span.upperBound, span.lowerBound + quoteLength)
    }

    /// The part that holds the sentence, with its neighbours while they fit; nil if it does not fit itself.
    private static func grown(_ sentence: Range<Int>, over parts: [Range<Int>]) -> Range<Int>? {
        guard let index = parts.firstIndex(where: { $0.contains(sentence.lowerBound) }) else { return nil }
        guard parts[index].count <= quoteLength else { return nil }
        var (first, last) = (index, index)
        var grew = true
        while grew {
            grew = false
            if last + 1 < parts.count, parts[last + 1].upperBound - parts[first].lowerBound <= quoteLength {
                last += 1
                grew = true
            }
            if first > 0, parts[last].upperBound - parts[first - 1].lowerBound <= quoteLength {
                first -= 1
                grew = true
            }
        }
        return parts[first].lowerBound..<parts[last].upperBound
    }

    private static func string(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        return String(view)
    }
}
