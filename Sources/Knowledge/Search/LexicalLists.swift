// SPDX-License-Identifier: Apache-2.0
import CKernels
import Foundation
import Synchronization

/// A term's list in a segment, as the search reads it.
final class LexicalList: @unchecked Sendable {
    // Safe: written in the initializer only.
    private let bytes: UnsafeMutablePointer<UInt8>
    private let blocks: UnsafeMutablePointer<ck_postings_block>
    private let blockCount: Int
    let count: Int
    let size: Int

    init(_ rows: [LexicalRow], of segment: LexicalSegment, term: String) throws {
        let parts = try rows.map { row in
            try row.part.blocks(of: row.data, segment: segment.id, term: term, entries: segment.entries)
        }
        let byteCount = zip(rows, parts).reduce(0) { $0 + $1.0.data.count - $1.1.start }
        guard byteCount <= Int(UInt32.max) else { throw LexicalPart.damage }
        // Reading a number may touch 8 bytes from its first on.
        bytes = .allocate(capacity: byteCount + 8)
        bytes.initialize(repeating: 0, count: byteCount + 8)
        blockCount = parts.reduce(0) { $0 + $1.blocks.count }
        blocks = .allocate(capacity: max(1, blockCount))
        count = rows.reduce(0) { $0 + $1.part.count }
        size = byteCount + blockCount * MemoryLayout<ck_postings_block>.stride + 128
        var (offset, place) = (0, 0)
        for (row, part) in zip(rows, parts) {
            for var block in part.blocks {
                block.offset += UInt32(offset)
                (blocks + place).initialize(to: block)
                place += 1
            }
            let body = row.data.count - part.start
            row.data.copyBytes(to: bytes + offset, from: (row.data.startIndex + part.start)..<row.data.endIndex)
            offset += body
        }
        for place in 1..<max(1, blockCount) where blocks[place].base <= blocks[place - 1].last {
            throw LexicalPart.damage
        }
    }

    deinit {
        bytes.deallocate()
        blocks.deallocate()
    }

    func list(weight: Double) -> ck_postings_list {
        ck_postings_list(bytes: bytes, blocks: blocks, block_count: UInt32(blockCount), weight: weight)
    }
}

/// Lists and contents of segments that were read lately. What is in it never changes: a segment keeps its lists until a
/// removal raises its edition.
final class LexicalCache: Sendable {
    struct Place: Hashable {
        var segment: Int64
        var edition: Int
        var term: String
    }

    private struct State {
        var entries: [Int64: (edition: Int, entries: LexicalEntries)] = [:]
        /// What was used lately, and what was used before that and goes when there is too much.
        var recent: [Place: LexicalList] = [:]
        var older: [Place: LexicalList] = [:]
        var size = 0
    }

    private let state = Mutex(State())
    private let limit: Int

    init(limit: Int = 256 << 20) { self.limit = limit }

    /// A list; empty where the segment does not hold the term.
    func list(_ term: String, in segment: LexicalSegment, db: Database) throws -> LexicalList {
        let place = Place(segment: segment.id, edition: segment.edition, term: term)
        let known = state.withLock { state -> LexicalList? in
            if let list = state.recent[place] { return list }
            guard let list = state.older[place] else { return nil }
            keep(list, at: place, in: &state)
            return list
        }
        if let known { return known }
        let rows = try Row.fetchAll(
            db.cachedStatement(
                sql: "SELECT term, part, count, data FROM lexical_posting WHERE segment = ? AND term = ? ORDER BY part"
            ),
            arguments: [segment.id, term]
        )
        let list = try LexicalList(rows.map(LexicalRow.init), of: segment, term: term)
        state.withLock { keep(list, at: place, in: &$0) }
        return list
    }

    private func keep(_ list: LexicalList, at place: Place, in state: inout State) {
        if state.size + list.size > limit / 2 {
            state.older = state.recent
            state.recent = [:]
            state.size = 0
        }
        if state.recent.updateValue(list, forKey: place) == nil { state.size += list.size }
    }

    func entries(of segment: LexicalSegment, in db: Database) throws -> LexicalEntries {
        let known = state.withLock { $0.entries[segment.id] }
        if let known, known.edition == segment.edition { return known.entries }
        let entries = try LexicalEntries(of: segment, in: db)
        state.withLock { $0.entries[segment.id] = (segment.edition, entries) }
        return entries
    }

    /// Forgets segments that are no more.
    func keepOnly(_ segments: [LexicalSegment]) {
        state.withLock { state in
            guard state.entries.count > segments.count else { return }
            let ids = Set(segments.map(\.id))
            state.entries = state.entries.filter { ids.contains($0.key) }
        }
    }
}
