// SPDX-License-Identifier: Apache-2.0
import FuzzedReaders
import Testing

/// Each reader takes its corpus, and a fixed set of mutations of it, as it should: `Scripts/fuzz` goes on from there.
@Suite(.serialized, .timeLimit(.minutes(15))) struct FuzzedReadersTests {
    @Test(arguments: FuzzedReader.all.map(\.name)) func takesAnything(name: String) throws {
        let reader = try #require(FuzzedReader.all.first { $0.name == name })
        let corpus = reader.inputs(in: reader.corpusFolder)
        #expect(!corpus.isEmpty, "no corpus in \(reader.corpusFolder)")
        for (name, bytes) in corpus { #expect(reader.complaint(about: bytes) == nil, "\(name)") }
        var mutator = Mutator(reader, corpus: corpus.map(\.bytes), seed: 1)
        for number in 0..<200 {
            let bytes = mutator.next()
            #expect(reader.complaint(about: bytes) == nil, "mutation \(number): \(bytes.prefix(256))")
        }
    }

    @Test func mutationsAreTheSameForASeed() throws {
        let reader = try #require(FuzzedReader.all.first { $0.name == "json" })
        var one = Mutator(reader, corpus: [Array("[1, 2]".utf8)], seed: 7)
        var other = Mutator(reader, corpus: [Array("[1, 2]".utf8)], seed: 7)
        for _ in 0..<100 { #expect(one.next() == other.next()) }
    }

    @Test func namesAreUnique() {
        let names = FuzzedReader.all.map(\.name)
        #expect(Set(names).count == names.count)
    }
}
