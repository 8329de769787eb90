// SPDX-License-Identifier: Apache-2.0

internal import CCurl
import Foundation
import Synchronization

/// What a server says before the body.
package struct HTTPHead: Sendable {
    package var status = 0
    /// By names in lower case; of several of one name the last.
    package var fields: [String: String] = [:]

    package init() {}
}

/// Who takes an answer; called on the thread of the transfer, and on no other.
package protocol TransferReceiver: AnyObject, Sendable {
    /// The head of the answer; false ends the transfer.
    func begin(_ head: HTTPHead) -> Bool
    /// The next bytes of the body; false ends the transfer.
    func receive(_ bytes: UnsafeRawBufferPointer) -> Bool
}

/// One request on its way, by libcurl. Redirects are answers like others.
///
/// Safe: all but `isCancelled` is used by the thread that calls `run`, which its callbacks come on.
package final class HTTPTransfer: @unchecked Sendable {
    /// How a transfer ended.
    package enum Ending: Sendable {
        case finished
        /// The receiver wanted no more.
        case stopped
        case broken(String)
    }

    /// How long to wait for what, in seconds.
    package struct Patience: Sendable {
        /// Until a host answers at all.
        package var answer: Double
        /// For the next byte then.
        package var silence: Double
        /// For all of it.
        package var whole = Double.infinity

        package init(answer: Double, silence: Double, whole: Double = .infinity) {
            (self.answer, self.silence, self.whole) = (answer, silence, whole)
        }
    }

    /// What a transfer does beyond the plain request.
    package struct Options: Sendable {
        /// Whether the body may come compressed; the receiver gets it decompressed.
        package var decompresses = false
        /// Asked about each address, the bytes of a `sockaddr`, before a connection to it; a proxy, which would connect
        /// for us, is then not used.
        package var permits: (@Sendable (UnsafeRawBufferPointer) -> Bool)?

        package init() {}
    }

    private let patience: Patience
    private let options: Options
    private let receiver: any TransferReceiver
    private let isCancelled = Atomic(false)

    private var head = HTTPHead()
    private var headBytes = 0
    private var hasHead = false
    private var began = ContinuousClock.now
    private var lastHeard = ContinuousClock.now
    private var ending: Ending?

    private static let headLimit = 1 << 18
    private static let isReady = ccurl_start() != 0

    package init(_ receiver: any TransferReceiver, patience: Patience, options: Options = Options()) {
        (self.receiver, self.patience, self.options) = (receiver, patience, options)
    }

    /// Makes the request on a thread of its own; cancelling the task ends it within a second.
    package func perform(_ address: String, fields: [String]) async -> Ending {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                Thread { continuation.resume(returning: self.run(address, fields: fields)) }.start()
            }
        } onCancel: {
            isCancelled.store(true, ordering: .relaxed)
        }
    }

    private func run(_ address: String, fields: [String]) -> Ending {
        guard Self.isReady, let handle = curl_easy_init() else { return .broken("libcurl cannot be used") }
        defer { curl_easy_cleanup(handle) }
        var list: UnsafeMutablePointer<curl_slist>?
        for line in fields { list = curl_slist_append(list, line) ?? list }
        defer { curl_slist_free_all(list) }
        let said = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
        said.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        defer { said.deallocate() }
        _ = ccurl_set_text(handle, CURLOPT_URL, address)
        _ = ccurl_set_pointer(handle, CURLOPT_HTTPHEADER, list)
        _ = ccurl_set_pointer(handle, CURLOPT_ERRORBUFFER, said)
        // Signals belong to the program.
        _ = ccurl_set_number(handle, CURLOPT_NOSIGNAL, 1)
        _ = ccurl_set_number(handle, CURLOPT_NOPROGRESS, 0)
        if options.decompresses { _ = ccurl_set_text(handle, CURLOPT_ACCEPT_ENCODING, "") }
        setCallbacks(of: handle)
        (began, lastHeard) = (.now, .now)
        let code = curl_easy_perform(handle)
        if let ending { return ending }
        let message = String(cString: said)
        guard code == CURLE_OK else {
            return .broken(message.isEmpty ? String(cString: curl_easy_strerror(code)) : message)
        }
        return hasHead ? .finished : .broken("the answer ends inside its headers")
    }

    private func setCallbacks(of handle: UnsafeMutableRawPointer) {
        let myself = Unmanaged.passUnretained(self).toOpaque()
        _ = ccurl_set_pointer(handle, CURLOPT_HEADERDATA, myself)
        _ = ccurl_set_pointer(handle, CURLOPT_WRITEDATA, myself)
        _ = ccurl_set_pointer(handle, CURLOPT_XFERINFODATA, myself)
        _ = ccurl_set_receiver(handle, CURLOPT_HEADERFUNCTION) { bytes, size, count, transfer in
            HTTPTransfer.receive(bytes, size, count, transfer) { $0.readHead($1) }
        }
        _ = ccurl_set_receiver(handle, CURLOPT_WRITEFUNCTION) { bytes, size, count, transfer in
            HTTPTransfer.receive(bytes, size, count, transfer) { transfer, bytes in
                if transfer.receiver.receive(bytes) { return true }
                transfer.ending = .stopped
                return false
            }
        }
        _ = ccurl_set_watcher(handle) { transfer, _, _, _, _ in
            guard let transfer else { return 1 }
            return Unmanaged<HTTPTransfer>.fromOpaque(transfer).takeUnretainedValue().goesOn() ? 0 : 1
        }
        guard options.permits != nil else { return }
        _ = ccurl_set_text(handle, CURLOPT_PROXY, "")
        _ = ccurl_set_pointer(handle, CURLOPT_OPENSOCKETDATA, myself)
        _ = ccurl_set_opener(handle) { transfer, _, address in
            guard let transfer, let address else { return ccurl_no_socket() }
            return Unmanaged<HTTPTransfer>.fromOpaque(transfer).takeUnretainedValue().open(address)
        }
    }

    /// The last gate: the very address that is connected to, whatever names led there.
    private func open(_ address: UnsafeMutablePointer<curl_sockaddr>) -> curl_socket_t {
        let family = address.pointee.family
        let kind = address.pointee.socktype
        let number = address.pointee.protocol
        // The library keeps room for the longest address behind the shortest one that it declares.
        let start = UnsafeRawPointer(address) + (MemoryLayout<curl_sockaddr>.offset(of: \.addr) ?? 0)
        let bytes = UnsafeRawBufferPointer(start: start, count: Int(address.pointee.addrlen))
        guard options.permits?(bytes) ?? true else {
            ending = ending ?? .broken("it leads to an address that is not public")
            return ccurl_no_socket()
        }
        return socket(family, kind, number)
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
        if ending != nil { return false }
        if isCancelled.load(ordering: .relaxed) {
            ending = .broken("it was cancelled")
        } else if lastHeard.duration(to: .now) > .seconds(hasHead ? patience.silence : patience.answer) {
            let what = hasHead ? "no byte for \(Int(patience.silence))" : "no answer within \(Int(patience.answer))"
            ending = .broken("\(what) seconds")
        } else if patience.whole.isFinite, began.duration(to: .now) > .seconds(patience.whole) {
            ending = .broken("not done after \(Int(patience.whole)) seconds")
        }
        return ending == nil
    }

    /// A line of the headers; the empty one is the last.
    private func readHead(_ bytes: UnsafeRawBufferPointer) -> Bool {
        // What follows the body of a chunked answer are headers too, and of no interest.
        guard !hasHead else { return true }
        headBytes += bytes.count
        guard headBytes <= Self.headLimit else {
            ending = .broken("headers without end")
            return false
        }
        let line = String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        if line.hasPrefix("HTTP/") {
            head = HTTPHead()
            head.status = line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        } else if let colon = line.firstIndex(of: ":") {
            let value = line[line.index(after: colon)...]
            head.fields[line[..<colon].lowercased()] = value.trimmingCharacters(in: .whitespaces)
        } else if line.isEmpty, !(100..<200).contains(head.status) {
            hasHead = true
            if !receiver.begin(head) { ending = .stopped }
        }
        return ending == nil
    }
}
