// SPDX-License-Identifier: Apache-2.0

/// Byte pair encoding: the earliest merge first, until none applies (Sennrich, Haddow and Birch 2016).
struct BytePairEncoding: Sendable {
    /// What a tokenizer.json may ask of the model besides its merges.
    struct Options: Sendable {
        var unknownID: Int32?
        var fusesUnknown = false
        var continuingPrefix: [UInt8] = []
        var endOfWordSuffix: [UInt8] = []
        var fallsBackToBytes = false
        var ignoresMerges = false
        /// Whether the symbols are bytes, written in GPT-2's alphabet.
        var isByteLevel = false
    }

    /// Buffers that all words of a text share.
    struct Scratch {
        fileprivate var symbols: [Int32] = []
        fileprivate var ranks: [UInt32] = []
        fileprivate var queue = MergeQueue()
        fileprivate var written: [UInt8] = []
    }

    private let vocabulary: Vocabulary
    private let merges: MergeTable
    private let options: Options
    /// The symbol of each byte, where symbols are bytes.
    private let byteSymbols: [Int32]
    private let fallbackSymbols: [Int32]
    /// Entries that a word is looked up in before any merge.
    private let wholeWords: ByteStringTable?

    var unknownID: Int32? { options.unknownID }

    /// Makes a model; no text becomes one of `specialIDs` by being spelled like it.
    init(vocabulary: Vocabulary, merges: MergeTable, options: Options, specialIDs: Set<Int32>) {
        self.vocabulary = vocabulary
        self.merges = merges
        self.options = options
        byteSymbols = (0...255).map { vocabulary.id(of: ByteAlphabet.written[$0]) ?? -1 }
        fallbackSymbols = (0...255).map { byte in
            let digits = String(byte, radix: 16, uppercase: true)
            return vocabulary.id(of: "<0x\(digits.count < 2 ? "0" : "")\(digits)>") ?? -1
        }
        guard options.ignoresMerges else {
            wholeWords = nil
            return
        }
        var words = ByteStringTable(capacity: vocabulary.count)
        for id in 0..<Int32(vocabulary.count) where !specialIDs.contains(id) {
            guard let written = vocabulary.bytes(of: id) else { continue }
            guard options.isByteLevel else {
                _ = words.insert(Array(written), value: id)
                continue
            }
            if let bytes = ByteAlphabet.bytes(of: Array(written)) { _ = words.insert(bytes, value: id) }
        }
        wholeWords = words
    }

    /// Adds the ids of the word `text[word]`.
    func encode(_ text: [UInt8], _ word: Range<Int>, into ids: inout [Int32], scratch: inout Scratch) {
        if let wholeWords {
            var hash = wholeWords.startHash
            for position in word { hash = wholeWords.extend(hash, with: text[position]) }
            if let id = wholeWords.find(text, word, hash: hash) { return ids.append(id) }
        }
        scratch.symbols.removeAll(keepingCapacity: true)
        if !addByteSymbols(text, word, &scratch) {
            scratch.written.removeAll(keepingCapacity: true)
            for position in word {
                if options.isByteLevel {
                    scratch.written += ByteAlphabet.written[Int(text[position])]
                } else {
                    scratch.written.append(text[position])
                }
            }
            scratch.symbols.removeAll(keepingCapacity: true)
            addSymbols(of: scratch.written, to: &scratch.symbols)
        }
        if scratch.symbols.count > 1 {
            // A symbol that only one merge makes lets short words do without the queue.
            if scratch.symbols.count <= 48, merges.hasUniqueProducts {
                mergeByScanning(&scratch)
            } else {
                scratch.queue.merge(&scratch.symbols, by: merges)
            }
        }
        ids += scratch.symbols
    }

    /// The usual case: every byte has a symbol. False where some has not, or symbols carry marks.
    @inline(__always)
    private func addByteSymbols(_ text: [UInt8], _ word: Range<Int>, _ scratch: inout Scratch) -> Bool {
        guard options.isByteLevel, options.continuingPrefix.isEmpty, options.endOfWordSuffix.isEmpty else {
            return false
        }
        for position in word {
            let symbol = byteSymbols[Int(text[position])]
            guard symbol >= 0 else { return false }
            scratch.symbols.append(symbol)
        }
        return true
    }

    /// The symbols of a word's characters, with what is unknown among them.
    private func addSymbols(of word: [UInt8], to symbols: inout [Int32]) {
        var unknown: Int32?
        var position = 0
        while position < word.count {
            let length = word.scalar(at: position).length
            var symbol = Array(word[position..<min(position + length, word.count)])
            if position > 0 { symbol = options.continuingPrefix + symbol }
            position += length
            if position >= word.count { symbol += options.endOfWordSuffix }
            if let id = vocabulary.id(of: symbol) {
                if let pending = unknown { symbols.append(pending) }
                unknown = nil
                symbols.append(id)
                continue
            }
            if options.fallsBackToBytes {
                let fallback = symbol.map { fallbackSymbols[Int($0)] }
                if !fallback.contains(-1) {
                    symbols += fallback
                    continue
                }
            }
            if let pending = unknown, !options.fusesUnknown { symbols.append(pending) }
            unknown = options.unknownID
        }
        if let pending = unknown { symbols.append(pending) }
    }

    private func mergeByScanning(_ scratch: inout Scratch) {
        scratch.ranks.removeAll(keepingCapacity: true)
        var count = scratch.symbols.count
        for index in 0..<count - 1 {
            scratch.ranks.append(merges.find(scratch.symbols[index], scratch.symbols[index + 1]).rank)
        }
        while true {
            var best = MergeTable.noRank
            var place = 0
            for index in 0..<count - 1 where scratch.ranks[index] < best {
                best = scratch.ranks[index]
                place = index
            }
            guard best != MergeTable.noRank else { break }
            scratch.symbols[place] = merges.find(scratch.symbols[place], scratch.symbols[place + 1]).product
            scratch.symbols.remove(at: place + 1)
            scratch.ranks.remove(at: place)
            count -= 1
            if place > 0 {
                scratch.ranks[place - 1] = merges.find(scratch.symbols[place - 1], scratch.symbols[place]).rank
            }
            if place < count - 1 {
                scratch.ranks[place] = merges.find(scratch.symbols[place], scratch.symbols[place + 1]).rank
            }
            if count < 2 { break }
        }
    }
}
