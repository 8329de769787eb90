import Knowledge
// SPDX-License-Identifier: Apache-2.0
import Testing

@Suite struct AnalysisTests {
    /// What Snowball's own Python package (snowballstemmer) gives, accents folded.
    @Test(arguments: [
        (Language.english, "caresses", "caress"), (.english, "ponies", "poni"), (.english, "agreed", "agre"),
        (.english, "relational", "relat"), (.english, "generously", "generous"), (.english, "knightly", "knight"),
        (.english, "consisting", "consist"), (.english, "skies", "sky"), (.english, "filters", "filter"),
        (.german, "aufeinander", "aufeinand"), (.german, "kategorischen", "kategor"), (.german, "häuser", "haus"),
        (.french, "continuellement", "continuel"), (.french, "majesté", "majest"), (.spanish, "cheques", "chequ"),
        (.spanish, "toreados", "tor"), (.italian, "abbandonata", "abbandon"), (.portuguese, "boiada", "boi"),
        (.portuguese, "quilômetros", "quilometr"), (.dutch, "fietsen", "fiets"),
        (.swedish, "jaktkarlarne", "jaktkarl"), (.danish, "undersøgelser", "undersøg"),
        (.norwegian, "havnedistrikter", "havnedistrikt"),
        (.finnish, "edistyksellisiin", "edistyksellis"), (.russian, "важнейшими", "важн"), (.greek, "ομορφος", "ομορφ"),
    ])
    func stems(language: Language, word: String, stem: String) {
        #expect(TermAnalyzer.terms(of: word, language: language) == [stem])
    }

    @Test(arguments: [
        ("How long does the battery last?", Language.english),
        ("Wie lange hält die Batterie und was kostet sie?", .german),
        ("Combien de temps dure la batterie de cet appareil ?", .french),
        ("¿Cuánto dura la batería del aparato?", .spanish),
        ("Quanto dura la batteria che è nel telefono?", .italian),
        ("Quanto tempo dura a bateria do aparelho que não está no carregador?", .portuguese),
        ("Hoe lang gaat de batterij van het toestel mee?", .dutch),
        ("Hur länge räcker batteriet och vad kostar det?", .swedish),
        ("Kuinka kauan akku kestää, jos se on uusi?", .finnish),
        ("The German word for house is das Haus, and the plural is it.", .english),
        ("Battery", .english), ("", .english), ("电池", .english),
    ])
    func tellsTheLanguage(text: String, language: Language) { #expect(TermAnalyzer.language(of: text) == language) }

    /// Where the question's language is not sure, it is read in every language that passages are in.
    @Test func readsAQuestionInTheLanguagesOfThePassages() {
        let both: LanguageSet = [LanguageSet(.english), LanguageSet(.german)]
        #expect(TermAnalyzer.queryTerms(of: "häuser", among: LanguageSet(.german)) == ["haus"])
        #expect(TermAnalyzer.queryTerms(of: "running häuser", among: both) == ["run", "running", "hauser", "haus"])
        #expect(TermAnalyzer.queryTerms(of: "Wie laufen die Maschinen?", among: both) == ["lauf", "maschin"])
        #expect(TermAnalyzer.queryTerms(of: "важнейшие", among: LanguageSet(.english)) == ["важн"])
    }

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

    /// A question's terms are among those of the same text, and none is empty or long, whatever stands side by side.
    @Test func anyTextGivesSoundTerms() {
        var random = SplitMix(state: 11)
        let pieces = [
            "don't", "K2-410", "3.14", "１２３", "İ", "ß", "ﬁ", "ﾊﾟ", "각", "\u{1112}\u{1161}\u{11AB}", "的", "什么", "北京",
            "\u{301}", "\u{200D}", "the", "der die das", "ñandú", "ται", "ы\u{306}", "-", "_", ".", "\u{2019}", " ",
            "ational",
            "\u{958}", "e\u{301}", "7", String(repeating: "lang", count: 40), "il est où", "\u{3099}", "か",
        ]
        for _ in 0..<3_000 {
            let text = (0..<(1 + random.next() % 9)).map { _ in pieces[Int(random.next() % UInt64(pieces.count))] }
                .joined()
            let terms = Set(TermAnalyzer.terms(of: text))
            let asked = TermAnalyzer.queryTerms(of: text)
            #expect(terms.allSatisfy { !$0.isEmpty && $0.unicodeScalars.count <= 64 }, "\(text.debugDescription)")
            #expect(asked.allSatisfy(terms.contains) && Set(asked).count == asked.count, "\(text.debugDescription)")
        }
    }

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
        #expect(fused.first?.item == 2)
        #expect(abs((fused.first?.score ?? 0) - (1.0 / 12 + 1.0 / 11)) < 1e-12)
    }

    @Test func findsNearNames() {
        #expect(NearNames.of("recipe", among: ["recipes", "default", "zoo"]) == ["recipes"])
        #expect(NearNames.of("manaul.md", among: ["docs/manual.md", "manual.md"]).first == "manual.md")
        #expect(NearNames.of("", among: ["a"]).count <= 1)
    }
}
