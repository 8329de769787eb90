// SPDX-License-Identifier: Apache-2.0
@preconcurrency import CEditline
import Foundation
import Synchronization

/// Lines that a person types, with editing and history, or the lines of a pipe.
final class LineReader: Sendable {
    /// Whether a person types.
    static let isInteractive = isatty(STDIN_FILENO) == 1 && StandardOutput.isTerminal

    private let historyFile: String
    private static let historyLength: Int32 = 1000

    /// - Parameter historyFile: Where lines are kept from one conversation to the next.
    init(historyFile: String) {
        self.historyFile = historyFile
        guard Self.isInteractive else { return }
        setlocale(LC_ALL, "")
        // Reading characters ourselves lets Ctrl-C empty the line instead of ending the program.
        rl_getc_function = { _ in LineReader.nextCharacter() }
        using_history()
        stifle_history(Self.historyLength)
        _ = read_history(historyFile)
    }

    /// The next line; nil at the end.
    func next() throws -> String? {
        guard Self.isInteractive else {
            guard let line = readLine() else { return nil }
            return line
        }
        Self.interrupted.store(false, ordering: .relaxed)
        signal(SIGINT) { _ in LineReader.interrupted.store(true, ordering: .relaxed) }
        guard let line = readline("> ") else { return nil }
        defer { free(line) }
        let text = String(cString: line)
        if text.contains(where: { !$0.isWhitespace }) { keep(line) }
        return text
    }

    private func keep(_ line: UnsafePointer<CChar>) {
        add_history(line)
        let folder = URL(fileURLWithPath: historyFile).deletingLastPathComponent()
        // History is a convenience: a folder that cannot be written must not end a conversation.
        try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let old = umask(0o077)
        _ = write_history(historyFile)
        umask(old)
    }

    private static let interrupted = Atomic(false)
    private static let killLine: Int32 = 0x15

    /// The next character of standard input as a Unicode scalar, Ctrl-U for Ctrl-C, -1 at the end.
    private static func nextCharacter() -> Int32 {
        guard let first = nextByte() else { return -1 }
        if first.isInterrupt { return killLine }
        let length = first.byte >= 0xF0 ? 4 : first.byte >= 0xE0 ? 3 : first.byte >= 0xC0 ? 2 : 1
        var bytes = [first.byte]
        while bytes.count < length, let next = nextByte(), !next.isInterrupt { bytes.append(next.byte) }
        return String(decoding: bytes, as: UTF8.self).unicodeScalars.first.map { Int32($0.value) } ?? -1
    }

    private static func nextByte() -> (byte: UInt8, isInterrupt: Bool)? {
        var descriptor = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
        while true {
            if interrupted.exchange(false, ordering: .relaxed) { return (0, true) }
            // The signal may go to another thread, so the wait is cut into short ones.
            guard poll(&descriptor, 1, 50) > 0 else { continue }
            if interrupted.exchange(false, ordering: .relaxed) { return (0, true) }
            var byte: UInt8 = 0
            let count = read(STDIN_FILENO, &byte, 1)
            if count == 1 { return (byte, false) }
            if count == 0 || errno != EINTR { return nil }
        }
    }
}
