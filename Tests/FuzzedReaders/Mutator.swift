// SPDX-License-Identifier: Apache-2.0

/// Makes inputs of a corpus's entries: the same ones for the same seed.
package struct Mutator {
    private let reader: FuzzedReader
    private let corpus: [[UInt8]]
    private let words: [[UInt8]]
    private var state: UInt64

    package init(_ reader: FuzzedReader, corpus: [[UInt8]], seed: UInt64) {
        self.reader = reader
        self.corpus = corpus.isEmpty ? [[]] : corpus
        words =
            reader.dictionary.map { Array($0.utf8) } + [
                [0xFF], [0], [0xC3, 0x28], [0xED, 0xA0, 0x80], [0xEF, 0xBB, 0xBF],
            ]
        state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
    }

    /// An entry of the corpus with one to eight changes.
    package mutating func next() -> [UInt8] {
        var bytes = corpus[random(corpus.count)]
        for _ in 0..<(1 << random(4)) { change(&bytes) }
        return bytes.count > reader.limit ? Array(bytes.prefix(reader.limit)) : bytes
    }

    private mutating func change(_ bytes: inout [UInt8]) {
        let place = random(bytes.count + 1)
        switch random(9) {
        case 0 where place < bytes.count: bytes[place] ^= 1 << UInt8(random(8))
        case 1 where place < bytes.count: bytes[place] = UInt8(random(256))
        case 2 where place < bytes.count: bytes.removeSubrange(place..<min(bytes.count, place + length()))
        case 3 where place < bytes.count: number(at: place, in: &bytes)
        case 4:
            let part = bytes[place..<min(bytes.count, place + length())]
            bytes.insert(contentsOf: Array(part), at: random(bytes.count + 1))
        case 5:
            let other = corpus[random(corpus.count)]
            let start = random(other.count + 1)
            bytes = Array(bytes[..<place]) + other[start...]
        case 6: bytes.insert(contentsOf: Array(repeating: UInt8(random(256)), count: length()), at: place)
        case 7 where place < bytes.count:
            let word = words[random(words.count)]
            bytes.replaceSubrange(place..<min(bytes.count, place + word.count), with: word)
        default: bytes.insert(contentsOf: words[random(words.count)], at: place)
        }
    }

    /// Puts a number that is often forgotten over 1, 2, 4 or 8 bytes, little-endian.
    private mutating func number(at place: Int, in bytes: inout [UInt8]) {
        let numbers: [Int64] = [0, 1, -1, 0x7F, 0x80, 0xFFFF, 0x7FFF_FFFF, 0x8000_0000, .max, .min, 1 << 40, 255, 256]
        let value = UInt64(bitPattern: numbers[random(numbers.count)])
        for offset in 0..<min(1 << random(4), bytes.count - place) {
            bytes[place + offset] = UInt8(truncatingIfNeeded: value >> UInt64(8 * offset))
        }
    }

    /// Mostly short, at times long.
    private mutating func length() -> Int { 1 + random(1 << (1 + random(8))) }

    private mutating func random(_ bound: Int) -> Int {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return Int((state >> 11) % UInt64(bound))
    }
}
