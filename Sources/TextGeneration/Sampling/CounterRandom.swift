// SPDX-License-Identifier: Apache-2.0

/// Random numbers that depend on a seed and a step only, never on what was drawn before or beside it.
///
/// Philox 4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011): so a request draws the
/// same tokens alone and in any batch, and can be taken up again at any step.
package struct CounterRandom: Sendable {
    private let key: (UInt32, UInt32)

    package init(seed: UInt64) {
        key = (UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
    }

    /// The four words of one counter.
    package func block(_ c0: UInt32, _ c1: UInt32, _ c2: UInt32, _ c3: UInt32) -> (UInt32, UInt32, UInt32, UInt32) {
        var c = (c0, c1, c2, c3)
        var k = key
        for _ in 0..<10 {
            let first = UInt64(0xD251_1F53) * UInt64(c.0)
            let second = UInt64(0xCD9E_8D57) * UInt64(c.2)
            c = (
                UInt32(second >> 32) ^ c.1 ^ k.0, UInt32(truncatingIfNeeded: second),
                UInt32(first >> 32) ^ c.3 ^ k.1, UInt32(truncatingIfNeeded: first)
            )
            k = (k.0 &+ 0x9E37_79B9, k.1 &+ 0xBB67_AE85)
        }
        return c
    }

    /// A number in [0, 1) with 53 random bits, for that step.
    package func uniform(step: Int) -> Double {
        let word = UInt64(bitPattern: Int64(step))
        let (a, b, _, _) = block(UInt32(truncatingIfNeeded: word), UInt32(truncatingIfNeeded: word >> 32), 0, 0)
        let bits = (UInt64(a) << 32 | UInt64(b)) >> 11
        return Double(bits) * 0x1p-53
    }
}
