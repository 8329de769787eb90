// SPDX-License-Identifier: Apache-2.0

/// WordPiece: the longest entry from the left, again and again (Schuster and Nakajima 2012, as BERT uses it).
struct WordPiece: Sendable {
    /// Entries that can begin a word, and those that can go on with one, without their mark.
    private let initial: ByteStringTable
    private let continuing: ByteStringTable
    private let longest: Int
    private let maximumCharacters: Int
    let unknownID: Int32

    /// What a token spells where it begins a word and where it goes on with one; nil where it cannot stand.
    struct Entry {
        var beginning: [UInt8]?
        var continuation: [UInt8]?
    }

    /// Makes a model of one entry for each token, by id; a word of more characters than the maximum is unknown.
    init(entries: [Entry], unknownID: Int32, maximumCharacters: Int) {
        var initial = ByteStringTable(capacity: entries.count)
        var continuing = ByteStringTable(capacity: entries.count / 4)
        var longest = 1
        for (id, entry) in entries.enumerated() {
            // Of two tokens that spell the same the first counts.
            if let text = entry.beginning { _ = initial.insert(text, value: Int32(id)) }
            if let text = entry.continuation { _ = continuing.insert(text, value: Int32(id)) }
            longest = max(longest, entry.beginning?.count ?? 0, entry.continuation?.count ?? 0)
        }
        self.initial = initial
        self.continuing = continuing
        self.longest = longest
        self.unknownID = unknownID
        self.maximumCharacters = maximumCharacters
    }

    /// Adds the ids of the word `text[word]`: the unknown one alone if any part of it is in no entry.
    func encode(_ text: [UInt8], _ word: Range<Int>, into ids: inout [Int32], hashes: inout [UInt64]) {
        guard word.count <= maximumCharacters || isShort(text, word) else { return ids.append(unknownID) }
        let before = ids.count
        var start = word.lowerBound
        while start < word.upperBound {
            let table = start == word.lowerBound ? initial : continuing
            let limit = min(word.upperBound, start + longest)
            hashes.removeAll(keepingCapacity: true)
            var hash = table.startHash
            for position in start..<limit {
                hash = table.extend(hash, with: text[position])
                hashes.append(hash)
            }
            var end = limit
            var found: Int32?
            while end > start {
                if end == word.upperBound || text[end] & 0xC0 != 0x80 {
                    found = table.find(text, start..<end, hash: hashes[end - start - 1])
                    if found != nil { break }
                }
                end -= 1
            }
            guard let found else {
                ids.removeSubrange(before...)
                return ids.append(unknownID)
            }
            ids.append(found)
            start = end
        }
    }

    private func isShort(_ text: [UInt8], _ word: Range<Int>) -> Bool {
        var characters = 0
        for position in word where text[position] & 0xC0 != 0x80 {
            characters += 1
            if characters > maximumCharacters { return false }
        }
        return true
    }
}
