// SPDX-License-Identifier: Apache-2.0
import Foundation
import FuzzedReaders

/// Reads mutations of the corpus until the time is over.
///
/// The input that is being read lies in `found/current`, so that it is still there when a trap, the alarm or the limit
/// of memory has ended the process.
struct MutationFuzzer {
    private let reader: FuzzedReader
    private let folder: String

    private static let patience: UInt32 = 10
    private static let memoryLimit = 1 << 30
    /// The bound of the address space, for a reader that asks for memory faster than it uses it.
    private static let addressLimit: rlim_t = 8 << 30

    init(_ reader: FuzzedReader, folder: String) {
        self.reader = reader
        self.folder = folder
    }

    func run(seconds: Double) {
        var limits = rlimit(rlim_cur: Self.addressLimit, rlim_max: Self.addressLimit)
        #if canImport(Glibc)
        _ = setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limits)
        #else
        _ = setrlimit(RLIMIT_DATA, &limits)
        #endif
        let corpus = reader.inputs(in: reader.corpusFolder) + reader.inputs(in: "\(folder)/corpus")
        for (name, bytes) in corpus { read(bytes, name) }
        // A short run is a check of each change, which must not fail by chance.
        let seed = seconds < 10 ? 1 : UInt64.random(in: 0...UInt64.max)
        var mutator = Mutator(reader, corpus: corpus.map(\.bytes), seed: seed)
        let start = ContinuousClock.now
        var count = 0
        var slowest = Duration.zero
        while start.duration(to: .now) < .seconds(seconds) {
            let began = ContinuousClock.now
            read(mutator.next(), nil)
            slowest = max(slowest, began.duration(to: .now))
            count += 1
        }
        let elapsed = start.duration(to: .now) / .seconds(1)
        try? FileManager.default.removeItem(atPath: "\(folder)/found/current")
        print(
            "\(reader.name): \(count) executions, \(Int(Double(count) / elapsed)) a second, slowest",
            "\(Int(slowest / .milliseconds(1))) ms, \(Self.peak >> 20) MB, corpus \(corpus.count)"
        )
    }

    private func read(_ bytes: [UInt8], _ name: String?) {
        let current = "\(folder)/found/current"
        try? Data(bytes).write(to: URL(fileURLWithPath: current))
        alarm(Self.patience)
        var complaint = reader.complaint(about: bytes)
        alarm(0)
        if complaint == nil, Self.peak > Self.memoryLimit { complaint = "\(Self.peak >> 20) MB of memory" }
        if let complaint {
            print("\(reader.name): \(complaint)\(name.map { " (\($0) of the corpus)" } ?? "")")
            exit(1)
        }
    }

    /// The largest resident size so far, in bytes.
    private static var peak: Int {
        var usage = rusage()
        #if canImport(Glibc)
        getrusage(RUSAGE_SELF.rawValue, &usage)
        return usage.ru_maxrss << 10
        #else
        getrusage(RUSAGE_SELF, &usage)
        return usage.ru_maxrss
        #endif
    }
}
