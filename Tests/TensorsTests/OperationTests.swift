// SPDX-License-Identifier: Apache-2.0
import CKernels
import Tensors
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

func exponential(_ x: Double) -> Double { exp(x) }

@Suite struct OperationTests {
    private func worst(_ found: [Float], _ wanted: [Double]) -> Double {
        zip(found, wanted).map { abs(Double($0) - $1) / (1 + abs($1)) }.max() ?? .infinity
    }

    @Test func activationsEqualTheirFormulas() throws {
        let x = stride(from: Float(-12), through: 12, by: 0.0137).map { $0 }
        let tensor = try Tensor(x, shape: [1, x.count])
        let d = x.map(Double.init)
        #expect(worst(try Activation.gelu(tensor).floats, d.map { 0.5 * $0 * (1 + erf($0 / 2.0.squareRoot())) }) < 1e-6)
        #expect(worst(try Activation.tanh(tensor).floats, d.map { tanh($0) }) < 2e-7)
        let approximate = d.map { 0.5 * $0 * (1 + tanh((2 / Double.pi).squareRoot() * ($0 + 0.044715 * $0 * $0 * $0))) }
        #expect(worst(try Activation.geluTanh(tensor).floats, approximate) < 1e-6)
        let ones = try Tensor([Float](repeating: 1, count: x.count), shape: [1, x.count])
        #expect(worst(try siluMultiply(tensor, ones).floats, d.map { $0 / (1 + exp(-$0)) }) < 2e-7)
    }

    @Test func exponentialEqualsItsFormula() {
        let x = stride(from: Float(-87), through: 87, by: 0.0173).map { $0 }
        var found = [Float](repeating: 0, count: x.count)
        ck_exp(Int64(x.count), x, &found)
        for (value, result) in zip(x, found) { #expect(abs(Double(result) / exp(Double(value)) - 1) < 2e-7) }
        ck_exp(2, [0, -.infinity], &found)
        #expect(found[0] == 1 && found[1] == 0)
    }

    @Test func normsEqualTheirFormulas() throws {
        var numbers = Numbers(1)
        let (x, w) = (numbers.floats(100), numbers.floats(100))
        let d = x.map(Double.init)
        let tensor = try Tensor(x, shape: [1, 100])
        let weight = try Tensor(w, shape: [100])
        let rms = (d.reduce(0) { $0 + $1 * $1 } / 100 + 1e-5).squareRoot()
        #expect(
            worst(try rmsNorm(tensor, weight: weight, epsilon: 1e-5).floats, zip(d, w).map { $0 / rms * Double($1) })
                < 1e-6
        )
        let mean = d.reduce(0, +) / 100
        let deviation = (d.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 100 + 1e-5).squareRoot()
        let wanted = zip(d, w).map { ($0 - mean) / deviation * Double($1) + Double($1) }
        #expect(worst(try layerNorm(tensor, weight: weight, bias: weight, epsilon: 1e-5).floats, wanted) < 1e-6)
        let total = d.reduce(0) { $0 + exp($1) }
        #expect(worst(try softmax(tensor).floats, d.map { exp($0) / total }) < 1e-6)
    }

    @Test func rotationEqualsItsFormula() throws {
        let positions: [Int32] = [0, 1, 77, 8191]
        let frequencies: [Float] = [1, 0.1, 0.01]
        var numbers = Numbers(2)
        let x = numbers.floats(4 * 12)
        let found = try rotate(
            Tensor(x, shape: [4, 12]),
            RotaryAngles(positions: positions, inverseFrequencies: frequencies)
        ).floats
        for (row, position) in positions.enumerated() {
            for head in 0..<2 {
                for i in 0..<3 {
                    let angle = Double(Float(position) * frequencies[i])
                    let base = row * 12 + head * 6 + i
                    let (a, b) = (Double(x[base]), Double(x[base + 3]))
                    #expect(abs(Double(found[base]) - (a * cos(angle) - b * sin(angle))) < 1e-5)
                    #expect(abs(Double(found[base + 3]) - (b * cos(angle) + a * sin(angle))) < 1e-5)
                }
            }
        }
    }

    @Test func everyHalfConvertsExactly() {
        for bits in UInt16.min...UInt16.max {
            let wanted = Float(Float16(bitPattern: bits))
            let found = ck_half_value(bits)
            #expect(found.bitPattern == wanted.bitPattern || found.isNaN && wanted.isNaN)
        }
    }

    @Test func threadsChangeNoBit() throws {
        var numbers = Numbers(3)
        let weights = numbers.floats(512 * 256)
        let x = try Tensor(numbers.floats(70 * 256), shape: [70, 256])
        let packed = try weights.withUnsafeBytes {
            try Tensor(packing: $0, rows: 512, columns: 256, elementType: .float32, precision: .float32)
        }
        let before = Processor.threads
        defer { Processor.threads = before }
        var results: [[Float]] = []
        for threads in [1, 2, 3, 7] {
            Processor.threads = threads
            results.append(try linear(x, packed).floats)
        }
        #expect(results.allSatisfy { $0 == results[0] })
    }

    @Test func thePoolRunsEveryIndexOnce() {
        let before = Processor.threads
        Processor.threads = 4
        defer { Processor.threads = before }
        for count in [1, 2, 5, 100, 1000] {
            for _ in 0..<50 {
                var seen = [Int32](repeating: 0, count: count)
                seen.withUnsafeMutableBufferPointer { seen in
                    let base = seen.baseAddress
                    parallel(count) { index in base?[index] += 1 }
                }
                #expect(seen.allSatisfy { $0 == 1 })
            }
        }
    }

    @Test func misfitsAreErrors() throws {
        let x = try Tensor([1, 2, 3, 4], shape: [2, 2])
        let y = try Tensor([1, 2, 3], shape: [3])
        #expect(throws: TensorError.self) { try add(x, y) }
        #expect(throws: TensorError.self) { try rmsNorm(x, weight: y, epsilon: 1) }
        #expect(throws: TensorError.self) { try linear(x, y) }
        #expect(throws: TensorError.self) { try embedding([2], x) }
        #expect(throws: TensorError.self) { try gatherRows(x, [-1]) }
        #expect(throws: TensorError.self) { try meanPool(x, [0..<3]) }
        #expect(throws: TensorError.self) { try Tensor([1], shape: [2]) }
    }
}
