// SPDX-License-Identifier: Apache-2.0
import CKernels
import Tensors
import Testing

/// Numbers that anyone can make again: SplitMix64.
struct Numbers {
    var state: UInt64

    init(_ seed: Int) { state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 &+ 1 }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// Between -1 and 1, now and then a hundred times that.
    mutating func float() -> Float {
        let bits = next()
        let value = Float(bits >> 40) / Float(1 << 23) - 1
        return bits & 0xFF == 0 ? value * 100 : value
    }

    mutating func floats(_ count: Int) -> [Float] { (0..<count).map { _ in float() } }
}

/// Weights of each type with their values as doubles, computed here from the formats' definitions.
struct Weights {
    let bytes: [UInt8]
    let values: [Double]

    init(_ type: ElementType, rows: Int, columns: Int, _ numbers: inout Numbers) {
        var bytes: [UInt8] = []
        var values: [Double] = []
        func append(_ value: some FixedWidthInteger) { withUnsafeBytes(of: value.littleEndian) { bytes += $0 } }
        func half(_ value: Float) -> Double {
            let half = Float16(value)
            append(half.bitPattern)
            return Double(half)
        }
        switch type {
        case .float32:
            for _ in 0..<rows * columns {
                let value = numbers.float()
                append(value.bitPattern)
                values.append(Double(value))
            }
        case .float16:
            for _ in 0..<rows * columns { values.append(half(numbers.float())) }
        case .bfloat16:
            for _ in 0..<rows * columns {
                // Some are denormal: the bfloat16 dot instruction takes them for zero.
                let upper = numbers.next() % 40 == 0 ? UInt16(7) : UInt16(numbers.float().bitPattern >> 16)
                append(upper)
                values.append(Double(Float(bitPattern: UInt32(upper) << 16)))
            }
        case .q4_0:
            for _ in 0..<rows * columns / 32 {
                let d = half(numbers.float() / 16)
                let quants = (0..<16).map { _ in UInt8(truncatingIfNeeded: numbers.next()) }
                bytes += quants
                values += quants.map { d * (Double($0 & 15) - 8) } + quants.map { d * (Double($0 >> 4) - 8) }
            }
        case .q4_1:
            for _ in 0..<rows * columns / 32 {
                let (d, m) = (half(numbers.float() / 16), half(numbers.float()))
                let quants = (0..<16).map { _ in UInt8(truncatingIfNeeded: numbers.next()) }
                bytes += quants
                values += quants.map { d * Double($0 & 15) + m } + quants.map { d * Double($0 >> 4) + m }
            }
        case .q8_0:
            for _ in 0..<rows * columns / 32 {
                let d = half(numbers.float() / 128)
                let quants = (0..<32).map { _ in Int8(truncatingIfNeeded: numbers.next()) }
                bytes += quants.map { UInt8(bitPattern: $0) }
                values += quants.map { d * Double($0) }
            }
        case .q5_0:
            for _ in 0..<rows * columns / 32 {
                let d = half(numbers.float() / 16)
                let fifth = UInt32(truncatingIfNeeded: numbers.next() ^ numbers.next() << 13)
                append(fifth)
                let quants = (0..<16).map { _ in UInt8(truncatingIfNeeded: numbers.next()) }
                bytes += quants
                values += (0..<32).map { place in
                    let low = place < 16 ? quants[place] & 15 : quants[place - 16] >> 4
                    return d * (Double(low) + Double(fifth >> UInt32(place) & 1) * 16 - 16)
                }
            }
        case .q4_k:
            for _ in 0..<rows * columns / 256 {
                let (d, dmin) = (half(numbers.float() / 512), half(numbers.float() / 64))
                let scales = (0..<8).map { _ in UInt8(truncatingIfNeeded: numbers.next() & 63) }
                let minima = (0..<8).map { _ in UInt8(truncatingIfNeeded: numbers.next() & 63) }
                // Six bits each: the first four whole, the last four by four bits and two of the first ones' bytes.
                bytes += (0..<4).map { scales[$0] | (scales[$0 + 4] >> 4) << 6 }
                bytes += (0..<4).map { minima[$0] | (minima[$0 + 4] >> 4) << 6 }
                bytes += (4..<8).map { scales[$0] & 15 | minima[$0] << 4 }
                let quants = (0..<128).map { _ in UInt8(truncatingIfNeeded: numbers.next()) }
                bytes += quants
                for block in 0..<8 {
                    let (scale, minimum) = (d * Double(scales[block]), dmin * Double(minima[block]))
                    for pair in quants[block / 2 * 32..<block / 2 * 32 + 32] {
                        values.append(scale * Double(block % 2 == 0 ? pair & 15 : pair >> 4) - minimum)
                    }
                }
            }
        case .q6_k:
            for _ in 0..<rows * columns / 256 {
                let low = (0..<128).map { _ in UInt8(truncatingIfNeeded: numbers.next()) }
                let high = (0..<64).map { _ in UInt8(truncatingIfNeeded: numbers.next()) }
                let scales = (0..<16).map { _ in Int8(truncatingIfNeeded: numbers.next()) }
                bytes += low + high + scales.map { UInt8(bitPattern: $0) }
                let d = half(numbers.float() / 4096)
                for place in 0..<256 {
                    // ggml-quants.c, dequantize_row_q6_K: halves of 128, in them quarters of 32.
                    let (half, quarter, offset) = (place / 128, place % 128 / 32, place % 32)
                    let nibble = low[half * 64 + quarter % 2 * 32 + offset] >> UInt8(quarter / 2 * 4) & 15
                    let upper = high[half * 32 + offset] >> UInt8(quarter * 2) & 3
                    values.append(d * Double(scales[place / 16]) * (Double(nibble | upper << 4) - 32))
                }
            }
        case .int32, .int64: break
        }
        self.bytes = bytes
        self.values = values
    }
}

private let lowered = Processor.InstructionSet.allCases.filter { $0.select() }

/// Runs a computation under every instruction set that this processor has and expects the same bytes.
private func expectEqualBytes(_ what: String, _ compute: () throws -> [Float]) throws -> [Float] {
    defer { _ = Processor.bestInstructionSet.select() }
    #expect(Processor.InstructionSet.scalar.select())
    let plain = try compute()
    for set in lowered where set != .scalar {
        #expect(set.select())
        let found = try compute()
        let equal = zip(plain, found).allSatisfy { $0.bitPattern == $1.bitPattern } && plain.count == found.count
        #expect(equal, "\(what): \(set) and scalar differ")
    }
    return plain
}

@Suite(.serialized) struct KernelEqualityTests {
    static let types: [ElementType] = [
        .float32, .float16, .bfloat16, .q4_0, .q4_1, .q5_0, .q8_0, .q4_k, .q6_k,
    ]

    @Test(arguments: types, [Precision.float32, .bfloat16])
    func products(_ type: ElementType, _ precision: Precision) throws {
        var numbers = Numbers(Int(type.rawValue) + 100)
        // Row tails of 16, column tiles 8, 4, 2 and 1 with their rests, odd and block depths.
        for (rows, depth) in [(1, 32), (16, 64), (37, 96), (70, 576), (130, 160)] {
            for columns in [1, 2, 3, 4, 5, 7, 8, 9, 13, 16, 19] {
                let whole = (depth + type.blockLength - 1) / type.blockLength * type.blockLength
                let depth = type.blockLength == 1 && rows % 2 == 1 ? depth - 1 : whole
                let weights = Weights(type, rows: rows, columns: depth, &numbers)
                let x = numbers.floats(columns * depth)
                let bias = rows % 3 == 0 ? nil : try Tensor(numbers.floats(rows), shape: [rows])
                let what = "\(type.name) \(precision) [\(rows), \(depth)] x \(columns)"
                let found = try expectEqualBytes(what) {
                    let packed = try weights.bytes.withUnsafeBytes {
                        try Tensor(packing: $0, rows: rows, columns: depth, elementType: type, precision: precision)
                    }
                    return try linear(Tensor(x, shape: [columns, depth]), packed, bias: bias).floats
                }
                let rounds = precision == .bfloat16 && (type == .float32 || type == .bfloat16)
                try check(
                    found,
                    weights.values,
                    x,
                    bias?.floats,
                    rows,
                    depth,
                    rounds ? 1.0 / 128 : type.blockLength > 1 ? 1.0 / 127 : 2e-6,
                    what
                )
            }
        }
    }

    /// Products that share their normalised input, a gate, a residual: each the same bits as step by step.
    @Test(arguments: types, [1, 9])
    func fusedProducts(_ type: ElementType, _ columns: Int) throws {
        var numbers = Numbers(Int(type.rawValue) + 300)
        let depth = 256
        func weight(_ rows: Int, _ type: ElementType) throws -> Tensor {
            try Weights(type, rows: rows, columns: depth, &numbers).bytes.withUnsafeBytes {
                try Tensor(packing: $0, rows: rows, columns: depth, elementType: type, precision: .float32)
            }
        }
        let x = try Tensor(numbers.floats(columns * depth), shape: [columns, depth])
        let scale = try Tensor(numbers.floats(depth), shape: [depth])
        let (first, second, third) = (try weight(200, type), try weight(70, .q8_0), try weight(200, type))
        let bias = try Tensor(numbers.floats(70), shape: [70])
        let residual = try Tensor(numbers.floats(columns * 200), shape: [columns, 200])

        let normalised = try rmsNorm(x, weight: scale, epsilon: 1e-5)
        let norm = RootMeanSquare(weight: scale, epsilon: 1e-5)
        let together = try linear(x, norm: norm, [(first, nil), (second, bias)])
        #expect(together[0].floats == (try linear(normalised, first).floats))
        #expect(together[1].floats == (try linear(normalised, second, bias: bias).floats))
        let gated = try gatedLinear(x, norm: norm, gate: (first, nil), up: (third, nil))
        #expect(gated.floats == (try siluMultiply(linear(normalised, first), linear(normalised, third)).floats))
        let added = try linear(x, first, residual: residual)
        #expect(added.floats == (try add(linear(x, first), residual).floats))
    }

    /// Blocks too small for a finite inverse, and denormal biases after sums that the dot instruction takes for zero.
    @Test(arguments: types, [Precision.float32, .bfloat16])
    func productsOfTheSmallestNumbers(_ type: ElementType, _ precision: Precision) throws {
        var numbers = Numbers(Int(type.rawValue) + 700)
        let (rows, depth) = (21, max(64, type.blockLength))
        let weights = Weights(type, rows: rows, columns: depth, &numbers)
        let bias = try Tensor([Float](repeating: .leastNonzeroMagnitude * 70_000, count: rows), shape: [rows])
        for columns in [1, 2, 5, 8] {
            var x = [Float](repeating: 0, count: columns * depth)
            // The last row stays zero, so that only the bias is left, unless it is the only one.
            for column in 0..<max(1, columns - 1) { x[column * depth + column] = .leastNormalMagnitude }
            _ = try expectEqualBytes("\(type.name) \(precision) x \(columns)") {
                let packed = try weights.bytes.withUnsafeBytes {
                    try Tensor(packing: $0, rows: rows, columns: depth, elementType: type, precision: precision)
                }
                let plain = try linear(Tensor(x, shape: [columns, depth]), packed).floats
                return try plain + linear(Tensor(x, shape: [columns, depth]), packed, bias: bias).floats
            }
        }
    }

    /// Against sums in double; the error allowed is relative to the largest activation of each block of 32, since
    /// that is what rounding to 8 bits loses.
    private func check(
        _ found: [Float],
        _ weights: [Double],
        _ x: [Float],
        _ bias: [Float]?,
        _ rows: Int,
        _ depth: Int,
        _ tolerance: Double,
        _ what: String
    ) throws {
        for column in 0..<x.count / depth {
            let activations = x[column * depth..<(column + 1) * depth].map(Double.init)
            let largest = (0..<depth).map { k in
                activations[k / 32 * 32..<min(depth, k / 32 * 32 + 32)].map(abs).max() ?? 0
            }
            for row in 0..<rows {
                var sum = Double(bias?[row] ?? 0)
                var scale = 1e-3
                for k in 0..<depth {
                    sum += weights[row * depth + k] * activations[k]
                    scale += abs(weights[row * depth + k]) * (tolerance > 1e-3 ? largest[k] : abs(activations[k]))
                }
                let error = abs(Double(found[column * rows + row]) - sum)
                if error > tolerance * scale { Issue.record("\(what): [\(column), \(row)] off by \(error / scale)") }
            }
        }
    }

    @Test func rows() throws {
        var numbers = Numbers(7)
        for channels in [1, 5, 15, 16, 17, 31, 32, 33, 64, 100, 576] {
            let x = try Tensor(numbers.floats(3 * channels).map { $0 * 6 }, shape: [3, channels])
            let y = try Tensor(numbers.floats(3 * channels), shape: [3, channels])
            let weight = try Tensor(numbers.floats(channels), shape: [channels])
            let operations: [(String, () throws -> Tensor)] = [
                ("rmsNorm", { try rmsNorm(x, weight: weight, epsilon: 1e-5) }),
                ("layerNorm", { try layerNorm(x, weight: weight, bias: weight, epsilon: 1e-12) }),
                ("softmax", { try softmax(x) }), ("l2Normalize", { try l2Normalize(x) }),
                ("add", { try add(x, y) }), ("siluMultiply", { try siluMultiply(x, y) }),
                ("gelu", { try Activation.gelu(x) }), ("geluTanh", { try Activation.geluTanh(x) }),
                ("tanh", { try Activation.tanh(x) }), ("meanPool", { try meanPool(x, [0..<3, 1..<2]) }),
            ]
            for (name, operation) in operations {
                _ = try expectEqualBytes("\(name) of \(channels)") { try operation().floats }
            }
        }
    }

    @Test func search() throws {
        var numbers = Numbers(8)
        for dimension in [1, 16, 17, 384] {
            let (vectors, query) = (numbers.floats(9 * dimension), numbers.floats(dimension))
            let found = try expectEqualBytes("scan of \(dimension)") {
                var scores = [Float](repeating: 0, count: 9)
                ck_scan_f32(vectors, 9, Int64(dimension), query, &scores)
                return scores
            }
            for row in 0..<9 {
                let wanted = (0..<dimension).reduce(0.0) {
                    $0 + Double(vectors[row * dimension + $1]) * Double(query[$1])
                }
                #expect(abs(Double(found[row]) - wanted) < 1e-2)
            }
        }
    }

    @Test(arguments: [false, true]) func attentionOverCuts(_ isHalf: Bool) throws {
        var numbers = Numbers(9)
        // One and several cuts of 256, one and three queries a head, a head that is no multiple of 16.
        for (count, kvHeads, group, dimension) in [(3, 1, 1, 16), (40, 2, 3, 64), (300, 1, 2, 24), (530, 1, 3, 32)] {
            let layout = KeyValueLayout(isHalf: isHalf, heads: kvHeads, dimension: dimension)
            let q = try Tensor(
                numbers.floats(count * kvHeads * group * dimension),
                shape: [count, kvHeads * group * dimension]
            )
            let k = try Tensor(numbers.floats(count * kvHeads * dimension), shape: [count, kvHeads * dimension])
            let v = try Tensor(numbers.floats(count * kvHeads * dimension), shape: [count, kvHeads * dimension])
            for mask in [AttentionMask.causal, .bidirectional] {
                let what = "attention of \(count) × \(kvHeads)·\(group) × \(dimension) \(mask)"
                let found = try expectEqualBytes(what) { try attend(q, k, v, layout, mask).floats }
                let wanted = reference(q.floats, k.floats, v.floats, count, kvHeads, group, dimension, mask)
                let worst = zip(found, wanted).map { abs(Double($0) - $1) }.max() ?? .infinity
                #expect(worst < (isHalf ? 0.1 : 1e-3), "\(what): largest difference \(worst)")
            }
        }
    }

    @Test func roundingToBfloat16IsToTheNearestEven() throws {
        var numbers = Numbers(11)
        // Any bits at all, then what lies between two values, infinite, denormal and not a number.
        var bits = (0..<1_003).map { _ in UInt32(truncatingIfNeeded: numbers.next()) }
        bits += [
            0x3F80_8000, 0x3F81_8000, 0x3F80_8001, 0x7F80_0000, 0xFF80_0000, 0x7F7F_FFFF, 1, 0x7F80_0001, 0xFFFF_FFFF,
        ]
        let floats = bits.map(Float.init(bitPattern:))
        let expected = bits.map { bits in
            bits & 0x7FFF_FFFF > 0x7F80_0000
                ? UInt16(bits >> 16) | 0x40 : UInt16(truncatingIfNeeded: (bits &+ 0x7FFF &+ (bits >> 16 & 1)) >> 16)
        }
        let found = try expectEqualBytes("rounding") {
            var rounded = [UInt16](repeating: 1, count: floats.count + floats.count % 2)
            ck_round_row_bf16(Int64(floats.count), floats, &rounded)
            return rounded.map { Float(bitPattern: UInt32($0)) }
        }
        #expect(found.prefix(expected.count).map { UInt16($0.bitPattern) } == expected)
    }

    @Test(arguments: [false, true]) func noLaterPositionReachesAnEarlierOne(_ isHalf: Bool) throws {
        var numbers = Numbers(10)
        let (count, dimension) = (12, 16)
        let layout = KeyValueLayout(isHalf: isHalf, heads: 1, dimension: dimension)
        let q = try Tensor(numbers.floats(count * dimension), shape: [count, dimension])
        var (keys, values) = (numbers.floats(count * dimension), numbers.floats(count * dimension))
        func rows() throws -> [Float] {
            let k = try Tensor(keys, shape: [count, dimension])
            let v = try Tensor(values, shape: [count, dimension])
            return Array(try attend(q, k, v, layout, .causal).floats.prefix(5 * dimension))
        }
        let alone = try rows()
        for place in 5 * dimension..<count * dimension { (keys[place], values[place]) = (.nan, .infinity) }
        let found = try expectEqualBytes("attention before infinite values") { try rows() }
        #expect(found.map(\.bitPattern) == alone.map(\.bitPattern))
    }

    private func attend(
        _ q: Tensor,
        _ k: Tensor,
        _ v: Tensor,
        _ layout: KeyValueLayout,
        _ mask: AttentionMask
    ) throws -> Tensor {
        let count = q.shape[0]
        let blocks = (count + KeyValueLayout.blockLength - 1) / KeyValueLayout.blockLength
        let storage = try Storage(byteCount: blocks * layout.blockBytes)
        let run = AttentionRun(
            rows: 0..<count,
            start: 0,
            blocks: (0..<blocks).map { storage.bytes + $0 * layout.blockBytes }
        )
        defer { withExtendedLifetime(storage) {} }
        return try attention(queries: q, keys: k, values: v, layout: layout, runs: [run], mask: mask, scale: 0.25)
    }

    private func reference(
        _ q: [Float],
        _ k: [Float],
        _ v: [Float],
        _ count: Int,
        _ kvHeads: Int,
        _ group: Int,
        _ dimension: Int,
        _ mask: AttentionMask
    ) -> [Double] {
        var out: [Double] = []
        for row in 0..<count {
            for head in 0..<kvHeads * group {
                let end = mask == .causal ? row + 1 : count
                let kv = head / group
                func key(_ p: Int, _ d: Int) -> Int { (p * kvHeads + kv) * dimension + d }
                let scores = (0..<end).map { p in
                    0.25
                        * (0..<dimension).reduce(0.0) {
                            $0 + Double(q[(row * kvHeads * group + head) * dimension + $1]) * Double(k[key(p, $1)])
                        }
                }
                let most = scores.max() ?? 0
                let weights = scores.map { exponential($0 - most) }
                let sum = weights.reduce(0, +)
                out += (0..<dimension).map { d in
                    (0..<end).reduce(0.0) { $0 + weights[$1] * Double(v[key($1, d)]) } / sum
                }
            }
        }
        return out
    }
}
