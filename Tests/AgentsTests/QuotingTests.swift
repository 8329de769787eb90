// SPDX-License-Identifier: Apache-2.0
import Agents
import Testing

@Suite struct QuotingTests {
    private func blocks(_ text: String) -> [String] {
        let scalars = Array(text.unicodeScalars)
        return PassageBlocks(scalars).ranges.map { String(String.UnicodeScalarView(scalars[$0])) }
    }

    @Test func wrappedLinesAreOneParagraph() {
        let wrapped = """
            The ferry leaves at nine in the morning and
            comes back at five in the evening, whatever
            the weather.
            Tickets are sold on board.
            """
        #expect(blocks(wrapped).count == 2)
        #expect(blocks("450 g of flour\n16 g of salt\n480 g of water").count == 3)
        #expect(blocks("A line that stands here.\n\nAnother one.").count == 2)
    }

    @Test func anItemKeepsItsIndentedLines() {
        let list = "- first, which goes\n  on in a second line\n- second\nA paragraph."
        #expect(blocks(list) == ["- first, which goes\n  on in a second line", "- second", "A paragraph."])
        let scalars = Array(list.unicodeScalars)
        #expect(PassageBlocks(scalars).item(holding: 25) == 0..<41)
        #expect(PassageBlocks(scalars).item(holding: scalars.count - 2) == nil)
    }

    @Test(arguments: [
        ("- **E125**: the `pump` runs", "E125: the pump runs"), ("- one\n- *two*", "• one\n• two"),
        ("| Plan | Price |\n|---|---|\n| Day | 7 euros |", "Plan · Price\nDay · 7 euros"),
        ("see [the page](https://a.example) [1]", "see the page [1]"), ("2 * 3 = 6", "2 * 3 = 6"),
    ]) func quotationsAreShownWithoutMarks(quote: String, shown: String) {
        #expect(PlainQuote.text(of: quote, isMarkdown: true) == shown)
    }

    @Test func textIsShownAsItStands() {
        #expect(PlainQuote.text(of: "use `a*b` in [x](y)", isMarkdown: false) == "use `a*b` in [x](y)")
    }

    @Test(arguments: [
        ("The climb has 214 steps.", true), ("The climb has 300 steps.", false), ("The climb is long.", false),
        ("Skerry has 214 steps.", false), ("The steps are in /etc/skerry.", false), ("The lighthouse climb.", false),
    ]) func onlyWhatTheQuotationSaysIsSaid(words: String, isSupported: Bool) {
        let said = SupportCheck.supported(
            words,
            by: ["The climb has 214 steps.", "Tea is served."],
            question: "How many steps has the climb of the lighthouse of Skerry in /etc/skerry?"
        )
        #expect(said == (isSupported ? words : ""))
    }

    @Test(arguments: [
        ("Which WireGuard setting keeps a tunnel alive?", ["WireGuard"]), ("When is the rent due?", []),
        ("Can I see what Odile Barrow's lamp is?", ["Odile", "Barrow's"]), ("WHEN IS THE RENT DUE?", []),
        ("Where does (eBPF) run?", ["eBPF"]), ("", []), ("怎么设置 WireGuard？", ["WireGuard"]),
    ]) func namesAreWordsWithACapital(question: String, names: [String]) {
        #expect(NamedThings.of(question) == names)
    }

    @Test func talkEndsWhereItRepeatsItself() {
        let talk = SmallTalk("I am glad. You are kind. I am glad. You are", isWhole: false)
        #expect(talk.said == "I am glad. You are kind." && talk.isOver)
        let way = SmallTalk("I am glad. You are", isWhole: false)
        #expect(way.said == "I am glad." && !way.isOver)
        let loop = String(repeating: "I'm a sailor of the sea, ", count: 4)
        #expect(SmallTalk("Hi. " + loop, isWhole: false).isOver)
        #expect(SmallTalk("Hi. " + loop + "yes.", isWhole: true).said == "Hi.")
        #expect(SmallTalk("Hello!\n\nSubject: invoice", isWhole: false).said == "Hello!")
        #expect(SmallTalk("Here is one:\n\nKnock, knock.", isWhole: true).said == "Here is one: Knock, knock.")
    }
}
