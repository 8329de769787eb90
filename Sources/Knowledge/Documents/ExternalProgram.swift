// SPDX-License-Identifier: Apache-2.0
import Foundation
import Synchronization

/// A program of the system that reads one document: within limits of time, memory and output, in a process group of
/// its own that ends with it, and with none of this process' environment but the PATH.
package struct ExternalProgram: Sendable {
    /// What the program reads as its standard input; it can be opened again, and sought in, as `/dev/stdin`.
    package enum Input: Sendable {
        case nothing
        case file(String)
        case bytes([UInt8])
    }

    /// What is left when the program has ended.
    package struct Output: Sendable {
        /// The exit status; 128 and the signal's number where a signal ended it.
        package var status: Int32
        /// The standard output.
        package var bytes: [UInt8]
        /// The end of the standard error.
        package var errors: String
    }

    /// The program's name, looked for on the PATH.
    package var program: String
    /// The Debian package that holds it.
    package var holder: String
    package var arguments: [String]
    package var environment: [String: String] = [:]
    /// How long it may run, in seconds; it may use as much of the processor.
    package var seconds = 60.0
    /// The most bytes of address space.
    package var memory = 2 << 30
    /// The most bytes of standard output.
    package var outputLimit = 64 << 20
    /// Where programs are looked for.
    package var searchPath = ProcessInfo.processInfo.environment["PATH"] ?? ""

    package init(_ program: String, from holder: String, _ arguments: [String]) {
        (self.program, self.holder, self.arguments) = (program, holder, arguments)
    }

    /// The program's path; throws `unavailable`, which names the package.
    package func path() throws(KnowledgeError) -> String {
        for folder in searchPath.split(separator: ":") where folder.hasPrefix("/") {
            let path = folder + "/" + program
            if access(path, X_OK) == 0 { return path }
        }
        throw KnowledgeError(
            .unavailable,
            "this needs `\(program)`, which is not on the PATH; install the package \(holder) and add it again",
            subject: program
        )
    }

    /// Runs the program and waits for its end; cancelling the task ends it.
    ///
    /// Throws `KnowledgeError` (`unavailable`, `badDocument` beyond a limit of time or output) and `CancellationError`.
    package func run(_ input: Input = .nothing) throws -> Output {
        let source = try open(input)
        defer { close(source) }
        var child = try RunningChild(arguments: limited(try path()), environment: minimal, input: source)
        defer { child.end() }
        let deadline = ContinuousClock.now.advanced(by: .seconds(seconds))
        while !child.isFinished {
            try Task.checkCancellation()
            guard ContinuousClock.now < deadline else {
                throw KnowledgeError(.badDocument, "`\(program)` had not ended after \(Int(seconds)) seconds")
            }
            child.step(milliseconds: 50)
            guard child.output.count <= outputLimit else {
                throw KnowledgeError(.badDocument, "`\(program)` gives more than \(outputLimit) bytes")
            }
        }
        let errors = String(decoding: child.errors, as: UTF8.self)
        return Output(status: child.status, bytes: child.output, errors: errors)
    }

    /// The shell sets the limits and becomes the program: `posix_spawn` knows none.
    private func limited(_ path: String) -> [String] {
        let limits = "ulimit -c 0; ulimit -v \(memory >> 10); ulimit -t \(Int(seconds) + 1)"
        return ["/bin/sh", "-c", "{ \(limits); } 2>/dev/null; exec \"$0\" \"$@\"", path] + arguments
    }

    private var minimal: [String] {
        let all = ["PATH": searchPath, "LC_ALL": "C.UTF-8"].merging(environment) { $1 }
        return all.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    }

    private func open(_ input: Input) throws(KnowledgeError) -> Int32 {
        switch input {
        case .nothing: return try Self.open("/dev/null", O_RDONLY)
        case .file(let path): return try Self.open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY)
        case .bytes(let bytes):
            let path = NSTemporaryDirectory() + "martlet-\(UUID().uuidString)"
            let descriptor = try Self.open(path, O_RDWR | O_CREAT | O_EXCL)
            unlink(path)
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
                if count < 0, errno == EINTR { continue }
                guard count > 0 else {
                    close(descriptor)
                    throw KnowledgeError(.noSpace, "no space for a temporary file in \(NSTemporaryDirectory())")
                }
                rest = rest.dropFirst(count)
            }
            lseek(descriptor, 0, SEEK_SET)
            return descriptor
        }
    }

    private static func open(_ path: String, _ flags: Int32) throws(KnowledgeError) -> Int32 {
        let descriptor = Foundation.open(path, flags | O_CLOEXEC, 0o600)
        if descriptor >= 0 { return descriptor }
        throw KnowledgeError(
            .unreadable,
            "`\(path)` cannot be opened: \(String(cString: strerror(errno)))",
            subject: path
        )
    }
}

/// A child on its way: its pipes and its end.
private struct RunningChild {
    private(set) var output: [UInt8] = []
    private(set) var errors: [UInt8] = []
    private(set) var status: Int32 = 0
    private(set) var isFinished = false
    private var child: pid_t = 0
    private var hasEnded = false
    private var pipes: [Int32]

    private static let errorLimit = 4_096
    /// Pipes get their close-on-exec flag after they are made: no other child may begin in between.
    private static let spawning = Mutex(())

    init(arguments: [String], environment: [String], input: Int32) throws(KnowledgeError) {
        let made: (pid: pid_t, pipes: [Int32])? = Self.spawning.withLock { _ in
            Self.spawn(arguments, environment, input)
        }
        guard let made else {
            throw KnowledgeError(
                .unreadable,
                "`\(arguments.last ?? "")` cannot be started: too many processes or files"
            )
        }
        (child, pipes) = (made.pid, made.pipes)
    }

    private static func spawn(_ arguments: [String], _ environment: [String], _ input: Int32) -> (pid_t, [Int32])? {
        var ends: [Int32] = []
        defer { for end in ends { close(end) } }
        for _ in 0..<2 {
            var pair: [Int32] = [0, 0]
            guard pipe(&pair) == 0 else { return nil }
            ends += pair
            for end in pair { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        }
        #if canImport(Darwin)
        var actions: posix_spawn_file_actions_t?
        var attributes: posix_spawnattr_t?
        #else
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        #endif
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        for (from, to) in [(input, 0), (ends[1], 1), (ends[3], 2)] as [(Int32, Int32)] {
            posix_spawn_file_actions_adddup2(&actions, from, to)
        }
        // A worker thread's signals are blocked, and a child's would be too.
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setpgroup(&attributes, 0)
        let flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
        posix_spawnattr_setflags(&attributes, Int16(flags))
        let words = (arguments + environment).map { strdup($0) }
        defer { for word in words { free(word) } }
        var pid: pid_t = 0
        let code = posix_spawn(
            &pid,
            arguments[0],
            &actions,
            &attributes,
            Array(words[..<arguments.count]) + [nil],
            Array(words[arguments.count...]) + [nil]
        )
        guard code == 0 else { return nil }
        let mine = [ends[0], ends[2]]
        for end in mine { _ = fcntl(end, F_SETFL, O_NONBLOCK) }
        ends = [ends[1], ends[3]]
        return (pid, mine)
    }

    /// Waits for output or the end, at most so long, and takes what there is.
    mutating func step(milliseconds: Int32) {
        var polled = pipes.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        let ready = poll(&polled, nfds_t(polled.count), milliseconds)
        for (index, entry) in polled.enumerated() where ready > 0 && entry.revents != 0 {
            drain(index)
        }
        if !hasEnded {
            var code: Int32 = 0
            guard waitpid(child, &code, WNOHANG) == child else {
                // Without a pipe to wait for, this is the wait.
                if pipes.allSatisfy({ $0 < 0 }) { usleep(2_000) }
                return
            }
            hasEnded = true
            status = code & 0x7F == 0 ? code >> 8 & 0xFF : 128 + code & 0x7F
            // What it started itself would hold the pipes open.
            kill(-child, SIGKILL)
        }
        isFinished = pipes.allSatisfy { $0 < 0 }
    }

    private mutating func drain(_ index: Int) {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        let count = read(pipes[index], &buffer, buffer.count)
        if count < 0, errno == EAGAIN || errno == EINTR { return }
        guard count > 0 else {
            close(pipes[index])
            pipes[index] = -1
            return
        }
        if index == 0 {
            output += buffer[..<count]
        } else {
            errors = (errors + buffer[..<count]).suffix(Self.errorLimit)
        }
    }

    /// Ends the child, and all that it started, if it still runs.
    mutating func end() {
        for descriptor in pipes where descriptor >= 0 { close(descriptor) }
        pipes = [-1, -1]
        guard !hasEnded else { return }
        hasEnded = true
        kill(-child, SIGKILL)
        var code: Int32 = 0
        while waitpid(child, &code, 0) < 0, errno == EINTR {}
    }
}
