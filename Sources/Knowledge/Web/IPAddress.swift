// SPDX-License-Identifier: Apache-2.0
import Foundation

/// An Internet address, and whether it is one of the public Internet.
package struct IPAddress: Equatable, Sendable {
    /// Four bytes, or sixteen.
    package let bytes: [UInt8]

    /// Fails unless these are the bytes of a `sockaddr` of either family.
    package init?(socketAddress: UnsafeRawBufferPointer) {
        guard socketAddress.count >= MemoryLayout<sockaddr>.size else { return nil }
        let family = socketAddress.loadUnaligned(as: sockaddr.self).sa_family
        if family == sa_family_t(AF_INET), socketAddress.count >= MemoryLayout<sockaddr_in>.size {
            bytes = withUnsafeBytes(of: socketAddress.loadUnaligned(as: sockaddr_in.self).sin_addr, Array.init)
        } else if family == sa_family_t(AF_INET6), socketAddress.count >= MemoryLayout<sockaddr_in6>.size {
            bytes = withUnsafeBytes(of: socketAddress.loadUnaligned(as: sockaddr_in6.self).sin6_addr, Array.init)
        } else {
            return nil
        }
    }

    /// Reads `192.0.2.1`, `2001:db8::1` and `[2001:db8::1]`; other spellings fail.
    package init?(_ text: String) {
        let bare = text.hasPrefix("[") && text.hasSuffix("]") ? String(text.dropFirst().dropLast()) : text
        var four = in_addr()
        var sixteen = in6_addr()
        if inet_pton(AF_INET, bare, &four) == 1 {
            bytes = withUnsafeBytes(of: four, Array.init)
        } else if inet_pton(AF_INET6, bare, &sixteen) == 1 {
            bytes = withUnsafeBytes(of: sixteen, Array.init)
        } else {
            return nil
        }
    }

    private init(_ bytes: some Sequence<UInt8>) { self.bytes = Array(bytes) }

    /// Whether it is global unicast by the registries of special-purpose addresses (IANA; RFC 6890 and what followed).
    /// Of an address that carries another one (mapped, 6to4, NAT64) both must be.
    package var isPublic: Bool {
        if bytes.count == 4 { return !Self.special4.contains { $0.contains(bytes) } }
        if let carried = Self.carriers.first(where: { $0.block.contains(bytes) }) {
            return IPAddress(bytes[carried.at..<carried.at + 4]).isPublic
        }
        return Self.global6.contains(bytes) && !Self.special6.contains { $0.contains(bytes) }
    }

    /// Addresses that begin alike.
    private struct Block {
        let beginning: [UInt8]
        let bits: Int

        init(_ beginning: [UInt8], _ bits: Int) { (self.beginning, self.bits) = (beginning, bits) }

        func contains(_ address: [UInt8]) -> Bool {
            for (index, byte) in beginning.enumerated() {
                let left = bits - 8 * index
                let mask: UInt8 = left >= 8 ? 0xFF : ~(0xFF >> UInt8(max(0, left)))
                if (address[index] ^ byte) & mask != 0 { return false }
            }
            return true
        }
    }

    private static let special4 = [
        Block([0], 8),  // this network
        Block([10], 8), Block([172, 16], 12), Block([192, 168], 16),  // private
        Block([100, 64], 10),  // between carriers (CGNAT)
        Block([127], 8),  // loopback
        Block([169, 254], 16),  // link-local, where clouds keep credentials
        Block([192, 0, 0], 24),  // protocol assignments
        Block([192, 0, 2], 24), Block([198, 51, 100], 24), Block([203, 0, 113], 24),  // documentation
        Block([192, 88, 99], 24),  // 6to4 relays, deprecated
        Block([198, 18], 15),  // benchmarks
        Block([224], 4), Block([240], 4),  // multicast, reserved, broadcast
    ]
    private static let global6 = Block([0x20], 3)
    private static let special6 = [
        Block([0x20, 0x01, 0, 0], 23),  // protocol assignments: Teredo, ORCHID, benchmarks
        Block([0x20, 0x01, 0x0D, 0xB8], 32), Block([0x3F, 0xFF, 0], 20),  // documentation
    ]
    /// Blocks whose addresses carry an IPv4 address, and where in them.
    private static let carriers: [(block: Block, at: Int)] = [
        (Block([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF], 96), 12),  // mapped
        (Block([0, 0x64, 0xFF, 0x9B, 0, 0, 0, 0, 0, 0, 0, 0], 96), 12),  // NAT64
        (Block([0x20, 0x02], 16), 2),  // 6to4
    ]
}

/// The addresses of a host's name.
package struct HostResolver: Sendable {
    package var addresses: @Sendable (String) async -> [IPAddress]

    package init(addresses: @escaping @Sendable (String) async -> [IPAddress]) { self.addresses = addresses }

    /// What the system answers, asked on a thread of its own: it may wait for long.
    package static let system = HostResolver { name in
        await withCheckedContinuation { continuation in
            Thread { continuation.resume(returning: ask(name)) }.start()
        }
    }

    private static func ask(_ name: String) -> [IPAddress] {
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        #if canImport(Glibc)
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        #else
        hints.ai_socktype = SOCK_STREAM
        #endif
        var first: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(name, nil, &hints, &first) == 0 else { return [] }
        defer { freeaddrinfo(first) }
        var found: [IPAddress] = []
        var next = first
        while let entry = next?.pointee, found.count < 64 {
            let bytes = UnsafeRawBufferPointer(start: entry.ai_addr, count: Int(entry.ai_addrlen))
            if let address = IPAddress(socketAddress: bytes) { found.append(address) }
            next = entry.ai_next
        }
        return found
    }
}
