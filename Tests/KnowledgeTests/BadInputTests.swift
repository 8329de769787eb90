// SPDX-License-Identifier: Apache-2.0
import Foundation
import Knowledge
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

@Suite struct BadInputTests {
    @Test func reportsSkipsAndTakesInTheRest() async throws {
        let folder = try TemporaryFolder()
        let good = try folder.write("d/good.txt", "A good document about rivers.")
        try folder.write("d/sub/inner.md", "# Lakes\n\nA lake is still water.")
        try folder.write("d/empty.txt", "")
        try folder.write("d/blank.md", " \n\n\t\n")
        try folder.write("d/photo.png", [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 13])
        try folder.write("d/random.bin", (0..<4_096).map { UInt8(truncatingIfNeeded: ($0 &* 2_654_435_761) >> 13) })
        try folder.write("d/.hidden.txt", "hidden")
        #expect(mkfifo(folder.path + "/d/pipe", 0o600) == 0)
        #expect(symlink(folder.path + "/d", folder.path + "/d/sub/loop") == 0)
        #expect(symlink("/dev/zero", folder.path + "/d/zero") == 0)
        #expect(symlink("nowhere", folder.path + "/d/dangling") == 0)
        #expect(symlink("self", folder.path + "/d/self") == 0)
        let base = try await folder.open()
        let report = try await base.add([folder.path + "/d/", "/dev/null", folder.path + "/missing", good])
        #expect(report.added == 2)
        #expect(report.unchanged == 0)
        #expect(try base.documents().map(\.document) == [good, folder.path + "/d/sub/inner.md"])
        let reasons = Dictionary(uniqueKeysWithValues: report.skipped.map { ($0.path, $0.reason) })
        let expected = [
            "/d/empty.txt": "empty", "/d/blank.md": "empty", "/d/photo.png": "PNG", "/d/random.bin": "binary",
            "/d/.hidden.txt": "hidden", "/d/pipe": "pipe", "/d/sub/loop": "loop", "/d/zero": "device",
            "/d/dangling": "nothing", "/d/self": "loop", "/missing": "no such",
        ]
        for (path, word) in expected {
            #expect(
                reasons[folder.path + path]?.contains(word) == true,
                "\(path): \(reasons[folder.path + path] ?? "-")"
            )
        }
        #expect(reasons["/dev/null"]?.contains("device") == true)
        #expect(reasons.count == expected.count + 1)
        #expect(report.skipped.first { $0.path.hasSuffix("missing") }?.code == .notFound)
        #expect(try await base.verify().problems.isEmpty)
    }

    @Test func reportKeysStayTheSame() throws {
        var report = IngestionReport()
        report.skipped = [.init(path: "a", reason: "b")]
        let object = try JSONSerialization.jsonObject(with: JSONEncoder().encode(report)) as? [String: Any]
        #expect(
            Set(object?.keys.map { $0 } ?? []) == ["added", "unchanged", "skipped", "converted", "passages", "facts"]
        )
        #expect((object?["skipped"] as? [[String: String]]) == [["path": "a", "reason": "b"]])
    }

    @Test func aFailingEmbedderLeavesNothingOfTheDocument() async throws {
        let folder = try TemporaryFolder()
        let first = try folder.write("a.txt", "First document, short.")
        let long = (0..<400).map { "Sentence number \($0) of a long document that needs many batches." }
        let second = try folder.write("b.txt", long.joined(separator: "\n\n"))
        let embedder = FakeEmbedder(failingAfter: 2)
        let base = try await folder.open(embedder)
        await #expect(throws: FakeEmbedder.Failure.self) { _ = try await base.add([first, second]) }
        #expect(try base.documents().map(\.document) == [first])
        #expect(try await base.verify().problems.isEmpty)
        let whole = try await folder.open()
        let report = try await whole.add([first, second])
        #expect((report.added, report.unchanged) == (1, 1))
        #expect(try await whole.verify().problems.isEmpty)
    }

    @Test func cancellingKeepsWhatIsDone() async throws {
        let folder = try TemporaryFolder()
        for number in 0..<40 { try folder.write("d/\(number).txt", "Document \(number) speaks of cats.") }
        let base = try await folder.open()
        let task = Task {
            try await base.add([folder.path + "/d"]) { progress in
                while progress.done == 3, !Task.isCancelled { usleep(500) }
            }
        }
        while try base.documents().count < 3 { try await Task.sleep(for: .milliseconds(2)) }
        task.cancel()
        await #expect(throws: CancellationError.self) { _ = try await task.value }
        let count = try base.documents().count
        #expect(count == 3)
        #expect(try await base.verify().problems.isEmpty)
    }

    @Test func writersTakeTurns() async throws {
        let folder = try TemporaryFolder()
        for number in 0..<20 { try folder.write("d/\(number).txt", "Document \(number) speaks of dogs.") }
        try await withThrowingTaskGroup(of: IngestionReport.self) { group in
            for _ in 0..<4 {
                let base = try await folder.open()
                group.addTask { try await base.add([folder.path + "/d"]) }
            }
            var added = 0
            for try await report in group {
                added += report.added
                #expect(report.added + report.unchanged == 20)
            }
            #expect(added == 20)
        }
        let base = try await folder.open()
        #expect(try await base.verify().problems.isEmpty)
        #expect(try base.stats().documents == 20)
    }

    @Test(.ofFiles) func waitsForAnotherWriterOnlySoLong() async throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("a.txt", "Text.")
        _ = try await folder.open()
        let descriptor = open(folder.home.path + "/knowledge/default.sqlite.lock", O_RDWR)
        #expect(flock(descriptor, LOCK_EX) == 0)
        // Reading does not wait.
        let patient = try await KnowledgeBase.open(
            home: folder.home,
            embedding: FakeEmbedder().embedding,
            lockWait: 0.1
        )
        #expect(try await patient.search("anything").isEmpty)
        let error = await #expect(throws: KnowledgeError.self) { _ = try await patient.add([path]) }
        #expect(error?.code == .busy)
        close(descriptor)
        let base = try await folder.open()
        #expect(try await base.add([path]).added == 1)
    }
}
