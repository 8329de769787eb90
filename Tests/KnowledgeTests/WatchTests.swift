// SPDX-License-Identifier: Apache-2.0
import Foundation
import Knowledge
import Testing

@Suite struct WatchTests {
    /// Waits for a report, changes the files, waits for the next.
    @Test(.timeLimit(.minutes(15))) func followsTheFiles() async throws {
        let folder = try TemporaryFolder()
        for name in ["d/a.txt", "d/b.txt", "other.txt"] { try folder.write(name, "Text of \(name).") }
        let base = try await folder.open()
        _ = try await base.add([folder.path + "/d", folder.path + "/other.txt"])
        try FileManager.default.removeItem(atPath: folder.path + "/d/b.txt")
        try FileManager.default.removeItem(atPath: folder.path + "/other.txt")
        let (reports, continuation) = AsyncStream.makeStream(of: KnowledgeBase.WatchReport.self)
        let watching = Task {
            try await base.watch([folder.path + "/d/"], every: .milliseconds(20)) { continuation.yield($0) }
        }
        var next = reports.makeAsyncIterator()
        let first = await next.next()
        #expect(first?.removed == [folder.path + "/d/b.txt"])
        #expect(first?.ingestion.unchanged == 1)

        try folder.write("d/e/c.txt", "A new one about lanterns.")
        let second = await next.next()
        #expect(second?.ingestion.added == 1 && second?.removed == [])
        #expect(try await base.search("lanterns", mode: .lexical).count == 1)

        try folder.write("d/a.txt", "Changed: it is about kettles now.")
        let third = await next.next()
        #expect(third?.ingestion.added == 1)
        #expect(try await base.search("kettles", mode: .lexical).count == 1)

        // A folder that is gone, or out of reach, takes nothing with it.
        try FileManager.default.moveItem(atPath: folder.path + "/d", toPath: folder.path + "/away")
        try await Task.sleep(for: .milliseconds(200))
        #expect(try base.documents().count == 3)
        watching.cancel()
        await #expect(throws: CancellationError.self) { try await watching.value }
    }
}
