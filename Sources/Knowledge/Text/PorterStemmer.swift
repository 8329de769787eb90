// SPDX-License-Identifier: Apache-2.0

/// The stem of an English word. M. F. Porter, "An algorithm for suffix stripping", Program 14(3), 1980,
/// with the two departures of his own reference program (`bli` → `ble`, `logi` → `log`).
package struct PorterStemmer {
    private var word: [UInt8]
    private var stemEnd = 0

    /// Words of other letters than a to z, and words of one or two letters, are their own stem.
    package static func stem(_ word: String) -> String {
        let bytes = Array(word.utf8)
        guard bytes.count > 2, bytes.allSatisfy({ $0 >= 97 && $0 <= 122 }) else { return word }
        var stemmer = PorterStemmer(word: bytes)
        stemmer.plurals()
        stemmer.finalY()
        stemmer.replaceFirst(doubleSuffixes)
        stemmer.replaceFirst(plainSuffixes)
        stemmer.dropLongSuffix()
        stemmer.tidy()
        return String(decoding: stemmer.word, as: UTF8.self)
    }

    private func isConsonant(_ index: Int) -> Bool {
        switch word[index] {
        case UInt8(ascii: "a"), UInt8(ascii: "e"), UInt8(ascii: "i"), UInt8(ascii: "o"), UInt8(ascii: "u"): false
        case UInt8(ascii: "y"): index == 0 || !isConsonant(index - 1)
        default: true
        }
    }

    /// How often a vowel is followed by a consonant in the first `end` letters.
    private func measure(_ end: Int) -> Int {
        var count = 0
        var afterVowel = false
        for index in 0..<end {
            let consonant = isConsonant(index)
            if consonant && afterVowel { count += 1 }
            afterVowel = !consonant
        }
        return count
    }

    private func hasVowel(_ end: Int) -> Bool { (0..<end).contains { !isConsonant($0) } }

    private func endsInDoubleConsonant() -> Bool {
        let last = word.count - 1
        return last > 0 && word[last] == word[last - 1] && isConsonant(last)
    }

    /// Consonant, vowel, consonant, the last not w, x or y.
    private func endsShort(_ end: Int) -> Bool {
        guard end >= 3, isConsonant(end - 1), !isConsonant(end - 2), isConsonant(end - 3) else { return false }
        return ![UInt8(ascii: "w"), UInt8(ascii: "x"), UInt8(ascii: "y")].contains(word[end - 1])
    }

    private mutating func ends(_ suffix: StaticString) -> Bool {
        let count = suffix.utf8CodeUnitCount
        guard word.count > count else { return false }
        stemEnd = word.count - count
        return suffix.withUTF8Buffer { word[stemEnd...].elementsEqual($0) }
    }

    private mutating func replaceSuffix(_ replacement: StaticString) {
        word.removeSubrange(stemEnd...)
        replacement.withUTF8Buffer { word.append(contentsOf: $0) }
    }

    private mutating func plurals() {
        if ends("sses") || ends("ies") {
            word.removeLast(2)
        } else if word.last == UInt8(ascii: "s"), !ends("ss") {
            word.removeLast()
        }
        if ends("eed") {
            if measure(stemEnd) > 0 { word.removeLast() }
        } else if (ends("ed") && hasVowel(stemEnd)) || (ends("ing") && hasVowel(stemEnd)) {
            word.removeSubrange(stemEnd...)
            if ends("at") || ends("bl") || ends("iz") {
                word.append(UInt8(ascii: "e"))
            } else if endsInDoubleConsonant() {
                let last = word[word.count - 1]
                if last != UInt8(ascii: "l"), last != UInt8(ascii: "s"), last != UInt8(ascii: "z") { word.removeLast() }
            } else if measure(word.count) == 1, endsShort(word.count) {
                word.append(UInt8(ascii: "e"))
            }
        }
    }

    private mutating func finalY() {
        if ends("y"), hasVowel(stemEnd) { word[word.count - 1] = UInt8(ascii: "i") }
    }

    /// Replaces the first suffix of the list that fits, if what stands before it has a measure above 0.
    private mutating func replaceFirst(_ rules: [(StaticString, StaticString)]) {
        for (suffix, replacement) in rules where ends(suffix) {
            if measure(stemEnd) > 0 { replaceSuffix(replacement) }
            return
        }
    }

    private mutating func dropLongSuffix() {
        for suffix in longSuffixes where ends(suffix) {
            if measure(stemEnd) > 1 { word.removeSubrange(stemEnd...) }
            return
        }
        if ends("ion"), [UInt8(ascii: "s"), UInt8(ascii: "t")].contains(word[stemEnd - 1]), measure(stemEnd) > 1 {
            word.removeSubrange(stemEnd...)
        }
    }

    private mutating func tidy() {
        if ends("e") {
            let count = measure(stemEnd)
            if count > 1 || (count == 1 && !endsShort(stemEnd)) { word.removeLast() }
        }
        if word.last == UInt8(ascii: "l"), endsInDoubleConsonant(), measure(word.count) > 1 { word.removeLast() }
    }
}

// A longer suffix stands before the shorter one that it ends in.
private let doubleSuffixes: [(StaticString, StaticString)] = [
    ("ational", "ate"), ("tional", "tion"), ("enci", "ence"), ("anci", "ance"), ("izer", "ize"), ("bli", "ble"),
    ("alli", "al"), ("entli", "ent"), ("eli", "e"), ("ousli", "ous"), ("ization", "ize"), ("ation", "ate"),
    ("ator", "ate"), ("alism", "al"), ("iveness", "ive"), ("fulness", "ful"), ("ousness", "ous"), ("aliti", "al"),
    ("iviti", "ive"), ("biliti", "ble"), ("logi", "log"),
]

private let plainSuffixes: [(StaticString, StaticString)] = [
    ("icate", "ic"), ("ative", ""), ("alize", "al"), ("iciti", "ic"), ("ical", "ic"), ("ful", ""), ("ness", ""),
]

private let longSuffixes: [StaticString] = [
    "al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent", "ou", "ism", "ate", "iti",
    "ous", "ive", "ize",
]
