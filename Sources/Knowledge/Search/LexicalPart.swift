// SPDX-License-Identifier: Apache-2.0
import CKernels
import Foundation

/// A term in an entry of a segment.
struct Posting: Equatable {
    var entry: UInt32
    var times: UInt32
}

/// A stretch of a term's list, one row of the index: a checksum; 8 bytes for each block of up to 128 postings, its last
/// entry, its bound and its two widths; then the blocks' packed numbers.
struct LexicalPart {
    /// Postings of a part at most.
    static let capacity = 64 * Int(CK_POSTINGS_BLOCK)
    private static let block = Int(CK_POSTINGS_BLOCK)
    private static let checksumSize = 8
    private static let headerSize = 8

    /// No entry of the part is less.
    var first: UInt32
    var count: Int

    static let damage = KnowledgeError(
        .damaged,
        "the full-text index is not what was written; it is made again by the next search or addition"
    )

    // MARK: - Writing

    /// `ratio` gives what bounds a posting's score.
    static func encode(
        _ postings: ArraySlice<Posting>,
        first: UInt32,
        segment: Int64,
        term: String,
        ratio: (Posting) -> Double
    ) -> Data {
        let number = (postings.count + block - 1) / block
        var bytes = [UInt8](repeating: 0, count: checksumSize + number * headerSize)
        bytes.reserveCapacity(bytes.count + postings.count * 2)
        withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 2 * block) { values in
            var base = first
            for index in 0..<number {
                let start = postings.startIndex + index * block
                let slice = postings[start..<min(start + block, postings.endIndex)]
                let (gaps, times) = (values.prefix(slice.count), values[block..<(block + slice.count)])
                var (gapBits, timesBits, bound) = (UInt32(0), UInt32(0), 0.0)
                for (place, posting) in slice.enumerated() {
                    values[place] = posting.entry &- base
                    values[block + place] = posting.times &- 1
                    gapBits |= values[place]
                    timesBits |= values[block + place]
                    base = posting.entry &+ 1
                    bound = max(bound, ratio(posting))
                }
                let widths = (UInt32(32 - gapBits.leadingZeroBitCount), UInt32(32 - timesBits.leadingZeroBitCount))
                // The upper half of a float, the next one up.
                let half = (Float(bound).bitPattern >> 16) &+ 1
                var header = UInt64(base &- 1) | UInt64(half & 0xFFFF) << 32
                header |= UInt64(widths.0) << 48 | UInt64(widths.1) << 56
                for place in 0..<headerSize {
                    bytes[checksumSize + index * headerSize + place] = UInt8(truncatingIfNeeded: header >> (8 * place))
                }
                append(gaps, width: widths.0, to: &bytes)
                append(times, width: widths.1, to: &bytes)
            }
        }
        let part = LexicalPart(first: first, count: postings.count)
        let sum = bytes.withUnsafeBufferPointer { bytes in
            part.checksum(segment: segment, term: term, content: UnsafeBufferPointer(rebasing: bytes[checksumSize...]))
        }
        for place in 0..<checksumSize { bytes[place] = UInt8(truncatingIfNeeded: sum >> (8 * place)) }
        return Data(bytes)
    }

    private static func append(
        _ values: Slice<UnsafeMutableBufferPointer<UInt32>>,
        width: UInt32,
        to bytes: inout [UInt8]
    ) {
        let start = bytes.count
        bytes.append(contentsOf: repeatElement(0, count: ck_packed_size(UInt32(values.count), width)))
        bytes.withUnsafeMutableBufferPointer { bytes in
            guard start < bytes.count else { return }
            let values = UnsafeMutableBufferPointer(rebasing: values)
            ck_pack(values.baseAddress, UInt32(values.count), width, bytes.baseAddress?.advanced(by: start))
        }
    }

    private func checksum(segment: Int64, term: String, content: UnsafeBufferPointer<UInt8>) -> UInt64 {
        let place = UInt64(bitPattern: segment) &* 0x9E37_79B9_7F4A_7C15 ^ UInt64(first) << 32 ^ UInt64(count)
        var term = term
        let seed = term.withUTF8 { ck_hash64(place, $0.baseAddress, $0.count) }
        return ck_hash64(seed, content.baseAddress, content.count)
    }

    // MARK: - Reading

    /// The blocks of a part and where their numbers begin in it; throws where they are not what was written.
    func blocks(
        of data: Data,
        segment: Int64,
        term: String,
        entries: Int
    ) throws -> (blocks: [ck_postings_block], start: Int) {
        let number = (count + Self.block - 1) / Self.block
        let start = Self.checksumSize + number * Self.headerSize
        guard (1...Self.capacity).contains(count), data.count >= start else { throw Self.damage }
        return try data.withUnsafeBytes { bytes in
            let content = UnsafeBufferPointer(rebasing: bytes.bindMemory(to: UInt8.self)[Self.checksumSize...])
            let written = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
            guard written == checksum(segment: segment, term: term, content: content) else { throw Self.damage }
            var blocks: [ck_postings_block] = []
            var (base, offset) = (UInt64(first), 0)
            for index in 0..<number {
                let at = Self.checksumSize + index * Self.headerSize
                let last = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt32.self))
                let half = UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: at + 4, as: UInt16.self))
                let (entryWidth, timesWidth) = (bytes[at + 6], bytes[at + 7])
                let held = min(Self.block, count - index * Self.block)
                guard entryWidth <= 32, timesWidth <= 32, last >= base, last < entries else { throw Self.damage }
                blocks.append(
                    ck_postings_block(
                        base: UInt32(base),
                        last: last,
                        offset: UInt32(offset),
                        bound: Float(bitPattern: UInt32(half) << 16),
                        entry_width: entryWidth,
                        times_width: timesWidth,
                        count: UInt8(held)
                    )
                )
                offset +=
                    ck_packed_size(UInt32(held), UInt32(entryWidth)) + ck_packed_size(UInt32(held), UInt32(timesWidth))
                base = UInt64(last) + 1
            }
            guard data.count - start == offset else { throw Self.damage }
            return (blocks, start)
        }
    }

    func postings(of data: Data, segment: Int64, term: String, entries: Int) throws -> [Posting] {
        let (blocks, start) = try blocks(of: data, segment: segment, term: term, entries: entries)
        // Reading a number may touch 8 bytes from its first on.
        let body = Array(data.dropFirst(start)) + [UInt8](repeating: 0, count: 8)
        var postings: [Posting] = []
        postings.reserveCapacity(count)
        var (places, times) = ([UInt32](repeating: 0, count: Self.block), [UInt32](repeating: 0, count: Self.block))
        for var block in blocks {
            guard ck_postings_decode(body, &block, &places, &times) == 0 else { throw Self.damage }
            for index in 0..<Int(block.count) { postings.append(Posting(entry: places[index], times: times[index])) }
        }
        return postings
    }
}
