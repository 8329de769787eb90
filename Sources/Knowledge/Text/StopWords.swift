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

    /// The most frequent words of other languages, with their accents.
    private static let others: [(Language, String)] = [
        (
            .german,
            """
            aber als am an auch auf aus bei bis bin bist da das dass dem den der des die dies diese dieser du durch ein \
            eine einem einen einer er es für hat haben ich ihr im in ist ja kann man mit nach nicht noch nur oder ob sein \
            sich sie sind so um und uns unter vom von vor war was wenn wer werden wie wir wird wo wurde zu zum zur über
            """
        ),
        (
            .french,
            """
            au aux avec ce ces cette comme dans de des du elle en est et il ils je la le les leur lui ma mais me même ne \
            nous on ont ou où par pas pour quand que quel quelle qui sa sans se ses son sont sur te tu un une vous à été \
            être c d j l m n qu s y
            """
        ),
        (
            .spanish,
            """
            al como con cuando de del desde donde el ella ellos en entre era es esta este esto está están fue ha hay la \
            las le lo los me muy más ni no nos o para pero por porque que quien qué se sin sobre son su sus también un \
            una y ya yo cuál dónde cómo
            """
        ),
        (
            .italian,
            """
            agli ai al alla alle anche che chi ci come con così da dal dalla degli dei del della delle di dove e ed era \
            gli ha hanno i il in io la le lei lo ma mi nel nella non o per perché più quale quando questa questo se si \
            sono su sua sul sulla suo tra un una è
            """
        ),
        (
            .portuguese,
            """
            ao aos as até com como da das de do dos e ela ele em entre era essa esse esta este está eu foi há isso já mais \
            mas muito na nas no nos não o onde os ou para pela pelo por porque qual quando que quem se sem ser seu sua são \
            também um uma à é
            """
        ),
        (
            .dutch,
            """
            aan al als bij dat de den deze die dit door een en er had heb heeft het hij hoe hun ik in is je kan maar met \
            mijn naar niet nog of om onder ook op over te tot uit van veel voor waar was wat we wel werd wie wordt worden \
            ze zich zij zijn zo zou
            """
        ),
        (
            .swedish,
            """
            alla att av de dem den denna det detta dig du efter eller en er ett från för genom han har hon hur i icke inte \
            ja jag kan man med men mot mycket ni nu när och om oss på sedan sig ska skulle som så till under upp ut vad \
            var varit vi vid vilken är över
            """
        ),
        (
            .danish,
            """
            af alle at blev bliver da de dem den denne der det dette dig din disse du efter ej eller en er et for fra ham \
            han har havde hun hvad hvor i ikke ind jeg kan man med meget men mig nogle nu når og også om op os over på \
            sig skal som til ud under var vi vil være
            """
        ),
        (
            .norwegian,
            """
            alle at av ble blir da de dem den denne der det dette du eller en er et etter for fra ha han har hun hva hvor \
            hvordan i ikke jeg kan man med meg men mot mye nei noe nå når og også om opp oss over på seg skal som til ut \
            var ved vi vil være
            """
        ),
        (
            .finnish,
            """
            ei eikä eivät että hän ja jo joka jos jotka kanssa koska kuin kun me mikä minä missä mitä mukaan mutta myös ne \
            niin nyt ole oli olla on ovat se sen sekä siitä sillä sitä tai tämä tämän vain voi
            """
        ),
        (
            .russian,
            """
            без был была были было быть в во вот все где для до его ее если есть же за и из или как когда который к кто ли \
            мы на не него но о об он она они от по при с со так также то только ты у что чтобы это этот я
            """
        ),
        (.greek, "από για δεν είναι η θα και με μια να ο οι που σε στη στην στο τα την της το του τους των"),
    ]

    /// For each such word, with its accents, the languages that it is frequent in.
    static let languages: [String: LanguageSet] = {
        var all: [String: LanguageSet] = [:]
        for word in english { all[word, default: []].insert(.english) }
        for (language, words) in others {
            for word in words.split(separator: " ") { all[String(word), default: []].insert(language) }
        }
        return all
    }()

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
