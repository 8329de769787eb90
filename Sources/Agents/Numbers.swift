// SPDX-License-Identifier: Apache-2.0
import Foundation

/// e to the power x.
func exponential(_ x: Double) -> Double { exp(x) }

/// The natural logarithm.
func logarithm(_ x: Double) -> Double { log(x) }

/// Two decimals, for traces.
func decimals(_ value: Double) -> String { String(format: "%.2f", value) }
