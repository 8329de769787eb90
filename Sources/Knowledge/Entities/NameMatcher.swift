// SPDX-License-Identifier: Apache-2.0

/// Names as a tree of their tokens: all names that stand in a text are found in one pass over it.
///
/// Memory: `byteCount`; measured at about 90 bytes a name for names of two words.
package struct NameMatcher: Sendable {
    /// A name is this many tokens at most.
    static let depth = 64

    private var words = WordTable()
    private var edges = EdgeTable()
    private var isName: [Bool] = [false]

    /// Distinct names.
    package private(set) var count = 0

    init() {}

    package init(_ names: some Sequence<String>) {
        for name in names { insert(name) }
    }

    /// Bytes of memory.
    package var byteCount: Int { words.byteCount + edges.byteCount + isName.capacity }

    /// Adds a name by its key.
    mutating func insert(_ key: String) {
        var node: UInt32 = 0
        for token in key.utf8.split(separator: 0x20).prefix(Self.depth) {
            let word = words.insert(ArraySlice(token))
            if let next = edges[node, word] {
                node = next
            } else {
                let next = UInt32(truncatingIfNeeded: isName.count)
                edges.insert(node, word, next)
                isName.append(false)
                node = next
            }
        }
        guard node != 0, !isName[Int(node)] else { return }
        isName[Int(node)] = true
        count += 1
    }

    /// The tokens of each name that stands in a text, those that overlap too.
    ///
    /// Cost: at most 64 steps a token, mostly one.
    package func matches(in text: NameText) -> [Range<Int>] {
        let ids = (0..<text.count).map { words[text.bytes(of: $0)] }
        var found: [Range<Int>] = []
        for start in ids.indices {
            var node: UInt32 = 0
            for place in start..<min(ids.count, start + Self.depth) {
                guard let word = ids[place], let next = edges[node, word] else { break }
                node = next
                if isName[Int(node)] { found.append(start..<(place + 1)) }
            }
        }
        return found
    }
}

/// Words and their numbers.
private struct WordTable {
    private var slots = [UInt32](repeating: .max, count: 64)
    private var bytes: [UInt8] = []
    private var bounds: [UInt32] = [0]

    var byteCount: Int { slots.capacity * 4 + bytes.capacity + bounds.capacity * 4 }

    private var count: Int { bounds.count - 1 }

    private static func hash(_ word: ArraySlice<UInt8>) -> Int {
        var hash: UInt64 = 14_695_981_039_346_656_037
        for byte in word { hash = (hash ^ UInt64(byte)) &* 1_099_511_628_211 }
        return Int(truncatingIfNeeded: (hash ^ hash >> 32) & 0x7FFF_FFFF)
    }

    private func slot(_ word: ArraySlice<UInt8>) -> Int {
        var slot = Self.hash(word) & (slots.count - 1)
        while slots[slot] != .max {
            let number = Int(slots[slot])
            if bytes[Int(bounds[number])..<Int(bounds[number + 1])].elementsEqual(word) { break }
            slot = (slot + 1) & (slots.count - 1)
        }
        return slot
    }

    subscript(word: ArraySlice<UInt8>) -> UInt32? {
        let number = slots[slot(word)]
        return number == .max ? nil : number
    }

    mutating func insert(_ word: ArraySlice<UInt8>) -> UInt32 {
        if let known = self[word] { return known }
        if 2 * (count + 1) > slots.count {
            let old = slots
            slots = [UInt32](repeating: .max, count: 2 * old.count)
            for number in old where number != .max {
                slots[slot(bytes[Int(bounds[Int(number)])..<Int(bounds[Int(number) + 1])])] = number
            }
        }
        let number = UInt32(truncatingIfNeeded: count)
        slots[slot(word)] = number
        bytes += word
        bounds.append(UInt32(truncatingIfNeeded: bytes.count))
        return number
    }
}

/// From a node by a word to the next node.
private struct EdgeTable {
    private var keys = [UInt64](repeating: .max, count: 64)
    private var values = [UInt32](repeating: 0, count: 64)
    private var count = 0

    var byteCount: Int { keys.capacity * 8 + values.capacity * 4 }

    private func slot(_ key: UInt64) -> Int {
        var slot = Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) >> 33) & (keys.count - 1)
        while keys[slot] != .max, keys[slot] != key { slot = (slot + 1) & (keys.count - 1) }
        return slot
    }

    private static func key(_ node: UInt32, _ word: UInt32) -> UInt64 { UInt64(node) << 32 | UInt64(word) }

    subscript(node: UInt32, word: UInt32) -> UInt32? {
        let key = Self.key(node, word)
        let slot = slot(key)
        return keys[slot] == key ? values[slot] : nil
    }

    mutating func insert(_ node: UInt32, _ word: UInt32, _ next: UInt32) {
        if 3 * (count + 1) > 2 * keys.count {
            let (oldKeys, oldValues) = (keys, values)
            keys = [UInt64](repeating: .max, count: 2 * oldKeys.count)
            values = [UInt32](repeating: 0, count: 2 * oldKeys.count)
            for (key, value) in zip(oldKeys, oldValues) where key != .max { place(key, value) }
        }
        place(Self.key(node, word), next)
        count += 1
    }

    private mutating func place(_ key: UInt64, _ value: UInt32) {
        let slot = slot(key)
        (keys[slot], values[slot]) = (key, value)
    }
}
