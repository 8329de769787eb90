// SPDX-License-Identifier: Apache-2.0
import CKernels

/// SHA-256 (FIPS 180-4), fed in pieces.
package struct SecureHash {
    package init() {}

    private var state: [UInt32] = [
        0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
    ]
    private var pending: [UInt8] = []
    private var byteCount: UInt64 = 0

    package mutating func update(_ bytes: some Collection<UInt8>) {
        let used: Void? = bytes.withContiguousStorageIfAvailable { update(buffer: $0) }
        if used == nil { Array(bytes).withUnsafeBufferPointer { update(buffer: $0) } }
    }

    private mutating func update(buffer: UnsafeBufferPointer<UInt8>) {
        byteCount &+= UInt64(buffer.count)
        var rest = buffer[...]
        if !pending.isEmpty {
            let part = rest.prefix(64 - pending.count)
            pending.append(contentsOf: part)
            rest = rest.dropFirst(part.count)
            if pending.count < 64 { return }
            ck_sha256_blocks(&state, pending, 1)
            pending.removeAll(keepingCapacity: true)
        }
        if rest.count >= 64 {
            let whole = UnsafeBufferPointer(rebasing: rest.prefix(rest.count / 64 * 64))
            ck_sha256_blocks(&state, whole.baseAddress, whole.count / 64)
            rest = rest.dropFirst(whole.count)
        }
        pending.append(contentsOf: rest)
    }

    /// The 32 bytes of the digest.
    package mutating func finalize() -> [UInt8] {
        let bits = byteCount &* 8
        var tail: [UInt8] = [0x80]
        while (pending.count + tail.count) % 64 != 56 { tail.append(0) }
        for shift in stride(from: 56, through: 0, by: -8) {
            tail.append(UInt8(truncatingIfNeeded: bits >> UInt64(shift)))
        }
        update(tail)
        return state.flatMap { word in
            stride(from: 24, through: 0, by: -8).map { UInt8(truncatingIfNeeded: word >> UInt32($0)) }
        }
    }

    /// The digest of what was fed so far.
    var finalizedCopy: [UInt8] {
        var copy = self
        return copy.finalize()
    }

    /// The digest of parts, each preceded by its length, so that two lists of parts never look alike.
    static func digest(of parts: [[UInt8]]) -> [UInt8] {
        var hash = SecureHash()
        for part in parts {
            hash.update(bytes(of: UInt64(part.count)))
            hash.update(part)
        }
        return hash.finalize()
    }

    /// The 8 bytes of a number, smallest first.
    static func bytes(of number: UInt64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: number >> UInt64(8 * $0)) }
    }
}

extension Sequence where Element == UInt8 {
    /// Two lower-case digits a byte.
    package var hexadecimal: String {
        let digits = Array("0123456789abcdef".utf8)
        var result: [UInt8] = []
        for byte in self {
            result.append(digits[Int(byte >> 4)])
            result.append(digits[Int(byte & 15)])
        }
        return String(decoding: result, as: UTF8.self)
    }
}
