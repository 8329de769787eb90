// SPDX-License-Identifier: Apache-2.0
import CKernels
import Foundation
import Tensors

/// What the machine's memory gives, and what this process takes of it.
enum Memory {
    /// Bytes a second that all threads together read from memory that no cache holds: the best of several sweeps over
    /// 512 MB; nil if there is no memory for it.
    static func readBandwidth() -> Double? {
        let bytes = 512 << 20
        guard let memory = ck_allocate(bytes) else { return nil }
        defer { ck_release(memory, bytes) }
        // Pages that were never written to are all the same page of zeros.
        let pieces = 256
        let pieceBytes = bytes / pieces
        parallel(pieces) { memset(memory + $0 * pieceBytes, Int32($0 & 255), pieceBytes) }
        var best = 0.0
        let sums = UnsafeMutableBufferPointer<UInt64>.allocate(capacity: pieces)
        defer { sums.deallocate() }
        nonisolated(unsafe) let place = sums
        for _ in 0..<8 {
            let start = ContinuousClock.now
            parallel(pieces) { piece in
                let words = (memory + piece * pieceBytes).assumingMemoryBound(to: UInt64.self)
                place[piece] = ck_read_sum(words, Int64(pieceBytes / 8))
            }
            best = max(best, Double(bytes) / ((ContinuousClock.now - start) / .seconds(1)))
        }
        return best
    }

    /// Bytes of this process that lie in memory now.
    static func residentBytes() -> Int? {
        #if os(Linux)
        guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else { return nil }
        let pages = text.split(separator: " ").dropFirst().first.flatMap { Int($0) }
        return pages.map { $0 * Int(sysconf(Int32(_SC_PAGESIZE))) }
        #else
        var usage = rusage()
        return getrusage(RUSAGE_SELF, &usage) == 0 ? Int(usage.ru_maxrss) : nil
        #endif
    }

    /// The processor's name as the system gives it.
    static func processorName() -> String? {
        #if os(Linux)
        guard let text = try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8) else { return nil }
        let line = text.split(separator: "\n").first { $0.hasPrefix("model name") }
        return line?.split(separator: ":", maxSplits: 1).last.map { $0.trimmingCharacters(in: .whitespaces) }
        #else
        var size = 0
        guard sysctlbyname("machdep.cpu.brand_string", nil, &size, nil, 0) == 0, size > 1 else { return nil }
        var bytes = [UInt8](repeating: 0, count: size)
        guard sysctlbyname("machdep.cpu.brand_string", &bytes, &size, nil, 0) == 0 else { return nil }
        return String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        #endif
    }
}
