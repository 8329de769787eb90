// SPDX-License-Identifier: Apache-2.0
import Foundation
import Knowledge
import Synchronization
import Testing

@Suite struct ReadAheadTests {
    @Test func aChannelKeepsOrderAndItsLimit() async {
        let channel = BoundedChannel<Int>(limit: 20)
        let sent = Mutex(0)
        let received = Mutex(0)
        let sender = Task {
            for number in 0..<500 {
                let there = sent.withLock { $0 } - received.withLock { $0 }
                // Two of weight 10 may wait, one more is over the limit and waits in `send`, one may be half received.
                #expect(there <= 4)
                sent.withLock { $0 += 1 }
                await channel.send(number, weight: 10)
            }
            channel.finish()
        }
        var numbers: [Int] = []
        while let number = await channel.next() {
            numbers.append(number)
            received.withLock { $0 += 1 }
        }
        await sender.value
        #expect(numbers == Array(0..<500))
    }

    @Test func whoSendsToNobodyGoesOn() async {
        let channel = BoundedChannel<Int>(limit: 0)
        let sender = Task { await channel.send(1, weight: 5) }
        channel.finish()
        #expect(await !sender.value)
        #expect(await !channel.send(2))
    }

    /// Many documents, some of which are none, and one that is long: each counted once, in the order of their names.
    @Test func documentsGoInInOrder() async throws {
        let folder = try TemporaryFolder()
        for number in 100..<160 {
            let sections = (0..<(number % 7 == 0 ? 400 : 3)).map { "## Part \($0)\n\nNote \(number) of part \($0)." }
            try folder.write("d/\(number).md", number % 10 == 5 ? "" : sections.joined(separator: "\n\n"))
        }
        let base = try await folder.open()
        let seen = Mutex<[String]>([])
        let report = try await base.add([folder.path + "/d"]) { progress in
            seen.withLock { seen in if seen.last != progress.document { seen.append(progress.document) } }
        }
        #expect((report.added, report.skipped.count) == (54, 6))
        #expect(seen.withLock { $0 } == (100..<160).map { "\(folder.path)/d/\($0).md" })
        #expect(try base.documents().count == 54)
        #expect(try await base.verify().problems == [])
    }

    @Test func cancellingLeavesWhatIsDone() async throws {
        let folder = try TemporaryFolder()
        for number in 0..<40 {
            try folder.write("d/\(number).txt", String(repeating: "A line of note \(number).\n", count: 400))
        }
        let base = try await folder.open()
        let adding = Mutex<Task<Void, any Error>?>(nil)
        let task = Task {
            _ = try await base.add([folder.path + "/d"]) { progress in
                if progress.done == 3 { adding.withLock { $0?.cancel() } }
            }
        }
        adding.withLock { $0 = task }
        let outcome = await task.result
        let count = try base.documents().count
        #expect(count == 40 || (try? outcome.get()) == nil && count >= 3)
        #expect(try await base.verify().problems == [])
    }
}
