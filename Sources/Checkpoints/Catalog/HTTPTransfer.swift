// SPDX-License-Identifier: Apache-2.0

internal import CCurl
import Foundation
import Synchronization

/// One request on its way, by libcurl.
///
/// Safe: all but `isCancelled` is used by the thread that calls `run`, which its callbacks come on.
final class HTTPTransfer: @unchecked Sendable {
    enum Result: Sendable {
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
    private let patience: (connect: Double, silence: Double)
    private let progress: @Sendable (Int) -> Void
    private let isCancelled = Atomic(false)

    private var status = 0
    private var headers: [String: String] = [:]
    private var headerBytes = 0
    private var hasHeaders = false
    private var lastHeard = ContinuousClock.now
    private var result: Result?

    /// The most bytes of a file whose length nobody tells: more is a disk that fills without end.
    private static let unannouncedLimit = 64 << 20
    private static let headerLimit = 1 << 18
    private static let isReady = ccurl_start() != 0

    init(
        output: OutputFile,
        expected: Int?,
        limit: Int,
        patience: (connect: Double, silence: Double),
        progress: @escaping @Sendable (Int) -> Void
    ) {
        self.output = output
        self.expected = expected
        self.limit = expected ?? limit
        self.patience = patience
        self.progress = progress
        start = output.byteCount
    }

    /// Ends the transfer from any thread, within a second.
    func cancel() { isCancelled.store(true, ordering: .relaxed) }

    /// Makes the request and waits until it has ended.
    func run(_ address: String, headers lines: [String]) -> Result {
        guard Self.isReady, let handle = curl_easy_init() else { return .broken("libcurl cannot be used") }
        defer { curl_easy_cleanup(handle) }
        var list: UnsafeMutablePointer<curl_slist>?
        for line in lines { list = curl_slist_append(list, line) ?? list }
        defer { curl_slist_free_all(list) }
        let myself = Unmanaged.passUnretained(self).toOpaque()
        let said = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
        said.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        defer { said.deallocate() }
        _ = ccurl_set_text(handle, CURLOPT_URL, address)
        _ = ccurl_set_pointer(handle, CURLOPT_HTTPHEADER, list)
        _ = ccurl_set_pointer(handle, CURLOPT_ERRORBUFFER, said)
        // Signals belong to the program.
        _ = ccurl_set_number(handle, CURLOPT_NOSIGNAL, 1)
        _ = ccurl_set_number(handle, CURLOPT_NOPROGRESS, 0)
        _ = ccurl_set_pointer(handle, CURLOPT_HEADERDATA, myself)
        _ = ccurl_set_pointer(handle, CURLOPT_WRITEDATA, myself)
        _ = ccurl_set_pointer(handle, CURLOPT_XFERINFODATA, myself)
        _ = ccurl_set_receiver(handle, CURLOPT_HEADERFUNCTION) { bytes, size, count, transfer in
            HTTPTransfer.receive(bytes, size, count, transfer) { $0.readHeader($1) }
        }
        _ = ccurl_set_receiver(handle, CURLOPT_WRITEFUNCTION) { bytes, size, count, transfer in
            HTTPTransfer.receive(bytes, size, count, transfer) { $0.readBody($1) }
        }
        _ = ccurl_set_watcher(handle) { transfer, _, _, _, _ in
            guard let transfer else { return 1 }
            return Unmanaged<HTTPTransfer>.fromOpaque(transfer).takeUnretainedValue().goesOn() ? 0 : 1
        }
        lastHeard = .now
        let code = curl_easy_perform(handle)
        return ending(code, said: String(cString: said))
    }

    private func ending(_ code: CURLcode, said: String) -> Result {
        if let result { return result }
        guard code == CURLE_OK else { return .broken(said.isEmpty ? String(cString: curl_easy_strerror(code)) : said) }
        guard hasHeaders else { return .broken("the answer ends inside its headers") }
        if let expected, output.byteCount != expected {
            return .broken("\(output.byteCount) bytes arrived of \(expected)")
        }
        return .finished
    }

    /// What a callback of libcurl gives, handed on; anything but the number of bytes ends the transfer.
    private static func receive(
        _ bytes: UnsafeMutablePointer<CChar>?,
        _ size: Int,
        _ count: Int,
        _ transfer: UnsafeMutableRawPointer?,
        _ body: (HTTPTransfer, UnsafeRawBufferPointer) -> Bool
    ) -> Int {
        guard let transfer else { return 0 }
        let transferred = Unmanaged<HTTPTransfer>.fromOpaque(transfer).takeUnretainedValue()
        // The library promises that the size of an element is one and that there are at most a few thousand.
        let length = size &* count
        transferred.lastHeard = .now
        return body(transferred, UnsafeRawBufferPointer(start: bytes, count: length)) ? length : length &+ 1
    }

    /// Asked about once a second, and whenever bytes come.
    private func goesOn() -> Bool {
        if isCancelled.load(ordering: .relaxed) {
            result = result ?? .broken("it was cancelled")
        } else if lastHeard.duration(to: .now) > .seconds(hasHeaders ? patience.silence : patience.connect) {
            let what = hasHeaders ? "no byte for \(Int(patience.silence))" : "no answer within \(Int(patience.connect))"
            result = result ?? .broken("\(what) seconds")
        }
        return result == nil
    }

    /// A line of the headers; the empty one is the last.
    private func readHeader(_ bytes: UnsafeRawBufferPointer) -> Bool {
        // What follows the body of a chunked answer are headers too, and of no interest.
        guard !hasHeaders else { return true }
        headerBytes += bytes.count
        guard headerBytes <= Self.headerLimit else {
            result = .broken("headers without end")
            return false
        }
        let line = String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        if line.hasPrefix("HTTP/") {
            status = line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
            headers = [:]
        } else if let colon = line.firstIndex(of: ":") {
            let value = line[line.index(after: colon)...]
            headers[line[..<colon].lowercased()] = value.trimmingCharacters(in: .whitespaces)
        } else if line.isEmpty, !(100..<200).contains(status) {
            hasHeaders = true
            result = answer()
        }
        return result == nil
    }

    /// What the headers alone decide; nil if the body is wanted.
    private func answer() -> Result? {
        switch status {
        case 200:
            // The whole file, whatever range was asked for.
            do throws(CheckpointError) {
                if output.byteCount > 0 { try output.truncate() }
            } catch {
                return .failed(error)
            }
        case 206:
            let range = headers["content-range"] ?? ""
            guard range.hasPrefix("bytes \(start)-") else {
                return .broken("another range than the one asked for: \(range)")
            }
        case 300..<400: return .redirected(headers["location"] ?? "")
        case 401, 403: return .broken("access is denied (HTTP \(status)); set HF_TOKEN if the model needs one")
        case 404: return .broken("there is no such file (HTTP 404)")
        default: return .broken("HTTP status \(status)")
        }
        if expected == nil, headers["content-length"] == nil { limit = min(limit, Self.unannouncedLimit) }
        return nil
    }

    private func readBody(_ bytes: UnsafeRawBufferPointer) -> Bool {
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
