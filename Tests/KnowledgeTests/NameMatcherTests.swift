// SPDX-License-Identifier: Apache-2.0
import Knowledge
import Testing

@Suite("Names in text")
struct NameMatcherTests {
    /// The names of a text, as they stand in it.
    private func found(_ names: [String], in text: String) -> [String] {
        let tokens = NameText(text)
        return NameMatcher(names.map(key)).matches(in: tokens).map { range in
            slice(text, tokens.starts[range.lowerBound], tokens.ends[range.upperBound - 1])
        }
    }

    private func key(_ name: String) -> String {
        let text = NameText(name)
        return text.key(0..<text.count)
    }

    @Test(
        "A name is found as whole words, however it is written",
        arguments: [
            ("Ada Lovelace", "By Ada  Lovelace's hand", "Ada  Lovelace"),
            ("Ada Lovelace", "by ADA\nLOVELACE.", "ADA\nLOVELACE"),
            ("Ada Lovelace", "Adalovelace, Ada. (Lovelace)", nil),
            ("Ada Lovelace", "Ada\n\nLovelace", nil),
            ("Antonín Dvořák", "the composer Antonin Dvorak", "Antonin Dvorak"),
            ("Dvorak", "Dvor\u{30C}a\u{301}k wrote", "Dvor\u{30C}a\u{301}k"),
            ("K2", "on Ｋ２ in winter", "Ｋ２"),
            ("St. Louis", "to St Louis by rail", "St Louis"),
            ("U.S.", "the U.S. army", "U.S"),
            ("O'Brien", "said O’Brien", "O’Brien"),
            ("Don", "Don't go", nil),
            ("Paris, Texas", "in Paris, Texas, today", "Paris, Texas"),
            ("Paris, Texas", "in Paris Texas", nil),
            ("art", "a cart of arts", nil),
            ("北京大学", "他在北京大学读书", "北京大学"),
            ("列夫·托尔斯泰", "作家列夫托尔斯泰的书", "列夫托尔斯泰"),
            ("IBM公司", "在ibm公司工作", "ibm公司"),
            ("北京", "北，京", nil),
            ("ΣΟΦΟΣ", "ο σοφός", "σοφός"),
        ] as [(String, String, String?)]
    )
    func writing(name: String, text: String, expected: String?) {
        #expect(found([name], in: text) == [expected].compactMap(\.self))
    }

    @Test("Names that overlap are all found")
    func overlapping() {
        let names = ["New York", "New York City", "York City Hall", "City"]
        #expect(
            found(names, in: "In New York City Hall") == ["New York", "New York City", "York City Hall", "City"]
        )
        #expect(found(["北京", "北京大学", "大学生"], in: "北京大学生") == ["北京", "北京大学", "大学生"])
    }

    @Test("One pass finds what comparing each name at each place finds", arguments: 0..<20)
    func reference(seed: UInt64) {
        var random = SplitMix(state: seed)
        let words = ["a", "ab", "b", "ba", "北", "京", "大", "x1"]
        func phrase(_ most: Int) -> String {
            (0..<Int.random(in: 1...most, using: &random)).map { _ in words.randomElement(using: &random) ?? "" }
                .joined(separator: " ")
        }
        let names = Set((0..<40).map { _ in phrase(5) })
        let matcher = NameMatcher(names)
        #expect(matcher.count == names.count)
        for _ in 0..<20 {
            let text = NameText(phrase(60))
            var expected: [Range<Int>] = []
            for start in 0..<text.count {
                for end in (start + 1)...text.count where names.contains(text.key(start..<end)) {
                    expected.append(start..<end)
                }
            }
            #expect(matcher.matches(in: text) == expected)
        }
    }

    @Test("A hundred thousand names take some ten megabytes, and each is found")
    func size() {
        let names = (0..<100_000).map { "person \($0 % 997) of house \($0)" }
        let matcher = NameMatcher(names)
        #expect(matcher.count == names.count)
        #expect(matcher.byteCount < 200 * names.count)
        for name in [names[0], names[54_321], names[99_999]] {
            #expect(matcher.matches(in: NameText("it is \(name), they say")).count == 1)
        }
        #expect(matcher.matches(in: NameText("person 1 of house 100000")).isEmpty)
    }

    @Test("What is no text ends soon and finds nothing")
    func hostile() {
        let accents = "a" + String(repeating: "\u{301}", count: 100_000)
        #expect(NameText(accents).count == 1)
        #expect(NameText(String(repeating: "\u{301}", count: 1_000)).count == 0)
        #expect(NameText("").count == 0)
        #expect(NameText(String(repeating: ",;\u{0}", count: 1_000)).count == 0)
        let deep = String(repeating: "a ", count: 10_000)
        // A name ends at 64 tokens, so each place takes as many steps at most.
        let matches = NameMatcher((1...64).map { String(repeating: "a ", count: $0) }).matches(in: NameText(deep))
        #expect(matches.count == 64 * 10_000 - 63 * 64 / 2)
    }
}
