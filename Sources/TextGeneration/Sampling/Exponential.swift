// SPDX-License-Identifier: Apache-2.0

/// `exp` and `log` made of IEEE basic operations only, each rounded as written.
///
/// A drawn token must be the same on every machine, and a libm's last bit is not: hence these. Both are within two
/// units in the last place, far below what a 32-bit logit carries.
package enum Exponential {
    private static let log2OfE = 1.4426950408889634
    private static let ln2High = 6.93147180369123816490e-01  // 33 bits, so that k · ln2High is exact
    private static let ln2Low = 1.90821492927058770002e-10
    /// Adding it rounds a small number to the nearest whole one, ties to even.
    private static let rounder = 6755399441055744.0  // 1.5 · 2^52

    /// e to the power of `x`, for any x that is not above 700; zero below -708.
    ///
    /// Cody and Waite's reduction to |r| ≤ ln(2)/2, then the Taylor polynomial of degree 13.
    package static func exp(_ x: Double) -> Double {
        guard x >= -708 else { return 0 }  // also NaN
        let k = (x * log2OfE + rounder) - rounder
        let r = (x - k * ln2High) - k * ln2Low
        var sum = 1.0 / 6_227_020_800
        sum = sum * r + 1.0 / 479_001_600
        sum = sum * r + 1.0 / 39_916_800
        sum = sum * r + 1.0 / 3_628_800
        sum = sum * r + 1.0 / 362_880
        sum = sum * r + 1.0 / 40_320
        sum = sum * r + 1.0 / 5_040
        sum = sum * r + 1.0 / 720
        sum = sum * r + 1.0 / 120
        sum = sum * r + 1.0 / 24
        sum = sum * r + 1.0 / 6
        sum = sum * r + 0.5
        sum = sum * r + 1
        sum = sum * r + 1
        let exponent = min(max(Int64(k), -1022), 1023)
        return sum * Double(bitPattern: UInt64(exponent + 1023) << 52)
    }

    /// The natural logarithm of a positive, finite, normal `x`.
    ///
    /// x = m · 2^e with m about 1; ln m = 2 · atanh((m - 1) / (m + 1)) as its series.
    package static func log(_ x: Double) -> Double {
        var m = x.significand
        var e = Double(x.exponent)
        if m > 1.4142135623730951 {
            m *= 0.5
            e += 1
        }
        let s = (m - 1) / (m + 1)  // |s| ≤ 0.1716
        let square = s * s
        var sum = 1.0 / 23
        for odd in stride(from: 21.0, through: 1, by: -2) { sum = sum * square + 1 / odd }
        return e * ln2High + (2 * s * sum + e * ln2Low)
    }
}
