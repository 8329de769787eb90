// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization

#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

/// Fetches a file over HTTP straight to disk, going on where an earlier try stopped.
///
/// Redirects are followed here and not by the system, so that the token goes to no host but the one it is for.
struct HTTPDownload {
    /// How long a host may take until it answers at all.
    var connectSeconds = 5.0
    /// How long it may then be silent.
    var silenceSeconds = 30.0
    /// Sent as a bearer token to the first address' host only.
    var token: String?
    private static let redirectLimit = 10
    /// The most bytes of a file whose length nobody tells: more is a disk that fills without end.
    fileprivate static let unannouncedLimit = 64 << 20

    /// Fetches `address` into the file at `path`, whose bytes so far are taken to be its beginning.
    ///
    /// - Parameters:
    ///   - address: An http or https address.
    ///   - path: The file that is made or gone on with.
    ///   - expected: The file's length if it is known; more is an error before it is written.
    ///   - limit: The most bytes to take where the length is not known.
    ///   - progress: Called with the bytes on disk so far.
    /// - Throws: `CheckpointError`, `unavailable` for whatever goes wrong on the way.
    func fetch(
        _ address: String,
        to path: String,
        expected: Int?,
        limit: Int = .max,
        progress: @escaping @Sendable (Int) -> Void
    ) async throws(CheckpointError) {
        guard let first = URL(string: address), Self.isWeb(first) else {
            throw CheckpointError(.configuration, "this is no http or https address", key: address)
        }
        var url = first
        for _ in 0...Self.redirectLimit {
            let output = try OutputFile(path, appending: true)
            if let expected, output.byteCount > expected { try output.truncate() }
            if let expected, output.byteCount == expected { return }
            let transfer = Transfer(output: output, expected: expected, limit: limit, progress: progress)
            let location = try await run(transfer, url, sendsToken: Self.sameHost(url, first))
            guard let location else { return }
            guard let next = URL(string: location, relativeTo: url)?.absoluteURL, Self.isWeb(next),
                !(url.scheme == "https" && next.scheme == "http")
            else { throw unavailable("a redirect to a place that is not safe to follow", url) }
            url = next
        }
        throw unavailable("more than \(Self.redirectLimit) redirects", first)
    }

    /// The body at `address`, at most `limit` bytes.
    func data(_ address: String, limit: Int, scratch: String) async throws(CheckpointError) -> [UInt8] {
        unlink(scratch)
        defer { unlink(scratch) }
        try await fetch(address, to: scratch, expected: nil, limit: limit) { _ in }
        return try OpenFile(scratch).contents(limit: limit)
    }

    private func run(
        _ transfer: Transfer,
        _ url: URL,
        sendsToken: Bool
    ) async throws(CheckpointError) -> String? {
        var request = URLRequest(url: url)
        // Compressed bodies would make ranges and lengths mean something else.
        request.setValue("identity", forHTTPHeaderField: "Accept-Encoding")
        request.setValue("martlet", forHTTPHeaderField: "User-Agent")
        if sendsToken, let token { request.setValue("Bearer \(token)", forHTTPHeaderField: "Authorization") }
        if transfer.start > 0 { request.setValue("bytes=\(transfer.start)-", forHTTPHeaderField: "Range") }
        let configuration = URLSessionConfiguration.ephemeral
        configuration.timeoutIntervalForRequest = silenceSeconds
        configuration.urlCache = nil
        configuration.httpCookieStorage = nil
        let queue = OperationQueue()
        queue.maxConcurrentOperationCount = 1
        let session = URLSession(configuration: configuration, delegate: transfer, delegateQueue: queue)
        defer { session.finishTasksAndInvalidate() }
        let task = session.dataTask(with: request)
        let seconds = connectSeconds
        let watch = Task {
            try await Task.sleep(for: .seconds(seconds))
            if transfer.giveUpUnlessAnswered("no answer within \(Int(seconds)) seconds") { task.cancel() }
        }
        defer { watch.cancel() }
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                transfer.begin(continuation)
                task.resume()
            }
        } onCancel: {
            task.cancel()
        }
        if Task.isCancelled { throw CheckpointError(.cancelled, "the download was cancelled") }
        switch result {
        case .finished: return nil
        case .redirected(let location): return location
        case .failed(let error): throw error
        case .broken(let message): throw unavailable(message, url)
        }
    }

    private func unavailable(_ message: String, _ url: URL) -> CheckpointError {
        CheckpointError(
            .unavailable,
            "cannot download from \(url.host ?? "there"): \(printable(message))",
            key: url.path
        )
    }

    private static func isWeb(_ url: URL) -> Bool {
        (url.scheme == "https" || url.scheme == "http") && !(url.host ?? "").isEmpty
    }

    private static func sameHost(_ first: URL, _ second: URL) -> Bool {
        first.host?.lowercased() == second.host?.lowercased() && first.port == second.port
            && first.scheme == second.scheme
    }
}

/// One request on its way; all calls of the session come on one queue, the state is locked for those who look on.
private final class Transfer: NSObject, URLSessionDataDelegate, @unchecked Sendable {
    enum Result: Sendable {
        case finished
        case redirected(String)
        case failed(CheckpointError)
        case broken(String)
    }

    private struct State {
        var answered = false
        var result: Result?
        var continuation: CheckedContinuation<Result, Never>?
    }

    /// Where in the file this request begins.
    let start: Int
    // Touched on the session's serial queue only.
    private let output: OutputFile
    private let expected: Int?
    private var limit: Int
    private let progress: @Sendable (Int) -> Void
    private let state = Mutex(State())

    init(output: OutputFile, expected: Int?, limit: Int, progress: @escaping @Sendable (Int) -> Void) {
        self.output = output
        self.expected = expected
        self.limit = expected ?? limit
        self.progress = progress
        start = output.byteCount
    }

    /// Ends the transfer with `reason` if the host has said nothing yet; whether it did.
    func giveUpUnlessAnswered(_ reason: String) -> Bool {
        state.withLock { state in
            guard !state.answered, state.result == nil else { return false }
            state.result = .broken(reason)
            return true
        }
    }

    func begin(_ continuation: CheckedContinuation<Result, Never>) { state.withLock { $0.continuation = continuation } }

    private func settle(_ result: Result) { state.withLock { if $0.result == nil { $0.result = result } } }

    func urlSession(
        _ session: URLSession,
        task: URLSessionTask,
        willPerformHTTPRedirection response: HTTPURLResponse,
        newRequest request: URLRequest,
        completionHandler: @escaping @Sendable (URLRequest?) -> Void
    ) {
        state.withLock { $0.answered = true }
        settle(.redirected(response.value(forHTTPHeaderField: "Location") ?? request.url?.absoluteString ?? ""))
        completionHandler(nil)
    }

    func urlSession(
        _ session: URLSession,
        dataTask: URLSessionDataTask,
        didReceive response: URLResponse,
        completionHandler: @escaping @Sendable (URLSession.ResponseDisposition) -> Void
    ) {
        state.withLock { $0.answered = true }
        guard let response = response as? HTTPURLResponse else {
            settle(.broken("the answer is not HTTP"))
            return completionHandler(.cancel)
        }
        switch response.statusCode {
        case 200:
            // The whole file, whatever range was asked for.
            do throws(CheckpointError) {
                if output.byteCount > 0 { try output.truncate() }
            } catch {
                settle(.failed(error))
                return completionHandler(.cancel)
            }
        case 206:
            let range = response.value(forHTTPHeaderField: "Content-Range") ?? ""
            guard range.hasPrefix("bytes \(start)-") else {
                settle(.broken("another range than the one asked for: \(range)"))
                return completionHandler(.cancel)
            }
        case 300..<400:
            settle(.redirected(response.value(forHTTPHeaderField: "Location") ?? ""))
            return completionHandler(.cancel)
        case 401, 403:
            settle(.broken("access is denied (HTTP \(response.statusCode)); set HF_TOKEN if the model needs one"))
            return completionHandler(.cancel)
        case 404:
            settle(.broken("there is no such file (HTTP 404)"))
            return completionHandler(.cancel)
        default:
            settle(.broken("HTTP status \(response.statusCode)"))
            return completionHandler(.cancel)
        }
        if expected == nil, response.expectedContentLength < 0 { limit = min(limit, HTTPDownload.unannouncedLimit) }
        completionHandler(.allow)
    }

    func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
        guard state.withLock({ $0.result == nil }) else { return }
        if data.count > limit - output.byteCount {
            settle(.broken("more than the \(limit) bytes that it may have"))
            dataTask.cancel()
            return
        }
        do throws(CheckpointError) {
            try write(data)
            progress(output.byteCount)
        } catch {
            settle(.failed(error))
            dataTask.cancel()
        }
    }

    private func write(_ data: Data) throws(CheckpointError) {
        let result = data.withUnsafeBytes { bytes -> CheckpointError? in
            do throws(CheckpointError) {
                try output.write(bytes)
                return nil
            } catch {
                return error
            }
        }
        if let result { throw result }
    }

    func urlSession(_ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?) {
        if let error {
            let cause = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
            settle(.broken((cause ?? error as NSError).localizedDescription))
        } else if let expected, output.byteCount != expected, state.withLock({ $0.result == nil }) {
            settle(.broken("\(output.byteCount) bytes arrived of \(expected)"))
        } else {
            settle(.finished)
        }
        let (result, continuation) = state.withLock { state in
            defer { state.continuation = nil }
            return (state.result ?? .finished, state.continuation)
        }
        continuation?.resume(returning: result)
    }
}
