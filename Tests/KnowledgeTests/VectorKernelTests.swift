// SPDX-License-Identifier: Apache-2.0
import CKernels
import Foundation
import Testing

/// Vectors of bytes: every instruction set gives what the definition gives, to the bit.
@Suite(.serialized) struct VectorKernelTests {
    @Test(arguments: [1, 15, 16, 31, 32, 33, 63, 64, 65, 384, 1027]) func scans(_ dimension: Int) throws {
        var numbers = SeededNumbers(UInt64(dimension))
        let query = (0..<dimension).map { _ in numbers.normal() }
        let rows = (0..<5).map { _ in (0..<dimension).map { _ in numbers.normal() } }
        defer { ck_isa_select(ck_isa_available()) }
        for isa in [CK_SCALAR, CK_AVX2, CK_AVX512, CK_NEON] where ck_isa_select(isa) == 0 {
            var bytes: [Int8] = []
            var factors: [Float] = []
            for row in rows + [query] {
                var rounded = [Int8](repeating: 0, count: dimension)
                let factor = ck_round_row_i8(Int64(dimension), row, &rounded)
                let most = row.map(abs).max() ?? 0
                #expect(factor == most / 127)
                for (value, byte) in zip(row, rounded) {
                    #expect(abs(value * (127 / most) - Float(byte)) <= 0.5001)
                }
                bytes += rounded
                factors.append(factor)
            }
            // The least byte is one that rounding never gives, but a row may hold.
            bytes[0] = -128
            let asked = Array(bytes.suffix(dimension))
            var scores = [Float](repeating: 0, count: 5)
            ck_scan_i8(bytes, factors, 5, Int64(dimension), asked, factors[5], &scores)
            for row in 0..<5 {
                let wanted = (0..<dimension).reduce(0) { $0 + Int(bytes[row * dimension + $1]) * Int(asked[$1]) }
                #expect(scores[row] == Float(wanted) * (factors[row] * factors[5]))
                #expect(
                    ck_dot_i8(Array(bytes[(row * dimension)..<((row + 1) * dimension)]), asked, Int64(dimension))
                        == wanted
                )
            }
        }
    }
}
