// SPDX-License-Identifier: Apache-2.0
import Foundation
import Knowledge
import Testing

@Suite struct ExternalProgramTests {
    private func shell(_ script: String) -> ExternalProgram { ExternalProgram("sh", from: "dash", ["-c", script]) }

    @Test func takesOutputErrorsAndStatus() throws {
        let output = try shell("echo out; echo err >&2; exit 7").run()
        #expect(output.status == 7)
        #expect(String(decoding: output.bytes, as: UTF8.self) == "out\n")
        #expect(output.errors == "err\n")
    }

    @Test func drainsBothPipesWhileItRuns() throws {
        let script =
            "head -c 3000000 /dev/zero >&2; head -c 3000000 /dev/zero; head -c 100000 /dev/zero >&2; echo . >&2"
        let output = try shell(script).run()
        #expect(output.bytes.count == 3_000_000)
        #expect(output.errors.utf8.count == 4_096)
        #expect(output.errors.hasSuffix("\0.\n"))
    }

    @Test func readsBytesFromAFileThatCanBeSoughtIn() throws {
        let script = "tail -c 3 /dev/stdin; head -c 2"
        let output = try shell(script).run(.bytes(Array("0123456789".utf8)))
        #expect(String(decoding: output.bytes, as: UTF8.self) == "78901")
    }

    @Test func namesThePackageOfWhatIsMissing() {
        var child = ExternalProgram("tesseract", from: "tesseract-ocr", [])
        child.searchPath = "/nowhere"
        let error = #expect(throws: KnowledgeError.self) { try child.run() }
        #expect(error?.code == .unavailable)
        #expect(error?.message.contains("tesseract-ocr") == true)
        #expect(error?.code.exitCode == 69)
    }

    @Test func endsWithItsWholeGroup() throws {
        let mark = NSTemporaryDirectory() + "martlet-child-\(UUID().uuidString)"
        defer { unlink(mark) }
        var child = shell("(sleep 8; echo late > \(mark)) & sleep 100")
        child.seconds = 0.3
        let begin = ContinuousClock.now
        let error = #expect(throws: KnowledgeError.self) { try child.run() }
        #expect(error?.code == .badDocument)
        #expect(begin.duration(to: .now) < .seconds(7))
        usleep(8_500_000)
        #expect(access(mark, F_OK) != 0)
    }

    @Test func doesNotWaitForWhatItLeftBehind() throws {
        let begin = ContinuousClock.now
        #expect(try shell("sleep 100 & echo done").run().bytes == Array("done\n".utf8))
        #expect(begin.duration(to: .now) < .seconds(90))
    }

    @Test func boundsOutputMemoryAndProcessor() throws {
        var child = shell("yes")
        child.outputLimit = 1 << 20
        #expect(throws: KnowledgeError.self) { try child.run() }
        var hungry = shell("ulimit -v; ulimit -t; ulimit -c")
        hungry.memory = 64 << 20
        hungry.seconds = 7
        #expect(String(decoding: try hungry.run().bytes, as: UTF8.self) == "65536\n8\n0\n")
    }

    @Test func isGivenNoSecrets() throws {
        var child = shell("env; kill -l | head -1; trap")
        child.environment = ["OMP_THREAD_LIMIT": "1"]
        let text = String(decoding: try child.run().bytes, as: UTF8.self)
        let ours = Set(ProcessInfo.processInfo.environment.keys)
            .subtracting(["OMP_THREAD_LIMIT", "PATH", "PWD", "SHLVL", "OLDPWD", "_", "LANG", "LC_ALL"])
        #expect(!ours.isEmpty)
        for name in ours { #expect(!text.contains("\n\(name)=") && !text.hasPrefix("\(name)=")) }
        #expect(text.contains("OMP_THREAD_LIMIT=1\n"))
    }

    @Test func endsWithItsTask() async throws {
        let child = shell("sleep 100")
        let task = Task { try child.run() }
        try await Task.sleep(for: .milliseconds(200))
        let begin = ContinuousClock.now
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(begin.duration(to: .now) < .seconds(90))
    }

    @Test func endsBySignal() throws {
        #expect(try shell("kill -TERM $$").run().status == 143)
    }
}
