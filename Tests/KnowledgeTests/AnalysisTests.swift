import Knowledge
// SPDX-License-Identifier: Apache-2.0
import Testing

@Suite struct AnalysisTests {
    /// Examples of Porter's paper, step by step, and of his own vocabulary.
    @Test(arguments: [
        ("caresses", "caress"), ("ponies", "poni"), ("cats", "cat"), ("feed", "feed"), ("agreed", "agre"),
        ("plastered", "plaster"), ("motoring", "motor"), ("sing", "sing"), ("conflated", "conflat"),
        ("troubled", "troubl"), ("sized", "size"), ("hopping", "hop"), ("falling", "fall"), ("filing", "file"),
        ("happy", "happi"), ("sky", "sky"), ("relational", "relat"), ("conditional", "condit"), ("rational", "ration"),
        ("digitizer", "digit"), ("vietnamization", "vietnam"), ("operator", "oper"), ("feudalism", "feudal"),
        ("decisiveness", "decis"), ("sensibiliti", "sensibl"), ("triplicate", "triplic"), ("electrical", "electr"),
        ("hopeful", "hope"), ("goodness", "good"), ("revival", "reviv"), ("adjustable", "adjust"),
        ("replacement", "replac"), ("adoption", "adopt"), ("effective", "effect"), ("probate", "probat"),
        ("rate", "rate"), ("cease", "ceas"), ("controll", "control"), ("roll", "roll"), ("generalizations", "gener"),
        ("oscillators", "oscil"), ("filters", "filter"), ("filter", "filter"), ("as", "as"), ("ion", "ion"),
    ])
    func stems(word: String, stem: String) { #expect(PorterStemmer.stem(word) == stem) }

    @Test(arguments: [
        ("Running cats' naïve CAFÉ", ["run", "cat", "naiv", "cafe"]),
        ("don't Alice's", ["dont", "alic"]),
        ("K2-410", ["k2410", "k2", "k", "2", "410"]),
        ("1,200 3.5", ["1200", "1", "200", "35", "3", "5"]),
        ("well-known", ["well", "known"]),
        ("ＡＢＣ", ["abc"]),
        ("北京大学", ["北京", "京大", "大学", "北", "京", "大", "学"]),
        ("园", ["园"]),
        ("가나다", ["가나", "나다", "가", "나", "다"]),
        ("ガラス", ["ガラ", "ラス", "ガ", "ラ", "ス"]),
        ("用Swift写", ["用", "swift", "写"]),
        ("\u{0} \" * ^ 🙂", []),
    ])
    func analyses(text: String, terms: [String]) { #expect(TermAnalyzer.terms(of: text) == terms) }

    @Test func leavesOutStopWordsUnlessAlone() {
        #expect(TermAnalyzer.queryTerms(of: "What is the battery?") == ["batteri"])
        #expect(TermAnalyzer.queryTerms(of: "who is it") == ["who", "is", "it"])
        #expect(TermAnalyzer.queryTerms(of: "电池的寿命是什么？") == ["电池", "寿命"])
        #expect(TermAnalyzer.queryTerms(of: "什么") == ["什么"])
    }

    @Test func hashesAsTheStandardSays() {
        // FIPS 180-4 examples.
        var hash = SecureHash()
        #expect(hash.finalize().hexadecimal == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        hash = SecureHash()
        hash.update(Array("abc".utf8))
        #expect(hash.finalize().hexadecimal == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        hash = SecureHash()
        for piece in [1, 63, 64, 65, 127, 999_680] { hash.update([UInt8](repeating: 97, count: piece)) }
        #expect(hash.finalize().hexadecimal == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
    }

    @Test func keepsTheFirstOfMany() {
        var list = TopList<Int>(limit: 5, precedes: >)
        for number in 0..<200 { list.insert((number &* 7_919) % 211) }
        let all = (0..<200).map { ($0 &* 7_919) % 211 }.sorted(by: >)
        #expect(list.sorted() == Array(all.prefix(5)))
    }

    @Test func fusesRankings() {
        let fused = ReciprocalRankFusion.fuse([[1, 2], [2, 3]]).sorted { $0.score > $1.score }
        #expect(fused.first?.position == 2)
        #expect(abs((fused.first?.score ?? 0) - (1.0 / 62 + 1.0 / 61)) < 1e-12)
    }

    @Test func findsNearNames() {
        #expect(NearNames.of("recipe", among: ["recipes", "default", "zoo"]) == ["recipes"])
        #expect(NearNames.of("manaul.md", among: ["docs/manual.md", "manual.md"]).first == "manual.md")
        #expect(NearNames.of("", among: ["a"]).count <= 1)
    }
}
