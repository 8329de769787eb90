// SPDX-License-Identifier: Apache-2.0

/// Words that say little about what a text is about.
enum StopWords {
    /// English words, as they stand (before stemming).
    static let english: Set<String> = Set(
        """
        a about am an and any are aren as at be been being but by can cannot cant could did didnt do does doesnt doing \
        dont for from had has have having he her hers him his how i if in into is isnt it its itself just may me might \
        must my no nor not of on onto or our ours out shall she should so some such than that the their theirs them \
        then there these they this those to too under until up upon us very was wasnt we were what whats when where \
        which while who whom whose why will with would you your yours please tell
        """.split(separator: " ").map(String.init)
    )

    /// Chinese phrases of questions and particles; a run of Han is split where one stands. Longer ones first.
    private static let chinese: [[Character]] = [
        "是怎么回事", "怎么回事", "是什么意思", "什么意思", "有没有", "能不能", "是不是", "要不要", "可不可以", "可以",
        "多长时间", "为什么", "為什麼", "是什么", "是什麼", "什么", "什麼", "怎么", "怎麼", "怎样", "怎樣", "如何", "多少", "哪里", "哪裡", "哪儿",
        "哪个", "哪個", "哪些", "请问", "請問", "是否", "的", "谁", "誰", "吗", "嗎", "呢", "吧",
    ].map(Array.init)

    /// What is left of a run when the phrases that say little are taken out.
    static func split(_ run: [Character]) -> [[Character]] {
        var parts: [[Character]] = []
        var part: [Character] = []
        var index = 0
        while index < run.count {
            if let phrase = chinese.first(where: { run[index...].starts(with: $0) }) {
                if !part.isEmpty { parts.append(part) }
                part = []
                index += phrase.count
            } else {
                part.append(run[index])
                index += 1
            }
        }
        if !part.isEmpty { parts.append(part) }
        return parts
    }
}
