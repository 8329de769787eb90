// SPDX-License-Identifier: Apache-2.0

import Transfers

/// Takes an answer into a file, whose bytes so far are the beginning of what is fetched.
///
/// Safe: made by one task, then used by the transfer's thread alone, then read when that has ended.
final class FileReceiver: TransferReceiver, @unchecked Sendable {
    enum Result {
        case finished
        case redirected(String)
        case failed(CheckpointError)
        case broken(String)
    }

    /// Where in the file this request begins.
    let start: Int
    private let output: OutputFile
    private let expected: Int?
    private var limit: Int
    private let progress: @Sendable (Int) -> Void
    private var result: Result?

    /// The most bytes of a file whose length nobody tells: more is a disk that fills without end.
    private static let unannouncedLimit = 64 << 20

    init(output: OutputFile, expected: Int?, limit: Int, progress: @escaping @Sendable (Int) -> Void) {
        self.output = output
        self.expected = expected
        self.limit = expected ?? limit
        self.progress = progress
        start = output.byteCount
    }

    /// What came of it.
    func result(_ ending: HTTPTransfer.Ending) -> Result {
        if let result { return result }
        switch ending {
        case .broken(let message): return .broken(message)
        case .stopped, .finished: break
        }
        if let expected, output.byteCount != expected {
            return .broken("\(output.byteCount) bytes arrived of \(expected)")
        }
        return .finished
    }

    /// What the headers alone decide.
    func begin(_ head: HTTPHead) -> Bool {
        switch head.status {
        case 200:
            // The whole file, whatever range was asked for.
            do throws(CheckpointError) {
                if output.byteCount > 0 { try output.truncate() }
            } catch {
                result = .failed(error)
            }
        case 206:
            let range = head.fields["content-range"] ?? ""
            if !range.hasPrefix("bytes \(start)-") {
                result = .broken("another range than the one asked for: \(range)")
            }
        case 300..<400: result = .redirected(head.fields["location"] ?? "")
        case 401, 403:
            result = .broken("access is denied (HTTP \(head.status)); set HF_TOKEN if the model needs one")
        case 404: result = .broken("there is no such file (HTTP 404)")
        default: result = .broken("HTTP status \(head.status)")
        }
        if expected == nil, head.fields["content-length"] == nil { limit = min(limit, Self.unannouncedLimit) }
        return result == nil
    }

    func receive(_ bytes: UnsafeRawBufferPointer) -> Bool {
        if bytes.count > limit - output.byteCount {
            result = .broken("more than the \(limit) bytes that it may have")
            return false
        }
        do throws(CheckpointError) {
            try output.write(bytes)
            progress(output.byteCount)
        } catch {
            result = .failed(error)
        }
        return result == nil
    }
}
