// SPDX-License-Identifier: Apache-2.0

import Foundation
import Transfers

/// Fetches a file over HTTP straight to disk, going on where an earlier try stopped.
///
/// Redirects are followed here and not by the library, so that the token goes to no host but the one it is for.
struct HTTPDownload {
    /// How long a host may take until it answers at all.
    var connectSeconds = 5.0
    /// How long it may then be silent.
    var silenceSeconds = 30.0
    /// Sent as a bearer token to the first address' host only.
    var token: String?
    private static let redirectLimit = 10

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
        // A line's end in the token would be a header of its own.
        guard token?.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) ?? true else {
            throw CheckpointError(.configuration, "the token holds characters that no token has", key: "HF_TOKEN")
        }
        guard let first = URL(string: address), Self.isWeb(first) else {
            throw CheckpointError(.configuration, "this is no http or https address", key: address)
        }
        var url = first
        for _ in 0...Self.redirectLimit {
            let output = try OutputFile(path, appending: true)
            if let expected, output.byteCount > expected { try output.truncate() }
            if let expected, output.byteCount == expected { return }
            let receiver = FileReceiver(output: output, expected: expected, limit: limit, progress: progress)
            let location = try await run(receiver, url, sendsToken: Self.sameHost(url, first))
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
        _ receiver: FileReceiver,
        _ url: URL,
        sendsToken: Bool
    ) async throws(CheckpointError) -> String? {
        // Compressed bodies would make ranges and lengths mean something else.
        var fields = ["Accept-Encoding: identity", "User-Agent: martlet"]
        if sendsToken, let token { fields.append("Authorization: Bearer \(token)") }
        if receiver.start > 0 { fields.append("Range: bytes=\(receiver.start)-") }
        let patience = HTTPTransfer.Patience(answer: connectSeconds, silence: silenceSeconds)
        let ending = await HTTPTransfer(receiver, patience: patience).perform(url.absoluteString, fields: fields)
        if Task.isCancelled { throw CheckpointError(.cancelled, "the download was cancelled") }
        switch receiver.result(ending) {
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
