// SPDX-License-Identifier: Apache-2.0

/// Unicode normalisation forms (UAX 15) with the reference's tables.
struct Normalization: Sendable {
    private let canonical: [UInt32: [UInt32]]
    private let compatible: [UInt32: [UInt32]]
    private let classes: [UInt32: UInt8]
    private let compositions: [UInt64: UInt32]

    static let shared = Normalization()

    private init() {
        canonical = TableText(DecompositionTable.canonical).mapping()
        compatible = TableText(CompatibilityTable.mapping).mapping()
        classes = Self.combiningClasses()
        var excluded: Set<UInt32> = []
        for range in TableText(DecompositionTable.excluded).ranges() { excluded.formUnion(range.map { UInt32($0) }) }
        // The table holds full decompositions: a pair is what all but the last compose to, and the last.
        var compositions: [UInt64: UInt32] = [:]
        for (scalar, parts) in canonical.sorted(by: { ($0.value.count, $0.key) < ($1.value.count, $1.key) })
        where !excluded.contains(scalar) && parts.count > 1 {
            var first: UInt32? = parts[0]
            for part in parts[1..<parts.count - 1] {
                first = first.flatMap { compositions[Self.pair($0, part)] }
            }
            if let first { compositions[Self.pair(first, parts[parts.count - 1])] = scalar }
        }
        self.compositions = compositions
    }

    private static func combiningClasses() -> [UInt32: UInt8] {
        var classes: [UInt32: UInt8] = [:]
        var reader = TableText(DecompositionTable.combiningClasses)
        var current: UInt8 = 0
        var position = 0
        while let (gap, _) = reader.number() {
            guard gap >= 0 else {
                current = UInt8(clamping: reader.number()?.value ?? 0)
                position = 0
                continue
            }
            guard let (length, _) = reader.number() else { break }
            for scalar in position + gap..<position + gap + length { classes[UInt32(scalar)] = current }
            position += gap + length
        }
        return classes
    }

    private static func pair(_ first: UInt32, _ second: UInt32) -> UInt64 { UInt64(first) << 32 | UInt64(second) }

    /// NFD, or NFKD where `compatibility` is set.
    func decomposed(_ scalars: [UInt32], compatibility: Bool = false) -> [UInt32] {
        var result: [UInt32] = []
        result.reserveCapacity(scalars.count)
        var marks: [(order: UInt8, scalar: UInt32)] = []
        func settle() {
            guard !marks.isEmpty else { return }
            // Marks after one starter stand in the order of their classes, equal ones as they came.
            if marks.count > 1 {
                let sorted = marks.enumerated().sorted { ($0.1.order, $0.0) < ($1.1.order, $1.0) }
                result += sorted.map(\.1.scalar)
            } else {
                result.append(marks[0].scalar)
            }
            marks.removeAll(keepingCapacity: true)
        }
        func append(_ scalar: UInt32) {
            if let order = classes[scalar] {
                marks.append((order, scalar))
            } else {
                settle()
                result.append(scalar)
            }
        }
        for scalar in scalars {
            if scalar < 0xA0 {
                settle()
                result.append(scalar)
            } else if scalar >= 0xAC00, scalar < 0xAC00 + 11172 {
                settle()
                appendHangul(scalar - 0xAC00, to: &result)
            } else if let parts = (compatibility ? compatible[scalar] : nil) ?? canonical[scalar] {
                parts.forEach(append)
            } else {
                append(scalar)
            }
        }
        settle()
        return result
    }

    private func appendHangul(_ index: UInt32, to result: inout [UInt32]) {
        result.append(0x1100 + index / 588)
        result.append(0x1161 + index % 588 / 28)
        if index % 28 != 0 { result.append(0x11A7 + index % 28) }
    }

    /// NFC, or NFKC where `compatibility` is set.
    func composed(_ scalars: [UInt32], compatibility: Bool = false) -> [UInt32] {
        var result: [UInt32] = []
        var starter: Int?
        var lastClass: UInt8 = 0
        for scalar in decomposed(scalars, compatibility: compatibility) {
            let order = classes[scalar] ?? 0
            if let starter, result.count == starter + 1 || lastClass < order,
                let whole = composition(result[starter], scalar)
            {
                result[starter] = whole
                continue
            }
            if order == 0 { starter = result.count }
            lastClass = order
            result.append(scalar)
        }
        return result
    }

    private func composition(_ first: UInt32, _ second: UInt32) -> UInt32? {
        if first >= 0x1100, first < 0x1113, second >= 0x1161, second < 0x1176 {
            return 0xAC00 + ((first - 0x1100) * 21 + second - 0x1161) * 28
        }
        if first >= 0xAC00, first < 0xAC00 + 11172, (first - 0xAC00) % 28 == 0, second > 0x11A7, second < 0x11C3 {
            return first + second - 0x11A7
        }
        return compositions[Self.pair(first, second)]
    }
}
